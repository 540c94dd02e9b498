//! The middleware of every request: an id, a limit on requests in flight, a time limit, and one shape for errors.

use super::logged_path::logged_path;
use crate::app::App;
use crate::secrets;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use flux_platform::{CrashPoint, crash_point};
use flux_rest::{ApiError, Places, RateLimiter, VisitorRate};
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// An orchestrator restarts a process that does not answer here.
const LIVE: &str = "/health/live";

pub(super) struct Middleware {
    app: Arc<App>,
    places: Places,
    rate: Arc<RateLimiter>,
    visitors: VisitorRate,
}

impl Middleware {
    pub(super) fn new(app: Arc<App>) -> Middleware {
        let chosen = &app.config.limits;
        let (places, rate) =
            (Places::new(chosen.requests_in_flight), Arc::new(RateLimiter::new(chosen.requests_per_second)));
        let visitors = VisitorRate(Arc::new(RateLimiter::new(flux_referrals::limits::VISITS_PER_SECOND)));
        Middleware { places, rate, visitors, app }
    }
}

/// The middleware. A request that timed out may still complete; one with an id in its path can be repeated safely.
pub(super) async fn handle(State(middleware): State<Arc<Middleware>>, mut request: Request, next: Next) -> Response {
    let id = secrets::request_id(&*middleware.app.entropy);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(Arc::clone(&middleware.rate));
    request.extensions_mut().insert(middleware.visitors.clone());
    let began = Instant::now();
    // Every log line of the request carries the id.
    let span = tracing::error_span!("request", request.id = id);
    // A process that is busy is alive: that answer needs no place.
    let place = if path == LIVE { Ok(None) } else { middleware.places.take().map(Some) };
    let response = match place {
        Ok(place) => {
            if let Some(place) = &place {
                request.extensions_mut().insert(place.clone());
            }
            let answer = timeout(middleware.app.config.limits.request_timeout, next.run(request)).instrument(span);
            answer.await.map_or_else(|_| late().render(&id), |response| shaped(response, &id))
        }
        Err(busy) => busy.render(&id),
    };
    if let Some(answers) = middleware.app.answers.get(usize::from(response.status().as_u16() / 100).saturating_sub(1)) {
        answers.fetch_add(1, Ordering::Relaxed);
    }
    if !method.is_safe() {
        crash_point(CrashPoint::Response);
    }
    let (status, took) = (response.status().as_u16(), began.elapsed().as_millis() as u64);
    tracing::debug!(request.id = id, http.method = %method, http.path = &*logged_path(&path), http.status = status,
        duration_milliseconds = took, "request answered");
    with_id(response, &id)
}

fn late() -> ApiError {
    let message = "the request took too long; it may have been done all the same";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", message)
}

fn shaped(mut response: Response, id: &str) -> Response {
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => {
            if error.status.is_server_error() {
                tracing::warn!(
                    request.id = id,
                    http.status = error.status.as_u16(),
                    error.code = error.code,
                    "a request failed"
                );
            }
            error.render(id)
        }
        None => response,
    }
}

pub(super) fn with_id(mut response: Response, id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
