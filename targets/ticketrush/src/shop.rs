//! The shop: both stores, this replica's part of the events, and what all variants share.

use std::time::Duration;

use redis::RedisResult;
use serde::Serialize;
use tokio::time::timeout;

use crate::args::Settings;
use crate::cache::Cache;
use crate::database::{Database, Transaction};
use crate::partition::Partition;
use crate::refusal::Refusal;
use crate::reservation::Reservation;
use crate::variants::Variant;

const HEALTH_WAIT: Duration = Duration::from_secs(2);

const SHOW: &str = "SELECT id, name, capacity, sold FROM events WHERE id = $1";
const COUNT: &str = "SELECT capacity, sold FROM events WHERE id = $1";
pub const ADD_SOLD: &str = "UPDATE events SET sold = sold + $1 WHERE id = $2";
const INSERT_ORDER: &str =
    "INSERT INTO orders (id, event, quantity) VALUES ($1::text::uuid, $2, $3)";

/// One replica of the service.
pub struct Shop {
    pub variant: Variant,
    pub database: Database,
    pub cache: Cache,
    pub partition: Partition,
}

/// An event as clients see it.
#[derive(Debug, Serialize)]
pub struct Event {
    id: i32,
    name: String,
    capacity: i32,
    sold: i32,
    remaining: i32,
}

impl Shop {
    /// Checks the settings; connects to nothing yet.
    pub fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self {
            variant: settings.variant,
            database: Database::new(&settings.database_url)?,
            cache: Cache::new(&settings.redis_url)?,
            partition: Partition::new(settings.peers, settings.replica),
        })
    }

    /// Good only when both stores answer.
    pub async fn health(&self) -> Result<(), Refusal> {
        let both = async {
            self.database.lease().await?.row("SELECT 1", &[]).await?;
            self.cache.ping().await?;
            Ok(())
        };
        let answered = timeout(HEALTH_WAIT, both).await;
        answered.unwrap_or_else(|_| Err(self.too_slow()))
    }

    /// What is known of an event, from one read of the database.
    pub async fn event(&self, id: i32) -> Result<Event, Refusal> {
        let row = self.database.lease().await?.row(SHOW, &[&id]).await?;
        let row = row.ok_or(Refusal::UnknownEvent(id))?;
        let (capacity, sold) = (row.try_get("capacity")?, row.try_get("sold")?);
        Ok(Event {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            capacity,
            sold,
            remaining: capacity - sold,
        })
    }

    /// The cached count of seats left; filled from the database when it is missing.
    pub async fn cached_seats(&self, event: i32) -> Result<i64, Refusal> {
        if let Some(seats) = self.cache.seats(event).await? {
            return Ok(seats);
        }
        let row = self.database.lease().await?.row(COUNT, &[&event]).await?;
        let row = row.ok_or(Refusal::UnknownEvent(event))?;
        let seats = row.try_get::<_, i32>("capacity")? - row.try_get::<_, i32>("sold")?;
        self.cache.fill_seats(event, seats).await?;
        Ok(seats.into())
    }

    /// Checks the seats in the database and sells them, in one transaction. Whether two of these
    /// can both pass the check is up to how `read` reads, and to who may come here at once.
    pub async fn check_and_sell(
        &self,
        read: &'static str,
        request: &Reservation,
    ) -> Result<i32, Refusal> {
        let Reservation {
            event, quantity, ..
        } = request;
        let mut lease = self.database.lease().await?;
        let mut sale = lease.begin().await?;
        let Some(row) = sale.row(read, &[event]).await? else {
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
        Ok(left - quantity)
    }

    /// Takes committed seats off the cached count, for variants in which nothing is decided by it.
    pub async fn count_sale(&self, request: &Reservation) {
        let event = request.event;
        let counted = async {
            // Below zero there was no count to take from: the next reader fills it anew.
            if self.cache.take_seats(event, request.quantity).await? < 0 {
                self.cache.drop_seats(event).await?;
            }
            Ok(())
        };
        tolerate(event, counted.await);
    }

    /// Stores the count that a committed sale left, for variants in which nothing is decided by it.
    pub async fn store_count(&self, event: i32, remaining: i32) {
        tolerate(event, self.cache.lower_seats(event, remaining).await);
    }

    /// What to say when the stores took too long, and what to do about their connections.
    pub fn too_slow(&self) -> Refusal {
        self.database.forget_idle();
        Refusal::Unavailable("the stores took too long to answer".into())
    }
}

/// Adds the order to the books.
pub async fn insert_order(
    sale: &mut Transaction<'_>,
    request: &Reservation,
) -> Result<(), Refusal> {
    let Reservation {
        event,
        quantity,
        order,
    } = request;
    sale.execute(INSERT_ORDER, &[order, event, quantity])
        .await?;
    Ok(())
}

/// The sale is in the database, so a cache that is away must not turn it into an error.
fn tolerate(event: i32, updated: RedisResult<()>) {
    if let Err(error) = updated {
        eprintln!("ticketrush: the cached count of event {event} was not updated: {error}");
    }
}
