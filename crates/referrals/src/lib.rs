//! Everything about referrals: the pure rules are `flux_referral_rules`; here are the events that load their facts and write
//! their decisions ([`service`]), the tables ([`storage`]), the routes ([`http`]), and the settings in their JSON shapes
//! ([`dto`]). The store around them calls [`OrderHooks`] and applies [`Effects`].

mod context;
pub mod dto;
mod effects;
mod error;
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
