//! `atomic`: check and sale in one conditional UPDATE, which the database runs row by row.

use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::{Shop, insert_order};

const SELL: &str = "UPDATE events SET sold = sold + $1 \
     WHERE id = $2 AND sold + $1 <= capacity RETURNING capacity - sold AS remaining";

pub async fn reserve(shop: &Shop, request: &Reservation) -> Result<Sale, Refusal> {
    let remaining: i32 = {
        let mut lease = shop.database.lease().await?;
        let mut sale = lease.begin().await?;
        let sold = sale.row(SELL, &[&request.quantity, &request.event]).await?;
        // No row: too few seats left, or no such event.
        let Some(row) = sold else {
            sale.undo().await?;
            // Before asking again, which needs a connection of its own.
            drop(lease);
            shop.event(request.event).await?;
            return Err(Refusal::SoldOut);
        };
        insert_order(&mut sale, request).await?;
        sale.commit().await?;
        row.try_get("remaining")?
    };
    shop.count_sale(request).await;
    Ok(request.sold(remaining))
}
