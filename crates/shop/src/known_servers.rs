//! The servers that a request names, by id or by name.

use super::{Label, ServerChoice};
use flux_protocol::ServerId;
use thiserror::Error;

/// The servers of a command as a request writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedServers {
    /// Each server, also those that are added later.
    All,
    /// Each of these, by id or by name.
    These(Vec<String>),
    /// Any one of these, by id or by name.
    AnyOf(Vec<String>),
}

/// The servers that may be given commands.
#[derive(Debug, Clone)]
pub struct KnownServers(Vec<(ServerId, Label)>);

/// A request names no server that it could mean.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnknownServer {
    /// Neither an id nor a name.
    #[error("there is no such server: use the id or the name of one of GET /servers")]
    Nothing,
    /// The name of several servers.
    #[error("{0} servers have this name: use the id")]
    Several(usize),
}

/// The error of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// The request names no servers, and there are several.
    #[error(
        "is missing: name the servers that run the command, or send \"all\" for every server, also those added later"
    )]
    Missing,
    /// An entry of the list, by its place.
    #[error("{1}")]
    Entry(usize, UnknownServer),
}

impl ChoiceError {
    /// The wrong entry of the list: `[1]`; empty for the list itself.
    pub fn place(&self) -> String {
        match self {
            ChoiceError::Missing => String::new(),
            ChoiceError::Entry(place, _) => format!("[{place}]"),
        }
    }
}

impl KnownServers {
    /// These servers.
    pub fn new(servers: Vec<(ServerId, Label)>) -> KnownServers {
        KnownServers(servers)
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = &ServerId> {
        self.0.iter().map(|(id, _)| id)
    }

    /// The server with this id, or else with this name.
    ///
    /// # Errors
    /// [`UnknownServer`] unless exactly one has it.
    pub fn find(&self, text: &str) -> Result<&ServerId, UnknownServer> {
        let text = text.trim();
        if let Some(id) = self.ids().find(|id| id.as_str() == text) {
            return Ok(id);
        }
        let mut named = self.0.iter().filter(|(_, name)| name.as_str() == text);
        match (named.next(), named.count()) {
            (None, _) => Err(UnknownServer::Nothing),
            (Some((id, _)), 0) => Ok(id),
            (Some(_), others) => Err(UnknownServer::Several(others + 1)),
        }
    }

    /// The servers of a request. A request that names none means the only server, and not those that are added later; before
    /// there is a server, it means all.
    ///
    /// # Errors
    /// [`ChoiceError::Missing`] if it names none and there are several; else the first unknown entry.
    pub fn choose(&self, wanted: Option<&WantedServers>) -> Result<ServerChoice, ChoiceError> {
        let each = |texts: &[String]| {
            let find = |(place, text): (usize, &String)| self.find(text).cloned().map_err(|unknown| (place, unknown));
            let found: Result<Vec<_>, _> = texts.iter().enumerate().map(find).collect();
            found.map_err(|(place, unknown)| ChoiceError::Entry(place, unknown))
        };
        match (wanted, self.0.as_slice()) {
            (Some(WantedServers::All), _) => Ok(ServerChoice::All),
            (Some(WantedServers::These(texts)), _) => each(texts).map(ServerChoice::These),
            (Some(WantedServers::AnyOf(texts)), _) => each(texts).map(ServerChoice::AnyOf),
            (None, []) => Ok(ServerChoice::All),
            (None, [(only, _)]) => Ok(ServerChoice::These(vec![only.clone()])),
            (None, _) => Err(ChoiceError::Missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(letter: char) -> ServerId {
        format!("srv_{}", letter.to_string().repeat(12)).parse().unwrap()
    }

    fn known(servers: &[(char, &str)]) -> KnownServers {
        KnownServers::new(servers.iter().map(|(letter, name)| (id(*letter), name.parse().unwrap())).collect())
    }

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn server_is_found_by_id_or_by_its_only_name() {
        let servers = known(&[('a', "Survival"), ('b', "Lobby"), ('c', "Lobby")]);
        for (text, found) in [
            ("srv_aaaaaaaaaaaa", Ok(id('a'))),
            ("Survival", Ok(id('a'))),
            (" Survival ", Ok(id('a'))),
            ("Lobby", Err(UnknownServer::Several(2))),
            ("survival", Err(UnknownServer::Nothing)),
            ("srv_dddddddddddd", Err(UnknownServer::Nothing)),
            ("", Err(UnknownServer::Nothing)),
        ] {
            assert_eq!(servers.find(text), found.as_ref().map_err(Clone::clone), "{text:?}");
        }
    }

    #[test]
    fn id_wins_over_a_name_of_the_same_text() {
        let servers = known(&[('a', "srv_bbbbbbbbbbbb"), ('b', "Lobby")]);
        assert_eq!(servers.find("srv_bbbbbbbbbbbb"), Ok(&id('b')));
    }

    #[test]
    fn request_without_servers_means_the_only_one() {
        assert_eq!(known(&[('a', "Survival")]).choose(None), Ok(ServerChoice::These(vec![id('a')])));
        assert_eq!(known(&[]).choose(None), Ok(ServerChoice::All));
        assert_eq!(known(&[('a', "Survival"), ('b', "Lobby")]).choose(None), Err(ChoiceError::Missing));
    }

    #[test]
    fn wrong_entry_is_named_by_its_place() {
        let servers = known(&[('a', "Survival"), ('b', "Lobby")]);
        let wanted = WantedServers::AnyOf(list(&["Lobby", "Survival"]));
        assert_eq!(servers.choose(Some(&wanted)), Ok(ServerChoice::AnyOf(vec![id('b'), id('a')])));
        let wrong = servers.choose(Some(&WantedServers::These(list(&["Lobby", "Creative"])))).unwrap_err();
        assert_eq!((wrong.place().as_str(), wrong), ("[1]", ChoiceError::Entry(1, UnknownServer::Nothing)));
    }
}
