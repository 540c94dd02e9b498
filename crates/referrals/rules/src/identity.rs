//! A person, and the comparison that finds two records of one person.

use crate::CustomerId;
use crate::typed::plain;

/// An e-mail address as it is compared: one mailbox has one key, however its owner writes the address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailKey(String);

impl EmailKey {
    /// Normalises an address; a blank one is none. Case, a `+tag`, invisible characters and full-width letters do not matter,
    /// nor a dot after the domain. The domain is in its ASCII form (IDNA). Google's mailboxes have no dots and one domain.
    pub fn of(address: &str) -> Option<EmailKey> {
        let address = plain(address).to_lowercase();
        let Some((local, host)) = address.rsplit_once('@') else {
            return (!address.is_empty()).then_some(EmailKey(address));
        };
        let host = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_owned());
        let host = match host.trim_end_matches('.') {
            "googlemail.com" => "gmail.com",
            host => host,
        };
        let local = local.split('+').next().unwrap_or_default();
        let local = if host == "gmail.com" { local.replace('.', "") } else { local.to_owned() };
        Some(EmailKey(format!("{local}@{host}")))
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
