use proptest::prelude::*;

use super::*;

/// `line session @at: text [parameters] 300us 2 rows in shop !error`, one statement a line.
fn shown(log: &Log) -> Vec<String> {
    let all = log.said.iter().map(|said| {
        let mut text = format!("{} {}", said.line, said.session);
        if let Some(at) = said.at_us {
            text += &format!(" @{at}");
        }
        text += &format!(": {}", said.text.replace('\n', "/"));
        if !said.parameters.is_empty() {
            let values = said.parameters.iter();
            let values: Vec<&str> = values.map(|v| v.as_deref().unwrap_or("NULL")).collect();
            text += &format!(" [{}]", values.join("|"));
        }
        for (value, unit) in [(said.took_us, "us"), (said.rows, " rows")] {
            text += &value
                .map(|value| format!(" {value}{unit}"))
                .unwrap_or_default();
        }
        for (value, mark) in [(&said.database, " in "), (&said.failed, " !")] {
            text += &value
                .as_ref()
                .map(|value| format!("{mark}{value}"))
                .unwrap_or_default();
        }
        text
    });
    all.collect()
}

#[track_caller]
fn check(text: &str, format: Format, expected: &[&str]) -> Log {
    let log = read(text.as_bytes(), None).unwrap();
    assert_eq!(log.format, format);
    assert_eq!(shown(&log), expected, "{:?}", log.skipped);
    log
}

#[test]
fn stderr_with_statements_and_parameters() {
    let log = check(
        "2024-05-01 10:00:00.000 UTC [40] LOG:  starting PostgreSQL 16.2\n\
         2024-05-01 10:00:00.100 UTC [41] LOG:  statement: BEGIN\n\
         2024-05-01 10:00:00.101 UTC [42] LOG:  statement: SELECT sold\n\
         \tFROM events\n\
         \tWHERE id = 42\n\
         2024-05-01 10:00:00.102 UTC [41] LOG:  execute <unnamed>: UPDATE events SET sold = $1 WHERE id = $2\n\
         2024-05-01 10:00:00.102 UTC [41] DETAIL:  Parameters: $1 = '7', $2 = NULL\n\
         2024-05-01 10:00:00.103 UTC [42] LOG:  duration: 1.500 ms\n\
         2024-05-01 10:00:00.104 UTC [42] LOG:  execute fetch from S_1/C_2: SELECT 1\n\
         2024-05-01 10:00:00.104 UTC [42] LOG:  checkpoint starting: time\n",
        Format::PostgresStderr,
        &[
            "2 41 @100000: BEGIN",
            "3 42 @101000: SELECT sold/FROM events/WHERE id = 42 1500us",
            "6 41 @102000: UPDATE events SET sold = $1 WHERE id = $2 [7|NULL]",
        ],
    );
    assert_eq!((log.skipped.total(), log.notes.len()), (0, 0));
}

#[test]
fn stderr_with_durations_counts_a_statement_once() {
    check(
        "2024-05-01 10:00:00.100 UTC [41]: [1-1] user=ann,db=shop,app=web,client=::1 LOG:  duration: 0.100 ms  parse S_1: SELECT $1\n\
         2024-05-01 10:00:00.200 UTC [41]: [2-1] user=ann,db=shop,app=web,client=::1 LOG:  duration: 0.050 ms  bind S_1: SELECT $1\n\
         2024-05-01 10:00:00.200 UTC [41]: [3-1] user=ann,db=shop,app=web,client=::1 DETAIL:  parameters: $1 = 'it''s'\n\
         2024-05-01 10:00:00.300 UTC [41]: [4-1] user=ann,db=shop,app=web,client=::1 LOG:  duration: 2.000 ms  execute S_1: SELECT $1\n\
         2024-05-01 10:00:00.300 UTC [41]: [5-1] user=ann,db=shop,app=web,client=::1 DETAIL:  parameters: $1 = 'it''s'\n",
        Format::PostgresStderr,
        &["4 41 @198000: SELECT $1 [it's] 2000us in shop"],
    );
}

#[test]
fn statements_that_failed_are_told_once() {
    check(
        "2024-05-01 10:00:00 UTC:10.0.0.1(5432):ann@shop:[7]:LOG:  statement: INSERT INTO users (email) VALUES ('a')\n\
         2024-05-01 10:00:00 UTC:10.0.0.1(5432):ann@shop:[7]:ERROR:  duplicate key value violates unique constraint \"users_email\"\n\
         2024-05-01 10:00:00 UTC:10.0.0.1(5432):ann@shop:[7]:DETAIL:  Key (email)=(a) already exists.\n\
         2024-05-01 10:00:00 UTC:10.0.0.1(5432):ann@shop:[7]:STATEMENT:  INSERT INTO users (email) VALUES ('a')\n\
         2024-05-01 10:00:01 UTC:10.0.0.1(5432):ann@shop:[8]:ERROR:  deadlock detected\n\
         2024-05-01 10:00:01 UTC:10.0.0.1(5432):ann@shop:[8]:CONTEXT:  unnamed portal with parameters: $1 = '4'\n\
         2024-05-01 10:00:01 UTC:10.0.0.1(5432):ann@shop:[8]:STATEMENT:  UPDATE t SET n = $1\n\
         2024-05-01 10:00:02 UTC:10.0.0.1(5432):ann@shop:[8]:LOG:  process 8 still waiting for ShareLock\n\
         2024-05-01 10:00:02 UTC:10.0.0.1(5432):ann@shop:[8]:STATEMENT:  UPDATE t SET n = $1\n",
        Format::PostgresStderr,
        &[
            "1 7 @0: INSERT INTO users (email) VALUES ('a') in shop !duplicate key value violates unique constraint \"users_email\"",
            "7 8 @1000000: UPDATE t SET n = $1 [4] in shop !deadlock detected",
        ],
    );
}

#[test]
fn a_log_without_any_prefix_is_one_session() {
    let log = check(
        "LOG:  statement: SELECT 1\nLOG:  statement: SELECT 2\n",
        Format::PostgresStderr,
        &["1 : SELECT 1", "2 : SELECT 2"],
    );
    assert!(
        log.notes[0].starts_with("the log tells no sessions"),
        "{:?}",
        log.notes
    );
    assert_eq!(log.notes[1], "2 statements without a time");
}

#[test]
fn process_ids_that_are_used_again_are_other_sessions() {
    check(
        "2024-05-01 10:00:00 UTC [7] LOG:  connection received: host=[local]\n\
         2024-05-01 10:00:00 UTC [7] LOG:  connection authorized: user=ann database=shop\n\
         2024-05-01 10:00:00 UTC [7] LOG:  statement: SELECT 1\n\
         2024-05-01 10:00:00 UTC [7] LOG:  disconnection: session time: 0:00:01 user=ann\n\
         2024-05-01 10:00:05 UTC [7] LOG:  connection received: host=[local]\n\
         2024-05-01 10:00:05 UTC [7] LOG:  statement: SELECT 2\n",
        Format::PostgresStderr,
        &["3 7 @0: SELECT 1 in shop", "6 7#3 @5000000: SELECT 2"],
    );
}

#[test]
fn zones_are_applied_and_unknown_ones_noted() {
    let log = check(
        "2024-05-01 10:00:00 UTC [1] LOG:  statement: SELECT 1\n\
         2024-05-01 12:00:01 +02 [1] LOG:  statement: SELECT 2\n\
         2024-05-01 10:00:02 XYZT [1] LOG:  statement: SELECT 3\n",
        Format::PostgresStderr,
        &[
            "1 1 @0: SELECT 1",
            "2 1 @1000000: SELECT 2",
            "3 1 @2000000: SELECT 3",
        ],
    );
    assert_eq!(
        log.notes,
        [
            "times in several zones (+00:00, +02:00): each applied",
            "1 times in `XYZT`, a zone whose offset is not known: taken as UTC"
        ]
    );
}

const RECORD: &str = "2024-05-01 10:00:00.123 UTC,\"ann\",\"shop\",41,\"::1:5\",66321f2a.29,3,\"SELECT\",2024-05-01 09:00:00 UTC,3/12,0";

#[test]
fn csvlogs_of_any_version() {
    let text = format!(
        "{RECORD},LOG,00000,\"execute <unnamed>: SELECT \"\"Sold\"\"\nFROM events, t WHERE id = $1\",\"Parameters: $1 = '42'\",,,,,,,,\"web\",\"client backend\",,0\n\
         {RECORD},ERROR,23505,\"duplicate key\",\"Key (a)=(1)\",,,,,\"INSERT INTO t VALUES (1)\",8,,\"web\"\n\
         {RECORD},LOG,00000,\"duration: 1.000 ms  statement: COMMIT\",,,,,,,,,\"\",\"client backend\"\n"
    );
    let log = check(
        &text,
        Format::PostgresCsv,
        &[
            "1 66321f2a.29 @0: SELECT \"Sold\"/FROM events, t WHERE id = $1 [42] in shop",
            "3 66321f2a.29 @0: INSERT INTO t VALUES (1) in shop !duplicate key",
            "4 66321f2a.29 @-1000: COMMIT 1000us in shop",
        ],
    );
    assert_eq!(log.said[0].transaction.as_deref(), Some("3/12"));
}

#[test]
fn a_broken_record_costs_only_itself() {
    let good = format!("{RECORD},LOG,00000,\"statement: SELECT 1\",,,,,,,,,\"\"\n");
    let text = format!(
        "{good}1,2,3\n\n{RECORD},LOG,00000,\"statement: SEL\"ECT\n{good}{RECORD},LOG,00000,\"statement: SEL"
    );
    let log = read(text.as_bytes(), None).unwrap();
    assert_eq!(log.said.len(), 2);
    assert_eq!(
        log.skipped.reasons(),
        [
            ("not the columns of a csvlog", 1, 2),
            ("text after a closing quote", 1, 4),
            ("a quote that does not close", 1, 6),
        ]
    );
}

#[test]
fn general_logs_of_mysql_and_mariadb() {
    check(
        "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n\
         Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\n\
         Time                 Id Command    Argument\n\
         2024-05-01T10:00:00.000001Z\t   42 Connect\tann@localhost on shop using Socket\n\
         2024-05-01T10:00:00.100001Z\t   42 Query\tSELECT sold\n\
         FROM events\n\
         \n\
         WHERE id = 42\n\
         2024-05-01T10:00:00.200001Z\t   42 Prepare\tUPDATE events SET sold = ?\n\
         2024-05-01T10:00:00.300001Z\t   42 Execute\tUPDATE events SET sold = 7\n\
         2024-05-01T10:00:00.400001Z\t   42 Init DB\tother\n\
         2024-05-01T10:00:00.500001Z\t   42 Query\tCOMMIT\n\
         2024-05-01T10:00:00.600001Z\t   42 Quit\t\n",
        Format::MySqlGeneral,
        &[
            "5 42 @100000: SELECT sold/FROM events/WHERE id = 42 in shop",
            "10 42 @300000: UPDATE events SET sold = 7 in shop",
            "12 42 @500000: COMMIT in other",
        ],
    );
    check(
        "240501  9:00:00\t    8 Connect\tann@localhost as anonymous on shop\n\
         \t\t    8 Query\tSELECT 1\n\
         240501  9:00:01\t    8 Query\tSELECT 2\n\
         \t\t    9 Query\tSELECT 3\n",
        Format::MySqlGeneral,
        &[
            "2 8 @0: SELECT 1 in shop",
            "3 8 @1000000: SELECT 2 in shop",
            "4 9 @1000000: SELECT 3",
        ],
    );
}

#[test]
fn lines_of_json() {
    let log = check(
        "{\"time\": \"2024-05-01T10:00:00Z\", \"session\": 7, \"request\": \"r1\", \"statement\": \"SELECT $1\", \"parameters\": [42, null, \"a\"], \"rows\": 0, \"took_ms\": 0.3}\n\
         {\"time\": 1714557601, \"command\": \"GET inv:42\", \"error\": \"WRONGTYPE\"}\n\
         {\"time\": 1714557602000, \"command\": \"GET /events/42\", \"target\": \"crm\"}\n\
         {\"statement\": \"SELECT 1\", \"protocol\": \"mysql\"}\n\
         {\"statement\": \"SELECT 1\", \"protocol\": \"oracle\"}\n\
         {\"message\": \"hello\"}\n\
         not JSON\n\
         {\"statement\": \"SELECT",
        Format::JsonLines,
        &[
            "1 7 @0: SELECT $1 [42|NULL|a] 300us 0 rows",
            "2  @1000000: GET inv:42 !WRONGTYPE",
            "3  @2000000: GET /events/42",
            "4 : SELECT 1",
        ],
    );
    let spoken: Vec<(&str, Spoken)> = log
        .said
        .iter()
        .map(|said| (said.target.as_str(), said.language))
        .collect();
    assert_eq!(
        spoken,
        [
            ("db", Spoken::Postgres),
            ("cache", Spoken::Redis),
            ("crm", Spoken::Http),
            ("db", Spoken::MySql)
        ]
    );
    assert_eq!(
        log.skipped.reasons(),
        [
            ("a protocol that is not known", 1, 5),
            ("neither `statement` nor `command`", 1, 6),
            ("not an object of JSON", 2, 7),
        ]
    );
}

#[test]
fn what_is_no_log_says_what_was_looked_for() {
    assert_eq!(read(b"", None), Err(Unreadable::Empty));
    assert_eq!(
        read(b" \n", Some(Format::JsonLines)),
        Err(Unreadable::Empty)
    );
    let error = read(b"GET / HTTP/1.1\r\nHost: x\n", None)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the log is in no format that is known. Looked for: PostgreSQL's log on stderr \
         (`LOG:  statement: ...` after any prefix), its csvlog (23 columns and more), MySQL's \
         general log (`time  id Query  ...`), and lines of JSON with a `statement` or a \
         `command`. It begins with: `GET / HTTP/1.1`"
    );
    let log = read(b"anything", Some(Format::MySqlGeneral)).unwrap();
    assert_eq!(log.skipped.reasons(), [("no entry of a general log", 1, 1)]);
    assert!(
        log.notes[0].contains("set general_log = ON"),
        "{:?}",
        log.notes
    );
}

#[test]
fn binary_and_endless_lines_are_counted() {
    let mut text =
        b"LOG:  statement: SELECT 1\n\x00\x01\x02\xff\nLOG:  statement: SELECT '\xff'\n".to_vec();
    text.extend_from_slice(b"LOG:  statement: SELECT '");
    text.resize(text.len() + 2 * LINE_BYTES_MAX, b'x');
    let log = read(&text, None).unwrap();
    assert_eq!(
        log.skipped.reasons(),
        [
            ("binary data", 1, 2),
            ("longer than a megabyte; cut there", 1, 4)
        ]
    );
    assert_eq!(log.said[1].text, "SELECT '\u{fffd}'");
    assert_eq!(log.said[2].text.len(), STATEMENT_BYTES_MAX);
    assert!(
        log.notes.iter().any(|note| note.contains("cut there")),
        "{:?}",
        log.notes
    );
}

const PIECES: &[&str] = &[
    "2024-05-01 10:00:00.1 UTC [7] LOG:  ",
    "LOG:  ",
    "ERROR:  x\n",
    "STATEMENT:  ",
    "DETAIL:  Parameters: ",
    "$1 = '",
    "statement: ",
    "execute a: ",
    "duration: 1 ms",
    "duration: 99999999999999999999 ms  statement: ",
    "2024-05-01T10:00:00Z\t 4 Query\t",
    "240501  1:00:00\t 4 Execute\t",
    "\t\t 5 Connect\ta on b\n",
    "{\"command\": \"GET a\"",
    "\"time\": 1e400",
    "}",
    ",",
    "\"",
    "\"\"",
    RECORD,
    ",LOG,",
    ",,,,,,,,,,,,",
    "BEGIN",
    "COMMIT",
    "SELECT 1 /*request_id:",
    "*/",
    "\n",
    "\t",
    "\r\n",
    "\0",
    "\u{e4}\u{1f980}",
    "999999999999999999",
    "9999-99-99 99:99:99",
    "0000-01-01 00:00:00 -15:59",
];

const FORMATS: [Option<Format>; 5] = [
    None,
    Some(Format::PostgresStderr),
    Some(Format::PostgresCsv),
    Some(Format::MySqlGeneral),
    Some(Format::JsonLines),
];

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
        junk in prop::collection::vec(any::<u8>(), 0..40),
        at in 0_usize..60,
        format in prop::sample::select(&FORMATS[..]),
    ) {
        let mut text: Vec<u8> = Vec::new();
        for (nth, piece) in pieces.iter().enumerate() {
            if nth == at {
                text.extend_from_slice(&junk);
            }
            text.extend_from_slice(piece.as_bytes());
        }
        if let Ok(log) = read(&text, format) {
            let lines = text.split(|b| *b == b'\n').count() as u64;
            let length: usize = log.said.iter().map(|said| said.text.len()).sum();
            // What is no UTF-8 takes three bytes for one.
            prop_assert!(length <= 3 * text.len());
            prop_assert!(log.said.iter().all(|said| (1..=lines).contains(&said.line)));
            for (_, times, first) in log.skipped.reasons() {
                prop_assert!(*times <= lines && *first <= lines);
            }
            let mut places: Vec<usize> =
                requests(&log).requests.into_iter().flat_map(|request| request.said).collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..log.said.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_log_cut_anywhere_loses_only_its_end(cut in 0_usize..400) {
        let line = "2024-05-01 10:00:00.1 UTC [7] LOG:  statement: SELECT 1\n";
        let text = line.repeat(10);
        let cut = cut.min(text.len());
        let log = read(&text.as_bytes()[..cut], Some(Format::PostgresStderr));
        let said = log.map_or(0, |log| log.said.len());
        prop_assert!(said == cut / line.len() || said == cut / line.len() + 1);
    }
}
