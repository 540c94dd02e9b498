//! Finds a secret: in the config (inline or in a file that it names), else in a systemd credential, else in the
//! environment.

use std::{collections::BTreeMap, env, fmt, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::{
    access::User,
    error::{FileError, Location, Mistake},
    file::{read, refuse_world_readable},
    limits,
    secret_text::{SecretError, SecretLine, SecretReport, read_secret},
    section::{Section, place},
    tree::{Entry, Kind},
};

/// The names of a secret in its four sources.
#[derive(Debug, Clone, Copy)]
pub struct SecretKeys {
    /// The key of an inline secret, such as `token`.
    pub inline: &'static str,
    /// The key of a file that contains it, such as `token_file`.
    pub file: &'static str,
    /// The name of the systemd credential, such as `token`.
    pub credential: &'static str,
    /// The environment variable, such as `FLUX_AGENT_TOKEN`.
    pub environment: &'static str,
}

/// The sources of secrets besides the config.
#[derive(Debug, Clone, Default)]
pub struct SecretSources {
    credentials_directory: Option<PathBuf>,
    environment: BTreeMap<String, SecretString>,
}

/// A secret. It is one line and never empty.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The secret.
    pub value: SecretString,
    /// The source.
    pub from: SecretOrigin,
    /// The sources that also have this secret and are not used.
    pub hidden: Vec<SecretOrigin>,
    /// True if it begins or ends with a blank, which is rarely meant.
    pub is_padded: bool,
}

/// The source of a secret, displayed as in "the file /etc/flux-agent/token".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOrigin {
    /// The config itself.
    Inline,
    /// A file that the config names.
    File(PathBuf),
    /// The systemd credential of this name. A new one takes effect after a restart.
    Credential(&'static str),
    /// This environment variable. A new value takes effect after a restart.
    Environment(&'static str),
}

impl SecretSources {
    /// The sources of this process: `$CREDENTIALS_DIRECTORY` and its environment.
    #[must_use]
    pub fn from_process() -> Self {
        let texts =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::new(env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from), texts)
    }

    /// The given sources, for tests.
    pub fn new(
        credentials_directory: Option<PathBuf>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let environment = environment.into_iter().map(|(name, value)| (name, value.into())).collect();
        Self { credentials_directory, environment }
    }
}

impl SecretSources {
    /// The credential, else the variable. A blank variable counts as not set.
    fn find(&self, keys: SecretKeys) -> Result<Option<Secret>, String> {
        let Some(directory) = self.credentials_directory.as_ref() else { return self.variable(keys) };
        let complaint = |why: &dyn fmt::Display| format!("the systemd credential {} {why}", keys.credential);
        // Its permissions need no check: systemd makes the directory for the service alone.
        match read(&directory.join(keys.credential), limits::SECRET_BYTES) {
            Ok((text, _)) => {
                let line = read_secret(&text).map_err(|why| complaint(&why))?;
                Ok(Some(secret(line, SecretOrigin::Credential(keys.credential))))
            }
            Err(FileError::Missing) => self.variable(keys),
            Err(reason) => Err(complaint(&reason)),
        }
    }

    fn variable(&self, keys: SecretKeys) -> Result<Option<Secret>, String> {
        let from = SecretOrigin::Environment(keys.environment);
        match self.environment.get(keys.environment).map(|text| read_secret(text.expose_secret())) {
            None | Some(Err(SecretError::Empty)) => Ok(None),
            Some(Ok(line)) => Ok(Some(secret(line, from))),
            Some(Err(why)) => Err(format!("{from} {why}")),
        }
    }

    /// The sources after `used` that have this secret too.
    fn hidden(&self, keys: SecretKeys, used: &SecretOrigin) -> Vec<SecretOrigin> {
        let credential =
            self.credentials_directory.as_ref().is_some_and(|folder| folder.join(keys.credential).exists());
        let variable = matches!(self.variable(keys), Ok(Some(_)));
        let mut hidden = Vec::new();
        if credential && !matches!(used, SecretOrigin::Credential(_) | SecretOrigin::Environment(_)) {
            hidden.push(SecretOrigin::Credential(keys.credential));
        }
        if variable && !matches!(used, SecretOrigin::Environment(_)) {
            hidden.push(SecretOrigin::Environment(keys.environment));
        }
        hidden
    }
}

fn secret(line: SecretLine, from: SecretOrigin) -> Secret {
    Secret { value: line.value, from, hidden: Vec::new(), is_padded: line.is_padded }
}

impl Section<'_> {
    /// Finds a secret: inline or in the file that the section names (both is a mistake), else in the credential, else in
    /// the environment variable. `None` if there is none, or after a mistake.
    ///
    /// A secret file that everyone can read, or that others may write, is a mistake, and so is a config file with an inline
    /// secret that everyone can read. The path of
    /// a secret file must look like a path (`/…`, `./…`, `../…`), because errors show it: a token that was written there
    /// by mistake is not shown.
    pub fn secret(&mut self, keys: SecretKeys, sources: &SecretSources) -> Option<Secret> {
        self.find_secret(keys, sources).unwrap_or_else(|mistake| self.note_secret(mistake))
    }

    /// Like [`secret`](Self::secret), but a missing secret is a mistake.
    pub fn required_secret(&mut self, keys: SecretKeys, sources: &SecretSources) -> Option<Secret> {
        let found = self.find_secret(keys, sources).transpose();
        let missing = || {
            let SecretKeys { inline, file, credential, environment } = keys;
            let ways = format!("{file} or {inline} here, the systemd credential {credential}, or ${environment}");
            Err(self.mistake(self.location, file, format!("is missing; needed: {ways}")))
        };
        found.unwrap_or_else(missing).map_or_else(|mistake| self.note_secret(mistake), Some)
    }

    fn find_secret(&mut self, keys: SecretKeys, sources: &SecretSources) -> Result<Option<Secret>, Mistake> {
        let found = match (self.entry(keys.inline), self.entry(keys.file)) {
            (Some(inline), Some(file)) => {
                let mut both = [(inline.location, keys.inline), (file.location, keys.file)];
                both.sort_unstable();
                let [(_, first), (location, second)] = both;
                Err(self.mistake(location, second, format!("is set together with {first}; allowed: one of the two")))
            }
            (Some(entry), None) => self.inline_secret(keys.inline, entry).map(Some),
            (None, Some(entry)) => self.file_secret(keys.file, entry).map(Some),
            (None, None) => sources.find(keys).map_err(|message| self.mistake(self.location, keys.file, message)),
        };
        Ok(found?.map(|mut secret| {
            secret.hidden = sources.hidden(keys, &secret.from);
            self.document.note_secret(SecretReport {
                key: self.path_of(keys.inline),
                from: secret.from.clone(),
                hidden: secret.hidden.clone(),
                is_padded: secret.is_padded,
            });
            secret
        }))
    }

    fn inline_secret(&self, key: &str, entry: &Entry) -> Result<Secret, Mistake> {
        let refused = |message| self.mistake(place(entry), key, message);
        let text = secret_text(entry, "text, in quotes if it has special characters").map_err(refused)?;
        let line = read_secret(text).map_err(|why| refused(why.to_string()))?;
        refuse_world_readable(&self.document.path, self.document.mode).map_err(refused)?;
        Ok(secret(line, SecretOrigin::Inline))
    }

    fn file_secret(&self, key: &str, entry: &Entry) -> Result<Secret, Mistake> {
        const ALLOWED: &str = "the path of a file, beginning with / or ./";
        let refused = |message| self.mistake(place(entry), key, message);
        let text = secret_text(entry, ALLOWED).map_err(refused)?;
        if !["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
            return Err(refused(format!("is no path; allowed: {ALLOWED}")));
        }
        let path = self.resolve(text);
        let named = |why: &dyn fmt::Display| refused(format!("{} {why}", path.display()));
        let (text, access) = read(&path, limits::SECRET_BYTES).map_err(|reason| named(&reason))?;
        refuse_world_readable(&path, access.mode).map_err(refused)?;
        access.refuse_other_writers(&path, User::of_process()).map_err(|exposure| named(&exposure))?;
        let line = read_secret(&text).map_err(|why| named(&why))?;
        Ok(secret(line, SecretOrigin::File(path)))
    }

    fn mistake(&self, location: Location, key: &str, message: String) -> Mistake {
        Mistake { location, key: self.path_of(key), message }
    }

    fn note_secret(&self, mistake: Mistake) -> Option<Secret> {
        self.note(mistake.location, mistake.key, mistake.message);
        None
    }
}

/// The text of an entry, or the message of the mistake.
fn secret_text<'e>(entry: &'e Entry, allowed: &str) -> Result<&'e str, String> {
    match &entry.value.kind {
        Kind::Text(text) => Ok(text),
        other => Err(format!("{}; allowed: {allowed}", other.complaint())),
    }
}

impl fmt::Display for SecretOrigin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline => out.write_str("the config itself"),
            Self::File(path) => write!(out, "the file {}", path.display()),
            Self::Credential(name) => write!(out, "the systemd credential {name}"),
            Self::Environment(name) => write!(out, "the environment variable {name}"),
        }
    }
}
