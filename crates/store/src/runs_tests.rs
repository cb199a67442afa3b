use super::*;
use crate::testkit::{Folder, warning, write_run};
use crate::{Evidence, find};

#[test]
fn runs_are_listed_newest_first() {
    let folder = Folder::new();
    assert_eq!(runs(folder.path()).unwrap(), [], "no folder, no runs");
    write_run(folder.path(), "b", "2026-11-20T08:00:00Z", Some("FIXED"));
    write_run(folder.path(), "a", "2026-11-21T08:00:00Z", None);
    write_run(folder.path(), "c", "2026-11-19T08:00:00Z", Some("INVALID"));
    fs::write(folder.path().join("runs/readme.txt"), "not one of them").unwrap();
    let all = runs(folder.path()).unwrap();
    let ids: Vec<&str> = all.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(
        all[1],
        RunSummary {
            id: "b".to_string(),
            path: folder.path().join("runs/b.sqlite"),
            command: "replay".to_string(),
            system: "ticketrush".to_string(),
            variant: Some("racy".to_string()),
            started: "2026-11-20T08:00:00Z".to_string(),
            verdict: Some("FIXED".to_string()),
            wall_ms: Some(6400),
            events: 2,
            lost: 0,
            bytes: fs::metadata(&all[1].path).unwrap().len(),
            problem: None,
        }
    );
    assert_eq!((all[0].verdict_or(), all[0].wall_ms), ("did not end", None));
}

/// Writes a file beside a good run, and tells what is said of it.
fn said_of(contents: &[u8]) -> String {
    let folder = Folder::new();
    write_run(folder.path(), "good", "2026-11-21T08:00:00Z", None);
    let path = folder.path().join("runs/bad.sqlite");
    fs::write(&path, contents).unwrap();
    let error = Evidence::open(&path).unwrap_err().to_string();
    let all = runs(folder.path()).unwrap();
    assert_eq!(all.len(), 2, "a bad file hides no good one");
    assert_eq!(all[1].problem.as_deref(), Some(error.as_str()));
    assert_eq!(find(folder.path(), "latest").unwrap(), all[0].path);
    error.replace(&*folder.path().to_string_lossy(), "OUT")
}

#[test]
fn foreign_files_say_what_they_are() {
    assert_eq!(
        said_of(b"my notes, long enough to be taken for a header of a hundred bytes, one might think......................"),
        "`OUT/runs/bad.sqlite` is not the evidence of a run: it is no SQLite file; `heisen runs` lists what there is"
    );
    assert_eq!(
        said_of(b""),
        "`OUT/runs/bad.sqlite` is not the evidence of a run: it is empty (a run killed at its very beginning leaves such a file); `heisen runs` lists what there is"
    );
}

fn other_database(sql: &str) -> Vec<u8> {
    let folder = Folder::new();
    let path = write_run(folder.path(), "run", "2026-11-21T08:00:00Z", None);
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    fs::read(path).unwrap()
}

#[test]
fn other_databases_and_newer_evidence_say_so() {
    assert_eq!(
        said_of(&other_database("PRAGMA application_id = 1")),
        "`OUT/runs/bad.sqlite` is not the evidence of a run: it is a SQLite file of something else; `heisen runs` lists what there is"
    );
    assert_eq!(
        said_of(&other_database("PRAGMA user_version = 7")),
        "`OUT/runs/bad.sqlite` was written by a newer heisen (schema 7, this one reads up to 1); read it with that one, or update this one"
    );
}

#[test]
fn a_damaged_file_gives_what_stands_before_the_damage() {
    let folder = Folder::new();
    let mut evidence = Evidence::create(folder.path(), "torn").unwrap();
    for at_us in 0..5_000 {
        evidence.record(&warning(
            at_us,
            "a line of some length, so that there are many pages",
        ));
    }
    let path = evidence.finish().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0x5a);
    fs::write(&path, &bytes).unwrap();

    let recorded = Evidence::open(&path).unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = recorded.events().partition(Result::is_ok);
    assert!(good.len() > 500, "{} events", good.len());
    let last = bad.last().unwrap().as_ref().unwrap_err();
    assert!(matches!(last, StoreError::Damaged { .. }), "{last}");
    let said = last
        .to_string()
        .replace(&*folder.path().to_string_lossy(), "OUT");
    assert_eq!(
        said,
        "`OUT/runs/torn.sqlite` is damaged: database disk image is malformed; what stands before the damage was read; run again for whole evidence"
    );
}

#[test]
fn one_event_that_is_not_understood_hides_no_other() {
    let folder = Folder::new();
    let path = write_run(folder.path(), "odd", "2026-11-21T08:00:00Z", Some("FIXED"));
    Connection::open(&path)
        .unwrap()
        .execute_batch("INSERT INTO events VALUES (3, 0, 'tomorrow', NULL, NULL, '{}'), (4, 9, 'warning', NULL, NULL, '{\"message\":\"m\"}')")
        .unwrap();
    let recorded = Evidence::open(&path).unwrap();
    let events: Vec<_> = recorded.events().collect();
    assert_eq!(events.len(), 4);
    assert!(matches!(events[2], Err(StoreError::Event { seq: 3, .. })));
    assert_eq!(*events[3].as_ref().unwrap(), warning(9, "m"));
}
