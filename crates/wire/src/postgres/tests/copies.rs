//! COPY in all its endings.

use super::exchanges::{dn, order, up};
use super::*;

#[test]
fn syncs_within_copy_data_are_ignored() {
    let ask = [
        parse("", "COPY t FROM STDIN", &[]),
        bind("", "", &[]),
        execute("", 0),
        bare(b'S'),
    ];
    let data = [texts(b'd', &["1"]), bare(b'c'), bare(b'S')];
    for pieces in [
        vec![
            up(&ask),
            dn(&["1", "2", "G"]),
            up(&data),
            dn(&["C:COPY 1", "ZI"]),
        ],
        vec![up(&ask), up(&data), dn(&["1", "2", "G", "C:COPY 1", "ZI"])],
    ] {
        let said = order(&pieces);
        assert!(said.contains("down part now\n"), "{said}");
        assert!(
            said.ends_with("down Ok \"COPY 1\" rows Some(1)\ndown aside"),
            "{said}"
        );
    }
    let said = order(&[
        up(&ask),
        dn(&["1", "2", "G"]),
        up(&data),
        dn(&["E:22P02", "ZI"]),
    ]);
    assert!(said.ends_with("code Some(\"22P02\")\ndown aside"), "{said}");
}

/// A COPY in extended form, and what PostgreSQL 15 answers when it fails: whether an early Sync is
/// the end of the stretch that failed depends on whether it was read as part of the data.
fn copies_that_fail() -> [Vec<(bool, Vec<u8>)>; 7] {
    let ask = [
        parse("", "COPY v FROM STDIN", &[]),
        bind("", "", &[]),
        execute("", 0),
    ]
    .concat();
    let early = up(&[ask.clone(), bare(b'S')]);
    let flushed = up(&[ask, bare(b'H')]);
    let data = up(&[texts(b'd', &["x"])]);
    let end = up(&[bare(b'c'), bare(b'S')]);
    let sync = up(&[bare(b'S')]);
    let give_up = up(&[texts(b'f', &["no"]), bare(b'S')]);
    let go_ahead = || dn(&["1", "2", "G"]);
    let error = || dn(&["E:22P02"]);
    let ready = || dn(&["ZI"]);
    [
        // "cannot copy to view": found before any data is read
        vec![early.clone(), go_ahead(), error(), ready()],
        vec![
            early.clone(),
            data.clone(),
            end.clone(),
            go_ahead(),
            error(),
            ready(),
            ready(),
        ],
        // bad data: the first Sync was read before it
        vec![
            early.clone(),
            go_ahead(),
            data.clone(),
            error(),
            end.clone(),
            ready(),
        ],
        vec![
            early.clone(),
            data.clone(),
            end.clone(),
            go_ahead(),
            error(),
            ready(),
        ],
        // no early Sync
        vec![
            flushed.clone(),
            go_ahead(),
            data.clone(),
            sync,
            error(),
            ready(),
        ],
        vec![flushed, go_ahead(), data, error(), end, ready()],
        // the client gives up
        vec![early, go_ahead(), give_up, error(), ready()],
    ]
}

#[test]
fn a_copy_that_fails_may_or_may_not_have_read_its_sync() {
    let query = [
        up(&[query("SELECT 1")]),
        dn(&["T:a", "D:1", "C:SELECT 1", "ZI"]),
    ];
    let run = [
        parse("", "SELECT 1", &[]),
        bind("", "", &[]),
        execute("", 0),
        bare(b'S'),
    ];
    let extended = [up(&run), dn(&["1", "2", "D:1", "C:SELECT 1", "ZI"])];
    for pieces in copies_that_fail() {
        for next in [&query, &extended] {
            let said = order(&[&pieces[..], next, next].concat());
            let done = said.lines().filter(|line| line.contains(" Ok "));
            let done: Vec<_> = done.collect();
            assert_eq!(done, ["down Ok \"1\" rows Some(1)"; 2], "{said}");
            assert_eq!(said.matches("down Error").count(), 1, "{said}");
            assert!(!said.contains("alien"), "{said}");
        }
    }
}

#[test]
fn several_copies_in_one_query_may_be_pipelined() {
    let all = up(&[
        query("COPY t FROM STDIN; COPY t FROM STDIN"),
        texts(b'd', &["1"]),
        bare(b'c'),
        texts(b'd', &["2"]),
        bare(b'c'),
        query("SELECT 1"),
    ]);
    let said = order(&[
        all,
        dn(&["G", "C:COPY 1", "G", "C:COPY 1", "ZI", "C:SELECT 1", "ZI"]),
    ]);
    assert!(
        said.ends_with(
            "down part now\ndown part\ndown part now\ndown part\n\
             down Ok \"COPY 1; COPY 1\" rows Some(1)\ndown part\n\
             down Ok \"SELECT 1\" rows Some(1)"
        ),
        "{said}"
    );
}
