//! The single row of the program.

use super::rows::{MailsRow, ProgramSettingsRow, ProgramTexts, ShareRow};
use crate::dto::{Mails, ProgramDoc, Share};
use flux_referral_rules::{Program, ProgramState};
use flux_storage::{Error, Row, Tx, params, to_json};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The stored program.
#[derive(Debug, Clone)]
pub struct ProgramRow {
    /// The settings that affect decisions.
    pub program: Program,
    /// All settings, as the API answers them.
    pub doc: ProgramDoc,
    /// True if the program was ever saved.
    pub configured: bool,
    /// The version; each edit increments it.
    pub version: u64,
    /// The texts that customers share.
    pub share: Share,
    /// The mails.
    pub mails: Mails,
    /// The progress of issuing codes: customers after this id may lack one.
    pub codes_after: Option<String>,
}

/// Loads the program. Before the first save it is enabled, with every default.
pub fn load(tx: &Tx<'_>, zone: &TimeZone) -> Result<ProgramRow, Error> {
    let sql = format!("SELECT {COLUMNS} FROM referral_program AS p");
    match tx.one(&sql, params![], |row| read(row, zone))? {
        Some(row) => Ok(row),
        None => unsaved(zone),
    }
}

/// The columns of the program `p`, under names that no other table's column has.
pub(super) const COLUMNS: &str = "p.id AS program_id, p.settings AS program_settings, p.enabled_at, p.configured,
  p.version AS program_version, p.share, p.mails, p.codes_after";

/// The program before it was ever saved.
pub(super) fn unsaved(zone: &TimeZone) -> Result<ProgramRow, Error> {
    let state = ProgramState::Enabled { since: Timestamp::UNIX_EPOCH };
    let (program, doc) = settings(ProgramSettingsRow::default(), state, zone)?;
    Ok(ProgramRow {
        program,
        doc,
        configured: false,
        version: 0,
        share: Share::default(),
        mails: Mails::default(),
        codes_after: None,
    })
}

/// Saves the row but for the progress of issuing codes, which [`issue_codes_from_start`] and [`move_codes`] change.
pub fn save(tx: &Tx<'_>, row: &ProgramRow) -> Result<(), Error> {
    let sql = "INSERT INTO referral_program (id, settings, enabled_at, configured, version, share, mails)
               VALUES (1, $1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET settings = $1, enabled_at = $2, configured = $3,
               version = $4, share = $5, mails = $6";
    let since = match row.program.state {
        ProgramState::Disabled => None,
        ProgramState::Enabled { since } => Some(since),
    };
    let texts = ProgramTexts { terms: row.doc.program_terms.clone(), landing_url: row.doc.landing_url.clone() };
    tx.execute(
        sql,
        params![
            to_json(&ProgramSettingsRow::new(&row.program, texts))?,
            since,
            row.configured,
            row.version as i64,
            to_json(&ShareRow::from(&row.share))?,
            to_json(&MailsRow::from(&row.mails))?,
        ],
    )?;
    Ok(())
}

/// Lets every customer without a code get one.
pub fn issue_codes_from_start(tx: &Tx<'_>) -> Result<(), Error> {
    tx.execute("UPDATE referral_program SET codes_after = '' WHERE id = 1", params![])?;
    Ok(())
}

/// Moves the progress of issuing codes forward, or ends it; false, with nothing written, if it is not at `from` or `to` is
/// not beyond it.
pub fn move_codes(tx: &Tx<'_>, from: &str, to: Option<&str>) -> Result<bool, Error> {
    let sql = "UPDATE referral_program SET codes_after = $2
               WHERE id = 1 AND codes_after = $1 AND (CAST($2 AS TEXT) IS NULL OR codes_after < $2)";
    Ok(tx.execute(sql, params![from, to])? == 1)
}

/// A row with [`COLUMNS`] as the program.
pub(super) fn read(row: &Row<'_>, zone: &TimeZone) -> Result<ProgramRow, Error> {
    let enabled_at: Option<Timestamp> = row.get("enabled_at")?;
    let state = enabled_at.map_or(ProgramState::Disabled, |since| ProgramState::Enabled { since });
    let (program, doc) = settings(row.json("program_settings")?, state, zone)?;
    Ok(ProgramRow {
        program,
        doc,
        configured: row.get("configured")?,
        version: u64::try_from(row.get::<i64>("program_version")?).map_err(|_| Error::BadRow("version"))?,
        share: row.json::<ShareRow>("share")?.into(),
        mails: row.json::<MailsRow>("mails")?.into(),
        codes_after: row.get("codes_after")?,
    })
}

fn settings(row: ProgramSettingsRow, state: ProgramState, zone: &TimeZone) -> Result<(Program, ProgramDoc), Error> {
    let (program, texts) = row.read(state, zone.clone())?;
    let doc = ProgramDoc { program_terms: texts.terms, landing_url: texts.landing_url, ..ProgramDoc::default() };
    let doc = doc.with(&program);
    Ok((program, doc))
}
