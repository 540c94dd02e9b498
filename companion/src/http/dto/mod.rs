//! The API's JSON: bodies that come in, answers that go out. Each converts from or to the domain types of `flux_shop`,
//! which know no wire format.

mod commands;
mod customers;
mod events;
mod mails;
mod orders;
mod packages;
mod retries;
mod servers;
mod tiers;

pub(crate) use commands::{CommandIn, CommandOut};
pub(crate) use customers::{CustomerIn, CustomerOut};
pub(crate) use events::EventOut;
pub(crate) use mails::MailOut;
pub(crate) use orders::{ListedOrderOut, OccurredIn, OrderIn, OrderOut, RefundIn};
pub(crate) use packages::{PackageIn, PackageOut};
pub(crate) use retries::{BulkIn, BulkOut, OrderPlayerIn, OrderPlayerOut, RetryIn, SettleIn};
pub(crate) use servers::{ReceivesOut, RemovalOut, ServerIn, ServerOut, ServerPatch, ServerWithToken};
pub(crate) use tiers::TierListJson;
