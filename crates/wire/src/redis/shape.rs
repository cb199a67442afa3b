//! The shape of a command: equal for equal code. Verbs, option words and the fields of hashes
//! stay, keys lose their numbers, values only leave their count. Written without allocating,
//! since every command of a recording passes here.

use super::arguments::Arguments;
use super::keys::{access, keys};
use super::table::{How, Keys, Row, find};

/// A shape looks at no more arguments than this; what follows is `...`.
pub(super) const SHAPE_ARGUMENTS_MAX: usize = 16;
/// A key's or a verb's part in a shape is cut here.
pub(super) const SHAPE_KEY_BYTES_MAX: usize = 120;
/// Words of hexadecimal digits at least this long, one of them a digit, are data.
const HEX_MIN: usize = 8;

/// Writes the shape of the command in a frame.
pub(super) fn frame_shape(frame: &[u8], out: &mut Vec<u8>) {
    let mut walk = Arguments::new(frame);
    let declared = walk.declared();
    let mut arguments: [&[u8]; SHAPE_ARGUMENTS_MAX] = [&[]; SHAPE_ARGUMENTS_MAX];
    let mut count = 0;
    while count < SHAPE_ARGUMENTS_MAX
        && let Some(argument) = walk.next()
    {
        arguments[count] = argument;
        count += 1;
    }
    shape(&arguments[..count], declared, out);
}

/// Writes the shape of a command of which these are the first arguments.
fn shape(arguments: &[&[u8]], declared: usize, out: &mut Vec<u8>) {
    let Some((verb, rest)) = arguments.split_first() else {
        return;
    };
    let Some(row) = find(verb) else {
        upper(verb, out);
        values(rest.len(), out);
        more(arguments, declared, out);
        return;
    };
    out.extend_from_slice(row.name.as_bytes());
    let mut named = named(row, arguments, declared);
    let mut next = 1;
    if (row.container || row.script) && !rest.is_empty() {
        out.push(b' ');
        if row.script {
            script(row, rest[0], out)
        } else {
            upper(rest[0], out)
        }
        // A script's count of keys says nothing that the keys do not.
        next = if row.script { 3 } else { 2 };
    }
    let mut dropped = 0;
    let mut before = out.len()..out.len();
    while next < arguments.len() {
        let argument = arguments[next];
        let is_named = named & 1 << next != 0;
        named &= !(1 << next);
        let is_option = row.options > 0 && next >= usize::from(row.options) && is_word(argument);
        next += 1;
        if !is_named && !is_option {
            dropped += 1;
            continue;
        }
        values(std::mem::take(&mut dropped), out);
        let start = out.len();
        out.push(b' ');
        if is_named {
            template(argument, out)
        } else {
            upper(argument, out)
        }
        // Keys of one kind are one key to the eye: MGET seat:1 seat:2 is MGET seat:#.
        if row.keys != Keys::Pairs && is_named && out[before.clone()] == out[start..] {
            out.truncate(start);
        } else {
            before = start..out.len();
        }
    }
    values(dropped, out);
    more(arguments, declared, out);
}

/// The positions to be named, as bits: keys, channels, the field of a hash.
fn named(row: &Row, arguments: &[&[u8]], declared: usize) -> u32 {
    let mut bits = 0_u32;
    match (row.how, row.keys) {
        (How::Publish, _) => bits = 0b10,
        (How::Subscribe, _) => bits = u32::MAX,
        (_, Keys::First) => bits = 0b10,
        (_, Keys::Nowhere) => {}
        _ => keys(row, access(row, arguments), arguments, declared, |at, _| {
            bits |= 1_u32
                .checked_shl(u32::try_from(at).unwrap_or(32))
                .unwrap_or(0);
        }),
    }
    if row.field && declared == usize::from(row.part.1) {
        bits |= 1 << row.part.0;
    }
    bits
}

fn more(arguments: &[&[u8]], declared: usize, out: &mut Vec<u8>) {
    if declared > arguments.len() {
        out.extend_from_slice(b" ...");
    }
}

fn values(count: usize, out: &mut Vec<u8>) {
    match count {
        0 => {}
        1..=3 => out.extend_from_slice(&b" ? ? ?"[..2 * count]),
        _ => {
            out.extend_from_slice(b" ?*");
            if count >= 10 {
                out.push(b'0' + (count / 10 % 10) as u8);
            }
            out.push(b'0' + (count % 10) as u8);
        }
    }
}

/// A function by its name, a script by its hash's beginning, or by its length.
fn script(row: &Row, argument: &[u8], out: &mut Vec<u8>) {
    match row.name {
        "EVAL" | "EVAL_RO" => {
            out.extend_from_slice(b"script:");
            let mut digits = [0; 20];
            let mut at = digits.len();
            let mut left = argument.len();
            loop {
                at -= 1;
                digits[at] = b'0' + (left % 10) as u8;
                left /= 10;
                if left == 0 {
                    break;
                }
            }
            out.extend_from_slice(&digits[at..]);
        }
        "EVALSHA" | "EVALSHA_RO" => {
            out.extend(argument.iter().take(HEX_MIN).map(u8::to_ascii_lowercase));
        }
        _ => out.extend(argument.iter().take(SHAPE_KEY_BYTES_MAX)),
    }
}

/// Option words by their length, so that few have to be compared.
const WORDS: [&[&str]; 11] = [
    &[],
    &[],
    &["BY", "CH", "DB", "EX", "GT", "LT", "NX", "PX", "XX"],
    &["ASC", "GET", "REV"],
    &["DESC", "EXAT", "FREQ", "INCR", "PXAT", "RANK", "TYPE"],
    &[
        "ALPHA", "BLOCK", "BYBOX", "BYLEX", "COUNT", "GROUP", "LIMIT", "MATCH", "MINID", "NOACK",
        "STORE",
    ],
    &["ABSTTL", "MAXLEN"],
    &["BYSCORE", "KEEPTTL", "PERSIST", "REPLACE", "STREAMS"],
    &["BYRADIUS", "IDLETIME", "WITHDIST"],
    &["STOREDIST", "WITHCOORD"],
    &["NOMKSTREAM", "WITHSCORES"],
];

/// Whether an argument looks like an option of a command rather than data.
fn is_word(argument: &[u8]) -> bool {
    WORDS.get(argument.len()).is_some_and(|words| {
        words
            .iter()
            .any(|word| argument.eq_ignore_ascii_case(word.as_bytes()))
    })
}

fn upper(word: &[u8], out: &mut Vec<u8>) {
    out.extend(
        word.iter()
            .take(SHAPE_KEY_BYTES_MAX)
            .map(u8::to_ascii_uppercase),
    );
}

/// A key without its numbers: runs of digits, UUIDs and long hexadecimal words become `#`.
pub(super) fn template(key: &[u8], out: &mut Vec<u8>) {
    let key = &key[..key.len().min(SHAPE_KEY_BYTES_MAX)];
    let mut at = 0;
    while at < key.len() {
        let byte = key[at];
        let is_word_start = at == 0 || !key[at - 1].is_ascii_alphanumeric();
        if is_word_start && byte.is_ascii_hexdigit() {
            let length = data_length(&key[at..]);
            if length > 0 {
                out.push(b'#');
                at += length;
                continue;
            }
        }
        at += 1;
        if byte.is_ascii_digit() {
            out.push(b'#');
            at += key[at..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
        } else {
            out.push(byte);
        }
    }
}

/// The length of the UUID or long hexadecimal word that begins here, or 0.
fn data_length(word: &[u8]) -> usize {
    let run = |from: usize| {
        let rest = word.get(from..).unwrap_or_default();
        rest.iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count()
    };
    let is_end = |at: usize| !word.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let length = run(0);
    if length < HEX_MIN {
        return 0;
    }
    if length == 8
        && [8, 13, 18, 23]
            .iter()
            .all(|&dash| word.get(dash) == Some(&b'-'))
        && [(9, 4), (14, 4), (19, 4), (24, 12)]
            .iter()
            .all(|&(from, of)| run(from) == of)
        && is_end(36)
    {
        return 36;
    }
    let has_digit = word[..length].iter().any(u8::is_ascii_digit);
    if has_digit && is_end(length) {
        length
    } else {
        0
    }
}
