//! One map of the document: its keys, those that were read, and the mistakes among them.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map},
    path::PathBuf,
};

use crate::{
    document::Document,
    error::{Location, Mistake},
    suggest::nearest,
    tree::{Entry, Kind, Node},
};

/// One map of the document. Reading a key makes it known; when the section is finished or dropped, every other key is
/// reported as unknown. A wrong value is reported and reads as absent.
pub struct Section<'d> {
    pub(crate) document: &'d Document,
    /// The dotted path; empty for the root.
    path: String,
    /// The place of the section's key, or of its nearest ancestor that exists.
    pub(crate) location: Location,
    /// The keys, each once.
    entries: Vec<&'d Entry>,
    known: BTreeSet<&'static str>,
    /// True if to report nothing, because the section itself was reported.
    is_quiet: bool,
}

/// An item of a list with its place, for [`Section::report_at`].
#[derive(Debug, Clone)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    pub(crate) location: Location,
    pub(crate) key: &'static str,
}

impl<'d> Section<'d> {
    /// The section under `key`, or an empty section if the key is absent. Any other value is a mistake.
    pub fn section(&mut self, key: &'static str) -> Section<'d> {
        let path = self.path_of(key);
        match self.entry(key) {
            Some(entry) => Self::open(self.document, path, entry.location, &entry.value),
            None if self.is_quiet => Self::quiet(self.document, path),
            None => Self::empty(self.document, path, self.location),
        }
    }

    /// The section under `key`, if it is present and not empty: for a feature that is off unless configured.
    pub fn optional_section(&mut self, key: &'static str) -> Option<Section<'d>> {
        let is_set = self.entry(key).is_some_and(|entry| !matches!(entry.value.kind, Kind::Null));
        is_set.then(|| self.section(key))
    }

    /// Reports a mistake that the caller found, at the value of the key, or at the section if the key is absent.
    pub fn report(&mut self, key: &'static str, message: &str) {
        let location = self.entry(key).map_or(self.location, place);
        self.note(location, self.path_of(key), message.to_owned());
    }

    /// Reports a mistake that the caller found in an item of a list.
    pub fn report_at<T>(&mut self, item: &Located<T>, message: &str) {
        self.note(item.location, self.path_of(item.key), message.to_owned());
    }

    /// Ends the section and reports unknown keys, as dropping it does.
    pub fn finish(self) {
        drop(self);
    }

    /// Accepts a key without reading it.
    pub fn ignore(&mut self, key: &'static str) {
        self.known.insert(key);
    }

    /// Ends the section without reporting the keys that were not read, for a program that needs only a part of the config.
    pub fn ignore_rest(mut self) {
        self.entries.clear();
    }

    /// Opens the section in `node` and reports repeated keys.
    pub(crate) fn open(document: &'d Document, path: String, location: Location, node: &'d Node) -> Self {
        let mut section = Self::empty(document, path, location);
        match &node.kind {
            Kind::Null => {}
            Kind::Map(entries) => section.add_entries(entries),
            other => {
                section.note(
                    node.location,
                    section.path.clone(),
                    format!("{}; allowed: a map of keys", other.complaint()),
                );
                section.is_quiet = true;
            }
        }
        section
    }

    pub(crate) fn quiet(document: &'d Document, path: String) -> Self {
        let mut section = Self::empty(document, path, Location::START);
        section.is_quiet = true;
        section
    }

    fn empty(document: &'d Document, path: String, location: Location) -> Self {
        Self { document, path, location, entries: Vec::new(), known: BTreeSet::new(), is_quiet: false }
    }

    fn add_entries(&mut self, entries: &'d [Entry]) {
        let mut first_lines = BTreeMap::new();
        for entry in entries {
            let Some(key) = &entry.key else {
                self.entries.push(entry);
                continue;
            };
            match first_lines.entry(key) {
                btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(entry.location.line);
                    self.entries.push(entry);
                }
                btree_map::Entry::Occupied(first) => {
                    let message = format!("is set twice; first set in line {}", first.get());
                    self.note(entry.location, self.path_of(key), message);
                }
            }
        }
    }

    /// The entry under `key`, which becomes known.
    pub(crate) fn entry(&mut self, key: &'static str) -> Option<&'d Entry> {
        self.known.insert(key);
        self.entries.iter().copied().find(|entry| entry.key.as_deref() == Some(key))
    }

    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Resolves a relative path from the directory of the config file.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        self.document.path.parent().map_or_else(|| PathBuf::from(path), |directory| directory.join(path))
    }

    pub(crate) fn refuse(&self, key: &str, location: Location, wrong: &str, allowed: &str) {
        self.note(location, self.path_of(key), format!("{wrong}; allowed: {allowed}"));
    }

    pub(crate) fn note(&self, location: Location, key: String, message: String) {
        if !self.is_quiet {
            self.document.note(Mistake { location, key, message });
        }
    }

    fn note_unknown(&self, entry: &Entry) {
        let known = || self.known.iter().copied().collect::<Vec<_>>().join(", ");
        let Some(key) = &entry.key else {
            let message =
                format!("there is no key here (is a colon missing, or the space after it?); known: {}", known());
            return self.note(entry.location, self.path.clone(), message);
        };
        let message = match nearest(key, &self.known) {
            Some(meant) => format!("unknown key; did you mean {meant}?"),
            None => format!("unknown key; known: {}", known()),
        };
        self.note(entry.location, self.path_of(key), message);
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        for entry in &self.entries {
            if !entry.key.as_deref().is_some_and(|key| self.known.contains(key)) {
                self.note_unknown(entry);
            }
        }
    }
}

/// The place of an entry's value, or of its key if the value is missing.
pub(crate) fn place(entry: &Entry) -> Location {
    if matches!(entry.value.kind, Kind::Null) { entry.location } else { entry.value.location }
}
