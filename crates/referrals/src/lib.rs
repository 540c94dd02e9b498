//! Referrals around the pure rules of `flux_referral_rules`: the events that load facts and store decisions ([`service`]),
//! the tables ([`storage`]), the routes ([`http`]) and their JSON bodies ([`dto`]). The store around them calls
//! [`OrderHooks`] and applies [`Effects`].

mod context;
pub mod dto;
mod effects;
mod error;
mod forgotten;
mod hooks;
pub mod http;
mod ids;
pub mod limits;
pub mod service;
pub mod storage;

pub use context::ReferralContext;
pub use effects::{Effect, Effects};
pub use error::Error;
pub use hooks::{OrderHooks, Referrals};
