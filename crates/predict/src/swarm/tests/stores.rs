//! PostgreSQL as it is: what races at which level, who waits, who is aborted, who goes on.

use super::super::testkit::{Told, burst, link, model, ms, retry, rounds, service, tally};

use ::model::{Access, Link};

const READ_COMMITTED: &[&str] = &[
    "db BEGIN",
    "db+ SELECT events{event}",
    "db+ UPDATE events{event}",
    "db COMMIT",
];
const LOCKED_FIRST: &[&str] = &[
    "db BEGIN",
    "db+ LOCK events{event}",
    "db+ SELECT events{event}",
    "db+ UPDATE events{event}",
    "db COMMIT",
];
const LOCKED_LATE: &[&str] = &[
    "db BEGIN",
    "db+ SELECT events{event}",
    "db+ LOCK events{event}",
    "db+ UPDATE events{event}",
    "db COMMIT",
];
const REPEATABLE: &[&str] = &[
    "db BEGIN",
    "db+ SELECT events{event} repeatable",
    "db+ UPDATE events{event}",
    "db COMMIT",
];
/// The first statement has to wait, and its moment is from before that.
const REPEATABLE_AT_ONCE: &[&str] = &["db BEGIN", "db+ INCR events{event} repeatable", "db COMMIT"];

#[derive(Debug, PartialEq)]
struct Counted {
    raced: bool,
    waited: bool,
    aborted: bool,
}

fn counted(raced: bool, waited: bool, aborted: bool) -> Counted {
    Counted {
        raced,
        waited,
        aborted,
    }
}

fn count(operations: &[Told<'_>]) -> Counted {
    let tally = tally(&model(operations, 100, 4));
    assert_eq!(tally.deadlocks(), 0);
    counted(tally.raced() > 0, tally.waited() > 0, tally.aborted() > 0)
}

#[test]
fn levels_and_locks_do_what_the_store_does() {
    for (lines, expected) in [
        (READ_COMMITTED, counted(true, true, false)),
        (LOCKED_FIRST, counted(false, true, false)),
        (LOCKED_LATE, counted(true, true, false)),
        (REPEATABLE, counted(false, true, true)),
        (REPEATABLE_AT_ONCE, counted(false, true, true)),
    ] {
        assert_eq!(count(&[("reserve", lines)]), expected, "{lines:?}");
    }
}

/// Each looks at both and writes one of them.
fn skewed(level: &str) -> [Vec<String>; 2] {
    [["a", "b"], ["b", "a"]].map(|[own, other]| {
        [
            "db BEGIN".to_string(),
            format!("db+ SELECT {own}{{event}} {level}"),
            format!("db+ SELECT {other}{{event}}"),
            format!("db+ UPDATE {own}{{event}}"),
            "db COMMIT".to_string(),
        ]
        .to_vec()
    })
}

fn lines(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn write_skew_is_seen_by_serializable_alone() {
    for (level, raced, aborted) in [
        ("", true, false),
        ("repeatable", true, false),
        ("serializable", false, true),
    ] {
        let [one, other] = skewed(level);
        let (one, other) = (lines(&one), lines(&other));
        // One of each, so that nobody writes the same row.
        let model = model(&[("one", &one), ("other", &other)], 1, 1).within(1, 5);
        let tally = tally(&model);
        let skew = tally.windows.iter().map(|w| w.raced).max().unwrap_or(0);
        assert_eq!(skew > 0, raced, "{level}");
        assert_eq!(tally.aborted() > 0, aborted, "{level}");
    }
}

#[test]
fn serializable_lets_those_go_on_whom_some_order_explains() {
    let reader: &[&str] = &[
        "db BEGIN",
        "db+ SELECT a{event} serializable",
        "db+ SELECT b{event}",
        "db COMMIT",
    ];
    let writer: &[&str] = &["db BEGIN", "db+ INCR a{event} serializable", "db COMMIT"];
    let other: &[&str] = &[
        "db BEGIN",
        "db+ SELECT a{event} serializable",
        "db+ INSERT c fresh",
        "db COMMIT",
    ];
    let tally = tally(&model(
        &[("reader", reader), ("writer", writer), ("other", other)],
        40,
        40,
    ));
    let aborts = tally.operations.iter().map(|o| o.turned_away);
    let aborts: Vec<u64> = aborts.collect();
    assert_eq!((aborts[0], aborts[2]), (0, 0), "{aborts:?}");
    assert!(tally.operations[1].done > 0);
}

#[test]
fn a_condition_is_looked_at_again_after_the_wait() {
    let conditional: &[&str] = &[
        "db BEGIN",
        "db+ SELECT events{event}",
        "db+ UPDATE events{event} conditional",
        "db COMMIT",
    ];
    let tally = tally(&model(&[("reserve", conditional)], 100, 4));
    assert_eq!(tally.raced(), 0);
    let turned_away = tally.operations[0].turned_away;
    assert!(turned_away > 0 && tally.waited() > 0);
    let of_windows: u64 = tally.windows.iter().map(|w| w.turned_away).sum();
    assert_eq!(of_windows, turned_away);
}

/// A transaction that has a row for so long, and a statement by itself that wants it.
#[test]
fn a_statement_by_itself_waits_for_the_row_of_a_transaction() {
    let long: &[&str] = &["db BEGIN", "db+ INCR events{event}", "db COMMIT after=20ms"];
    let short: &[&str] = &["db INCR events{event}"];
    let alone = tally(&model(&[("short", short)], 100, 1));
    assert_eq!(alone.waited(), 0, "it has the row for a moment only");
    let both = model(&[("long", long), ("short", short)], 10, 1);
    assert!(tally(&both).waited() > 0);
}

#[test]
fn new_rows_keep_nobody_waiting_but_who_makes_the_same_one() {
    let insert: &[&str] = &[
        "db BEGIN",
        "db+ INSERT orders{event}",
        "db COMMIT after=5ms",
    ];
    let mut model = model(&[("order", insert)], 100, 2);
    assert_eq!(tally(&model).waited(), 0);
    model.unique.push(crate::suspect::Unique {
        table: "orders".into(),
        columns: vec!["id".into()],
    });
    assert!(tally(&model).waited() > 0);
}

/// All come at the same moment for one row, and each has it for 5 ms: the nth waits 5n ms.
#[test]
fn who_came_first_has_the_row_first_and_no_longer_than_to_the_end() {
    let lines: &[&str] = &[
        "cache GET seen{event}",
        "db BEGIN takes=0ms",
        "db+ LOCK events{event} takes=0ms",
        "db COMMIT after=5ms takes=0ms",
        "cache SET seen{event}",
    ];
    let model = model(&[("reserve", lines)], 10, 1).within(10, 0);
    let tally = rounds(&model, 1);
    let window = &tally.windows[0];
    // The last is done after 50 ms; the first, after 5.
    let mean_ns = window.open_ns / window.closed;
    assert_eq!(mean_ns, 27_500_000 + 800_000);
    assert_eq!((tally.waited(), tally.operations[0].done), (9, 10));
}

/// One has the row for 10 ms; a second asks for it after 1 ms and a third after 2 ms.
#[test]
fn who_asks_earlier_has_the_row_earlier() {
    let asks = |after: &str| {
        [
            "cache GET seen{event} takes=0ms".to_string(),
            format!("db BEGIN takes=0ms after={after}"),
            "db+ LOCK events{event} takes=0ms".to_string(),
            "db COMMIT after=10ms takes=0ms".to_string(),
            "cache SET seen{event} takes=0ms".to_string(),
        ]
    };
    let all = ["0ms", "1ms", "2ms"].map(asks);
    let all = all.each_ref().map(|told| lines(told));
    let model = model(&[("a", &all[0]), ("b", &all[1]), ("c", &all[2])], 1, 1).within(1, 0);
    let program = super::super::program::Program::of(&model);
    let tally = rounds(&model, 1);
    let open_ms = [0, 1, 2].map(|operation| {
        let mut of = program.windows.iter().zip(&tally.windows);
        let found = of.find(|(w, counted)| w.window.one == operation && counted.closed > 0);
        found.map(|(_, counted)| counted.open_ns / counted.closed / 1_000_000)
    });
    assert_eq!(open_ms, [Some(10), Some(20), Some(30)]);
}

#[test]
fn who_is_refused_or_fails_gives_its_rows_back() {
    let lines: &[&str] = &[
        "db BEGIN",
        "db+ LOCK events{event}",
        "db+ SELECT events{event} decides",
        "db+ UPDATE events{event}",
        "db COMMIT",
    ];
    let mut refused = model(&[("reserve", lines)], 50, 1);
    refused.operations[0].limit = Some(3);
    let counted = rounds(&refused, 10).operations[0];
    assert_eq!((counted.done, counted.refused), (30, 470));
    assert_eq!(counted.rounds_over, 0);

    let mut failed = model(
        &[(
            "reserve",
            &[
                "db BEGIN",
                "db+ INCR events{event}",
                "cache GET x",
                "db COMMIT",
            ],
        )],
        50,
        1,
    );
    failed.links.push(Link {
        timeout: Some(ms(0)),
        ..link("inventory", "cache")
    });
    let tally = rounds(&failed, 10);
    assert_eq!(tally.operations[0].failed, 500, "nobody waits for ever");
}

/// One locks a and b, the other b and a.
const FORTH: &[&str] = &[
    "db BEGIN",
    "db+ INCR a{event}",
    "db+ INCR b{event}",
    "db COMMIT",
];
const BACK: &[&str] = &[
    "db BEGIN",
    "db+ INCR b{event}",
    "db+ INCR a{event}",
    "db COMMIT",
];

#[test]
fn locks_in_opposite_orders_end_in_a_deadlock_of_which_one_goes_on() {
    let model = model(&[("forth", FORTH), ("back", BACK)], 1, 1).within(1, 0);
    let tally = rounds(&model, 10);
    assert_eq!(tally.deadlocks(), 10);
    let [forth, back] = [tally.operations[0], tally.operations[1]];
    assert_eq!(
        (forth.failed + back.failed, forth.done + back.done),
        (10, 10)
    );
    let told: u64 = tally
        .windows
        .iter()
        .filter(|w| w.closed > 0)
        .map(|w| w.raced)
        .sum();
    assert_eq!(told, 10);
}

#[test]
fn the_victim_fails_after_a_second() {
    let mut model = model(&[("forth", FORTH), ("back", BACK)], 1, 1).within(1, 0);
    // Who gives up before that is no victim, and nobody else is.
    model.links.push(Link {
        timeout: Some(ms(900)),
        ..link("inventory", "db")
    });
    let tally = rounds(&model, 10);
    let timed_out = tally.links[0].timed_out;
    let failed: u64 = tally.operations.iter().map(|o| o.failed).sum();
    assert!(
        timed_out >= 10 && failed == timed_out,
        "{failed} {timed_out}"
    );
    model.links[0].timeout = Some(ms(1_100));
    assert_eq!(rounds(&model, 10).links[0].timed_out, 0);
}

#[test]
fn who_waits_again_is_no_victim_of_an_earlier_circle() {
    // The other gives up after half a second, so that the would-be victim goes on.
    let waits: &[&str] = &[
        "db BEGIN",
        "db+ INCR a{event}",
        "db+ INCR b{event} after=1ms",
        "db COMMIT after=3000ms",
    ];
    let gives_up: &[&str] = &[
        "db BEGIN",
        "db+ INCR b{event}",
        "db+ INCR a{event}",
        "db COMMIT",
    ];
    let mut model = model(&[("waits", waits), ("gives-up", gives_up)], 1, 1).within(1, 0);
    model.services.push(service("other", 1));
    model.operations[1].service = "other".into();
    model.links.push(Link {
        timeout: Some(ms(500)),
        ..link("other", "db")
    });
    let tally = rounds(&model, 5);
    assert_eq!(tally.deadlocks(), 5);
    assert_eq!(
        tally
            .operations
            .iter()
            .map(|o| (o.done, o.failed))
            .collect::<Vec<_>>(),
        [(5, 0), (0, 5)]
    );
}

#[test]
fn a_transaction_that_was_a_victim_is_made_again_from_its_beginning() {
    let mut model = model(&[("forth", FORTH), ("back", BACK)], 20, 1).within(20, 20);
    model.links.push(Link {
        retry: Some(retry(None, 10)),
        ..link("inventory", "db")
    });
    let tally = rounds(&model, 5);
    assert!(tally.deadlocks() > 0);
    assert_eq!(tally.operations.iter().map(|o| o.done).sum::<u64>(), 200);
    // BEGIN and both statements again for each victim.
    assert_eq!(tally.links[0].calls, 4 * 200 + 3 * tally.deadlocks());
}

#[test]
fn three_in_a_circle_are_found() {
    let turn = |one: &str, other: &str| {
        vec![
            "db BEGIN".to_string(),
            format!("db+ INCR {one}{{event}}"),
            format!("db+ INCR {other}{{event}}"),
            "db COMMIT".to_string(),
        ]
    };
    let all = [turn("a", "b"), turn("b", "c"), turn("c", "a")];
    let all: Vec<Vec<&str>> = all.iter().map(|all| lines(all)).collect();
    let model = model(&[("ab", &all[0]), ("bc", &all[1]), ("ca", &all[2])], 1, 1);
    let tally = rounds(&model.within(1, 0), 10);
    assert_eq!(tally.deadlocks(), 10);
    let count = |count: fn(&super::super::tally::OperationTally) -> u64| -> u64 {
        tally.operations.iter().map(count).sum()
    };
    assert_eq!((count(|o| o.done), count(|o| o.failed)), (20, 10));
}

#[test]
fn what_is_changed_of_all_rows_is_younger_than_a_look_at_one() {
    let one: &[&str] = &[
        "db BEGIN",
        "db+ SELECT events{event} repeatable",
        "db+ INCR events{event} after=50ms",
        "db COMMIT",
    ];
    let all: &[&str] = &["db UPDATE events"];
    let model = model(&[("one", one), ("all", all)], 1, 50)
        .asked("one", burst(20, 100))
        .asked("all", burst(20, 100));
    assert!(tally(&model).aborted() > 0);
    assert_eq!(
        Access::Write,
        model.operations[1].learned.template.steps[0].step.effects[0].access
    );
}
