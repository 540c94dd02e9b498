//! JSON bodies and answers of the referral API, and their conversion from and to the types of the rules. The stored
//! shapes are in `storage/rows`.

mod answers;
mod benefit;
mod command;
mod enums;
mod field_error;
mod mails;
mod patch;
mod program;
mod program_patch;
mod rule;
mod rule_ends;
mod share;
mod slot;

pub use answers::{AttributionView, GrantView, LinkView, QuoteView, ReleasedView, attribution_view};
pub use benefit::BenefitBody;
pub use command::RewardCommandBody;
pub use enums::{ChannelDto, CompletionDto, PartialDto, Period, ReversalDto, SideDto, StatusDto, TriggerDto};
pub use field_error::FieldError;
pub use mails::{MailPatch, MailSetting, MailText, Mails, MailsDoc, MailsPatch};
pub use program::{ChannelsBody, ProgramDoc, ProgramView, program_view};
pub use program_patch::ProgramPatch;
pub use rule::{RuleDoc, RulePatch, RuleView, TimingBody};
pub use rule_ends::{ListedView, RuleEndsView};
pub use share::{Share, ShareDoc, SharePatch, SharedView};
pub use slot::{SlotBody, SlotsBody};
