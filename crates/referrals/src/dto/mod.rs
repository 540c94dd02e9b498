//! The referral rules' settings and answers in their JSON shapes, and the way between them and the rules' own types. What
//! is kept in the database has the same shapes.

mod answers;
mod benefit;
mod command;
mod enums;
mod field_error;
mod patch;
mod program;
mod rule;
mod slot;
mod texts;

pub use answers::{AttributionView, GrantView, LinkView, QuoteView, attribution_view};
pub use benefit::BenefitBody;
pub use command::RewardCommandBody;
pub use enums::{ChannelDto, Period, ReversalDto, SideDto, StatusDto, TriggerDto};
pub use field_error::FieldError;
pub use program::{ChannelsBody, ProgramDoc, ProgramPatch, ProgramView, program_view};
pub use rule::{RuleDoc, RulePatch, RuleView};
pub use slot::{SlotBody, SlotsBody};
pub use texts::{MailPatch, MailText, MailsDoc, MailsPatch, ShareDoc, SharePatch, SharedView};
