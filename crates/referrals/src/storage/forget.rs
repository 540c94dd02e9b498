//! Anonymises a customer's referrals: rows and totals stay, under an anonymous id.

use flux_referral_rules::EmailKey;
use flux_storage::{Error, Row, Tx, params, to_json};
use std::collections::BTreeMap;

/// The columns that name a customer.
const NAMES: [(&str, &str); 10] = [
    ("referral_links", "customer_id"),
    ("referral_attributions", "referrer_id"),
    ("referral_attributions", "referee_id"),
    ("referral_grants", "customer_id"),
    ("referral_held_commands", "customer_id"),
    ("referral_ledger", "customer_id"),
    ("referral_balances", "customer_id"),
    ("referral_leaderboard", "customer_id"),
    ("referral_deltas", "customer_id"),
    ("referral_referrers", "customer_id"),
];

/// The attributions of a customer as a referee, also those moved to another id since, found by order or reward.
const AS_FRIEND: &str = "a.referee_id = $1 OR a.order_id IN (SELECT id FROM referral_orders WHERE customer_id = $1)
  OR a.id IN (SELECT attribution_id FROM referral_grants WHERE customer_id = $1 AND side = 'referee')";

/// The keyed hash of a mailbox.
type Hash<'a> = &'a dyn Fn(&EmailKey) -> Vec<u8>;

/// Returns whether a reward of the customer has open commands.
pub fn has_open(tx: &Tx<'_>, id: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM referral_grants JOIN commands ON grant_id = referral_grants.id
               WHERE referral_grants.customer_id = $1 AND commands.status IN ('pending', 'delivered', 'awaiting_player') LIMIT 1";
    tx.exists(sql, params![id])
}

/// Replaces `id` with `anonymous`, and the customer's code, which contains their name, with `code`.
/// `hash` hides the addresses of those who were rewarded as a referee.
pub fn forget(tx: &Tx<'_>, id: &str, anonymous: &str, code: &str, hash: Hash<'_>) -> Result<(), Error> {
    keep_hashes(tx, id, hash)?;
    clear_commands(tx, id)?;
    clear_lines(tx, id)?;
    clear_typed_codes(tx, id, code)?;
    super::invitations::forget_customer(tx, id)?;
    super::code_candidates::forget_customer(tx, id)?;
    // Held commands never get a player now.
    tx.execute("UPDATE referral_held_commands SET cancelled = TRUE WHERE customer_id = $1", params![id])?;
    let sql = format!(
        "UPDATE referral_attributions AS a SET referee_email = NULL, referee_name = NULL, referee_uuid = NULL,
         external_source = NULL, external_ref = NULL WHERE {AS_FRIEND}"
    );
    tx.execute(&sql, params![id])?;
    tx.execute("UPDATE referral_attributions SET code = $2 WHERE referrer_id = $1", params![id, code])?;
    let sql = "UPDATE referral_links SET code = $2, code_key = lower($2) WHERE customer_id = $1";
    tx.execute(sql, params![id, code])?;
    let sql = "UPDATE referral_clicks SET visitor = NULL WHERE link_id IN (SELECT id FROM referral_links WHERE customer_id = $1)";
    tx.execute(sql, params![id])?;
    let sql =
        "UPDATE referral_orders SET customer_id = $2, email = NULL, player_name = NULL, player_uuid = NULL, code = NULL
               WHERE customer_id = $1";
    tx.execute(sql, params![id, anonymous])?;
    let sql = "UPDATE referral_orders SET email = NULL WHERE customer_id IS NULL
               AND email = (SELECT email_key FROM customers WHERE id = $1)";
    tx.execute(sql, params![id])?;
    for (table, column) in NAMES {
        tx.execute(&format!("UPDATE {table} SET {column} = $2 WHERE {column} = $1"), params![id, anonymous])?;
    }
    // The commands of their rewards, under any name of their player.
    let sql = "UPDATE commands SET customer_id = NULL, player_name = NULL, player_uuid = NULL WHERE customer_id = $1";
    tx.execute(sql, params![id])?;
    Ok(())
}

/// Stores the hash of the customer's address with the attributions that rewarded somebody for them, so that nobody is rewarded
/// for them again (D-27).
fn keep_hashes(tx: &Tx<'_>, id: &str, hash: Hash<'_>) -> Result<(), Error> {
    let sql = format!(
        "SELECT a.id, coalesce(a.referee_email, (SELECT email_key FROM customers WHERE id = $1)) AS email
         FROM referral_attributions AS a WHERE ({AS_FRIEND})
           AND EXISTS (SELECT 1 FROM referral_grants AS g WHERE g.attribution_id = a.id AND g.status <> 'cancelled')"
    );
    let read = |row: &Row<'_>| Ok((row.get("id")?, row.get("email")?));
    let found: Vec<(String, Option<String>)> = tx.query(&sql, params![id], read)?;
    for (attribution, email) in found {
        if let Some(mailbox) = email.as_deref().and_then(EmailKey::of) {
            let hidden = hash(&mailbox);
            let sql = "UPDATE referral_attributions SET referee_hash = $1 WHERE id = $2";
            tx.execute(sql, params![hidden.as_slice(), attribution])?;
        }
    }
    Ok(())
}

/// Replaces the customer's code in the orders of buyers who typed it.
fn clear_typed_codes(tx: &Tx<'_>, id: &str, code: &str) -> Result<(), Error> {
    let typed = "SELECT o.id FROM referral_links JOIN referral_orders AS o ON lower(o.code) = code_key AND o.code IS NOT NULL WHERE referral_links.customer_id = $1";
    let sql = format!("UPDATE orders SET referral_code = $2 WHERE id IN ({typed})");
    tx.execute(&sql, params![id, code])?;
    let sql = format!("UPDATE referral_orders SET code = $2 WHERE id IN ({typed})");
    tx.execute(&sql, params![id, code])?;
    Ok(())
}

/// Removes the customer's name from held commands and from saved reversals of the other side's rewards.
fn clear_lines(tx: &Tx<'_>, id: &str) -> Result<(), Error> {
    for (whose, key) in [("a.referrer_id = $1", "referrer"), (AS_FRIEND, "referee")] {
        let grants = format!(
            "(SELECT g.id FROM referral_attributions AS a JOIN referral_grants AS g ON g.attribution_id = a.id WHERE {whose})"
        );
        clear_held(tx, id, &grants, key)?;
        clear_reversals(tx, id, &grants, key)?;
    }
    Ok(())
}

fn clear_held(tx: &Tx<'_>, id: &str, grants: &str, key: &str) -> Result<(), Error> {
    let sql = format!("SELECT * FROM referral_held_commands WHERE grant_id IN {grants}");
    let read = |row: &Row<'_>| {
        Ok((row.get("grant_id")?, row.get("position")?, row.get("server_id")?, row.json("template_values")?))
    };
    type Held = (String, i64, String, BTreeMap<String, String>);
    let held: Vec<Held> = tx.query(&sql, params![id], read)?;
    let update = "UPDATE referral_held_commands SET template_values = $1
                  WHERE grant_id = $2 AND position = $3 AND server_id = $4";
    for (grant, position, server, mut fill) in held {
        if let Some(name) = fill.get_mut(key) {
            name.clear();
            tx.execute(update, params![to_json(&fill)?, grant, position, server])?;
        }
    }
    Ok(())
}

fn clear_reversals(tx: &Tx<'_>, id: &str, grants: &str, key: &str) -> Result<(), Error> {
    let sql = format!("SELECT id, reversal FROM referral_grants WHERE reversal IS NOT NULL AND id IN {grants}");
    let read = |row: &Row<'_>| Ok((row.get("id")?, row.json("reversal")?));
    let found: Vec<(String, Vec<serde_json::Value>)> = tx.query(&sql, params![id], read)?;
    for (grant, mut lines) in found {
        let names = lines.iter_mut().filter_map(|line| line.get_mut("values")?.get_mut(key));
        names.for_each(|name| *name = "".into());
        tx.execute("UPDATE referral_grants SET reversal = $1 WHERE id = $2", params![to_json(&lines)?, grant])?;
    }
    Ok(())
}

/// Removes the customer's name and the game's output from the commands of all rewards of their referrals.
fn clear_commands(tx: &Tx<'_>, id: &str) -> Result<(), Error> {
    let sql = format!(
        "SELECT commands.seq, commands.id, commands.template_values, referrer_id = $1 AS is_referrer FROM referral_attributions AS a
         JOIN referral_grants AS g ON g.attribution_id = a.id JOIN commands ON grant_id = g.id
         WHERE referrer_id = $1 OR {AS_FRIEND}"
    );
    let read =
        |row: &Row<'_>| Ok((row.get("seq")?, row.get("id")?, row.json("template_values")?, row.get("is_referrer")?));
    type Found = (i64, String, BTreeMap<String, String>, bool);
    let found: Vec<Found> = tx.query(&sql, params![id], read)?;
    for (seq, command, mut fill, is_referrer) in found {
        fill.insert(if is_referrer { "referrer" } else { "referee" }.to_owned(), String::new());
        let sql = "UPDATE commands SET template_values = $1, output = NULL WHERE seq = $2";
        tx.execute(sql, params![to_json(&fill)?, seq])?;
        tx.execute("UPDATE command_history SET output = NULL WHERE command_id = $1", params![command])?;
    }
    Ok(())
}
