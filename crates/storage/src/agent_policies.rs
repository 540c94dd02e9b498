//! The policies of the servers' agents.

use crate::{Error, Row, Tx, params, to_json};
use flux_protocol::ServerId;
use flux_shop::AgentPolicy;

/// Saves the policy of a server's agent.
pub fn put(tx: &Tx<'_>, server: &ServerId, policy: &AgentPolicy) -> Result<(), Error> {
    let AgentPolicy { is_strict, allow, deny, bedrock_prefix } = policy;
    let sql = "INSERT INTO agent_policies (server_id, is_strict, allow, deny, bedrock_prefix, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (server_id) DO UPDATE SET is_strict = $2, allow = $3, deny = $4, bedrock_prefix = $5,
                 updated_at = $6";
    let (allow, deny) = (to_json(allow)?, to_json(deny)?);
    tx.execute(sql, params![server, is_strict, allow, deny, bedrock_prefix, tx.now()])?;
    Ok(())
}

/// The policy of a server's agent, if the agent has sent one.
pub fn find(tx: &Tx<'_>, server: &ServerId) -> Result<Option<AgentPolicy>, Error> {
    tx.one("SELECT * FROM agent_policies WHERE server_id = $1", params![server], policy)
}

/// The known policies of the servers that are given commands, by server.
pub fn of_receiving(tx: &Tx<'_>) -> Result<Vec<(ServerId, AgentPolicy)>, Error> {
    let sql = "SELECT agent_policies.* FROM agent_policies JOIN servers ON servers.id = agent_policies.server_id
               WHERE removing_at IS NULL AND removed_at IS NULL ORDER BY server_id";
    tx.query(sql, params![], |row| Ok((row.get("server_id")?, policy(row)?)))
}

fn policy(row: &Row<'_>) -> Result<AgentPolicy, Error> {
    Ok(AgentPolicy {
        is_strict: row.get("is_strict")?,
        allow: row.json("allow")?,
        deny: row.json("deny")?,
        bedrock_prefix: row.get("bedrock_prefix")?,
    })
}
