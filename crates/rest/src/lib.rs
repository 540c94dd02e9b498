//! The shared parts of HTTP handlers: strict bodies and queries, pages, error answers, API keys, rate limits and
//! `Idempotency-Key`. The companion and the referrals bring the handlers of their resources.

mod auth;
mod body;
mod client;
mod error;
mod given_time;
mod idempotency;
pub mod limits;
pub mod nul;
mod object;
mod page;
mod path;
mod places;
mod player;
mod query;
mod rate;
mod saved;
mod servers;
pub mod values;
mod whole;
mod wording;
mod wrong_keys;

pub use auth::{Admin, ApiKey, KeyDirectory, bearer_token};
pub use body::{Body, OptionalBody};
pub use client::client_address;
pub use error::{ApiError, ErrorAnswer, Errors, no_such_method, no_such_path};
pub use given_time::GivenTime;
pub use idempotency::{IdempotencyKey, Idempotent, IdempotentRequest, KeyReused};
pub use object::{Object, object, object_or_null, objects};
pub use page::{
    Page, PageBuilder, PageQuery, after_place, after_text, before_place, cursor_at, page, page_limit, try_page,
};
pub use path::{Id, PathTexts};
pub use places::{Place, Places, Share, Shares};
pub use player::PlayerJson;
pub use query::Query;
pub use rate::{Peer, RateLimiter, VisitorRate, check_rate};
pub use saved::{Saved, saved};
pub use servers::ServersJson;
pub use values::{ApiEnum, ApiValue, Checked, Word};
pub use wrong_keys::{WrongKeyCount, WrongKeys};
