//! Packages. A storefront's key reads them. Only an admin's key changes them, because a package defines the commands that
//! run on the servers.

use super::dto::{PackageIn, PackageOut};
use crate::app::App;
use crate::services::agent_policies::Policies;
use crate::services::{ServiceError, packages as packages_service};
use axum::Json;
use axum::extract::State;
use flux_rest::{
    Admin, ApiError, ApiKey, Body, Errors, Id, Page, PageBuilder, PageQuery, Query, Saved, after_text, page_limit,
    saved,
};
use flux_shop::{Package, PackageId};
use flux_storage::{Tx, packages, servers};
use http::StatusCode;
use std::sync::Arc;

/// Saves a package.
#[utoipa::path(put, path = "/packages/{id}", tag = "packages", security(("key" = [])), params(("id" = String, Path)), request_body = PackageIn,
    responses((status = 201, body = PackageOut), (status = 200, body = PackageOut), Errors))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<PackageId>,
    Body(body, _): Body<PackageIn>,
) -> Result<Saved<PackageOut>, ApiError> {
    let (is_new, package, receiving) = app
        .write(key.actor(), move |tx, by, _| {
            let content = body.content(&servers::known(tx)?)?;
            let is_new = packages_service::put(tx, by, &id, &content)?;
            Ok((is_new, Package { id: id.clone(), content }, servers::receiving(tx)?))
        })
        .await?;
    let policies = app.db.read(Policies::load).await?;
    Ok(saved(is_new, PackageOut::new(package, &receiving, &policies)))
}

/// A package.
#[utoipa::path(get, path = "/packages/{id}", tag = "packages", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = PackageOut), Errors))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Id(id): Id<PackageId>,
) -> Result<Json<PackageOut>, ApiError> {
    let read = move |tx: &Tx<'_>| {
        Ok::<_, ServiceError>((packages::find(tx, &id)?, servers::receiving(tx)?, Policies::load(tx)?))
    };
    let (found, receiving, policies) = app.db.read(read).await?;
    Ok(Json(PackageOut::new(found.ok_or(ServiceError::NotFound("package"))?, &receiving, &policies)))
}

/// All packages, by id. The warnings of agents' policies are at the single package only.
#[utoipa::path(get, path = "/packages", tag = "packages", security(("key" = [])), params(PageQuery),
    responses((status = 200, body = Page<PackageOut>), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<PackageOut>>, ApiError> {
    let (limit, after) = (page_limit(query.limit)?, after_text(query.cursor.as_deref())?);
    let read = move |tx: &Tx<'_>| {
        let (receiving, mut page) = (servers::receiving(tx)?, PageBuilder::new(limit));
        packages::each_after(tx, &after, limit + 1, |package| {
            let view =
                |package| Ok::<_, flux_storage::Error>(PackageOut::new(package, &receiving, &Policies::default()));
            page.push(package.id.to_string(), || view(package))
        })?;
        Ok::<_, ServiceError>(page.finish())
    };
    Ok(Json(app.db.read(read).await?))
}

/// Removes a package; 409 while an order that is not paid yet names it.
#[utoipa::path(delete, path = "/packages/{id}", tag = "packages", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 204), Errors))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<PackageId>,
) -> Result<StatusCode, ApiError> {
    app.write(key.actor(), move |tx, by, _| packages_service::remove(tx, by, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
