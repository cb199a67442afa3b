//! What a response was, as a reply. Only for full looks.

use model::{Reply, ReplyKind};

use super::head::Response;
use super::steps;
use crate::session::{Frame, readable};

/// Status and the start of the body: `201 {"id":7}`.
pub(super) fn describe(frame: Frame<'_>, response: Response) -> Reply {
    let status = response.status.to_string();
    let mut value = status.clone().into_bytes();
    let body = steps::body(frame, response.message);
    // What follows the head of a stream is not part of the frame.
    if !body.is_empty() {
        value.push(b' ');
        value.extend_from_slice(&body);
    }
    Reply {
        kind: match response.status {
            204 | 404 => ReplyKind::Empty,
            0..400 => ReplyKind::Ok,
            400.. => ReplyKind::Error,
        },
        value: readable(&value),
        rows: None,
        code: Some(status),
    }
}
