//! Whether a described step can find something or nothing. Only what surely writes and no more is
//! said to read nothing: a warning too few is better than a spec that is refused and right.

use model::Protocol;

/// Redis commands that tell nothing of what was there.
const REDIS_WRITES: [&str; 18] = [
    "SET", "SETEX", "PSETEX", "MSET", "DEL", "UNLINK", "EXPIRE", "PEXPIRE", "HSET", "HMSET",
    "LPUSH", "RPUSH", "XADD", "PUBLISH", "FLUSHDB", "FLUSHALL", "MULTI", "EXEC",
];
/// SQL statements that give no rows, unless they say `RETURNING`.
const SQL_WRITES: [&str; 9] = [
    "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "BEGIN", "COMMIT", "ROLLBACK", "LOCK",
];
/// Methods whose answer is nothing that was found.
const HTTP_WRITES: [&str; 3] = ["PUT", "PATCH", "DELETE"];

/// Whether a command can find something.
pub fn reads(protocol: Option<Protocol>, command: &str) -> bool {
    let verb = command.split_whitespace().next().unwrap_or("");
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(verb));
    let has = |wanted: &str| {
        let mut words = command.split_whitespace();
        words.any(|word| word.eq_ignore_ascii_case(wanted))
    };
    match protocol {
        Some(Protocol::Redis) => !is_one_of(&REDIS_WRITES) || (is_one_of(&["SET"]) && has("GET")),
        Some(Protocol::Postgres) => !is_one_of(&SQL_WRITES) || has("RETURNING"),
        Some(Protocol::Http) => !is_one_of(&HTTP_WRITES),
        Some(Protocol::Tcp) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surely_finds_nothing_is_no_read() {
        for (protocol, command, expected) in [
            (Protocol::Redis, "GET inv:1", true),
            (Protocol::Redis, "eval \"return 1\" 0", true),
            (Protocol::Redis, "DECR inv:1", true),
            (Protocol::Redis, "set x 1 EX 5", false),
            (Protocol::Redis, "SET x 1 GET", true),
            (Protocol::Postgres, "select 1", true),
            (Protocol::Postgres, "UPDATE a SET b = 1", false),
            (Protocol::Postgres, "UPDATE a SET b = 1 returning b", true),
            (Protocol::Postgres, "BEGIN", false),
            (Protocol::Http, "GET /x", true),
            (Protocol::Http, "PUT /x", false),
        ] {
            assert_eq!(reads(Some(protocol), command), expected, "{command}");
        }
    }
}
