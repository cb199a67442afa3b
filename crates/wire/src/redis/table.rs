//! What each command of Redis does to which of its arguments: the whole of Redis 7, and what was
//! added to its old types since. A test compares it with a real server. Data only; `keys` and
//! `steps` read it.

use model::Access;

use self::{How::*, Keys::*};

/// How a command touches its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Read,
    Write,
    Atomic,
    /// It touches all keys, or may.
    Everything(Access),
    /// It keeps transactions: no keys of its own.
    Session,
    Publish,
    Subscribe,
    /// Nothing that lanes share.
    Noise,
}

/// Where the keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    Nowhere,
    First,
    Second,
    All,
    /// A timeout comes last.
    ButLast,
    /// Every other one is a value.
    Pairs,
    Two(Access, Access),
    /// The first is written, the others read.
    StoreRest,
    /// As `StoreRest`, after an operator.
    Bitop,
    /// A count at this position, then so many keys.
    Counted(u8),
    /// The first is written, a count, then so many are read.
    StoreCounted,
    /// The first half of what follows the word STREAMS.
    Streams,
    /// The first, and what follows the word STORE.
    Sort,
    /// The first, and what follows the words STORE or STOREDIST.
    Geo,
    /// The third, or what follows the word KEYS.
    Migrate,
    /// The second if the first is USAGE.
    Usage,
}

/// A command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) how: How,
    pub(super) keys: Keys,
    /// From here on, words in capitals belong to the code, not to the data. 0: nowhere.
    pub(super) options: u8,
    /// Which argument names a part of the key, if there are so many arguments. 0: none.
    pub(super) part: (u8, u8),
    /// The part is a hash's field, which the code names rather than the data.
    pub(super) field: bool,
    /// The first argument is a verb, too.
    pub(super) container: bool,
    /// The first argument is, or names, a script.
    pub(super) script: bool,
    /// Passwords may stand in it: no text is kept.
    pub(super) secret: bool,
}

const fn row(name: &'static str, how: How, keys: Keys) -> Row {
    Row {
        name,
        how,
        keys,
        options: 0,
        part: (0, 0),
        field: false,
        container: false,
        script: false,
        secret: false,
    }
}

impl Row {
    const fn options(mut self, from: u8) -> Row {
        self.options = from;
        self
    }

    const fn part(mut self, at: u8, of: u8) -> Row {
        self.part = (at, of);
        self
    }

    const fn field(mut self, of: u8) -> Row {
        self.part = (2, of);
        self.field = true;
        self
    }

    const fn container(mut self) -> Row {
        self.container = true;
        self
    }

    const fn script(mut self) -> Row {
        self.script = true;
        self
    }

    const fn secret(mut self) -> Row {
        self.secret = true;
        self
    }
}

/// No command's name is longer.
const NAME_BYTES_MAX: usize = 24;

/// Where the rows are, by a hash of their names: 1 + the index in the table, or 0. Built by the
/// compiler, with room enough that a search ends soon.
static SLOTS: [u16; SLOTS_COUNT] = slots();
const SLOTS_COUNT: usize = 1024;

/// Length and three letters tell nearly all commands apart.
const fn slot(name: &[u8]) -> usize {
    let last = name.len() - 1;
    let hash = name.len() as u32
        ^ (name[0] as u32).wrapping_mul(0x9e37_79b1)
        ^ (name[last / 2] as u32).wrapping_mul(0x85eb_ca6b)
        ^ (name[last] as u32).wrapping_mul(0xc2b2_ae35);
    (hash.wrapping_mul(0x27d4_eb2f) >> 22) as usize
}

const fn slots() -> [u16; SLOTS_COUNT] {
    let mut slots = [0; SLOTS_COUNT];
    let mut row = 0;
    while row < TABLE.len() {
        let mut at = slot(TABLE[row].name.as_bytes());
        while slots[at] != 0 {
            at = (at + 1) % SLOTS_COUNT;
        }
        row += 1;
        slots[at] = row as u16;
    }
    slots
}

/// The row of a verb in any case.
pub(super) fn find(verb: &[u8]) -> Option<&'static Row> {
    let mut name = [0; NAME_BYTES_MAX];
    if verb.is_empty() || verb.len() > NAME_BYTES_MAX {
        return None;
    }
    for (upper, byte) in name.iter_mut().zip(verb) {
        *upper = byte.to_ascii_uppercase();
    }
    let name = &name[..verb.len()];
    let mut at = slot(name);
    loop {
        let row = TABLE.get(usize::from(SLOTS[at]).checked_sub(1)?)?;
        if row.name.as_bytes() == name {
            return Some(row);
        }
        at = (at + 1) % SLOTS_COUNT;
    }
}

#[cfg(test)]
pub(super) fn all() -> &'static [Row] {
    &TABLE
}

static TABLE: [Row; 254] = [
    row("ACL", Noise, Nowhere).container().secret(),
    row("APPEND", Atomic, First),
    row("ASKING", Noise, Nowhere),
    row("AUTH", Noise, Nowhere).secret(),
    row("BGREWRITEAOF", Noise, Nowhere),
    row("BGSAVE", Noise, Nowhere),
    row("BITCOUNT", Read, First),
    row("BITFIELD", Atomic, First),
    row("BITFIELD_RO", Read, First),
    row("BITOP", Write, Bitop),
    row("BITPOS", Read, First),
    row("BLMOVE", Atomic, Two(Access::Atomic, Access::Atomic)),
    row("BLMPOP", Atomic, Counted(2)),
    row("BLPOP", Atomic, ButLast),
    row("BRPOP", Atomic, ButLast),
    row("BRPOPLPUSH", Atomic, Two(Access::Atomic, Access::Atomic)),
    row("BZMPOP", Atomic, Counted(2)),
    row("BZPOPMAX", Atomic, ButLast),
    row("BZPOPMIN", Atomic, ButLast),
    row("CLIENT", Noise, Nowhere).container(),
    row("CLUSTER", Noise, Nowhere).container(),
    row("COMMAND", Noise, Nowhere).container(),
    row("CONFIG", Noise, Nowhere).container().secret(),
    row("COPY", Atomic, Two(Access::Read, Access::Write)).options(3),
    row("DBSIZE", Everything(Access::Read), Nowhere),
    row("DEBUG", Everything(Access::Unknown), Nowhere),
    row("DECR", Atomic, First),
    row("DECRBY", Atomic, First),
    row("DEL", Write, All),
    row("DISCARD", Session, Nowhere),
    row("DUMP", Read, First),
    row("ECHO", Noise, Nowhere),
    row("EVAL", Atomic, Counted(2)).script(),
    row("EVALSHA", Atomic, Counted(2)).script(),
    row("EVALSHA_RO", Read, Counted(2)).script(),
    row("EVAL_RO", Read, Counted(2)).script(),
    row("EXEC", Session, Nowhere),
    row("EXISTS", Read, All),
    row("EXPIRE", Write, First).options(3),
    row("EXPIREAT", Write, First).options(3),
    row("EXPIRETIME", Read, First),
    row("FAILOVER", Everything(Access::Unknown), Nowhere),
    row("FCALL", Atomic, Counted(2)).script(),
    row("FCALL_RO", Read, Counted(2)).script(),
    row("FLUSHALL", Everything(Access::Write), Nowhere),
    row("FLUSHDB", Everything(Access::Write), Nowhere),
    row("FUNCTION", Noise, Nowhere).container(),
    row("GEOADD", Write, First).options(2),
    row("GEODIST", Read, First),
    row("GEOHASH", Read, First),
    row("GEOPOS", Read, First),
    row("GEORADIUS", Atomic, Geo).options(4),
    row("GEORADIUSBYMEMBER", Atomic, Geo).options(4),
    row("GEORADIUSBYMEMBER_RO", Read, First),
    row("GEORADIUS_RO", Read, First),
    row("GEOSEARCH", Read, First).options(3),
    row("GEOSEARCHSTORE", Write, Two(Access::Write, Access::Read)).options(5),
    row("GET", Read, First),
    row("GETBIT", Read, First).part(2, 3),
    row("GETDEL", Atomic, First),
    row("GETEX", Atomic, First).options(2),
    row("GETRANGE", Read, First),
    row("GETSET", Atomic, First),
    row("HDEL", Write, First).field(3),
    row("HELLO", Noise, Nowhere).secret(),
    row("HEXISTS", Read, First).field(3),
    row("HEXPIRE", Write, First),
    row("HEXPIREAT", Write, First),
    row("HEXPIRETIME", Read, First),
    row("HGET", Read, First).field(3),
    row("HGETALL", Read, First),
    row("HGETDEL", Atomic, First),
    row("HGETEX", Atomic, First),
    row("HINCRBY", Atomic, First).field(4),
    row("HINCRBYFLOAT", Atomic, First).field(4),
    row("HKEYS", Read, First),
    row("HLEN", Read, First),
    row("HMGET", Read, First).field(3),
    row("HMSET", Write, First).field(4),
    row("HPERSIST", Write, First),
    row("HPEXPIRE", Write, First),
    row("HPEXPIREAT", Write, First),
    row("HPEXPIRETIME", Read, First),
    row("HPTTL", Read, First),
    row("HRANDFIELD", Read, First),
    row("HSCAN", Read, First).options(3),
    row("HSET", Write, First).field(4),
    row("HSETEX", Atomic, First),
    row("HSETNX", Atomic, First).field(4),
    row("HSTRLEN", Read, First).field(3),
    row("HTTL", Read, First),
    row("HVALS", Read, First),
    row("INCR", Atomic, First),
    row("INCRBY", Atomic, First),
    row("INCRBYFLOAT", Atomic, First),
    row("INFO", Noise, Nowhere),
    row("KEYS", Everything(Access::Read), Nowhere),
    row("LASTSAVE", Noise, Nowhere),
    row("LATENCY", Noise, Nowhere).container(),
    row("LCS", Read, Two(Access::Read, Access::Read)).options(3),
    row("LINDEX", Read, First),
    row("LINSERT", Atomic, First),
    row("LLEN", Read, First),
    row("LMOVE", Atomic, Two(Access::Atomic, Access::Atomic)),
    row("LMPOP", Atomic, Counted(1)),
    row("LOLWUT", Noise, Nowhere),
    row("LPOP", Atomic, First),
    row("LPOS", Read, First).options(3),
    row("LPUSH", Atomic, First),
    row("LPUSHX", Atomic, First),
    row("LRANGE", Read, First),
    row("LREM", Atomic, First),
    row("LSET", Write, First),
    row("LTRIM", Atomic, First),
    row("MEMORY", Noise, Usage).container(),
    row("MGET", Read, All),
    row("MIGRATE", Atomic, Migrate).secret(),
    row("MODULE", Noise, Nowhere).container(),
    row("MONITOR", Noise, Nowhere),
    row("MOVE", Atomic, First),
    row("MSET", Write, Pairs),
    row("MSETNX", Atomic, Pairs),
    row("MULTI", Session, Nowhere),
    row("OBJECT", Read, Second).container(),
    row("PERSIST", Write, First),
    row("PEXPIRE", Write, First).options(3),
    row("PEXPIREAT", Write, First).options(3),
    row("PEXPIRETIME", Read, First),
    row("PFADD", Atomic, First),
    row("PFCOUNT", Read, All),
    row("PFDEBUG", Atomic, Second),
    row("PFMERGE", Atomic, StoreRest),
    row("PFSELFTEST", Noise, Nowhere),
    row("PING", Noise, Nowhere),
    row("PSETEX", Write, First),
    row("PSUBSCRIBE", Subscribe, Nowhere),
    row("PSYNC", Everything(Access::Unknown), Nowhere),
    row("PTTL", Read, First),
    row("PUBLISH", Publish, Nowhere),
    row("PUBSUB", Noise, Nowhere).container(),
    row("PUNSUBSCRIBE", Subscribe, Nowhere),
    row("QUIT", Noise, Nowhere),
    row("RANDOMKEY", Everything(Access::Read), Nowhere),
    row("READONLY", Noise, Nowhere),
    row("READWRITE", Noise, Nowhere),
    row("RENAME", Atomic, Two(Access::Atomic, Access::Write)),
    row("RENAMENX", Atomic, Two(Access::Atomic, Access::Atomic)),
    row("REPLCONF", Noise, Nowhere),
    row("REPLICAOF", Everything(Access::Unknown), Nowhere),
    row("RESET", Noise, Nowhere),
    row("RESTORE", Write, First).options(4),
    row("RESTORE-ASKING", Write, First).options(4),
    row("ROLE", Noise, Nowhere),
    row("RPOP", Atomic, First),
    row("RPOPLPUSH", Atomic, Two(Access::Atomic, Access::Atomic)),
    row("RPUSH", Atomic, First),
    row("RPUSHX", Atomic, First),
    row("SADD", Atomic, First).part(2, 3),
    row("SAVE", Noise, Nowhere),
    row("SCAN", Everything(Access::Read), Nowhere).options(2),
    row("SCARD", Read, First),
    row("SCRIPT", Noise, Nowhere).container(),
    row("SDIFF", Read, All),
    row("SDIFFSTORE", Write, StoreRest),
    row("SELECT", Noise, Nowhere),
    row("SENTINEL", Noise, Nowhere).container(),
    row("SET", Write, First).options(3),
    row("SETBIT", Atomic, First).part(2, 4),
    row("SETEX", Write, First),
    row("SETNX", Atomic, First),
    row("SETRANGE", Write, First),
    row("SHUTDOWN", Everything(Access::Unknown), Nowhere),
    row("SINTER", Read, All),
    row("SINTERCARD", Read, Counted(1)),
    row("SINTERSTORE", Write, StoreRest),
    row("SISMEMBER", Read, First).part(2, 3),
    row("SLAVEOF", Everything(Access::Unknown), Nowhere),
    row("SLOWLOG", Noise, Nowhere).container(),
    row("SMEMBERS", Read, First),
    row("SMISMEMBER", Read, First),
    row("SMOVE", Atomic, Two(Access::Atomic, Access::Atomic)),
    row("SORT", Atomic, Sort).options(2),
    row("SORT_RO", Read, Sort).options(2),
    row("SPOP", Atomic, First),
    row("SPUBLISH", Publish, Nowhere),
    row("SRANDMEMBER", Read, First),
    row("SREM", Write, First).part(2, 3),
    row("SSCAN", Read, First).options(3),
    row("SSUBSCRIBE", Subscribe, Nowhere),
    row("STRLEN", Read, First),
    row("SUBSCRIBE", Subscribe, Nowhere),
    row("SUBSTR", Read, First),
    row("SUNION", Read, All),
    row("SUNIONSTORE", Write, StoreRest),
    row("SUNSUBSCRIBE", Subscribe, Nowhere),
    row("SWAPDB", Everything(Access::Write), Nowhere),
    row("SYNC", Everything(Access::Unknown), Nowhere),
    row("TIME", Noise, Nowhere),
    row("TOUCH", Read, All),
    row("TTL", Read, First),
    row("TYPE", Read, First),
    row("UNLINK", Write, All),
    row("UNSUBSCRIBE", Subscribe, Nowhere),
    row("UNWATCH", Session, Nowhere),
    row("WAIT", Noise, Nowhere),
    row("WAITAOF", Noise, Nowhere),
    row("WATCH", Read, All),
    row("XACK", Write, First),
    row("XADD", Atomic, First).options(2),
    row("XAUTOCLAIM", Atomic, First),
    row("XCLAIM", Atomic, First),
    row("XDEL", Write, First),
    row("XGROUP", Write, Second).container(),
    row("XINFO", Read, Second).container(),
    row("XLEN", Read, First),
    row("XPENDING", Read, First),
    row("XRANGE", Read, First),
    row("XREAD", Read, Streams).options(1),
    row("XREADGROUP", Atomic, Streams).options(1),
    row("XREVRANGE", Read, First),
    row("XSETID", Write, First),
    row("XTRIM", Atomic, First).options(2),
    row("ZADD", Write, First).options(2).part(3, 4),
    row("ZCARD", Read, First),
    row("ZCOUNT", Read, First),
    row("ZDIFF", Read, Counted(1)),
    row("ZDIFFSTORE", Write, StoreCounted),
    row("ZINCRBY", Atomic, First).part(3, 4),
    row("ZINTER", Read, Counted(1)),
    row("ZINTERCARD", Read, Counted(1)),
    row("ZINTERSTORE", Write, StoreCounted),
    row("ZLEXCOUNT", Read, First),
    row("ZMPOP", Atomic, Counted(1)),
    row("ZMSCORE", Read, First),
    row("ZPOPMAX", Atomic, First),
    row("ZPOPMIN", Atomic, First),
    row("ZRANDMEMBER", Read, First),
    row("ZRANGE", Read, First).options(3),
    row("ZRANGEBYLEX", Read, First).options(3),
    row("ZRANGEBYSCORE", Read, First).options(3),
    row("ZRANGESTORE", Write, Two(Access::Write, Access::Read)).options(5),
    row("ZRANK", Read, First),
    row("ZREM", Write, First).part(2, 3),
    row("ZREMRANGEBYLEX", Atomic, First),
    row("ZREMRANGEBYRANK", Atomic, First),
    row("ZREMRANGEBYSCORE", Atomic, First),
    row("ZREVRANGE", Read, First).options(3),
    row("ZREVRANGEBYLEX", Read, First).options(3),
    row("ZREVRANGEBYSCORE", Read, First).options(3),
    row("ZREVRANK", Read, First),
    row("ZSCAN", Read, First).options(3),
    row("ZSCORE", Read, First).part(2, 3),
    row("ZUNION", Read, Counted(1)),
    row("ZUNIONSTORE", Write, StoreCounted),
];
