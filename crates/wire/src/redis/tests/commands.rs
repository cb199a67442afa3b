//! Commands in words: shapes, effects, texts, and the table they come from.

use super::{command, driver, play};
use crate::redis::shape::{frame_shape, template};
use crate::redis::table;
use crate::session::{Direction, Session as _};

#[test]
fn the_table_is_sorted_and_reachable() {
    let names: Vec<&str> = table::all().iter().map(|row| row.name).collect();
    assert!(names.is_sorted(), "a binary search needs an order");
    for name in names {
        assert_eq!(
            table::find(name.to_lowercase().as_bytes()).unwrap().name,
            name
        );
    }
    for verb in [
        "",
        "A",
        "ZZZ",
        "GETT",
        "0GET",
        "~",
        "AVERYLONGVERBTHATNOBODYKNOWSOFATALL",
    ] {
        assert!(table::find(verb.as_bytes()).is_none(), "{verb}");
    }
}

/// One line for each kind of command there is.
const LINES: [&str; 74] = [
    "GET inv:42",
    "get inv:42",
    "SET inv:42 9",
    "SET inv:42 9 XX GET",
    "SET inv:42 9 EX 60",
    "SET lock:42 token NX PX 5000",
    "SET lock:42 token ex 5 nx",
    "SET lock:42 token NX",
    "SETNX lock:42 token",
    "SETEX inv:42 60 9",
    "GETSET inv:42 9",
    "GETDEL inv:42",
    "INCR n:1",
    "DECRBY inv:42 2",
    "APPEND log:1 x",
    "DEL a:1 a:2 b:1",
    "EXISTS a:1",
    "MGET seat:1 seat:2 seat:3",
    "MSET a:1 x b:2 y",
    "EXPIRE lock:42 10",
    "EXPIRE lock:42 10 NX",
    "SETBIT seats 7 1",
    "GETBIT seats 7",
    "BITOP AND dest a b",
    "BITFIELD b GET u8 0",
    "HGET user:7 name",
    "HSET user:7 name x",
    "HSET user:7 name x age 9",
    "HSETNX user:7 name x",
    "HINCRBY cart:7 item:42 1",
    "HMGET user:7 name",
    "HDEL user:7 name",
    "HGETALL user:7",
    "LPUSH q a b",
    "BLPOP q:1 q:2 0",
    "LMOVE a b LEFT RIGHT",
    "LMPOP 2 a b LEFT COUNT 1",
    "SADD s m",
    "SADD s m n",
    "SISMEMBER s m",
    "SMOVE a b m",
    "SINTERCARD 2 a b LIMIT 5",
    "SDIFFSTORE dest a b",
    "ZADD z 1 m",
    "ZADD z NX 1 m",
    "ZINCRBY z 1 m",
    "ZUNIONSTORE dest 2 a b WEIGHTS 1 2",
    "ZRANGE z 0 10 REV WITHSCORES",
    "SORT l BY w_* LIMIT 0 5 STORE dest",
    "GEOADD g 1 2 m",
    "XADD st MAXLEN 5 * f v",
    "XREAD COUNT 1 BLOCK 0 STREAMS a b 0 0",
    "XREADGROUP GROUP g c STREAMS a >",
    "XGROUP CREATE st g $",
    "XINFO STREAM st",
    "COPY a b",
    "COPY a b REPLACE",
    "RENAME a b",
    "OBJECT ENCODING a",
    "MEMORY USAGE a",
    "MEMORY DOCTOR",
    "EVAL script 2 a b x",
    "EVAL_RO script 0",
    "EVALSHA B998F9DFB154CDBE 1 a x",
    "FCALL take 1 a x",
    "FLUSHALL",
    "KEYS inv:*",
    "SCAN 0 MATCH inv:* COUNT 100",
    "PUBLISH news:1 hello",
    "AUTH user secret",
    "HELLO 3 AUTH user secret",
    "CONFIG SET requirepass secret",
    "SWAPDB 0 1",
    "JSON.SET doc:1 $ 1",
];

#[test]
fn commands_in_words() {
    let mut driver = driver();
    for line in LINES {
        driver.feed(Direction::Up, &command(line), usize::MAX);
    }
    insta::assert_snapshot!(driver.said);
    for (step, line) in driver.steps.iter().zip(LINES) {
        let mut brief = Vec::new();
        frame_shape(&command(line), &mut brief);
        assert_eq!(step.shape.as_bytes(), brief, "{line}");
        assert!(
            !step.text.contains("secret") && !format!("{:?}", step.parameters).contains("secret")
        );
    }
    let (count, why) = driver.session.not_understood();
    assert_eq!((count, why), (2, Some("EVAL_RO without keys")));
}

#[test]
fn keys_lose_their_numbers() {
    let check = |key: &str, expected: &str| {
        let mut out = Vec::new();
        template(key.as_bytes(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{key}");
    };
    check("inv:42", "inv:#");
    check("inv", "inv");
    check("", "");
    check("42", "#");
    check("a1b22c", "a#b#c");
    check("{user:7}:cart:42", "{user:#}:cart:#");
    check("s:3d0b1a7e-9f4e-4c1e-8d7e-6a1b2c3d4e5f", "s:#");
    check("s:3D0B1A7E-9F4E-4C1E-8D7E-6A1B2C3D4E5F:x", "s:#:x");
    check("3d0b1a7e-9f4e", "#-#f#e");
    check("sess:3d0b1a7e9f4e", "sess:#");
    check("sess:deadbeef", "sess:deadbeef");
    check("decade:facade", "decade:facade");
    check("x3d0b1a7e9f4e", "x#d#b#a#e#f#e");
    check("3d0b1a7e9f4z", "#d#b#a#e#f#z");
    check("v1.2.3", "v#.#.#");
    check("a:2024-01-02", "a:#-#-#");
}

#[test]
fn inline_commands() {
    let driver = play(&[
        ">> GET inv:42\r\n",
        ">> set \"a b\" 'c d'\n",
        ">>   incr   n:1  \r\n",
        ">> \r\n",
        ">> \n",
        ">> SET k \"a\\\"b\"\r\n",
        ">> GET \"unbalanced\r\n",
    ]);
    insta::assert_snapshot!(driver.said);
}

#[test]
fn texts_are_quoted_where_they_must_be() {
    let driver = play(&[">> *4\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na\n\"\r\n$0\r\n\r\n"]);
    assert_eq!(driver.steps[0].text, r#"SET k "a\n\"" """#);
    let driver = play(&[">> *3\r\n$3\r\nSET\r\n$6\r\nschl\u{fc}\r\n$1\r\n1\r\n"]);
    assert_eq!(driver.steps[0].text, "SET schl\u{fc} 1");
}
