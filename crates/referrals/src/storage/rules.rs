//! The table of rules: the global one, and at most one per tier.

use super::parsed;
use super::program::{self, ProgramRow};
use super::rows::RuleSettingsRow;
use crate::dto::{RuleDoc, RuleView};
use flux_referral_rules::{Rule, RuleId, RuleName, Rules, Scope, Tier};
use flux_storage::{Error, Row, Tx, params, to_json};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// All rules, and their settings as the API answers them.
#[derive(Debug, Clone)]
pub struct RuleRows {
    /// The rules.
    pub rules: Rules,
    /// The settings by rule id.
    pub docs: BTreeMap<String, RuleDoc>,
}

impl RuleRows {
    /// A rule as the API answers it.
    pub fn view(&self, rule: &Rule) -> RuleView {
        RuleView {
            id: rule.id.to_string(),
            name: rule.name.as_str().to_owned(),
            tier: tier(rule).to_owned(),
            status: rule.status.to_string(),
            doc: self.docs.get(rule.id.as_str()).cloned().unwrap_or_else(|| RuleDoc::from(rule)),
            version: rule.version,
            warnings: Vec::new(),
            ends: None,
        }
    }
}

/// Loads all rules: the global one and at most 100 more.
pub fn load(tx: &Tx<'_>) -> Result<RuleRows, Error> {
    of_rows(tx.query("SELECT * FROM referral_rules ORDER BY tier <> 'all', tier", params![], read)?)
}

/// All rules with the program, in one statement.
pub fn load_with_program(tx: &Tx<'_>, zone: &TimeZone) -> Result<(ProgramRow, RuleRows), Error> {
    let sql = format!(
        "SELECT r.*, {} FROM referral_rules AS r LEFT JOIN referral_program AS p ON p.id = 1 ORDER BY tier <> 'all', tier",
        program::COLUMNS
    );
    let mut program = None;
    let rules = tx.query(&sql, params![], |row| {
        if program.is_none() && row.get::<Option<i64>>("program_id")?.is_some() {
            program = Some(program::read(row, zone)?);
        }
        read(row)
    })?;
    let program = program.map_or_else(|| program::unsaved(zone), Ok)?;
    Ok((program, of_rows(rules)?))
}

/// The rules of these rows, of which the first is the global one's.
fn of_rows(rows: Vec<(Rule, RuleDoc)>) -> Result<RuleRows, Error> {
    let mut found = rows.into_iter();
    let (global, doc) = found.next().ok_or(Error::BadRow("the global rule"))?;
    let mut docs = BTreeMap::from([(global.id.to_string(), doc)]);
    let mut rules = Rules::new(global.id.clone());
    rules.replace(global).map_err(|_| Error::BadRow("the global rule"))?;
    for (rule, doc) in found {
        docs.insert(rule.id.to_string(), doc);
        rules.add(rule).map_err(|_| Error::BadRow("a rule"))?;
    }
    Ok(RuleRows { rules, docs })
}

/// Saves a new or changed rule.
pub fn put(tx: &Tx<'_>, rule: &Rule, doc: &RuleDoc) -> Result<(), Error> {
    let sql = "INSERT INTO referral_rules (id, name, name_key, tier, status, version, settings) VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (id) DO UPDATE SET name = $2, name_key = $3, tier = $4, status = $5, version = $6, settings = $7";
    tx.execute(
        sql,
        params![
            rule.id.as_str(),
            rule.name.as_str(),
            rule.name.key(),
            tier(rule),
            rule.status.as_str(),
            rule.version as i64,
            to_json(&RuleSettingsRow::new(rule, doc.landing_url.clone()))?,
        ],
    )?;
    Ok(())
}

/// Removes a tier's rule.
pub fn remove(tx: &Tx<'_>, id: &RuleId) -> Result<(), Error> {
    tx.execute("DELETE FROM referral_rules WHERE id = $1", params![id.as_str()])?;
    Ok(())
}

/// The distinct tiers of customers. The query skips from tier to tier in the index, whatever the number of customers.
pub fn customers_tiers(tx: &Tx<'_>) -> Result<Vec<Tier>, Error> {
    let sql = "WITH RECURSIVE tiers (tier) AS (
                 SELECT min(tier) FROM customers WHERE tier IS NOT NULL
                 UNION ALL SELECT (SELECT min(tier) FROM customers WHERE tier > tiers.tier) FROM tiers WHERE tier IS NOT NULL)
               SELECT tier FROM tiers WHERE tier IS NOT NULL AND tier <> 'all' LIMIT 1000";
    let read = |row: &Row<'_>| Tier::parse(&row.get::<String>("tier")?).map_err(|_| Error::BadRow("tier"));
    tx.query(sql, params![], read)
}

fn tier(rule: &Rule) -> &str {
    match &rule.scope {
        Scope::All => "all",
        Scope::Tier(tier) => tier.as_str(),
    }
}

fn read(row: &Row<'_>) -> Result<(Rule, RuleDoc), Error> {
    let scope = match row.get::<String>("tier")?.as_str() {
        "all" => Scope::All,
        tier => Scope::Tier(Tier::parse(tier).map_err(|_| Error::BadRow("tier"))?),
    };
    let name = RuleName::parse(&row.get::<String>("name")?).map_err(|_| Error::BadRow("name"))?;
    let status = parsed(row, "status")?;
    let version = u64::try_from(row.get::<i64>("version")?).map_err(|_| Error::BadRow("version"))?;
    let rule = Rule { status, version, ..Rule::new(RuleId::new(row.get::<String>("id")?), name, scope) };
    let (rule, landing_url) = row.json::<RuleSettingsRow>("settings")?.read(rule)?;
    let doc = RuleDoc { landing_url, ..RuleDoc::from(&rule) };
    Ok((rule, doc))
}
