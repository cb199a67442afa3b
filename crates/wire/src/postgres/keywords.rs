//! The words of SQL that a shape writes in capitals, found without allocation and in a few
//! nanoseconds: a table built at compile time.

/// Structural words only: those that people also use as names of columns (`key`, `name`,
/// `status`, `value`) stay as they were written.
const WORDS: &[&str] = &[
    "abort",
    "add",
    "all",
    "alter",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "begin",
    "between",
    "by",
    "call",
    "case",
    "cast",
    "close",
    "column",
    "commit",
    "committed",
    "concurrently",
    "conflict",
    "constraint",
    "copy",
    "create",
    "cross",
    "cube",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "cursor",
    "deallocate",
    "declare",
    "default",
    "deferrable",
    "delete",
    "desc",
    "discard",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "execute",
    "exists",
    "explain",
    "false",
    "fetch",
    "filter",
    "for",
    "foreign",
    "from",
    "full",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "isolation",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "listen",
    "lock",
    "locked",
    "materialized",
    "matched",
    "merge",
    "natural",
    "not",
    "nothing",
    "notify",
    "nowait",
    "null",
    "nulls",
    "of",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "prepare",
    "primary",
    "recursive",
    "references",
    "release",
    "repeatable",
    "reset",
    "returning",
    "right",
    "rollback",
    "rollup",
    "row",
    "rows",
    "savepoint",
    "select",
    "serializable",
    "set",
    "share",
    "show",
    "similar",
    "skip",
    "start",
    "stdin",
    "stdout",
    "table",
    "then",
    "to",
    "transaction",
    "true",
    "truncate",
    "uncommitted",
    "union",
    "unique",
    "unlisten",
    "update",
    "using",
    "vacuum",
    "values",
    "view",
    "when",
    "where",
    "window",
    "with",
];

/// Shorter and longer words are no keywords of ours.
const WORD_BYTES_MIN: usize = 2;
const WORD_BYTES_MAX: usize = 17;
const SLOTS: usize = 1024;
static TABLE: [Packed; SLOTS] = table();

/// A word in small letters as numbers: its first and its last eight bytes, which overlap when it
/// is shorter, and its length with the byte in the middle. Different words differ.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Packed {
    first: u64,
    last: u64,
    length: u64,
}

const fn table() -> [Packed; SLOTS] {
    let mut table = [Packed {
        first: 0,
        last: 0,
        length: 0,
    }; SLOTS];
    let mut i = 0;
    while i < WORDS.len() {
        let word = pack(WORDS[i].as_bytes());
        let mut at = slot(word);
        while table[at].length != 0 {
            at = (at + 1) % SLOTS;
        }
        table[at] = word;
        i += 1;
    }
    table
}

const fn slot(word: Packed) -> usize {
    let mixed =
        (word.first ^ word.last.rotate_left(23) ^ word.length).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize
}

/// Packs a word of 2 to 17 bytes. Setting the small-letter bit keeps the bytes of words apart:
/// digits, `_`, `$` and what is not ASCII stay different from letters.
#[inline]
const fn pack(word: &[u8]) -> Packed {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let n = word.len();
    let (first, last) = if n >= 8 {
        (eight(word, 0), eight(word, n - 8))
    } else if n >= 4 {
        (four(word, 0), four(word, n - 4))
    } else {
        (two(word, 0), two(word, n - 2))
    };
    Packed {
        first: first | SMALL,
        last: last | SMALL,
        length: (n as u64) << 8 | (word[n / 2] | 0x20) as u64,
    }
}

const fn eight(w: &[u8], at: usize) -> u64 {
    four(w, at) | four(w, at + 4) << 32
}

const fn four(w: &[u8], at: usize) -> u64 {
    u32::from_le_bytes([w[at], w[at + 1], w[at + 2], w[at + 3]]) as u64
}

const fn two(w: &[u8], at: usize) -> u64 {
    u16::from_le_bytes([w[at], w[at + 1]]) as u64
}

/// Whether a word (letters, digits, `_`, `$`) is one of SQL's own.
#[inline]
pub fn is_keyword(word: &[u8]) -> bool {
    if !(WORD_BYTES_MIN..=WORD_BYTES_MAX).contains(&word.len()) {
        return false;
    }
    let packed = pack(word);
    let mut at = slot(packed);
    while TABLE[at].length != 0 {
        if TABLE[at] == packed {
            return true;
        }
        at = (at + 1) % SLOTS;
    }
    false
}
