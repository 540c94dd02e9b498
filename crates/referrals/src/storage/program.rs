//! The program's one row.

use crate::model::{MailsDoc, ProgramDoc, ShareDoc};
use flux_referral_rules::{Program, ProgramState};
use flux_storage::{Error, Row, Tx, params, to_json};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The program as it is kept.
#[derive(Debug, Clone)]
pub struct ProgramRow {
    /// The settings that decide.
    pub program: Program,
    /// All settings, as they are answered.
    pub doc: ProgramDoc,
    /// Whether it was ever saved.
    pub configured: bool,
    /// Rises with every edit.
    pub version: u64,
    /// What customers share.
    pub share: ShareDoc,
    /// The mails.
    pub mails: MailsDoc,
    /// Customers after this id who have no code are still to be given one.
    pub codes_after: Option<String>,
}

/// The program; before it was ever saved: on, with every default.
pub fn load(tx: &Tx<'_>, zone: &TimeZone) -> Result<ProgramRow, Error> {
    let found = tx.one("SELECT * FROM referral_program", params![], |row| read(row, zone))?;
    found.map(Ok).unwrap_or_else(|| {
        let doc = ProgramDoc::default();
        Ok(ProgramRow {
            program: program(&doc, ProgramState::On { since: Timestamp::UNIX_EPOCH }, zone)?,
            doc,
            configured: false,
            version: 0,
            share: ShareDoc::default(),
            mails: MailsDoc::default(),
            codes_after: None,
        })
    })
}

/// Saves all of it.
pub fn save(tx: &Tx<'_>, row: &ProgramRow) -> Result<(), Error> {
    let sql = "INSERT INTO referral_program (id, settings, enabled_at, configured, version, share, mails, codes_after)
               VALUES (1, $1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET settings = $1, enabled_at = $2, configured = $3,
               version = $4, share = $5, mails = $6, codes_after = $7";
    let since = match row.program.master {
        ProgramState::Off => None,
        ProgramState::On { since } => Some(since),
    };
    tx.execute(
        sql,
        params![
            to_json(&row.doc)?,
            since,
            row.configured,
            row.version as i64,
            to_json(&row.share)?,
            to_json(&row.mails)?,
            row.codes_after,
        ],
    )?;
    Ok(())
}

fn read(row: &Row<'_>, zone: &TimeZone) -> Result<ProgramRow, Error> {
    let doc: ProgramDoc = row.json("settings")?;
    let master =
        row.get::<Option<Timestamp>>("enabled_at")?.map_or(ProgramState::Off, |since| ProgramState::On { since });
    Ok(ProgramRow {
        program: program(&doc, master, zone)?,
        doc,
        configured: row.get("configured")?,
        version: u64::try_from(row.get::<i64>("version")?).map_err(|_| Error::BadRow("version"))?,
        share: row.json("share")?,
        mails: row.json("mails")?,
        codes_after: row.get("codes_after")?,
    })
}

fn program(doc: &ProgramDoc, master: ProgramState, zone: &TimeZone) -> Result<Program, Error> {
    doc.read_saved(master, zone.clone()).map_err(|_| Error::BadRow("the program's settings"))
}
