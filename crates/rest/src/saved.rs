//! Answers of handlers that save something.

use axum::Json;
use http::StatusCode;

/// The status and the thing as it is now.
pub type Saved<T> = (StatusCode, Json<T>);

/// 201 with a new thing, 200 with one that was there before.
pub fn saved<T>(is_new: bool, thing: T) -> Saved<T> {
    (if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(thing))
}
