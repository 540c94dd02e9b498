//! HTTP: the paths of `/api/v1`, by resource. The OpenAPI document is made of the same functions.

mod agent;
mod auth;
mod commands;
mod customers;
mod dto;
mod events;
mod health;
mod metrics;
mod middleware;
mod orders;
mod packages;
mod servers;
mod stream;

pub(crate) use dto::{EventOut, ServerOut};

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use flux_referrals::http::ReferralApi;
use flux_rest::{ErrorAnswer, no_such_method, no_such_path};
use middleware::Middleware;
use std::sync::Arc;
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

/// Everything but the hub.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let (routes, mut document) = routes().split_for_parts();
    let (referral_routes, referral_document) = referral_routes().split_for_parts();
    document.merge(referral_document);
    let referral_routes =
        referral_routes.route("/r/{code}", get(flux_referrals::http::visit)).with_state(Arc::new(app.referral_api()));
    let document = finished(document, app.config.public_url.as_deref());
    let text = document.to_json().unwrap_or_default();
    let openapi = ([(http::header::CONTENT_TYPE, "application/json")], text);
    let middleware = Arc::new(Middleware::new(Arc::clone(app)));
    routes
        .route("/openapi.json", get(move || async move { openapi }))
        .merge(referral_routes)
        .route("/api/v1/events/stream", get(stream::stream))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(app.config.limits.body_bytes))
        .layer(from_fn_with_state(middleware, middleware::handle))
        .with_state(Arc::clone(app))
}

/// The API's document: OpenAPI 3.1.
pub(crate) fn document() -> OpenApi {
    let mut document = routes().into_openapi();
    document.merge(referral_routes().into_openapi());
    finished(document, None)
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

fn referral_routes() -> OpenApiRouter<Arc<ReferralApi>> {
    OpenApiRouter::new().nest("/api/v1", flux_referrals::http::routes())
}

fn routes() -> OpenApiRouter<Arc<App>> {
    use utoipa::OpenApi as _;
    OpenApiRouter::with_openapi(Document::openapi())
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .routes(routes!(servers::create, servers::list))
                .routes(routes!(servers::show, servers::change, servers::remove))
                .routes(routes!(servers::replace_token))
                .routes(routes!(packages::list))
                .routes(routes!(packages::put, packages::show, packages::remove))
                .routes(routes!(orders::list))
                .routes(routes!(orders::put, orders::show))
                .routes(routes!(orders::paid))
                .routes(routes!(orders::completed))
                .routes(routes!(orders::cancelled))
                .routes(routes!(orders::refunded))
                .routes(routes!(orders::chargeback))
                .routes(routes!(customers::put, customers::show, customers::remove))
                .routes(routes!(commands::list, commands::create))
                .routes(routes!(commands::show))
                .routes(routes!(commands::retry))
                .routes(routes!(commands::cancel))
                .routes(routes!(events::list))
                .routes(routes!(agent::poll))
                .routes(routes!(agent::report))
                .routes(routes!(agent::player_joined)),
        )
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}
