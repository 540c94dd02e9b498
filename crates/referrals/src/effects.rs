//! Changes of commands that a referral event requires.

use flux_protocol::{CommandId, ServerId};
use flux_shop::NewCommand;

/// One change of a command.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Creates this command, unless one with its id exists.
    Create(Box<NewCommand>),
    /// Cancels this command, if it is still open.
    Cancel(CommandId),
    /// Offer this server's commands: some that waited for a player have one.
    Offer(ServerId),
}

/// Changes of commands, in their order. The caller applies them in the transaction that produced them; dropping them
/// loses a reward.
#[derive(Debug, Default)]
#[must_use = "the caller applies them, or the reward's commands are lost"]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// Adds a change after the others.
    pub fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }
}

impl Extend<Effect> for Effects {
    fn extend<I: IntoIterator<Item = Effect>>(&mut self, effects: I) {
        self.0.extend(effects);
    }
}

impl FromIterator<Effect> for Effects {
    fn from_iter<I: IntoIterator<Item = Effect>>(effects: I) -> Effects {
        Effects(effects.into_iter().collect())
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
