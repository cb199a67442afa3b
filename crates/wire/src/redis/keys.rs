//! Which arguments of a command are keys, and how each is touched.

use model::Access;

use super::arguments::number;
use super::table::{How, Keys, Row};

/// Calls `visit` with the position of each key and how it is touched, in the order of the
/// arguments. `arguments` may be fewer than the command has, as declared.
pub(super) fn keys(
    row: &Row,
    access: Access,
    arguments: &[&[u8]],
    declared: usize,
    mut visit: impl FnMut(usize, Access),
) {
    let end = arguments.len();
    let mut range = |from: usize, to: usize, by: usize, access: Access| {
        for at in (from..to.min(end)).step_by(by) {
            visit(at, access);
        }
    };
    let count = |at: usize| arguments.get(at).and_then(|text| number(text)).unwrap_or(0);
    match row.keys {
        Keys::Nowhere => {}
        Keys::First => range(1, 2, 1, access),
        Keys::Second => range(2, 3, 1, access),
        Keys::All => range(1, declared, 1, access),
        Keys::ButLast => range(1, declared.saturating_sub(1), 1, access),
        Keys::Pairs => range(1, declared, 2, access),
        Keys::Two(first, second) => {
            range(1, 2, 1, first);
            range(2, 3, 1, if row.name == "COPY" { access } else { second });
        }
        Keys::StoreRest => {
            range(1, 2, 1, access);
            range(2, declared, 1, Access::Read);
        }
        Keys::Bitop => {
            range(2, 3, 1, access);
            range(3, declared, 1, Access::Read);
        }
        Keys::Counted(at) => {
            let at = usize::from(at);
            range(at + 1, (at + 1).saturating_add(count(at)), 1, access);
        }
        Keys::StoreCounted => {
            range(1, 2, 1, access);
            range(3, 3_usize.saturating_add(count(2)), 1, Access::Read);
        }
        Keys::Streams => {
            if let Some(at) = word(arguments, 1, &["STREAMS"]) {
                range(
                    at + 1,
                    at + 1 + declared.saturating_sub(at + 1) / 2,
                    1,
                    access,
                );
            }
        }
        Keys::Sort | Keys::Geo => {
            range(1, 2, 1, Access::Read);
            let words: &[&str] = match row.keys {
                Keys::Sort => &["STORE"],
                _ => &["STORE", "STOREDIST"],
            };
            if access != Access::Read
                && let Some(at) = word(arguments, 2, words)
            {
                range(at + 1, at + 2, 1, Access::Write);
            }
        }
        Keys::Migrate => {
            if arguments.get(3).is_some_and(|key| !key.is_empty()) {
                range(3, 4, 1, access);
            } else if let Some(at) = word(arguments, 6, &["KEYS"]) {
                range(at + 1, declared, 1, access);
            }
        }
        Keys::Usage => {
            if word(arguments, 1, &["USAGE"]) == Some(1) {
                range(2, 3, 1, Access::Read);
            }
        }
    }
}

/// The first argument from a position on that is one of the words.
pub(super) fn word(arguments: &[&[u8]], from: usize, words: &[&str]) -> Option<usize> {
    let rest = arguments.get(from..)?;
    let found = rest.iter().position(|argument| {
        words
            .iter()
            .any(|word| argument.eq_ignore_ascii_case(word.as_bytes()))
    })?;
    Some(from + found)
}

/// How the command touches its keys, seen its options.
pub(super) fn access(row: &Row, arguments: &[&[u8]]) -> Access {
    let has = |from: usize, words: &[&str]| word(arguments, from, words).is_some();
    match row.name {
        "SET" if has(3, &["NX"]) && has(3, &["EX", "PX", "EXAT", "PXAT"]) => Access::Lock,
        "SET" if has(3, &["NX", "XX", "GET"]) => Access::Atomic,
        "ZADD" | "GEOADD" if has(2, &["NX", "XX", "GT", "LT", "INCR"]) => Access::Atomic,
        "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PEXPIREAT" if has(3, &["NX", "XX", "GT", "LT"]) => {
            Access::Atomic
        }
        "COPY" if has(3, &["REPLACE"]) => Access::Write,
        "RESTORE" | "RESTORE-ASKING" if !has(4, &["REPLACE"]) => Access::Atomic,
        "BITFIELD" if !has(2, &["SET", "INCRBY"]) && (arguments.len() < 3 || has(2, &["GET"])) => {
            Access::Read
        }
        _ => match row.how {
            How::Read | How::Noise => Access::Read,
            How::Write | How::Publish => Access::Write,
            How::Atomic => Access::Atomic,
            How::Everything(access) => access,
            How::Session | How::Subscribe => Access::Read,
        },
    }
}
