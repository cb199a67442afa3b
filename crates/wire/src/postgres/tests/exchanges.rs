//! Hand-made exchanges: the order in which steps open and close.

use super::*;

pub fn up(pieces: &[Vec<u8>]) -> (bool, Vec<u8>) {
    (true, pieces.concat())
}

pub fn dn(words: &[&str]) -> (bool, Vec<u8>) {
    (false, down(words))
}

/// What was said, without the descriptions of steps.
pub fn order(pieces: &[(bool, Vec<u8>)]) -> String {
    let said = said(pieces);
    let lines = said.lines().map(|line| match line.split_once(" | ") {
        Some((head, _)) => head.replacen("up   ", "up   step ", 1),
        None => line
            .replace(" rows None", "")
            .replace(" code None", "")
            .replace(" skipped 0", ""),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_simple_query_ends_with_ready() {
    insta::assert_snapshot!(said(&[
        up(&[query("SELECT sold FROM events WHERE id = 42")]),
        dn(&["T:sold", "D:9", "C:SELECT 1", "ZI"]),
        up(&[query("SELECT 1; SELECT 2")]),
        dn(&["T:a", "D:1", "C:SELECT 1", "T:a", "D:2", "C:SELECT 1", "ZI"]),
        up(&[query("")]),
        dn(&["I", "ZI"]),
    ]));
}

#[test]
fn an_extended_query_begins_at_bind() {
    insta::assert_snapshot!(order(&[
        up(&[parse("", "SELECT 1", &[]), bind("", "", &[]), named(b'D', "P", ""), execute("", 0), bare(b'S')]),
        dn(&["1", "2", "T:a", "D:1", "C:SELECT 1", "ZI"]),
    ]), @r#"
    up   pass
    up   step SELECT
    up   pass
    up   pass
    up   pass
    down part
    down part
    down part
    down part
    down Ok "1" rows Some(1)
    down aside
    "#);
}

#[test]
fn preparing_is_no_step() {
    insta::assert_snapshot!(order(&[
        up(&[parse("a", "SELECT $1", &[]), named(b'D', "S", "a"), bare(b'S')]),
        dn(&["1", "t:23", "T:a", "ZI"]),
    ]), @r"
    up   pass
    up   pass
    up   pass
    down aside
    down aside
    down aside
    down aside
    ");
}

#[test]
fn a_bind_that_is_not_executed_is_closed() {
    let both = [parse("", "SELECT 1", &[]), bind("", "", &[])];
    let done = "down Ok \"bound, not executed\"";
    // by Sync
    let said = order(&[up(&both), up(&[bare(b'S')]), dn(&["1", "2", "ZI"])]);
    assert_eq!(said.lines().last(), Some(done), "{said}");
    // by Close
    let said = order(&[
        up(&both),
        up(&[named(b'C', "P", ""), bare(b'S')]),
        dn(&["1", "2", "3"]),
    ]);
    assert_eq!(said.lines().last(), Some(done), "{said}");
    // by the next Bind, even when its own answer was seen before
    let said = order(&[
        up(&both),
        dn(&["1", "2"]),
        up(&[bind("b", "", &[]), execute("b", 0), bare(b'S')]),
        dn(&["2", "C:SELECT 0", "ZI"]),
    ]);
    assert!(
        said.ends_with(
            "down Ok \"bound, not executed\"\ndown Empty \"0 rows\" rows Some(0)\ndown aside"
        ),
        "{said}"
    );
    // by a simple query
    let said = order(&[
        up(&both),
        up(&[query("SELECT 1")]),
        dn(&["1", "2", "C:SELECT 1", "ZI"]),
    ]);
    assert!(
        said.ends_with("down Ok \"bound, not executed\"\ndown Ok \"SELECT 1\" rows Some(1)"),
        "{said}"
    );
}

#[test]
fn a_suspended_portal_is_fetched_further() {
    insta::assert_snapshot!(said(&[
        up(&[
            parse("", "SELECT g FROM t WHERE k = $1", &[23]),
            bind("p", "", &[(true, Some(&[0, 0, 0, 7]))])
        ]),
        up(&[execute("p", 2), bare(b'H')]),
        dn(&["1", "2", "D:1", "D:2", "s"]),
        up(&[execute("p", 2), bare(b'S')]),
        dn(&["D:3", "C:SELECT 1", "ZI"]),
    ]));
}

#[test]
fn an_error_skips_to_sync() {
    let step = |n: &str| [bind("", n, &[]), execute("", 0)].concat();
    insta::assert_snapshot!(order(&[
        up(&[parse("a", "SELECT 1", &[]), step("a"), step("a"), step("a"), bare(b'S'), step("a"), bare(b'S')]),
        dn(&["1", "2", "C:SELECT 1", "2", "E:22012", "ZI", "2", "C:SELECT 1", "ZI"]),
    ]), @r#"
    up   pass
    up   step SELECT
    up   pass
    up   step SELECT
    up   pass
    up   step SELECT
    up   pass
    up   pass
    up   step SELECT
    up   pass
    up   pass
    down part
    down part
    down Ok "SELECT 1" rows Some(1)
    down part
    down Error "no" code Some("22012") skipped 1
    down part now
    down part
    down Ok "SELECT 1" rows Some(1)
    down aside
    "#);
}

#[test]
fn what_is_asked_between_error_and_sync_is_no_step() {
    insta::assert_snapshot!(order(&[
        up(&[parse("", "SELEC", &[]), bare(b'H')]),
        dn(&["E:42601"]),
        up(&[bind("", "", &[]), execute("", 0), query("SELECT 1"), bare(b'S'), query("SELECT 1")]),
        dn(&["ZI", "C:SELECT 1", "ZI"]),
    ]), @r#"
    up   pass
    up   pass
    down aside
    up   pass
    up   pass
    up   pass
    up   pass
    up   step SELECT
    down part now
    down part
    down Ok "SELECT 1" rows Some(1)
    "#);
}

#[test]
fn an_error_of_the_commit_at_sync_closes_nothing_twice() {
    insta::assert_snapshot!(order(&[
        up(&[parse("", "INSERT INTO t VALUES (1)", &[]), bind("", "", &[]), execute("", 0), bare(b'S')]),
        dn(&["1", "2", "C:INSERT 0 1", "E:40001", "ZI"]),
    ]), @r#"
    up   pass
    up   step INSERT
    up   pass
    up   pass
    down part
    down part
    down Ok "INSERT 0 1" rows Some(1)
    down aside
    down aside
    "#);
}

#[test]
fn a_flushed_client_gets_its_parts_now() {
    let said = order(&[
        up(&[
            parse("", "SELECT 1", &[]),
            bind("", "", &[]),
            named(b'D', "P", ""),
            bare(b'H'),
        ]),
        dn(&["1", "2", "T:a"]),
        up(&[execute("", 0), bare(b'S')]),
        dn(&["D:1", "C:SELECT 1", "ZI"]),
    ]);
    assert!(
        said.contains("down part now\ndown part now\ndown part now\n"),
        "{said}"
    );
    assert!(said.contains("down part\ndown Ok \"1\""), "{said}");
}

#[test]
fn a_function_call_is_a_step() {
    let mut call = Vec::new();
    message(&mut call, b'F', |out| {
        out.extend_from_slice(&[0, 0, 3, 0xe8, 0, 0, 0, 0, 0, 0])
    });
    insta::assert_snapshot!(said(&[
        up(&[call]),
        (false, texts(b'V', &["x"])),
        dn(&["ZI"])
    ]));
}

#[test]
fn a_fatal_error_ends_all() {
    for fields in [
        &b"SFATAL\0VFATAL\0C57P01\0Mbye\0\0"[..],
        b"SFATAL\0C57P01\0Mbye\0\0",
    ] {
        let mut fatal = Vec::new();
        message(&mut fatal, b'E', |out| out.extend_from_slice(fields));
        let said = order(&[up(&[query("SELECT 1"), query("SELECT 2")]), (false, fatal)]);
        let end = "down Error \"bye\" code Some(\"57P01\") skipped 1";
        assert!(said.ends_with(end), "{said}");
    }
}

#[test]
fn answers_that_do_not_fit_are_not_followed() {
    for words in [
        &["2"][..],
        &["1", "1"],
        &["D:1"],
        &["C:SELECT 1"],
        &["1", "2", "3"],
        &["1", "t:1"],
    ] {
        let mut driver = ready();
        driver.feed(
            Direction::Up,
            &[parse("", "x", &[]), bind("", "", &[]), execute("", 0)].concat(),
            9,
        );
        driver.feed(Direction::Down, &[down(words), down(&["ZI"])].concat(), 9);
        assert!(
            driver
                .said
                .ends_with("alien: an answer to nothing that was asked\n"),
            "{}",
            driver.said
        );
    }
}

#[test]
fn replication_passes_untouched() {
    let mut driver = ready();
    driver.feed(Direction::Up, &query("START_REPLICATION 0/0"), 9);
    driver.feed(Direction::Down, &texts(b'W', &["", ""]), 9);
    driver.feed(Direction::Down, &texts(b'd', &["", ""]), 9);
    assert!(
        driver.said.ends_with("alien: replication\n"),
        "{}",
        driver.said
    );
}

#[test]
fn what_is_no_postgres_is_alien() {
    let request = |code: u32| [8_u32.to_be_bytes(), code.to_be_bytes()].concat();
    let check = |bytes: &[u8], expected: &str| {
        for slice in SLICES {
            let mut driver = Driver::new(Session::default());
            driver.feed(Direction::Up, bytes, slice);
            assert_eq!(driver.said, expected);
        }
    };
    check(&[0x16, 3, 1, 2, 0, 1, 0, 1], "Up alien: TLS\n");
    check(
        &[request(80_877_103), vec![0x16, 3, 1, 2, 0, 1]].concat(),
        "up   local \"N\"\nUp alien: TLS\n",
    );
    check(
        &[request(80_877_104), start_up()].concat(),
        "up   local \"N\"\nup   pass\n",
    );
    check(
        &[
            [0, 0, 0, 16].to_vec(),
            80_877_102_u32.to_be_bytes().to_vec(),
            [0, 0, 0, 77, 1, 2, 3, 4].to_vec(),
        ]
        .concat(),
        "up   one way CANCEL | CANCEL | \"cancel process 77\"\n",
    );
    check(&request(131_072), "Up alien: not PostgreSQL protocol 3\n");
    check(
        b"GET / HTTP/1.1\r\n\r\n",
        "Up alien: a PostgreSQL start-up of an impossible length\n",
    );
    check(
        &[start_up(), b"\x01\0\0\0\x04".to_vec()].concat(),
        "up   pass\nUp alien: not a PostgreSQL message\n",
    );
    check(
        &[start_up(), b"Q\0\0\0\x03".to_vec()].concat(),
        "up   pass\nUp alien: a PostgreSQL message of an impossible length\n",
    );
}

#[test]
fn transactions_are_followed_when_pipelined() {
    let mut driver = ready();
    let run = |sql: &str| [parse("", sql, &[]), bind("", "", &[]), execute("", 0)].concat();
    let all = [
        "SELECT 1",
        "BEGIN",
        "UPDATE t SET a = 1",
        "COMMIT",
        "SELECT 1",
    ]
    .map(run);
    driver.feed(Direction::Up, &all.concat(), 9);
    let seen: Vec<_> = driver
        .steps
        .iter()
        .map(|step| format!("{:?}", step.transaction))
        .collect();
    assert_eq!(seen, ["None", "Begin", "Inside", "Commit", "None"]);
    assert_eq!(driver.steps[0].session, Some(77));
}
