//! The policies of agents: kept to warn of packages that an agent would refuse, and nothing else. The agent alone decides.

use super::agents::Credential;
use super::{Audit, ServiceError};
use crate::limits::{JUDGED_POLICIES, NAMED_SERVERS};
use flux_protocol::limits::{POLICY_PATTERNS, TEMPLATES};
use flux_protocol::{JournalId, PolicyMode, PolicyNotice, ServerId, TemplatesResponse};
use flux_shop::{AgentPolicy, CommandTemplate, Package, PolicyJudge, kind, sample};
use flux_storage::{Tx, agent_policies, events, packages};
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The policy of an agent's notice.
///
/// # Errors
/// 422 for more than [`POLICY_PATTERNS`] patterns.
pub fn checked(notice: PolicyNotice) -> Result<AgentPolicy, ServiceError> {
    let PolicyNotice { mode, allow, deny, bedrock_prefix } = notice;
    if allow.len() + deny.len() > POLICY_PATTERNS {
        return Err(ServiceError::invalid("allow", format!("must be at most {POLICY_PATTERNS} patterns with deny")));
    }
    Ok(AgentPolicy { is_strict: mode == PolicyMode::Strict, allow, deny, bedrock_prefix })
}

/// True if this is the saved policy already.
///
/// # Errors
/// [`ServiceError::StaleJournal`] for any journal but the accepted one.
pub fn is_saved(
    tx: &Tx<'_>,
    credential: &Credential,
    journal: &JournalId,
    policy: &AgentPolicy,
) -> Result<bool, ServiceError> {
    let server = credential.server(tx)?;
    if server.agent.journal_id.as_ref() != Some(journal) {
        return Err(ServiceError::StaleJournal);
    }
    Ok(agent_policies::find(tx, &server.id)?.as_ref() == Some(policy))
}

/// Saves the policy of a server's agent.
///
/// # Errors
/// [`ServiceError::StaleJournal`] for any journal but the accepted one.
pub fn save(
    tx: &Tx<'_>,
    by: &Audit,
    credential: &Credential,
    journal: &JournalId,
    policy: &AgentPolicy,
) -> Result<(), ServiceError> {
    if is_saved(tx, credential, journal, policy)? {
        return Ok(());
    }
    agent_policies::put(tx, &credential.server_id, policy)?;
    let mode = if policy.is_strict { "strict" } else { "default" };
    let data = json!({"mode": mode, "allow": policy.allow.len(), "deny": policy.deny.len()});
    Ok(events::record(tx, by, kind::POLICY_CHANGED, credential.server_id.as_str(), &data)?)
}

/// Warnings about the commands of a package that agents would refuse.
#[derive(Debug, Default)]
pub struct Policies(Vec<(PolicyJudge, Vec<ServerId>)>);

impl Policies {
    /// The known policies of the servers that are given commands, each with its servers: those of a store are mostly the same.
    pub fn load(tx: &Tx<'_>) -> Result<Policies, flux_storage::Error> {
        let mut servers: BTreeMap<AgentPolicy, Vec<ServerId>> = BTreeMap::new();
        for (server, policy) in agent_policies::of_receiving(tx)? {
            servers.entry(policy).or_default().push(server);
        }
        let judged = servers.iter().take(JUDGED_POLICIES);
        Ok(Policies(judged.map(|(policy, servers)| (PolicyJudge::from(policy), servers.clone())).collect()))
    }

    /// A warning for each policy that refuses this command of the package.
    pub fn warnings(&self, package: &Package, template: &CommandTemplate) -> Vec<String> {
        let of_policy = |(judge, servers): &(PolicyJudge, Vec<ServerId>)| {
            let servers: Vec<&ServerId> = servers.iter().filter(|server| template.servers.has(server)).collect();
            let refusal = if servers.is_empty() { None } else { judge.refusal(package, template) }?;
            Some(format!("the agent of {} would not run it: {refusal}", named(&servers)))
        };
        self.0.iter().filter_map(of_policy).collect()
    }
}

/// The first servers, and the number of the others.
fn named(servers: &[&ServerId]) -> String {
    let first: Vec<&str> = servers.iter().take(NAMED_SERVERS).map(|server| server.as_str()).collect();
    match servers.len().saturating_sub(NAMED_SERVERS) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// One line of each kind that the packages send to this server.
pub fn templates(tx: &Tx<'_>, server: &ServerId) -> Result<TemplatesResponse, ServiceError> {
    let mut found = TemplatesResponse { templates: Vec::new(), more: false };
    packages::each_after(tx, "", u32::MAX, |package| {
        for template in package.content.commands.iter().filter(|template| template.servers.has(server)) {
            if found.templates.len() == TEMPLATES {
                found.more = true;
                return Ok(ControlFlow::Break(()));
            }
            found.templates.push(sample(&package, template, 1));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}
