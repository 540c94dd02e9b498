//! Judges a package's commands by an agent's policy, before somebody buys the package.

use super::{CommandTemplate, Package};
use flux_delivery::build_line;
use flux_delivery::policy::{Glob, Mode, Policy};
use flux_protocol::SampleTemplate;

/// The policy of a server's agent, as the agent has sent it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentPolicy {
    /// True if only lines that match `allow` run.
    pub is_strict: bool,
    /// The patterns of lines that may run.
    pub allow: Vec<String>,
    /// The patterns of lines that do not run.
    pub deny: Vec<String>,
    /// The text before the names of Bedrock players.
    pub bedrock_prefix: String,
}

/// An [`AgentPolicy`] that is ready to judge.
#[derive(Debug)]
pub struct PolicyJudge {
    policy: Policy,
    bedrock_prefix: String,
}

impl From<&AgentPolicy> for PolicyJudge {
    /// Leaves out a pattern that this version cannot read: the agent has another one.
    fn from(policy: &AgentPolicy) -> PolicyJudge {
        let globs = |texts: &[String]| texts.iter().filter_map(|text| Glob::new(text).ok()).collect();
        let mode = if policy.is_strict { Mode::Strict } else { Mode::Default };
        let (allow, deny) = (globs(&policy.allow), globs(&policy.deny));
        PolicyJudge { policy: Policy { mode, allow, deny }, bedrock_prefix: policy.bedrock_prefix.clone() }
    }
}

impl PolicyJudge {
    /// The reason why the agent would not run this command of the package, for one of two sample orders.
    pub fn refusal(&self, package: &Package, template: &CommandTemplate) -> Option<String> {
        let samples = [("Steve", 1), ("Alex", 2)]
            .map(|(player, quantity)| sample(package, template, quantity).for_player(player));
        let refused =
            samples.iter().find_map(|command| build_line(command, None, &self.bedrock_prefix, &self.policy).err());
        refused.map(|refusal| refusal.detail)
    }
}

/// The template in an order of this quantity. The order's number is one that every order could have.
pub fn sample(package: &Package, template: &CommandTemplate, quantity: u32) -> SampleTemplate {
    let values = super::expand::values(&quantity.to_string(), package, quantity);
    SampleTemplate { command: template.command.as_str().to_owned(), values }
}
