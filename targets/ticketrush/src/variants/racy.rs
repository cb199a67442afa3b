//! `racy`: look at the cached count, then act on it.
//!
//! The bug: between GET and DECR another request may have read the same count. Two requests that
//! both see the last seat both sell it, and nothing later on looks again.

use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::{ADD_SOLD, Shop, insert_order};

pub async fn reserve(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    let seats = shop.cached_seats(request.event).await?;
    if seats < i64::from(request.quantity) {
        return Err(Refusal::SoldOut);
    }
    let remaining = shop
        .cache
        .take_seats(request.event, request.quantity)
        .await?;

    let mut lease = shop.database.lease().await?;
    let mut sale = lease.begin().await?;
    insert_order(&mut sale, request).await?;
    let updated = sale
        .execute(ADD_SOLD, &[&request.quantity, &request.event])
        .await?;
    if updated == 0 {
        sale.undo().await?;
        return Err(Refusal::UnknownEvent(request.event));
    }
    sale.commit().await?;
    Ok(request.sold(remaining))
}
