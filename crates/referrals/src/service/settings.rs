//! Reads and saves the settings: the program, the rules, and the texts.

use super::UnitOfWork;
use super::codes_to_mail::settings_changed;
use super::rule_ends::ends;
use super::rule_servers::{self, KnownPlaces};
use crate::Error;
use crate::ReferralContext;
use crate::dto::{
    FieldError, MailsDoc, MailsPatch, ProgramPatch, ProgramView, RewardCommandBody, RuleDoc, RuleEndsView, RulePatch,
    RuleView, ShareDoc, SharePatch, SideDto, SlotBody, TriggerDto, program_view,
};
use crate::ids;
use crate::storage::program::{self, ProgramRow};
use crate::storage::rules as rules_repo;
use flux_referral_rules::{Rule, RuleId, RuleName, RuleStatus, Scope, Slot, ValidationError};
use flux_shop::Audit;
use flux_shop::kind;
use flux_storage::{Tx, events, servers};
use serde_json::json;

/// `GET /program`.
pub fn show_program(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext) -> Result<ProgramView, Error> {
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    Ok(program_answer(&work))
}

/// `PUT /program`. `version` is the version that the caller has read.
pub fn save_program(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    patch: ProgramPatch,
    version: Option<u64>,
) -> Result<ProgramView, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    check_version(version.or(patch.version), work.program().version)?;
    let before = work.program().clone();
    let servers = servers::known(tx)?;
    let read = |body: &RewardCommandBody| body.read(&servers);
    let (program, rules, doc) = patch.save(&before.program, &work.rules().rules, before.doc.clone(), read, tx.now())?;
    check_landing(ctx, doc.landing_url.as_deref())?;
    if rules.global() != work.rules().rules.global() {
        save_rule(&mut work, rules.global().clone(), None)?;
    }
    work.set_program(ProgramRow { program, doc, configured: true, version: before.version + 1, ..before });
    work.rules_mut().rules = rules;
    program::save(tx, work.program())?;
    let codes_to_mail = settings_changed(&work)?;
    events::record(tx, audit, kind::PROGRAM_SAVED, "program", &json!({"version": work.program().version}))?;
    let mut view = program_answer(&work);
    view.codes_to_mail = Some(codes_to_mail);
    view.warnings = rule_servers::warnings(work.rules().rules.global(), &KnownPlaces::load(tx)?);
    Ok(view)
}

/// `POST /rules`.
pub fn add_rule(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, patch: RulePatch) -> Result<RuleView, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let name = patch.name.as_ref().ok_or_else(|| FieldError::value("name", "is missing"))?;
    let name = RuleName::parse(name.as_str()).map_err(|invalid| FieldError::of("name", &invalid))?;
    if patch.tier.is_none() {
        return Err(FieldError::value("tier", "is missing").into());
    }
    let rule = Rule::new(RuleId::new(ids::rule_id(tx.entropy())), name, Scope::All);
    let (rule, doc) = patched_rule(&work, patch, &rule, RuleDoc::default())?;
    let added = work.rules_mut().rules.add(rule.clone());
    added.map_err(|invalid| FieldError::of(refused_field(&invalid), &invalid))?;
    save_rule(&mut work, rule.clone(), Some(doc))?;
    settings_changed(&work)?;
    rule_answer(&work, &rule)
}

/// `PUT /rules/{id}`. `is_dry`: nothing is saved.
pub fn change_rule(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &RuleId,
    patch: RulePatch,
    is_dry: bool,
) -> Result<RuleView, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let before = find_rule(&work, id)?;
    check_version(patch.version, before.version)?;
    if patch.id.as_ref().is_some_and(|given| given != id.as_str()) {
        return Err(FieldError::value("id", "is another than the path's").into());
    }
    let doc = work.rules().docs.get(id.as_str()).cloned().unwrap_or_default();
    let (rule, doc) = patched_rule(&work, patch, &before, doc)?;
    let rule = Rule { version: before.version + 1, ..rule };
    let is_ended =
        before.status == RuleStatus::Active && (rule.status == RuleStatus::Disabled || rule.scope != before.scope);
    let answer = if is_dry {
        replace_in_memory(&mut work, &rule)?;
        work.rules_mut().docs.insert(rule.id.to_string(), doc);
        rule_answer(&work, &rule)?
    } else {
        replace_rule(&mut work, rule, doc)?
    };
    let ends = if is_ended { Some(ends(&work, &before)?) } else { None };
    Ok(RuleView { ends, ..answer })
}

/// `DELETE /rules/{id}`: the global one stays. `is_dry`: nothing is deleted. Returns the consequences.
pub fn remove_rule(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &RuleId,
    is_dry: bool,
) -> Result<RuleEndsView, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let rule = find_rule(&work, id)?;
    work.rules_mut().rules.remove(id).map_err(|invalid| FieldError::of("id", &invalid))?;
    let ends = ends(&work, &rule)?;
    if !is_dry {
        rules_repo::remove(tx, id)?;
        let data = json!({"boundReferees": ends.bound_referees.total, "waitingRewards": ends.waiting_rewards.total});
        events::record(tx, audit, kind::RULE_REMOVED, id.as_str(), &data)?;
    }
    Ok(ends)
}

/// `PUT /rules/{id}/slots/{side}/{trigger}`: refused on a filled slot (R3-05), unless `replaces` is true.
pub fn set_slot(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    (id, side, trigger): (&RuleId, SideDto, TriggerDto),
    body: &SlotBody,
    replaces: bool,
) -> Result<RuleView, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut rule = find_rule(&work, id)?;
    let servers = servers::known(tx)?;
    let slot: Slot = body.read(work.program().program.currency, |body| body.read(&servers))?;
    let (side, trigger) = (side.into(), trigger.into());
    if replaces {
        rule.slots.replace(side, trigger, Some(slot));
    } else {
        rule.slots.add(side, trigger, slot).map_err(|invalid| FieldError::of("slot", &invalid))?;
    }
    rule.version += 1;
    let doc = settings_of(&work, &rule);
    replace_rule(&mut work, rule, doc)
}

/// `DELETE /rules/{id}/slots/{side}/{trigger}`. What was issued earlier stays (R3-06).
pub fn remove_slot(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    (id, side, trigger): (&RuleId, SideDto, TriggerDto),
) -> Result<RuleView, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut rule = find_rule(&work, id)?;
    if rule.slots.get(side.into(), trigger.into()).is_none() {
        return rule_answer(&work, &rule);
    }
    rule.slots.replace(side.into(), trigger.into(), None);
    rule.version += 1;
    let doc = settings_of(&work, &rule);
    replace_rule(&mut work, rule, doc)
}

/// `PUT /share`.
pub fn save_share(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, patch: SharePatch) -> Result<ShareDoc, Error> {
    let mut row = program::load(tx, &ctx.zone)?;
    row.share = row.share.patched(patch)?;
    program::save(tx, &row)?;
    events::record(tx, audit, kind::PROGRAM_SAVED, "share", &json!({}))?;
    Ok(row.share.doc(row.mails.language))
}

/// `PUT /emails`.
pub fn save_mails(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, patch: MailsPatch) -> Result<MailsDoc, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut row = work.program().clone();
    row.mails = row.mails.patched(patch)?;
    let page = ctx.address.landing(row.mails.member_page.as_deref().unwrap_or_default());
    page.map_err(|invalid| FieldError::of("memberPage", &invalid))?;
    program::save(tx, &row)?;
    events::record(tx, audit, kind::PROGRAM_SAVED, "emails", &json!({}))?;
    let doc = row.mails.doc();
    work.set_program(row);
    Ok(MailsDoc { codes_to_mail: Some(settings_changed(&work)?), ..doc })
}

fn program_answer(work: &UnitOfWork<'_>) -> ProgramView {
    let ProgramRow { program, doc, configured, version, .. } = work.program();
    program_view(doc.clone(), program, *configured, *version, &work.rules().rules)
}

fn find_rule(work: &UnitOfWork<'_>, id: &RuleId) -> Result<Rule, Error> {
    work.rules().rules.iter().find(|rule| rule.id == *id).cloned().ok_or(Error::NotFound("rule"))
}

fn patched_rule(work: &UnitOfWork<'_>, patch: RulePatch, rule: &Rule, doc: RuleDoc) -> Result<(Rule, RuleDoc), Error> {
    let currency = work.program().program.currency;
    let servers = servers::known(work.tx())?;
    let (rule, doc) = patch.over(rule, doc, currency, |body| body.read(&servers))?;
    check_landing(work.ctx(), doc.landing_url.as_deref())?;
    Ok((rule, doc))
}

/// The settings of a rule with its landing address.
fn settings_of(work: &UnitOfWork<'_>, rule: &Rule) -> RuleDoc {
    let landing_url = work.rules().docs.get(rule.id.as_str()).and_then(|doc| doc.landing_url.clone());
    RuleDoc { landing_url, ..RuleDoc::from(rule) }
}

fn replace_rule(work: &mut UnitOfWork<'_>, rule: Rule, doc: RuleDoc) -> Result<RuleView, Error> {
    replace_in_memory(work, &rule)?;
    save_rule(work, rule.clone(), Some(doc))?;
    settings_changed(work)?;
    rule_answer(work, &rule)
}

fn replace_in_memory(work: &mut UnitOfWork<'_>, rule: &Rule) -> Result<(), Error> {
    let replaced = work.rules_mut().rules.replace(rule.clone());
    Ok(replaced.map_err(|invalid| FieldError::of(refused_field(&invalid), &invalid))?)
}

fn save_rule(work: &mut UnitOfWork<'_>, rule: Rule, doc: Option<RuleDoc>) -> Result<(), Error> {
    let doc = doc.unwrap_or_else(|| settings_of(work, &rule));
    rules_repo::put(work.tx(), &rule, &doc)?;
    work.rules_mut().docs.insert(rule.id.to_string(), doc);
    let data = json!({"name": rule.name.as_str(), "status": rule.status.as_str(), "version": rule.version});
    Ok(events::record(work.tx(), work.audit(), kind::RULE_SAVED, rule.id.as_str(), &data)?)
}

fn rule_answer(work: &UnitOfWork<'_>, rule: &Rule) -> Result<RuleView, Error> {
    Ok(rule_servers::answer(work.rules(), rule, &KnownPlaces::load(work.tx())?))
}

fn refused_field(invalid: &ValidationError) -> &'static str {
    match invalid {
        ValidationError::NameTaken | ValidationError::RuleName => "name",
        ValidationError::Currency
        | ValidationError::Amount
        | ValidationError::ZeroAmount
        | ValidationError::Percent
        | ValidationError::Points
        | ValidationError::Days
        | ValidationError::Overflow
        | ValidationError::Code
        | ValidationError::Tier
        | ValidationError::TierTaken
        | ValidationError::UnknownRule
        | ValidationError::GlobalRule
        | ValidationError::TooManyRules
        | ValidationError::SlotTaken
        | ValidationError::EmptySlot
        | ValidationError::TooManyCommands
        | ValidationError::Template(_)
        | ValidationError::Servers
        | ValidationError::UnknownServer(_)
        | ValidationError::Ladder
        | ValidationError::Landing
        | ValidationError::CurrencyMissing
        | ValidationError::RewardTypeMissing
        | ValidationError::RewardType
        | ValidationError::Limit
        | ValidationError::Text
        | ValidationError::Placeholder { .. }
        | ValidationError::NoFreeCode => "tier",
    }
}

fn check_version(given: Option<u64>, current: u64) -> Result<(), Error> {
    match given {
        Some(given) if given != current => {
            let message = format!("it has changed since: its version is {current}, the request names {given}");
            Err(Error::conflict("version_conflict", message))
        }
        _ => Ok(()),
    }
}

fn check_landing(ctx: &ReferralContext, address: Option<&str>) -> Result<(), Error> {
    let landing = ctx.address.landing(address.unwrap_or_default());
    Ok(landing.map(drop).map_err(|invalid| FieldError::of("landingUrl", &invalid))?)
}
