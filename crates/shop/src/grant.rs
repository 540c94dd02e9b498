use std::fmt;

/// The id of a reward's grant: `grt_` and 26 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantId(String);

impl GrantId {
    /// An id from its text.
    pub fn new(text: String) -> GrantId {
        GrantId(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for GrantId {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<GrantId, Self::Err> {
        Ok(GrantId(text.to_owned()))
    }
}

/// The purpose of a reward's command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandPurpose {
    /// It gives the reward.
    Grant,
    /// It takes the reward back.
    Reversal,
}
