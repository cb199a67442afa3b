//! Texts that mean harm: none panics, none takes memory or time without a bound.

use proptest::prelude::*;

use super::*;
use crate::session::TEXT_BYTES_MAX;
use crate::text::unique;

const LANGUAGES: [Language; 4] = [
    Language::Postgres,
    Language::MySql,
    Language::Redis,
    Language::Http,
];

/// What texts are made of.
const WORDS: &[&str] = &[
    "SELECT",
    "*",
    "`a`",
    "a.b",
    "FROM",
    "t",
    "JOIN",
    "ON",
    "WHERE",
    "a = 1",
    "?",
    "$1",
    "(",
    ")",
    ",",
    ";",
    "\"s\"",
    "'s'",
    "'",
    "`",
    "\"",
    "\\",
    "#",
    "--",
    "/*",
    "/*!",
    "*/",
    "\n",
    "@x",
    ":=",
    "INSERT INTO t",
    "IGNORE",
    "REPLACE INTO t",
    "(a)",
    "VALUES (1)",
    "ON DUPLICATE KEY UPDATE",
    "UPDATE",
    "SET",
    "LIMIT 1, 2",
    "DELETE",
    "USING",
    "FOR UPDATE",
    "LOCK IN SHARE MODE",
    "LOCK",
    "TABLES",
    "UNLOCK TABLES",
    "WRITE",
    "BEGIN",
    "COMMIT",
    "autocommit",
    "=",
    "0",
    "TRANSACTION",
    "ISOLATION LEVEL",
    "SERIALIZABLE",
    "GET_LOCK('x', 1)",
    "DO",
    "LOAD DATA",
    "INTO TABLE t",
    "CREATE",
    "TABLE",
    "UNIQUE",
    "INDEX",
    "PRIMARY KEY",
    "ALTER",
    "ADD",
    "CONSTRAINT",
    "KEY",
    "RENAME",
    "XA",
    "EXPLAIN",
    "ANALYZE",
    "MULTI",
    "EXEC",
    "SUBSCRIBE",
    "CLIENT REPLY OFF",
    "/a",
    "MOD",
    "INTO",
];

proptest! {
    #[test]
    fn any_text_in_any_language(texts in proptest::collection::vec(any::<String>(), 1..4)) {
        for language in LANGUAGES {
            let mut describer = Describer::new(language);
            for text in &texts {
                describer.describe(text, &[None]);
                unique(text, language);
            }
        }
    }

    #[test]
    fn words_in_any_order(
        texts in proptest::collection::vec(
            proptest::collection::vec(proptest::sample::select(WORDS), 0..16), 1..6)
    ) {
        for language in LANGUAGES {
            let mut describer = Describer::new(language);
            for text in &texts {
                let text = text.join(" ");
                let before = describer.not_understood().0;
                let draft = describer.describe(&text, &[Some("v".into())]);
                if describer.not_understood().0 > before {
                    let any = |effect: &model::Effect| effect.access == model::Access::Unknown;
                    prop_assert!(draft.effects.iter().any(any), "{} {:?}", text, draft);
                }
                unique(&text, language);
            }
        }
    }
}

/// Describes a text in every language, and looks for what it keeps unique.
fn is_bounded(text: &str) {
    for language in LANGUAGES {
        let mut describer = Describer::new(language);
        let draft = describer.describe(text, &[]);
        assert!(draft.text.len() <= TEXT_BYTES_MAX + 3);
        assert!(draft.shape.len() <= TEXT_BYTES_MAX + 256);
        assert!(draft.effects.len() <= 257);
        unique(text, language);
    }
}

#[test]
fn deep_texts_are_described() {
    const BYTES: usize = 20_000;
    for piece in [
        "(",
        "[",
        "'",
        "\"",
        "`",
        "/*",
        "/*!",
        "--",
        "#",
        ";",
        ",",
        "a ",
        "a,",
        "1+",
        "NOT ",
        "\\",
        "SELECT (",
        "\n;",
        "a JOIN ",
        "UNION SELECT 1 ",
        "CASE WHEN ",
        "@",
        "?",
        "é",
        "\0",
        "? ",
    ] {
        for start in ["", "SELECT * FROM a JOIN ", "CREATE TABLE t ("] {
            is_bounded(&format!("{start}{}", piece.repeat(BYTES / piece.len())));
        }
    }
}

#[test]
fn long_texts_are_described() {
    const BYTES: usize = 1 << 20;
    for piece in ["a ", "(", "\"a\" ", "CREATE TABLE t (a int UNIQUE);\n"] {
        is_bounded(&piece.repeat(BYTES / piece.len()));
    }
}
