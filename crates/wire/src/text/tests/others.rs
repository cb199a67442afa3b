//! Words of commands, requests, and what a session keeps between texts.

use model::Access;

use super::*;

#[test]
fn words_are_those_of_redis_cli() {
    for (line, expected) in [
        ("GET inv:42", Some(&["inv:42"][..])),
        ("  GET\tinv:42 \n", Some(&["inv:42"])),
        (r#"SET "a b" 'it\'s'"#, Some(&["a b"])),
        (r#"GET "\x41\n\\\"""#, Some(&["A\n\\\""])),
        (r#"GET """#, Some(&[""])),
        (r#"GET '\n'"#, Some(&["\\n"])),
        ("MGET a b c", Some(&["a", "b", "c"])),
        (r#"GET "a"#, None),
        (r#"GET 'a"#, None),
        (r#"GET "a"b"#, None),
        (r#"GET "\"#, None),
    ] {
        let mut describer = Describer::new(Language::Redis);
        let draft = describer.describe(line, &[]);
        let resources: Vec<&str> = draft.effects.iter().map(|e| &*e.resource).collect();
        assert_eq!(resources, expected.unwrap_or(&["*"]), "{line}");
        let is_known = draft.effects.iter().all(|e| e.access != Access::Unknown);
        assert_eq!(is_known, expected.is_some(), "{line}");
        assert_eq!(describer.not_understood().0, u64::from(expected.is_none()));
    }
}

#[test]
fn commands_without_a_reply_do_not_end_a_session() {
    let mut describer = Describer::new(Language::Redis);
    for line in [
        "CLIENT REPLY OFF",
        "SUBSCRIBE news",
        "MULTI",
        "SUBSCRIBE news",
        "HELLO 3",
        "PSYNC ? -1",
        "MONITOR",
        "EXEC",
        "CLIENT REPLY SKIP",
    ] {
        describer.describe(line, &[]);
    }
    let draft = describer.describe("INCR a", &[]);
    assert_eq!(draft.effects.len(), 1);
    assert_eq!(draft.effects[0].access, Access::Atomic);
    assert_eq!(draft.transaction, model::Transaction::None);
}

#[test]
fn what_is_no_request_may_do_anything() {
    let mut describer = Describer::new(Language::Http);
    let texts = [
        "",
        "GET",
        "GET\n",
        "not a request at all",
        "G{T /a",
        "GET /a\u{7f}b",
    ];
    for text in texts {
        let draft = describer.describe(text, &[]);
        let is_any = draft.effects.len() == 1 && draft.effects[0].resource == "*";
        let is_named = text.starts_with("not");
        assert_eq!(is_any, !is_named, "{text:?} {draft:?}");
        assert_eq!(draft.effects[0].access, Access::Unknown, "{text:?}");
    }
    assert_eq!(
        describer.not_understood(),
        (5, Some("no request: METHOD /path"))
    );
}

#[test]
fn what_frameworks_send_to_postgres_is_understood() {
    insta::assert_snapshot!(described(
        Language::Postgres,
        include_str!("postgres_frameworks.sql")
    ));
}
