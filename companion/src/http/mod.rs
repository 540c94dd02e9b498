//! HTTP: the paths of `/api/v1`, by resource. The OpenAPI document is made of the same functions.

mod agent;
mod auth;
mod commands;
mod customers;
mod dto;
mod events;
mod health;
mod logged_path;
mod mails;
mod metrics;
mod middleware;
mod orders;
mod packages;
mod servers;
mod stream;
mod tiers;
mod unsubscribe;
mod wrong_keys;

pub(crate) use dto::{EventOut, MailOut, ServerOut};
pub(crate) use wrong_keys::{count as count_wrong_keys, limit as limit_wrong_keys, log as log_wrong_keys};

use crate::app::App;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use data_encoding::HEXLOWER;
use flux_rest::{ErrorAnswer, no_such_method, no_such_path};
use http::{HeaderMap, StatusCode, header};
use middleware::Middleware;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(utoipa::OpenApi)]
#[openapi(
    components(schemas(ErrorAnswer)),
    info(
        title = "flux-companion",
        description = "A slim store server: servers, packages, orders, the commands that they become, and referrals. Amounts are whole numbers of a currency's minor units (cents)."
    )
)]
struct Document;

/// Everything but the hub and the metrics.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let referral_routes = Router::new()
        .nest("/api/v1", without_document(&flux_referrals::http::ROUTES))
        .route("/r/{code}", get(flux_referrals::http::visit))
        .with_state(Arc::new(app.referral_api()));
    let middleware = Arc::new(Middleware::new(Arc::clone(app)));
    Router::new()
        .nest("/api/v1", without_document(&ROUTES))
        .merge(without_document(&[health_routes]))
        .route("/openapi.json", openapi(app.config.public_url.clone()))
        .merge(referral_routes)
        .route("/api/v1/events/stream", get(stream::stream))
        .route("/u/{token}", get(unsubscribe::page).post(unsubscribe::unsubscribe))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(app.config.limits.body_bytes))
        .layer(from_fn_with_state(middleware, middleware::handle))
        .with_state(Arc::clone(app))
}

/// Metrics and health, at the address of their own.
pub(crate) fn metrics_router(app: &Arc<App>) -> Router {
    let middleware = Arc::new(Middleware::new(Arc::clone(app)));
    without_document(&[health_routes])
        .route("/metrics", get(metrics::metrics))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(middleware, middleware::handle))
        .with_state(Arc::clone(app))
}

/// Routes alone. The document of each group is dropped before the next one is made: all of them at once take 4 MB, which
/// the allocator would keep.
fn without_document<S: Clone + Send + Sync + 'static>(groups: &[fn() -> OpenApiRouter<S>]) -> Router<S> {
    groups.iter().fold(Router::new(), |router, group| router.merge(group().split_for_parts().0))
}

/// Answers the API's document, which is made at the first request, and only to a caller who does not have it.
fn openapi<S: Clone + Send + Sync + 'static>(public_url: Option<String>) -> MethodRouter<S> {
    let make = move || {
        let text = document(public_url.as_deref()).to_json().unwrap_or_default();
        let tag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(&text)));
        (Bytes::from(text), tag)
    };
    let made = Arc::new(LazyLock::new(make));
    get(async move |request: HeaderMap| {
        let (text, tag) = &**made;
        let known = request.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
        let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, tag.clone())];
        if known.split(',').any(|known| known.trim() == tag) {
            return (StatusCode::NOT_MODIFIED, headers, Bytes::new());
        }
        (StatusCode::OK, headers, Bytes::clone(text))
    })
}

/// The API's document: OpenAPI 3.1.
pub(crate) fn document(public_url: Option<&str>) -> OpenApi {
    use utoipa::OpenApi as _;
    let all =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", with_document(&ROUTES)).merge(health_routes());
    let mut document = all.into_openapi();
    document.merge(OpenApiRouter::new().nest("/api/v1", with_document(&flux_referrals::http::ROUTES)).into_openapi());
    finished(document, public_url)
}

fn with_document<S: Clone + Send + Sync + 'static>(groups: &[fn() -> OpenApiRouter<S>]) -> OpenApiRouter<S> {
    groups.iter().fold(OpenApiRouter::new(), |router, group| router.merge(group()))
}

fn finished(mut document: OpenApi, public_url: Option<&str>) -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let key = bearer.description(Some("an API key: flux_sk_…")).build();
    let token =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("a server's token: srv_….…")).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("key", SecurityScheme::Http(key));
    components.add_security_scheme("token", SecurityScheme::Http(token));
    document.servers = public_url.map(|url| vec![utoipa::openapi::Server::new(url)]);
    document
}

/// The routes below `/api/v1`, by resource.
const ROUTES: [fn() -> OpenApiRouter<Arc<App>>; 8] = [
    || {
        OpenApiRouter::new()
            .routes(routes!(servers::create, servers::list))
            .routes(routes!(servers::show, servers::change, servers::remove))
            .routes(routes!(servers::replace_token))
    },
    || {
        OpenApiRouter::new().routes(routes!(packages::list)).routes(routes!(
            packages::put,
            packages::show,
            packages::remove
        ))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(orders::list))
            .routes(routes!(orders::put, orders::show))
            .routes(routes!(orders::paid))
            .routes(routes!(orders::completed))
            .routes(routes!(orders::cancelled))
            .routes(routes!(orders::refunded))
            .routes(routes!(orders::chargeback))
            .routes(routes!(orders::player))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(customers::put, customers::show, customers::remove))
            .routes(routes!(tiers::show, tiers::put))
    },
    || {
        OpenApiRouter::new()
            .routes(routes!(commands::list, commands::create))
            .routes(routes!(commands::show))
            .routes(routes!(commands::retry))
            .routes(routes!(commands::cancel))
            .routes(routes!(commands::settle))
            .routes(routes!(commands::bulk))
    },
    || OpenApiRouter::new().routes(routes!(events::list)),
    || OpenApiRouter::new().routes(routes!(mails::list)),
    || {
        OpenApiRouter::new()
            .routes(routes!(agent::poll))
            .routes(routes!(agent::report))
            .routes(routes!(agent::player_joined))
            .routes(routes!(agent::policy))
            .routes(routes!(agent::templates))
    },
];

fn health_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(health::live)).routes(routes!(health::ready))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The document keeps one schema for each name: a second type of the same name would be described as the first.
    #[test]
    fn every_schema_name_has_one_type() {
        let mut seen: BTreeMap<String, serde_json::Value> = BTreeMap::new();
        let groups = ROUTES.iter().map(|group| group().into_openapi());
        let referrals = flux_referrals::http::ROUTES.iter().map(|group| group().into_openapi());
        for document in groups.chain(referrals) {
            for (name, schema) in document.components.map(|all| all.schemas).unwrap_or_default() {
                let schema = serde_json::to_value(schema).expect("JSON");
                assert_eq!(*seen.entry(name.clone()).or_insert_with(|| schema.clone()), schema, "{name}");
            }
        }
        assert!(seen.len() > 50, "{} schemas", seen.len());
    }
}
