//! The HTTP interface: routes, and the bounds every request is served in.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio::time::timeout;

use crate::peers::FORWARDED;
use crate::refusal::Refusal;
use crate::reservation::{Reservation, event_id};
use crate::shop::Shop;

const BODY_BYTES_MAX: usize = 16 * 1024;
/// A request that takes longer than this is given up on.
const REQUEST_WAIT: Duration = Duration::from_secs(10);

type Answer = Result<Response, Refusal>;

/// All routes of the service.
pub fn router(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/events/{id}", get(show))
        .route("/events/{id}/reserve", post(reserve))
        .route("/healthz", get(health))
        .fallback(async || error(StatusCode::NOT_FOUND, "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            error(
                StatusCode::METHOD_NOT_ALLOWED,
                "this path takes another method",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shop)
}

async fn show(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Answer {
    let id = event_id(&id)?;
    let shown = timeout(REQUEST_WAIT, shop.event(id)).await;
    let event = shown.unwrap_or_else(|_| Err(shop.too_slow()))?;
    Ok(Json(event).into_response())
}

async fn reserve(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let request = Reservation::read(&id, &body)?;
    let forwarded = headers.contains_key(FORWARDED);
    // In a task of its own: a client that hangs up must not leave a sale half done.
    let selling = tokio::spawn(async move {
        let sale = timeout(
            REQUEST_WAIT,
            shop.variant.reserve(&shop, &request, forwarded),
        )
        .await;
        sale.unwrap_or_else(|_| Err(shop.too_slow()))
    });
    let sale = selling
        .await
        .map_err(|error| Refusal::Internal(format!("the sale broke off: {error}")))??;
    Ok((StatusCode::CREATED, Json(sale)).into_response())
}

async fn health(State(shop): State<Arc<Shop>>) -> Answer {
    shop.health().await?;
    Ok(Json(json!({ "status": "ok" })).into_response())
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
