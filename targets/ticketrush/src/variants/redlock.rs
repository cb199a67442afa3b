//! `redlock`: a lock per event in Redis, so that one request at a time works on an event.
//!
//! A lock that expires under a slow holder lets a second one in, so the seats are checked again
//! in the database with the row locked.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::Shop;
use crate::uuid;

const LOCK_EXPIRY_MS: u64 = 5000;
const LOCK_WAIT: Duration = Duration::from_secs(2);
const LOCK_POLL: Duration = Duration::from_millis(5);

const READ: &str = "SELECT capacity, sold FROM events WHERE id = $1 FOR UPDATE";

pub async fn reserve(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    let token =
        uuid::random().map_err(|error| Refusal::Internal(format!("no random bytes: {error}")))?;
    acquire(shop, request.event, &token).await?;
    let sale = sell(shop, request).await;
    if let Err(error) = shop.cache.unlock(request.event, &token).await {
        // It expires by itself; the answer to the client stands.
        eprintln!(
            "ticketrush: the lock of event {} was not released: {error}",
            request.event
        );
    }
    sale
}

async fn acquire(shop: &Shop, event: i32, token: &str) -> Result<(), Refusal> {
    let started = Instant::now();
    while !shop.cache.lock(event, token, LOCK_EXPIRY_MS).await? {
        if started.elapsed() >= LOCK_WAIT {
            return Err(Refusal::Busy(
                "too many are buying this event, try again later",
            ));
        }
        sleep(LOCK_POLL).await;
    }
    Ok(())
}

async fn sell(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    let remaining = shop.check_and_sell(READ, request).await?;
    shop.store_count(request.event, remaining).await;
    Ok(request.sold(remaining))
}
