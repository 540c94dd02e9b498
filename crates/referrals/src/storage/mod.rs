//! The referral tables. Each function that writes a counted row also writes its counters, so that no caller can miss them.

pub mod attributions;
pub mod clicks;
pub mod code_candidates;
pub mod counters;
pub mod customers;
pub mod forget;
pub mod grants;
pub mod held_commands;
pub mod invitations;
pub mod ledger;
pub mod links;
pub mod orders;
pub mod program;
mod rows;
pub mod rule_ends;
pub mod rules;
pub mod stats;

use flux_referral_rules::{Currency, Money, Person, Player, Reason};
use flux_storage::{Error, Param, Row};
use std::str::FromStr;

/// Reads a column that holds a variant of an enum.
fn parsed<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, Error> {
    row.get::<String>(column)?.parse().map_err(|_| Error::BadRow(column))
}

fn parsed_or_null<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<Option<T>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| Error::BadRow(column))).transpose()
}

fn reason(row: &Row<'_>, column: &'static str) -> Result<Option<Reason>, Error> {
    parsed_or_null(row, column)
}

fn money(row: &Row<'_>, amount: &'static str, currency: &'static str) -> Result<Option<Money>, Error> {
    let (Some(amount), Some(code)) = (row.get(amount)?, row.get::<Option<String>>(currency)?) else {
        return Ok(None);
    };
    let money = Currency::parse(&code).and_then(|code| Money::new(amount, code));
    money.map(Some).map_err(|_| Error::BadRow("an amount of money"))
}

fn player(row: &Row<'_>, name: &'static str, uuid: &'static str) -> Result<Option<Player>, Error> {
    let (name, uuid): (Option<String>, Option<String>) = (row.get(name)?, row.get(uuid)?);
    Ok(name.map(|name| Player { name, uuid }))
}

/// Conditions that find rows of the same person (D-23). Each condition has one value and its own index.
struct Ways<'a>(Vec<(String, &'a str)>);

impl<'a> Ways<'a> {
    /// The conditions for this person, by the given columns of id, address, UUID and name. Their parameters are `$1` and on.
    fn of(who: &'a Person, [id, email, uuid, name]: [&str; 4]) -> Ways<'a> {
        let mut ways = vec![(format!("{id} = $1"), who.customer.as_str())];
        let mut add = |way: String, value| ways.push((way.replace("{}", &format!("${}", ways.len() + 1)), value));
        if let Some(key) = &who.email {
            add(format!("{email} = {{}}"), key.as_str());
        }
        if let Some(player) = &who.player {
            let by_name = format!("lower({name}) = lower({{}}) AND {name} IS NOT NULL");
            match &player.uuid {
                Some(of) => {
                    add(format!("{uuid} = {{}}"), of.as_str());
                    add(format!("{by_name} AND {uuid} IS NULL"), player.name.as_str());
                }
                None => add(by_name, player.name.as_str()),
            }
        }
        Ways(ways)
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    /// One statement with this part for each condition, in the place of `{way}`.
    fn union(&self, part: &str) -> String {
        self.0.iter().map(|(way, _)| part.replace("{way}", way)).collect::<Vec<_>>().join(" UNION ALL ")
    }

    fn params(&self) -> Vec<&dyn Param> {
        self.0.iter().map(|(_, value)| value as &dyn Param).collect()
    }
}
