//! The program, the rules, and the texts.

use super::{Desk, ServiceError, Work};
use crate::secrets;
use crate::services::Audit;
use flux_referral_rules::{Invalid, Rule, RuleId, RuleName, Scope, Slot, turns_codes_on};
use flux_referrals::model::{
    Flaw, MailsDoc, MailsPatch, ProgramPatch, ProgramView, RewardCommandBody, RuleDoc, RulePatch, RuleView, ShareDoc,
    SharePatch, SideWord, SlotBody, TriggerWord, program_view,
};
use flux_referrals::storage::program::{self, ProgramRow};
use flux_referrals::storage::rules as rows;
use flux_shop::kind;
use flux_storage::{Tx, events};
use serde_json::json;

/// `GET /program`.
pub fn show_program(tx: &Tx<'_>, by: &Audit, desk: &Desk) -> Result<ProgramView, ServiceError> {
    let work = Work::begin(tx, by, desk)?;
    Ok(work.program_view())
}

/// `PUT /program`. `version` is what the caller has seen.
pub fn save_program(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    patch: ProgramPatch,
    version: Option<u64>,
) -> Result<ProgramView, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    check_version(version.or(patch.version), work.program.version)?;
    let before = work.program.clone();
    let read = |body: &RewardCommandBody| body.read(&work.servers);
    let (program, rules, doc) = patch.save(&before.program, &work.rules.rules, before.doc.clone(), read, by.now)?;
    check_landing(desk, doc.landing_url.as_deref())?;
    if rules.global() != work.rules.rules.global() {
        work.keep_rule(rules.global().clone(), None)?;
    }
    let turns_on = turns_codes_on(before.program.doors, program.doors);
    work.program = ProgramRow {
        program,
        doc,
        configured: true,
        version: before.version + 1,
        codes_after: if turns_on { Some(String::new()) } else { before.codes_after.clone() },
        ..before
    };
    work.rules.rules = rules;
    program::save(tx, &work.program)?;
    events::record(tx, by, kind::PROGRAM_SAVED, "program", &json!({"version": work.program.version}))?;
    let mut view = work.program_view();
    view.warnings = warnings(work.rules.rules.global());
    Ok(view)
}

/// `POST /rules`.
pub fn add_rule(tx: &Tx<'_>, by: &Audit, desk: &Desk, patch: RulePatch) -> Result<RuleView, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let name = patch.name.as_ref().ok_or_else(|| Flaw::value("name", "is missing"))?;
    let name = RuleName::parse(name.as_str()).map_err(|invalid| Flaw::of("name", &invalid))?;
    if patch.tier.is_none() {
        return Err(Flaw::value("tier", "is missing").into());
    }
    let rule = Rule::new(RuleId::new(secrets::rule_id(&*desk.entropy)), name, Scope::All);
    let (rule, doc) = work.patched(patch, &rule, RuleDoc::default())?;
    let added = work.rules.rules.add(rule.clone());
    added.map_err(|invalid| Flaw::of(blame(&invalid), &invalid))?;
    work.keep_rule(rule.clone(), Some(doc))?;
    Ok(work.rule_view(&rule))
}

/// `PUT /rules/{id}`.
pub fn change_rule(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    id: &RuleId,
    patch: RulePatch,
) -> Result<RuleView, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let before = work.rule(id)?;
    check_version(patch.version, before.version)?;
    if patch.id.as_ref().is_some_and(|said| said != id.as_str()) {
        return Err(Flaw::value("id", "is another than the path's").into());
    }
    let doc = work.rules.docs.get(id.as_str()).cloned().unwrap_or_default();
    let (rule, doc) = work.patched(patch, &before, doc)?;
    work.replace(Rule { version: before.version + 1, ..rule }, doc)
}

/// `DELETE /rules/{id}`: the global one stays.
pub fn remove_rule(tx: &Tx<'_>, by: &Audit, desk: &Desk, id: &RuleId) -> Result<(), ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    work.rule(id)?;
    work.rules.rules.remove(id).map_err(|invalid| Flaw::of("id", &invalid))?;
    rows::remove(tx, id)?;
    Ok(events::record(tx, by, kind::RULE_REMOVED, id.as_str(), &json!({}))?)
}

/// `PUT /rules/{id}/slots/{side}/{trigger}`: refused on a filled slot (R3-05), unless it is to be replaced.
pub fn set_slot(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    (id, side, trigger): (&RuleId, SideWord, TriggerWord),
    body: &SlotBody,
    replaces: bool,
) -> Result<RuleView, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let mut rule = work.rule(id)?;
    let slot: Slot = body.read(work.program.program.currency, |body| body.read(&work.servers))?;
    let (side, trigger) = (side.into(), trigger.into());
    if replaces {
        rule.slots.replace(side, trigger, Some(slot));
    } else {
        rule.slots.add(side, trigger, slot).map_err(|invalid| Flaw::of("slot", &invalid))?;
    }
    rule.version += 1;
    let doc = work.doc_of(&rule);
    work.replace(rule, doc)
}

/// `DELETE /rules/{id}/slots/{side}/{trigger}`. What was issued earlier stays (R3-06).
pub fn remove_slot(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    (id, side, trigger): (&RuleId, SideWord, TriggerWord),
) -> Result<RuleView, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let mut rule = work.rule(id)?;
    if rule.slots.get(side.into(), trigger.into()).is_none() {
        return Ok(work.rule_view(&rule));
    }
    rule.slots.replace(side.into(), trigger.into(), None);
    rule.version += 1;
    let doc = work.doc_of(&rule);
    work.replace(rule, doc)
}

/// `PUT /share`.
pub fn save_share(tx: &Tx<'_>, by: &Audit, desk: &Desk, patch: SharePatch) -> Result<ShareDoc, ServiceError> {
    let mut row = program::load(tx, &desk.zone)?;
    row.share = row.share.patched(patch)?;
    program::save(tx, &row)?;
    events::record(tx, by, kind::PROGRAM_SAVED, "share", &json!({}))?;
    Ok(row.share)
}

/// `PUT /emails`.
pub fn save_mails(tx: &Tx<'_>, by: &Audit, desk: &Desk, patch: MailsPatch) -> Result<MailsDoc, ServiceError> {
    let mut row = program::load(tx, &desk.zone)?;
    row.mails = row.mails.patched(patch)?;
    program::save(tx, &row)?;
    events::record(tx, by, kind::PROGRAM_SAVED, "emails", &json!({}))?;
    Ok(row.mails)
}

impl Work<'_> {
    fn program_view(&self) -> ProgramView {
        let ProgramRow { program, doc, configured, version, .. } = &self.program;
        program_view(doc.clone(), program, *configured, *version, &self.rules.rules)
    }

    fn rule(&self, id: &RuleId) -> Result<Rule, ServiceError> {
        self.rules.rules.iter().find(|rule| rule.id == *id).cloned().ok_or(ServiceError::NotFound("rule"))
    }

    fn patched(&self, patch: RulePatch, rule: &Rule, doc: RuleDoc) -> Result<(Rule, RuleDoc), ServiceError> {
        let currency = self.program.program.currency;
        let (rule, doc) = patch.over(rule, doc, currency, |body| body.read(&self.servers))?;
        check_landing(self.desk, doc.landing_url.as_deref())?;
        Ok((rule, doc))
    }

    /// What a rule gives, with the landing address that it has.
    fn doc_of(&self, rule: &Rule) -> RuleDoc {
        let landing_url = self.rules.docs.get(rule.id.as_str()).and_then(|doc| doc.landing_url.clone());
        RuleDoc { landing_url, ..RuleDoc::from(rule) }
    }

    fn replace(&mut self, rule: Rule, doc: RuleDoc) -> Result<RuleView, ServiceError> {
        let replaced = self.rules.rules.replace(rule.clone());
        replaced.map_err(|invalid| Flaw::of(blame(&invalid), &invalid))?;
        self.keep_rule(rule.clone(), Some(doc))?;
        Ok(self.rule_view(&rule))
    }

    fn keep_rule(&mut self, rule: Rule, doc: Option<RuleDoc>) -> Result<(), ServiceError> {
        let doc = doc.unwrap_or_else(|| self.doc_of(&rule));
        rows::put(self.tx, &rule, &doc)?;
        self.rules.docs.insert(rule.id.to_string(), doc);
        let data = json!({"name": rule.name.as_str(), "status": rule.status.as_str(), "version": rule.version});
        Ok(events::record(self.tx, self.by, kind::RULE_SAVED, rule.id.as_str(), &data)?)
    }

    fn rule_view(&self, rule: &Rule) -> RuleView {
        RuleView { warnings: warnings(rule), ..self.rules.view(rule) }
    }
}

fn blame(invalid: &Invalid) -> &'static str {
    match invalid {
        Invalid::NameTaken => "name",
        _ => "tier",
    }
}

/// Commands that are not safe to run twice (R0-13).
fn warnings(rule: &Rule) -> Vec<String> {
    let mut warnings = Vec::new();
    for side in flux_referral_rules::Side::ALL {
        for trigger in flux_referral_rules::Trigger::ALL {
            let commands = rule.slots.get(*side, *trigger).map(Slot::commands).unwrap_or_default();
            let words = commands.iter().filter_map(|command| command.template.toggle_word());
            warnings.extend(words.map(|word| {
                format!("{side}.{trigger}: `{word}` turns something on and off: run a second time after a failed try, it undoes itself")
            }));
        }
    }
    warnings
}

fn check_version(said: Option<u64>, stands: u64) -> Result<(), ServiceError> {
    match said {
        Some(said) if said != stands => {
            let message = format!("it has changed since: version {stands} stands, {said} was named");
            Err(ServiceError::conflict("version_conflict", message))
        }
        _ => Ok(()),
    }
}

fn check_landing(desk: &Desk, address: Option<&str>) -> Result<(), ServiceError> {
    let landing = desk.address.landing(address.unwrap_or_default());
    Ok(landing.map(drop).map_err(|invalid| Flaw::of("landingUrl", &invalid))?)
}
