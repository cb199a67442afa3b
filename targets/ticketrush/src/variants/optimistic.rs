//! `optimistic`: no lock; the update holds only if the event is still at the version that was read.
//!
//! Whoever comes second finds another version, reads again and decides anew.

use crate::database::Lease;
use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::{Shop, insert_order};

const TRIES_MAX: usize = 5;

const READ: &str = "SELECT capacity, sold, version FROM events WHERE id = $1";
const SET_SOLD: &str =
    "UPDATE events SET sold = $3, version = version + 1 WHERE id = $1 AND version = $2";

pub async fn reserve(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    let remaining = sell(shop, request).await?;
    // Two sales may cross on their way here, which leaves the older count: it decides nothing.
    shop.store_count(request.event, remaining).await;
    Ok(request.sold(remaining))
}

async fn sell(shop: &Shop, request: &Reservation) -> Result<i32, Refusal> {
    let mut lease = shop.database.lease().await?;
    for _ in 0..TRIES_MAX {
        if let Some(remaining) = try_once(&mut lease, request).await? {
            return Ok(remaining);
        }
    }
    Err(Refusal::Busy("too many are buying this event, try again"))
}

/// The seats left after the sale, or nothing when another sale came between.
async fn try_once(lease: &mut Lease<'_>, request: &Reservation) -> Result<Option<i32>, Refusal> {
    let Reservation {
        event, quantity, ..
    } = request;
    let row = lease.row(READ, &[event]).await?;
    let row = row.ok_or(Refusal::UnknownEvent(*event))?;
    let capacity: i32 = row.try_get("capacity")?;
    let sold: i32 = row.try_get("sold")?;
    let version: i32 = row.try_get("version")?;
    if capacity - sold < *quantity {
        return Err(Refusal::SoldOut);
    }
    let sold = sold + quantity;
    let mut sale = lease.begin().await?;
    if sale.execute(SET_SOLD, &[event, &version, &sold]).await? == 0 {
        sale.undo().await?;
        return Ok(None);
    }
    insert_order(&mut sale, request).await?;
    sale.commit().await?;
    Ok(Some(capacity - sold))
}
