//! Redis: the count of seats left per event, and locks.
//!
//! One multiplexed connection that comes back by itself: the command that finds it broken fails,
//! later ones wait for the new connection for a short while.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo, RedisResult};

const CONNECT_WAIT: Duration = Duration::from_secs(1);
const ANSWER_WAIT: Duration = Duration::from_secs(5);
const RECONNECT_TRIES: usize = 2;

/// A count filled from the database may miss sales that were under way at that moment, so it is
/// not kept for ever.
const FILLED_COUNT_SECONDS: u32 = 60;

/// Deletes a lock only while it is still ours: ours may have expired and be another's by now.
const UNLOCK: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Sets a count unless a lower one stands there: sales that commit in one order may come here in
/// the other, and seats never come back.
const LOWER: &str = "local now = tonumber(redis.call('GET', KEYS[1])) \
    if not now or tonumber(ARGV[1]) < now then redis.call('SET', KEYS[1], ARGV[1]) end return 1";

/// The connection to Redis; cheap to share.
pub struct Cache {
    connection: ConnectionManager,
}

impl Cache {
    /// Checks the URL; connects when the first command is sent.
    pub fn new(url: &str) -> Result<Self, String> {
        Self::lazy(url).map_err(|error| format!("REDIS_URL is not usable: {error}"))
    }

    fn lazy(url: &str) -> RedisResult<Self> {
        let info = url
            .into_connection_info()?
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_WAIT))
            .set_response_timeout(Some(ANSWER_WAIT))
            .set_number_of_retries(RECONNECT_TRIES);
        let connection = ConnectionManager::new_lazy_with_config(Client::open(info)?, config)?;
        Ok(Self { connection })
    }

    pub async fn ping(&self) -> RedisResult<()> {
        redis::cmd("PING").query_async(&mut self.connection()).await
    }

    /// The cached count of seats left, if there is one.
    pub async fn seats(&self, event: i32) -> RedisResult<Option<i64>> {
        let mut get = redis::cmd("GET");
        get.arg(seats_key(event))
            .query_async(&mut self.connection())
            .await
    }

    /// Brings the count down to what a sale left.
    pub async fn lower_seats(&self, event: i32, seats: i32) -> RedisResult<()> {
        let mut eval = redis::cmd("EVAL");
        eval.arg(LOWER).arg(1).arg(seats_key(event)).arg(seats);
        eval.query_async(&mut self.connection()).await
    }

    /// Stores a count read from the database, unless a count has come up meanwhile.
    pub async fn fill_seats(&self, event: i32, seats: i32) -> RedisResult<()> {
        let mut set = redis::cmd("SET");
        set.arg(seats_key(event)).arg(seats);
        set.arg("NX").arg("EX").arg(FILLED_COUNT_SECONDS);
        set.query_async(&mut self.connection()).await
    }

    /// Takes seats off the count and returns what is left.
    pub async fn take_seats(&self, event: i32, quantity: i32) -> RedisResult<i64> {
        let mut take = match quantity {
            1 => redis::cmd("DECR"),
            _ => redis::cmd("DECRBY"),
        };
        take.arg(seats_key(event));
        if quantity != 1 {
            take.arg(quantity);
        }
        take.query_async(&mut self.connection()).await
    }

    pub async fn drop_seats(&self, event: i32) -> RedisResult<()> {
        let mut delete = redis::cmd("DEL");
        delete
            .arg(seats_key(event))
            .query_async(&mut self.connection())
            .await
    }

    /// Tries once to take the lock of an event; it goes by itself after `expiry_ms`.
    pub async fn lock(&self, event: i32, token: &str, expiry_ms: u64) -> RedisResult<bool> {
        let mut set = redis::cmd("SET");
        set.arg(lock_key(event)).arg(token);
        set.arg("NX").arg("PX").arg(expiry_ms);
        // "OK" when taken, nil when another holds it.
        let taken: Option<String> = set.query_async(&mut self.connection()).await?;
        Ok(taken.is_some())
    }

    /// Gives the lock back, if it is still ours.
    pub async fn unlock(&self, event: i32, token: &str) -> RedisResult<()> {
        let mut eval = redis::cmd("EVAL");
        eval.arg(UNLOCK).arg(1).arg(lock_key(event)).arg(token);
        eval.query_async(&mut self.connection()).await
    }

    fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }
}

fn seats_key(event: i32) -> String {
    format!("inv:{event}")
}

fn lock_key(event: i32) -> String {
    format!("lock:event:{event}")
}
