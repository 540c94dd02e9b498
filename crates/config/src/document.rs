//! A parsed config file, and the mistakes found in it.

use std::{cell::RefCell, path::PathBuf};

use crate::{
    error::{ConfigErrors, Location, Mistake},
    file::ConfigFile,
    secret_text::SecretReport,
    section::Section,
    syntax::mistake,
    tree::{self, Kind, Node},
};

/// A parsed config file. It collects mistakes until [`finish`](Self::finish).
pub struct Document {
    pub(crate) path: PathBuf,
    pub(crate) mode: u32,
    root: Node,
    /// With a syntax error there is no tree, and nothing else is reported.
    is_broken: bool,
    mistakes: RefCell<Vec<Mistake>>,
    secrets: RefCell<Vec<SecretReport>>,
}

impl Document {
    /// Parses the text of a file. A syntax error is reported by [`finish`](Self::finish), as the only mistake.
    #[must_use]
    pub fn parse(file: &ConfigFile) -> Self {
        let (root, mistakes) = match tree::parse(&file.text) {
            Ok(root) => (root, Vec::new()),
            Err(mistake) => (Node { location: Location::START, kind: Kind::Null }, vec![mistake]),
        };
        Self {
            path: file.path.clone(),
            mode: file.mode,
            root,
            is_broken: !mistakes.is_empty(),
            mistakes: RefCell::new(mistakes),
            secrets: RefCell::default(),
        }
    }

    /// True if the file is no YAML that a config may have: it has a syntax error, and nothing of it was read.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// The outermost section. Finish or drop it before the document.
    #[must_use]
    pub fn root(&self) -> Section<'_> {
        if self.is_broken {
            return Section::quiet(self, String::new());
        }
        Section::open(self, String::new(), Location::START, &self.root)
    }

    /// Returns `config`, or all mistakes sorted by place. Pass `None` if a required key was missing or wrong.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every mistake.
    pub fn finish<T>(self, config: Option<T>) -> Result<T, ConfigErrors> {
        let mut mistakes = self.mistakes.into_inner();
        match config {
            Some(config) if mistakes.is_empty() => return Ok(config),
            None if mistakes.is_empty() => {
                let message = "is incomplete, and the program did not say why; please report this";
                mistakes.push(mistake(Location::START, message.to_owned()));
            }
            _ => {}
        }
        Err(ConfigErrors::new(self.path, mistakes))
    }

    /// The sources of the secrets that were read so far.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretReport> {
        self.secrets.borrow().clone()
    }

    pub(crate) fn note_secret(&self, report: SecretReport) {
        self.secrets.borrow_mut().push(report);
    }

    pub(crate) fn note(&self, mistake: Mistake) {
        self.mistakes.borrow_mut().push(mistake);
    }
}
