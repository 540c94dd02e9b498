//! A person, and the comparison that finds two records of one person.

use crate::CustomerId;

/// An e-mail address as it is compared: trimmed, lower-cased, without its `+tag`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailKey(String);

impl EmailKey {
    /// Normalises an address; a blank one is none.
    pub fn of(address: &str) -> Option<EmailKey> {
        let address = address.trim().to_lowercase();
        if address.is_empty() {
            return None;
        }
        Some(EmailKey(match address.rsplit_once('@') {
            Some((local, host)) => format!("{}@{host}", local.split('+').next().unwrap_or_default()),
            None => address,
        }))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A Minecraft player who is linked to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// The name, with its Bedrock prefix.
    pub name: String,
    /// The UUID, with or without dashes, if known.
    pub uuid: Option<String>,
}

impl Player {
    /// Returns whether both are one player: by UUID where both are known, else by name in any case.
    pub fn is(&self, other: &Player) -> bool {
        match (&self.uuid, &other.uuid) {
            (Some(mine), Some(theirs)) => bare(mine) == bare(theirs),
            _ => self.name.eq_ignore_ascii_case(&other.name),
        }
    }
}

fn bare(uuid: &str) -> String {
    uuid.chars().filter(|letter| *letter != '-').collect::<String>().to_ascii_lowercase()
}

/// A customer and their known identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The storefront's id.
    pub customer: CustomerId,
    /// The e-mail address.
    pub email: Option<EmailKey>,
    /// The player.
    pub player: Option<Player>,
}

impl Person {
    /// Returns whether both are the same person (D-13, D-23): same customer, same address, or same player.
    pub fn is(&self, other: &Person) -> bool {
        let same_email = self.email.is_some() && self.email == other.email;
        let same_player = match (&self.player, &other.player) {
            (Some(mine), Some(theirs)) => mine.is(theirs),
            _ => false,
        };
        self.customer == other.customer || same_email || same_player
    }
}
