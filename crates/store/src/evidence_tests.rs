use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::*;
use crate::Recorded;
use crate::testkit::{Folder, ended, judged, one_of_each, started, warning};

fn read(path: &Path) -> Vec<Event> {
    Recorded::open(path)
        .unwrap()
        .events()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn events_come_back_in_order_from_one_plain_file() {
    let folder = Folder::new();
    let mut evidence = Evidence::create(folder.path(), "20261121-114200").unwrap();
    let events = one_of_each();
    for event in &events {
        evidence.record(event);
    }
    let path = evidence.finish().unwrap();
    assert_eq!(path, folder.path().join("runs/20261121-114200.sqlite"));
    assert_eq!(read(&path), events);
    let beside = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "a finished run is one file");
}

#[test]
fn evidence_can_be_handed_to_a_thread() {
    fn is_send<T: Send>() {}
    is_send::<Evidence>();
    is_send::<Recorded>();
}

#[test]
fn long_runs_are_read_page_by_page() {
    let folder = Folder::new();
    let mut evidence = Evidence::create(folder.path(), "long").unwrap();
    let count = PENDING_ROWS_MAX as u64 * 3 + 7;
    for i in 0..count {
        evidence.record(&warning(i, "again"));
    }
    assert!(
        evidence.pending.len() < PENDING_ROWS_MAX,
        "what waits is bounded by number"
    );
    let path = evidence.finish().unwrap();
    assert!(read(&path).iter().map(|event| event.at_us).eq(0..count));
}

#[test]
fn what_waits_is_bounded_by_bytes() {
    let folder = Folder::new();
    let mut evidence = Evidence::create(folder.path(), "large").unwrap();
    let large = "x".repeat(PENDING_BYTES_MAX / 2);
    evidence.record(&warning(0, &large));
    assert_eq!(evidence.pending.len(), 1);
    evidence.record(&warning(1, &large));
    assert_eq!((evidence.pending.len(), evidence.pending_bytes), (0, 0));
}

#[test]
fn readers_see_what_was_flushed_while_the_run_goes_on() {
    let folder = Folder::new();
    let mut evidence = Evidence::create(folder.path(), "live").unwrap();
    evidence.record(&started("live"));
    let reader = Recorded::open(evidence.path()).unwrap();
    assert_eq!(reader.events().count(), 0);
    assert!(evidence.flush().is_none());
    assert_eq!(reader.events().count(), 1);
    // A page held open by a reader does not hold up the writer.
    let mut half_read = reader.events();
    half_read.next().unwrap().unwrap();
    evidence.record(&warning(1, "more"));
    assert!(evidence.flush().is_none());
    drop(evidence);
    assert_eq!(
        reader.events().count(),
        2,
        "dropped evidence keeps what it took"
    );
}

#[test]
fn ids_that_make_no_file_name_are_refused() {
    let folder = Folder::new();
    for run in ["", ".", "..", "../x", "a/b", "a b", "é", &"x".repeat(101)] {
        let error = Evidence::create(folder.path(), run).unwrap_err();
        assert!(matches!(error, StoreError::RunId { .. }), "{run}: {error}");
    }
    Evidence::create(folder.path(), "twice").unwrap();
    let error = Evidence::create(folder.path(), "twice").unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
}

#[test]
fn a_folder_that_cannot_be_used_says_so() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Evidence::create(&file, "run").unwrap_err().to_string();
    let error = error.replace(&*folder.path().to_string_lossy(), "OUT");
    assert_eq!(
        error,
        "the evidence folder `OUT/file/runs` cannot be used: Not a directory (os error 20); give one that can be written with --out DIR"
    );
}

#[test]
fn a_full_disk_is_told_once_and_breaks_nothing() {
    let folder = Folder::new();
    let mut evidence = Evidence::create(folder.path(), "full").unwrap();
    evidence.record(&started("full"));
    assert!(evidence.flush().is_none());
    let limit = |evidence: &Evidence, pages: i64| {
        evidence
            .connection
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
    };
    let count = |evidence: &Evidence| -> i64 {
        evidence
            .connection
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap()
    };
    let pages = count(&evidence);
    limit(&evidence, pages);

    let large = "x".repeat(20_000);
    evidence.record(&warning(1, &large));
    evidence.record(&warning(2, "goes down with it"));
    let said = evidence.flush().unwrap().to_string();
    let said = said.replace(&*folder.path().to_string_lossy(), "OUT");
    assert_eq!(
        said,
        "evidence cannot be written to `OUT/runs/full.sqlite`: database or disk is full; the run goes on, but what is lost cannot be shown again: free some space, or remove old runs"
    );
    evidence.record(&warning(3, &large));
    assert!(evidence.flush().is_none(), "one warning is enough");
    assert_eq!(evidence.lost(), 3);

    // Space comes back: so does the evidence, and it knows what it lacks.
    limit(&evidence, pages + 100);
    evidence.record(&ended("FIXED"));
    let path = evidence.finish().unwrap();
    let summary = Recorded::open(&path).unwrap().summary().unwrap();
    assert_eq!((summary.events, summary.lost), (2, 3));
    assert_eq!(summary.verdict.as_deref(), Some("FIXED"));
    assert_eq!(read(&path), [started("full"), ended("FIXED")]);
}

#[test]
fn users_can_ask_with_sql() {
    let folder = Folder::new();
    let mut evidence = Evidence::create(folder.path(), "asked").unwrap();
    for event in one_of_each() {
        evidence.record(&event);
    }
    evidence.record(&judged());
    let path = evidence.finish().unwrap();
    let connection = schema::open(&path).unwrap();
    let check = |question: &str, expected: &str| {
        let mut statement = connection.prepare(question).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut answer = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|i| match row.get_ref_unwrap(i) {
                rusqlite::types::ValueRef::Null => "-".to_string(),
                rusqlite::types::ValueRef::Integer(n) => n.to_string(),
                rusqlite::types::ValueRef::Real(n) => n.to_string(),
                text => text.as_str().unwrap().to_string(),
            });
            answer.push(cells.collect::<Vec<_>>().join("|"));
        }
        assert_eq!(answer.join("\n"), expected, "{question}");
    };
    check(
        "SELECT * FROM run",
        "asked|replay|0.1.0|ticketrush|racy|heisen.yaml|1f9a|18446744073709551615|2026-11-21T11:42:00Z|REPRODUCED|6400|0",
    );
    check(
        "SELECT phase, violations, trials, low, enforced FROM phases",
        "forced|300|300|0.988|300",
    );
    check(
        "SELECT phase, trial, took_us, enforced, violations, oracle, saw FROM trials LIMIT 1",
        "forced|3|15000|1|1|no-oversell|11 of 10 sold",
    );
    check(
        "SELECT racer, lane, ended_us - sent_us, outcome, status, body FROM attempts LIMIT 3",
        "A|1|14100|answered|201|{\"order\":\"é\"}\nB|1|14100|timed-out|-|-\nC|1|14100|not-sent|-|-",
    );
    check(
        "SELECT phase, trial, racer, lane, name, reply, held_us FROM steps",
        "forced|3|A|1|cache GET inv:42|1|12100",
    );
    check("SELECT phase FROM events WHERE kind = 'wire_closed'", "-");
}

/// Set when the test binary is run again as the process that gets killed.
const VICTIM_FOLDER: &str = "HEISEN_STORE_VICTIM_FOLDER";

/// Not a test of its own: the process that `a_killed_run_stays_readable` kills.
#[test]
fn victim() {
    let Ok(folder) = std::env::var(VICTIM_FOLDER) else {
        return;
    };
    let mut evidence = Evidence::create(Path::new(&folder), "killed").unwrap();
    evidence.record(&started("killed"));
    let mut out = std::io::stdout();
    for at_us in 1.. {
        evidence.record(&warning(at_us, "still here"));
        if at_us % 50 == 0 {
            assert!(evidence.flush().is_none());
            // A closed pipe means that the killer is gone.
            if writeln!(out, "committed {at_us}")
                .and_then(|()| out.flush())
                .is_err()
            {
                return;
            }
        }
    }
}

#[test]
fn a_killed_run_stays_readable() {
    let folder = Folder::new();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "evidence::tests::victim", "--nocapture"])
        .env(VICTIM_FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It writes without pause, so the kill lands in the middle of whatever it does.
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let mut committed = 0;
    for line in lines.map_while(Result::ok) {
        if let Some((_, number)) = line.split_once("committed ") {
            committed = number.parse().unwrap();
            if committed >= 5_000 {
                break;
            }
        }
    }
    victim.kill().unwrap();
    let status = victim.wait().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(9)
    );
    assert!(committed >= 5_000);

    let path = folder.path().join("runs/killed.sqlite");
    let events = read(&path);
    assert!(
        events.len() as u64 > committed,
        "{} of {committed} events",
        events.len()
    );
    assert!(
        events
            .iter()
            .map(|event| event.at_us)
            .eq(0..events.len() as u64),
        "no gaps"
    );
    let summary = Recorded::open(&path).unwrap().summary().unwrap();
    assert_eq!(
        (&summary.verdict, summary.verdict_or()),
        (&None, "did not end")
    );
    assert_eq!((summary.command.as_str(), summary.lost), ("replay", 0));
    assert_eq!(summary.events, events.len() as u64);
}
