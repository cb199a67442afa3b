//! `partitioned`: each event has one owner among the replicas, which sells its seats one request
//! at a time. Different events are sold in parallel.
//!
//! Needs no lock in any store, because nobody but the owner writes.

use axum::http::StatusCode;
use serde_json::Value;

use crate::peers::PeerAnswer;
use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::Shop;

const READ: &str = "SELECT capacity, sold FROM events WHERE id = $1";

pub async fn reserve(shop: &Shop, request: &Reservation, forwarded: bool) -> Result<Sale, Refusal> {
    match shop.partition.owner_elsewhere(request.event) {
        None => {
            let _turn = shop.partition.turn(request.event).await?;
            sell(shop, request).await
        }
        // Passing it on again could go round for ever.
        Some(_) if forwarded => Err(Refusal::Unavailable(
            "the replicas disagree on who owns the event: compare their PEERS".into(),
        )),
        Some(owner) => read_answer(owner.reserve(request).await?),
    }
}

async fn sell(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    let remaining = shop.check_and_sell(READ, request).await?;
    shop.store_count(request.event, remaining).await;
    Ok(request.sold(remaining))
}

fn read_answer(answer: PeerAnswer) -> Result<Sale, Refusal> {
    let odd = || Refusal::Unavailable("the replica that owns the event answered oddly".into());
    if answer.status == StatusCode::CREATED.as_u16() {
        return serde_json::from_slice(&answer.body).map_err(|_| odd());
    }
    let status = StatusCode::from_u16(answer.status).map_err(|_| odd())?;
    if !status.is_client_error() && !status.is_server_error() {
        return Err(odd());
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = body["error"]
        .as_str()
        .unwrap_or("no reason given")
        .to_owned();
    Err(Refusal::FromOwner { status, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Sale, Refusal> {
        read_answer(PeerAnswer {
            status,
            body: body.into(),
        })
    }

    #[test]
    fn passes_a_sale_on() {
        let sale = read(201, r#"{"order":"a","event":42,"remaining":3}"#).expect("a sale");
        assert_eq!(
            (sale.order.as_str(), sale.event, sale.remaining),
            ("a", 42, 3)
        );
    }

    #[test]
    fn passes_a_refusal_on() {
        let cases = [
            (409, r#"{"error":"sold out"}"#, 409, "sold out"),
            (503, "", 503, "no reason given"),
            (
                302,
                "{}",
                503,
                "the replica that owns the event answered oddly",
            ),
            (
                201,
                "{}",
                503,
                "the replica that owns the event answered oddly",
            ),
        ];
        for (status, body, expected, message) in cases {
            let refusal = read(status, body).expect_err(body);
            assert_eq!(refusal.status().as_u16(), expected);
            assert_eq!(refusal.message(), message);
        }
    }
}
