//! Help and completions as a user meets them.

use crate::support::Host;
use std::process::Command;

/// Completes the last of these words with the printed script, as bash does.
fn complete(script: &str, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let program = format!(
        "{script}\nCOMP_WORDS=({}); COMP_CWORD={}; COMPREPLY=(); _flux__agent flux-agent {} ''; echo \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len() - 1,
        words[words.len() - 1]
    );
    let output = Command::new("bash").args(["-c", &program]).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn bash_completes_after_the_first_word() {
    let (_, script) = Host::new("http://127.0.0.1:9").run(&["completions", "bash"]);
    assert!(complete(&script, &["flux-agent", ""]).contains("queue"), "the first word");
    let second = complete(&script, &["flux-agent", "queue", ""]);
    assert!(second.contains("list") && second.contains("retry"), "{second}");
    let option = complete(&script, &["flux-agent", "queue", "list", "--"]);
    assert!(option.contains("--order") && option.contains("--player"), "{option}");
}

/// The guides copy `rcon.password` out of the file that Java has written.
#[test]
fn guides_copy_the_rcon_password_without_javas_escapes() {
    let host = Host::new("http://127.0.0.1:9");
    host.write("server.properties", "#x\nrcon.port=25575\nrcon.password=a\\:b\\=c\\\\d\\#e\n");
    for page in ["install.md", "without-root.md"] {
        let path = format!("{}/../docs/how-to/{page}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find(|line| line.trim().starts_with("sed -n '/^rcon")).unwrap();
        let script = line.split('\'').nth(1).unwrap();
        let output = Command::new("sed").args(["-n", script]).arg(host.path("server.properties")).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a:b=c\\d#e\n", "{page}");
    }
}

#[test]
fn help_breaks_lines_between_words() {
    let host = Host::new("http://127.0.0.1:9");
    for columns in [60, 80] {
        let mut command = host.command(&["check", "--help"]);
        let output = command.env("COLUMNS", columns.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= columns), "{text}");
        assert!(text.contains("permissions,") || text.contains("permissions"), "{text}");
    }
}

#[test]
fn test_commands_take_json_before_their_text() {
    let host = Host::new("http://127.0.0.1:9");
    let (exit, text) = host.run(&["policy", "test", "--json", "op", "Steve"]);
    let ruling: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((exit, &ruling["allowed"]), (1, &false.into()), "{text}");
    let (exit, text) = host.run(&["answer", "test", "--json", "No player was found"]);
    let judgement: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((exit, &judgement["completed"]), (1, &false.into()), "{text}");
}
