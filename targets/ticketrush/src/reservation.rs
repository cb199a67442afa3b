//! What a client asks for and what it gets: the request body checked, the answer as JSON.

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::uuid;

/// More seats than this in one order is taken for a mistake.
pub const QUANTITY_MAX: i32 = 1000;

/// A checked request for seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    pub event: i32,
    pub quantity: i32,
    /// The order's UUID, in lower case.
    pub order: String,
}

/// The answer to a reservation that was sold.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sale {
    pub order: String,
    pub event: i32,
    pub remaining: i64,
}

/// The request body; `order` is drawn by the service when the client brings none.
#[derive(Debug, Serialize, Deserialize)]
pub struct Body {
    pub quantity: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

impl Reservation {
    /// Checks the event of the path and the body of a request.
    pub fn read(event: &str, body: &[u8]) -> Result<Self, Refusal> {
        let event = event_id(event)?;
        let body: Body = serde_json::from_slice(body)
            .map_err(|error| Refusal::Invalid(format!("the body is not a reservation: {error}")))?;
        if !(1..=QUANTITY_MAX).contains(&body.quantity) {
            let message = format!("quantity must be from 1 to {QUANTITY_MAX}");
            return Err(Refusal::Invalid(message));
        }
        let order = match body.order {
            Some(text) => uuid::canonical(&text)
                .ok_or_else(|| Refusal::Invalid("order must be a UUID".into()))?,
            None => uuid::random()
                .map_err(|error| Refusal::Internal(format!("no random bytes: {error}")))?,
        };
        Ok(Self {
            event,
            quantity: body.quantity,
            order,
        })
    }

    /// The body that asks another replica for the same thing.
    pub fn body(&self) -> Body {
        Body {
            quantity: self.quantity,
            order: Some(self.order.clone()),
        }
    }

    /// The answer once the seats are sold.
    pub fn sold(&self, remaining: impl Into<i64>) -> Sale {
        Sale {
            order: self.order.clone(),
            event: self.event,
            remaining: remaining.into(),
        }
    }
}

/// The event id of a path.
pub fn event_id(text: &str) -> Result<i32, Refusal> {
    text.parse()
        .map_err(|_| Refusal::Invalid("the event id must be a whole number".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = "6f9619ff-8b86-4011-b42d-00c04fc964ff";

    #[test]
    fn reads_a_reservation_and_writes_it_again() {
        let body = format!(r#"{{"quantity":2,"order":"{}"}}"#, ORDER.to_uppercase());
        let read = Reservation::read("42", body.as_bytes()).expect("a good body");
        let expected = Reservation {
            event: 42,
            quantity: 2,
            order: ORDER.into(),
        };
        assert_eq!(read, expected);
        let again = serde_json::to_vec(&read.body()).expect("plain data");
        assert_eq!(
            Reservation::read("42", &again).expect("its own body"),
            expected
        );
    }

    #[test]
    fn draws_an_order_id_when_none_is_given() {
        let read = Reservation::read("42", br#"{"quantity":1}"#).expect("a good body");
        assert_eq!(uuid::canonical(&read.order), Some(read.order));
    }

    #[test]
    fn refuses_what_is_no_reservation() {
        for (event, body) in [
            ("x", r#"{"quantity":1}"#),
            ("99999999999", r#"{"quantity":1}"#),
            ("42", ""),
            ("42", "null"),
            ("42", "{}"),
            ("42", r#"{"quantity":0}"#),
            ("42", r#"{"quantity":-1}"#),
            ("42", r#"{"quantity":1001}"#),
            ("42", r#"{"quantity":1.5}"#),
            ("42", r#"{"quantity":"1"}"#),
            ("42", r#"{"quantity":1,"order":"x"}"#),
        ] {
            let refused = Reservation::read(event, body.as_bytes());
            assert!(
                matches!(refused, Err(Refusal::Invalid(_))),
                "{event} {body}"
            );
        }
    }
}
