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

/// Longer words are no keywords of ours.
const WORD_BYTES_MAX: usize = 16;
const SLOTS: usize = 1024;
const TABLE: [u128; SLOTS] = table();

const fn slot(word: u128) -> usize {
    let folded = (word as u64) ^ ((word >> 64) as u64).rotate_left(23);
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize
}

const fn table() -> [u128; SLOTS] {
    let mut table = [0; SLOTS];
    let mut i = 0;
    while i < WORDS.len() {
        let word = pack(WORDS[i].as_bytes());
        let mut at = slot(word);
        while table[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        table[at] = word;
        i += 1;
    }
    table
}

/// A word in small letters as one number.
const fn pack(word: &[u8]) -> u128 {
    let mut packed = 0;
    let mut i = 0;
    while i < word.len() {
        packed = packed << 8 | (word[i] | 0x20) as u128;
        i += 1;
    }
    packed
}

/// Whether a word (letters, digits, `_`, `$`) is one of SQL's own.
#[inline]
pub fn is_keyword(word: &[u8]) -> bool {
    if word.len() > WORD_BYTES_MAX || word.len() < 2 {
        return false;
    }
    let packed = pack(word);
    let mut at = slot(packed);
    while TABLE[at] != 0 {
        if TABLE[at] == packed {
            // Setting the small-letter bit maps `_` and some signs on one another.
            return word.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
        }
        at = (at + 1) % SLOTS;
    }
    false
}
