//! Readers for the values of a section, one for each type. A wrong value is reported with what is allowed, and reads as
//! absent.

use std::{
    convert::Infallible, fmt::Display, num::ParseIntError, ops::RangeInclusive, path::PathBuf, str::FromStr,
    time::Duration,
};

use crate::{
    duration::{format_duration, parse_duration},
    section::{Located, Section, place},
    tree::Kind,
};

impl Section<'_> {
    /// A text. Numbers and `true` are texts as well, as written in the file.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        self.parsed(key, "text", |text| Ok::<_, Infallible>(text.to_owned()))
    }

    /// A required text.
    pub fn required_text(&mut self, key: &'static str) -> Option<String> {
        self.required_parsed(key, "text", |text| Ok::<_, Infallible>(text.to_owned()))
    }

    /// A path; a relative one is resolved from the directory of the config file.
    pub fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let text =
            self.parsed(key, "a path", |text| if text.is_empty() { Err("is empty") } else { Ok(text.to_owned()) });
        text.map(|text| self.resolve(&text))
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str, default: bool) -> bool {
        let parse = |text: &str| match text {
            "true" | "True" | "TRUE" => Ok(true),
            "false" | "False" | "FALSE" => Ok(false),
            _ => Err("is neither true nor false"),
        };
        self.parsed(key, "true or false", parse).unwrap_or(default)
    }

    /// A whole number within the range, of any integer type.
    pub fn integer<T>(&mut self, key: &'static str, range: RangeInclusive<T>, default: T) -> T
    where
        T: FromStr<Err = ParseIntError> + PartialOrd + Display,
    {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let parse = |text: &str| match text.parse::<T>() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ if is_whole_number(text) => Err("is out of range"),
            _ => Err("is not a whole number"),
        };
        self.parsed(key, &allowed, parse).unwrap_or(default)
    }

    /// A duration within the range, such as `500ms`, `15s`, `2m`, `12h`, `30d`.
    pub fn duration(&mut self, key: &'static str, range: RangeInclusive<Duration>, default: Duration) -> Duration {
        let (shortest, longest) = (format_duration(*range.start()), format_duration(*range.end()));
        let allowed = format!("a duration from {shortest} to {longest} (units: ms, s, m, h, d)");
        let parse = |text: &str| match parse_duration(text) {
            Ok(duration) if range.contains(&duration) => Ok(duration),
            Ok(_) => Err("is out of range".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        self.parsed(key, &allowed, parse).unwrap_or(default)
    }

    /// One of the named choices.
    pub fn choice<T: Clone>(&mut self, key: &'static str, choices: &[(&str, T)], default: T) -> T {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let parse = |text: &str| match choices.iter().find(|(name, _)| *name == text) {
            Some((_, value)) => Ok(value.clone()),
            None => Err("is not one of the choices"),
        };
        self.parsed(key, &names.join(", "), parse).unwrap_or(default)
    }

    /// A list of texts.
    pub fn strings(&mut self, key: &'static str, default: &[&str]) -> Vec<Located<String>> {
        const ALLOWED: &str = "a list of texts such as [first, second], or [] for none";
        let section = self.location;
        let Some(entry) = self.entry(key) else {
            return default.iter().map(|text| Located { value: (*text).to_owned(), location: section, key }).collect();
        };
        let Kind::List(items) = &entry.value.kind else {
            self.refuse(key, place(entry), &entry.value.kind.complaint(), ALLOWED);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match &item.kind {
                Kind::Text(text) => texts.push(Located { value: text.clone(), location: item.location, key }),
                other => self.refuse(key, item.location, &format!("an item {}", other.complaint()), ALLOWED),
            }
        }
        texts
    }

    /// A value that `parse` reads. `allowed` describes the allowed values, as in "an address such as 127.0.0.1:9464".
    ///
    /// The error of `parse` is printed after the key; it should not repeat the value.
    pub fn parsed<T, E: Display>(
        &mut self,
        key: &'static str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let entry = self.entry(key)?;
        let wrong = match &entry.value.kind {
            Kind::Text(text) => match parse(text) {
                Ok(value) => return Some(value),
                Err(error) => error.to_string(),
            },
            other => other.complaint(),
        };
        self.refuse(key, place(entry), &wrong, allowed);
        None
    }

    /// Like [`parsed`](Self::parsed), but a missing key is a mistake.
    pub fn required_parsed<T, E: Display>(
        &mut self,
        key: &'static str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.entry(key).is_none() {
            self.note(self.location, self.path_of(key), format!("is missing; needed: {allowed}"));
        }
        self.parsed(key, allowed, parse)
    }
}

fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
