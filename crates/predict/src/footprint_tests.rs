use model::{ConnectionId, LaneId};

use super::*;

/// A step on connection 0 of a target.
fn step(target: &str, text: &str, transaction: Transaction, effects: &[(Access, &str)]) -> Step {
    let protocol = if target == "db" {
        Protocol::Postgres
    } else {
        Protocol::Redis
    };
    Step {
        wire: WireId(0),
        lane: LaneId(0),
        target: target.into(),
        connection: ConnectionId(0),
        ordinal: 0,
        protocol,
        verb: text.split(' ').next().unwrap_or_default().into(),
        shape: text.into(),
        text: text.into(),
        parameters: vec![],
        effects: effects
            .iter()
            .map(|(access, resource)| Effect::of(*access, *resource))
            .collect(),
        transaction,
        commits: Vec::new(),
        noise: false,
        isolation: text
            .contains("REPEATABLE")
            .then_some(Isolation::RepeatableRead),
        session: None,
    }
}

fn footprints(steps: &[Step]) -> Vec<Footprint> {
    let mut ledger = Ledger::default();
    steps.iter().map(|step| ledger.take(step)).collect()
}

use Access::{Atomic, Lock, Read, Write};
use Transaction::{Begin, Commit, Inside};

fn sale() -> Vec<Footprint> {
    footprints(&[
        step("db", "BEGIN", Begin, &[]),
        step("db", "SELECT", Inside, &[(Read, "seats")]),
        step("db", "UPDATE", Inside, &[(Write, "seats")]),
        step("db", "COMMIT", Commit, &[]),
    ])
}

#[test]
fn readers_care_about_the_commit_and_writers_about_the_write() {
    let [begin, select, update, commit] = sale().try_into().unwrap();
    assert!(begin.is_empty());
    for (one, other, expected) in [
        (&select, &select, false),
        (&select, &update, false),
        (&select, &commit, true),
        (&update, &update, true),
        (&update, &commit, true),
        (&commit, &commit, true),
    ] {
        assert_eq!(one.depends(other), expected, "{one:?} {other:?}");
        assert_eq!(other.depends(one), expected, "{other:?} {one:?}");
    }
}

#[test]
fn outside_of_transactions_all_shows_at_once() {
    let all = footprints(&[
        step("cache", "GET", Transaction::None, &[(Read, "k")]),
        step("cache", "DECR", Transaction::None, &[(Atomic, "k")]),
        step("cache", "GET", Transaction::None, &[(Read, "other")]),
        step("db", "SELECT", Transaction::None, &[(Read, "k")]),
    ]);
    let [get, decr, other, elsewhere] = all.try_into().unwrap();
    assert!(get.depends(&decr) && decr.depends(&decr));
    assert!(!get.depends(&get) && !decr.depends(&other) && !decr.depends(&elsewhere));
}

#[test]
fn a_lock_is_free_after_the_end() {
    let all = footprints(&[
        step("db", "BEGIN", Begin, &[]),
        step(
            "db",
            "SELECT FOR UPDATE",
            Inside,
            &[(Lock, "seats"), (Read, "seats")],
        ),
        step("db", "ROLLBACK", Transaction::Rollback, &[]),
        step("db", "COMMIT", Commit, &[]),
    ]);
    assert!(all[1].depends(&all[1]), "two locks exclude each other");
    assert!(all[2].depends(&all[1]), "the end frees it");
    assert!(all[3].is_empty(), "nothing is left for another end");
}

#[test]
fn a_snapshot_is_taken_at_the_first_statement() {
    let all = footprints(&[
        step("db", "BEGIN ISOLATION LEVEL REPEATABLE READ", Begin, &[]),
        step(
            "db",
            "SELECT AT REPEATABLE READ",
            Inside,
            &[(Read, "halls")],
        ),
        step(
            "db",
            "SELECT AT REPEATABLE READ",
            Inside,
            &[(Read, "halls")],
        ),
    ]);
    let [_, _, _, commit] = sale().try_into().unwrap();
    assert!(all[1].depends(&commit), "what it reads later is of now");
    assert!(!all[2].depends(&commit));
}

#[test]
fn queued_commands_do_nothing_yet() {
    let all = footprints(&[
        step("cache", "SET", Inside, &[(Write, "k")]),
        step("cache", "EXEC", Commit, &[(Write, "k")]),
    ]);
    assert!(all[0].is_empty() && !all[1].is_empty());
}
