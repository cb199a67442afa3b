//! `row-lock`: the event's row is locked from the check to the commit.
//!
//! The cached count only saves the database from requests that come after the last seat; every
//! sale is decided under the lock.

use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::Shop;

const READ: &str = "SELECT capacity, sold FROM events WHERE id = $1 FOR UPDATE";

pub async fn reserve(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    if shop.cached_seats(request.event).await? == 0 {
        return Err(Refusal::SoldOut);
    }
    let remaining = shop.check_and_sell(READ, request).await?;
    shop.count_sale(request).await;
    Ok(request.sold(remaining))
}
