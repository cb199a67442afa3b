use super::super::{Format, read};
use super::*;

/// The first words of each request's statements.
#[track_caller]
fn check(log: &str, expected: &[&str]) -> Split {
    let log = read(log.as_bytes(), None).unwrap();
    let split = requests(&log);
    let shown: Vec<String> = split
        .requests
        .iter()
        .map(|request| {
            let texts = request.said.iter().map(|at| log.said[*at].text.as_str());
            let words: Vec<&str> = texts
                .map(|text| text.split(" /*").next().unwrap_or_default())
                .collect();
            let name = request.name.as_ref().map(|name| format!("{name}: "));
            name.unwrap_or_default() + &words.join("; ")
        })
        .collect();
    assert_eq!(shown, expected);
    split
}

/// Lines of one session, each at some millisecond.
fn session(lines: &[(u64, &str)]) -> String {
    let line = |(ms, text): &(u64, &str)| {
        format!(
            "2024-05-01 10:00:{:02}.{:03} UTC [7] LOG:  statement: {text}\n",
            ms / 1000,
            ms % 1000
        )
    };
    lines.iter().map(line).collect()
}

#[test]
fn silences_split_but_never_a_transaction() {
    let split = check(
        &session(&[
            (0, "SELECT 1"),
            (1, "SELECT 2"),
            (500, "SELECT 1"),
            (501, "BEGIN"),
            (1500, "SELECT 3"),
            (1501, "ROLLBACK TO SAVEPOINT a"),
            (3000, "COMMIT"),
            (3001, "SELECT 4"),
            (3900, "SELECT 5"),
        ]),
        &[
            "SELECT 1; SELECT 2",
            "SELECT 1; BEGIN; SELECT 3; ROLLBACK TO SAVEPOINT a; COMMIT; SELECT 4",
            "SELECT 5",
        ],
    );
    assert!(
        split.notes[0].contains("connection pools"),
        "{:?}",
        split.notes
    );
}

#[test]
fn the_log_and_comments_know_best() {
    check(
        "{\"request\": \"a\", \"session\": 1, \"command\": \"GET x\"}\n\
         {\"request\": \"b\", \"session\": 1, \"command\": \"GET y\"}\n\
         {\"request\": \"a\", \"session\": 2, \"statement\": \"SELECT 1 /*action='create',controller='orders'*/\"}\n\
         {\"session\": 3, \"statement\": \"SELECT 2 /*request_id:b*/\"}\n",
        &["orders#create: GET x; SELECT 1", "GET y; SELECT 2"],
    );
    check(
        &session(&[
            (0, "SELECT 1 /*controller:orders,action:new*/"),
            (1, "SELECT 2 /*controller:orders,action:new*/"),
            (2, "SELECT 3 /*controller:carts,action:show*/"),
        ]),
        &["orders#new: SELECT 1; SELECT 2", "carts#show: SELECT 3"],
    );
}

#[test]
fn without_times_the_first_statement_begins_anew() {
    let log = "LOG:  statement: SELECT sold FROM events WHERE id = 1\n\
               LOG:  statement: UPDATE events SET sold = 7 WHERE id = 1\n\
               LOG:  statement: SELECT sold FROM events WHERE id = 2\n\
               LOG:  statement: SELECT sold FROM events WHERE id = 3\n\
               LOG:  statement: UPDATE events SET sold = 8 WHERE id = 3\n";
    let split = check(
        log,
        &[
            "SELECT sold FROM events WHERE id = 1; UPDATE events SET sold = 7 WHERE id = 1",
            "SELECT sold FROM events WHERE id = 2; SELECT sold FROM events WHERE id = 3; UPDATE events SET sold = 8 WHERE id = 3",
        ],
    );
    assert!(
        split.notes[0].starts_with("5 statements have no times"),
        "{:?}",
        split.notes
    );
}

#[test]
fn a_job_without_end_is_cut() {
    let lines = "{\"command\": \"GET a\", \"request\": \"r\"}\n".repeat(STATEMENTS_MAX + 5);
    let log = read(lines.as_bytes(), Some(Format::JsonLines)).unwrap();
    let split = requests(&log);
    assert_eq!(split.requests[0].said.len(), STATEMENTS_MAX);
    assert!(
        split.notes[1].contains("5 statements left out"),
        "{:?}",
        split.notes
    );
}
