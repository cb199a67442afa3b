//! Every way a request can end without a sale, and the HTTP answer for each.

use std::error::Error;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio_postgres::error::SqlState;

/// Why a request was not fulfilled.
#[derive(Debug)]
pub enum Refusal {
    /// The request itself is wrong.
    Invalid(String),
    UnknownEvent(i32),
    SoldOut,
    /// An order with this id was taken before.
    OrderExists,
    /// Nothing is broken, but others were faster too many times.
    Busy(&'static str),
    /// A store or a peer is away or too slow.
    Unavailable(String),
    /// A store answered something that makes no sense to this service.
    Internal(String),
    /// The answer of the replica that owns the event, passed on.
    FromOwner {
        status: StatusCode,
        message: String,
    },
}

impl Refusal {
    /// The status code of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::UnknownEvent(_) => StatusCode::NOT_FOUND,
            Self::SoldOut | Self::OrderExists => StatusCode::CONFLICT,
            Self::Busy(_) | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::FromOwner { status, .. } => *status,
        }
    }

    /// The sentence the client reads.
    pub fn message(&self) -> String {
        match self {
            Self::Invalid(message) | Self::Unavailable(message) | Self::Internal(message) => {
                message.clone()
            }
            Self::UnknownEvent(event) => format!("there is no event {event}"),
            Self::SoldOut => "sold out".into(),
            Self::OrderExists => "this order exists already".into(),
            Self::Busy(message) => (*message).into(),
            Self::FromOwner { message, .. } => message.clone(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let message = self.message();
        if status.is_server_error() {
            eprintln!("ticketrush: {} {message}", status.as_u16());
        }
        let mut response = (status, Json(json!({ "error": message }))).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            return Self::Unavailable(format!("the database is away: {}", with_causes(&error)));
        };
        if *state == SqlState::UNIQUE_VIOLATION {
            return Self::OrderExists;
        }
        match state.code().get(..2) {
            // Serialization failure and deadlock: the transaction was undone and may be tried again.
            Some("40") => Self::Busy("the database undid a conflicting sale, try again"),
            // Connection trouble, lack of resources, shutdown, a start under way.
            Some("08" | "53" | "57") => {
                Self::Unavailable(format!("the database is away: {}", with_causes(&error)))
            }
            _ => Self::Internal(format!("the database refused: {}", with_causes(&error))),
        }
    }
}

impl From<redis::RedisError> for Refusal {
    fn from(error: redis::RedisError) -> Self {
        match error.kind() {
            redis::ErrorKind::UnexpectedReturnType => {
                Self::Internal(format!("the cache holds something odd: {error}"))
            }
            _ => Self::Unavailable(format!("the cache is away: {error}")),
        }
    }
}

/// An error and what caused it in one line; the outer text alone often only says "db error".
fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        line = format!("{line}: {inner}");
        cause = inner.source();
    }
    line
}
