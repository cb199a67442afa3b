//! `row-lock`: the event's row is locked from the check to the commit.
//!
//! The cached count only saves the database from requests that come after the last seat; every
//! sale is decided under the lock.

use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::{Shop, insert_order};

const READ: &str = "SELECT capacity, sold FROM events WHERE id = $1 FOR UPDATE";
const ADD_SOLD: &str = "UPDATE events SET sold = sold + $1 WHERE id = $2";

pub async fn reserve(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    let Reservation {
        event, quantity, ..
    } = request;
    if shop.cached_seats(*event).await? == 0 {
        return Err(Refusal::SoldOut);
    }
    let remaining = {
        let mut lease = shop.database.lease().await?;
        let mut sale = lease.begin().await?;
        let Some(row) = sale.row(READ, &[event]).await? else {
            sale.undo().await?;
            return Err(Refusal::UnknownEvent(*event));
        };
        let left = row.try_get::<_, i32>("capacity")? - row.try_get::<_, i32>("sold")?;
        if left < *quantity {
            sale.undo().await?;
            return Err(Refusal::SoldOut);
        }
        sale.execute(ADD_SOLD, &[quantity, event]).await?;
        insert_order(&mut sale, request).await?;
        sale.commit().await?;
        left - quantity
    };
    shop.count_sale(request).await;
    Ok(request.sold(remaining))
}
