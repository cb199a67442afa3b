//! Round trips and hostile bytes.

use proptest::prelude::*;

use super::driver;
use crate::redis::arguments::Arguments;
use crate::redis::encode::{self, Value};
use crate::redis::scan::Scanner;
use crate::redis::value::{Token, Tokens};
use crate::session::{Direction, Scan};

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[ -~]{0,20}".prop_map(Value::Simple),
        "[A-Z]{1,9} [ -~]{0,20}".prop_map(Value::Error),
        any::<i64>().prop_map(Value::Integer),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bulk),
        Just(Value::Nil),
    ];
    leaf.prop_recursive(6, 40, 8, |inner| {
        prop::collection::vec(inner, 0..8).prop_map(Value::Array)
    })
}

fn decode(tokens: &mut Tokens<'_>, like: &Value) -> Option<Value> {
    Some(match tokens.next()? {
        Token::Plain(text) if matches!(like, Value::Integer(_)) => {
            Value::Integer(std::str::from_utf8(text).ok()?.parse().ok()?)
        }
        Token::Plain(text) => Value::Simple(String::from_utf8(text.to_vec()).ok()?),
        Token::Error(text) => Value::Error(String::from_utf8(text.to_vec()).ok()?),
        Token::Bulk(bytes) => Value::Bulk(bytes.to_vec()),
        Token::Nil => Value::Nil,
        Token::List(count) => {
            let Value::Array(likes) = like else {
                return None;
            };
            assert_eq!(count as usize, likes.len());
            Value::Array(
                likes
                    .iter()
                    .map(|like| decode(tokens, like))
                    .collect::<Option<_>>()?,
            )
        }
        _ => return None,
    })
}

/// Cuts bytes into frames, fed in slices.
fn frames<const UP: bool>(bytes: &[u8], slice: usize) -> Vec<Vec<u8>> {
    let mut scanner = Scanner::<UP>::default();
    let (mut frames, mut kept) = (Vec::new(), Vec::new());
    for mut piece in bytes.chunks(slice) {
        while !piece.is_empty() {
            match scanner.scan(piece) {
                Scan::End(n) => {
                    kept.extend_from_slice(&piece[..n]);
                    frames.push(std::mem::take(&mut kept));
                    piece = &piece[n..];
                }
                Scan::More => {
                    kept.extend_from_slice(piece);
                    piece = &[];
                }
                Scan::Alien(why) => panic!("{why}"),
            }
        }
    }
    assert!(kept.is_empty());
    frames
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replies_survive(replies in prop::collection::vec(values(), 1..6), slice in 1_usize..200) {
        let mut bytes = Vec::new();
        for reply in &replies {
            encode::reply(reply, &mut bytes);
        }
        let frames = frames::<false>(&bytes, slice);
        prop_assert_eq!(frames.len(), replies.len());
        for (frame, reply) in frames.iter().zip(&replies) {
            let mut tokens = Tokens(frame);
            let read = decode(&mut tokens, reply);
            prop_assert_eq!(read.as_ref(), Some(reply));
            prop_assert!(tokens.0.is_empty());
        }
    }

    #[test]
    fn commands_survive(
        commands in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..20), 1..6),
        slice in 1_usize..200,
    ) {
        let mut bytes = Vec::new();
        for command in &commands {
            encode::command(command, &mut bytes);
        }
        let frames = frames::<true>(&bytes, slice);
        prop_assert_eq!(frames.len(), commands.len());
        for (frame, command) in frames.iter().zip(&commands) {
            let read = Arguments::new(frame);
            prop_assert_eq!(read.declared(), command.len());
            let read: Vec<Vec<u8>> = read.map(<[u8]>::to_vec).collect();
            prop_assert_eq!(&read, command);
        }
    }

    /// Any pieces both ways: no panic, never more replies than steps (the driver checks), and
    /// the same words however the bytes are cut.
    #[test]
    fn hostile_bytes(pieces in prop::collection::vec((any::<bool>(), hostile()), 0..30)) {
        let said = |slice: usize| {
            let mut driver = driver();
            for (up, bytes) in &pieces {
                driver.feed(if *up { Direction::Up } else { Direction::Down }, bytes, slice);
            }
            driver.said
        };
        let whole = said(usize::MAX);
        // A frame that never ends may become alien a little later when it is cut.
        if !whole.contains("alien") {
            prop_assert_eq!(said(1), whole);
        } else {
            said(1);
        }
    }
}

/// Verbs and words that change what comes after them, or where keys are.
const WORDS: [&str; 46] = [
    "GET",
    "MULTI",
    "EXEC",
    "DISCARD",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "PSUBSCRIBE",
    "SSUBSCRIBE",
    "SUNSUBSCRIBE",
    "MONITOR",
    "CLIENT",
    "REPLY",
    "OFF",
    "SKIP",
    "ON",
    "HELLO",
    "3",
    "RESET",
    "SELECT",
    "EVAL",
    "XREAD",
    "STREAMS",
    "ZUNION",
    "999999999999",
    "MIGRATE",
    "KEYS",
    "",
    "-1",
    "SORT",
    "STORE",
    "COPY",
    "DB",
    "MOVE",
    "OBJECT",
    "MEMORY",
    "USAGE",
    "HGET",
    "BITOP",
    "ZUNIONSTORE",
    "SINTERCARD",
    "LMPOP",
    "FCALL",
    "PUBLISH",
    "AUTH",
    "\"",
    "MSET",
];

/// Bytes that often look like RESP.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(&WORDS[..]);
    let commands = prop::collection::vec(words, 1..7).prop_map(|words| {
        let mut bytes = Vec::new();
        encode::command(&words, &mut bytes);
        bytes
    });
    let confirmations = (0_u8..6, 0_u8..4, any::<bool>()).prop_map(|(which, count, is_push)| {
        let names = [
            "subscribe",
            "psubscribe",
            "unsubscribe",
            "message",
            "ssubscribe",
            "sunsubscribe",
        ];
        let name = names[usize::from(which)];
        let kind = if is_push { '>' } else { '*' };
        format!(
            "{kind}3\r\n${}\r\n{name}\r\n$1\r\na\r\n:{count}\r\n",
            name.len()
        )
        .into_bytes()
    });
    prop_oneof![
        3 => commands,
        2 => confirmations,
        2 => values().prop_map(|value| {
            let mut bytes = Vec::new();
            encode::reply(&value, &mut bytes);
            bytes
        }),
        1 => "[*$+:>%|~=!_#,(-][0-9?-]{0,3}\r\n".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}
