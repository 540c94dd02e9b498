//! The HTML part of a mail: its plain text, with paragraphs and links, without pictures. Pure.

/// The text as HTML. Every character of it is shown as it is.
pub(super) fn html(text: &str) -> String {
    let text = text.replace('\r', "");
    let paragraphs =
        text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|paragraph| !paragraph.is_empty());
    let paragraphs = paragraphs.map(|paragraph| {
        let lines: Vec<String> = paragraph.split('\n').map(line).collect();
        format!("<p>{}</p>\n", lines.join("<br>\n"))
    });
    let body: String = paragraphs.collect();
    format!("<!doctype html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{body}</body></html>\n")
}

fn line(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(word).collect();
    words.join(" ")
}

/// A word, as a link if it is a web address.
fn word(text: &str) -> String {
    let address = text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    if !["https://", "http://"].iter().any(|scheme| address.len() > scheme.len() && address.starts_with(scheme)) {
        return escaped(text);
    }
    let (address, rest) = (escaped(address), escaped(&text[address.len()..]));
    format!("<a href=\"{address}\">{address}</a>{rest}")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_paragraphs_with_everything_escaped() {
        let page = html("Hi <Bob> & 'co'\r\nline \"two\"\n\n\nBye\n");
        assert!(
            page.contains("<p>Hi &lt;Bob&gt; &amp; &#39;co&#39;<br>\nline &quot;two&quot;</p>\n<p>Bye</p>\n"),
            "{page}"
        );
    }

    #[test]
    fn only_web_addresses_become_links() {
        for (text, expected) in [
            (
                "https://a.example/?x=1&y=2.",
                "<a href=\"https://a.example/?x=1&amp;y=2\">https://a.example/?x=1&amp;y=2</a>.",
            ),
            ("http://a\"b", "<a href=\"http://a&quot;b\">http://a&quot;b</a>"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("https://", "https://"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
