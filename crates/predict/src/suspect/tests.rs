use model::{
    ConnectionId, Effect, LaneId, Protocol, Reply, ReplyKind, SeenStep, Step, Transaction, WireId,
};

use super::*;
use crate::template::{self, SoloRun};

/// A step as text: `cache GET inv:42 -> 1`, `db+ SELECT seats` (inside a transaction), with the
/// access by the verb.
fn seen(ordinal: usize, line: &str) -> SeenStep {
    use model::Access::{Atomic, Lock, Read, Write};
    let (text, reply) = line.split_once(" -> ").unwrap_or((line, "1"));
    let words: Vec<&str> = text.split(' ').collect();
    let (target, inside) = match words[0].strip_suffix('+') {
        Some(target) => (target, true),
        None => (words[0], false),
    };
    let verb = words[1];
    let effects: Vec<Effect> = words.get(2).map_or(vec![], |resource| {
        let all: &[model::Access] = match verb {
            "GET" | "SELECT" => &[Read],
            "LOCK" => &[Lock, Read],
            "DECR" | "POST" | "CAS" => &[Atomic],
            "SET" if text.contains(" NX") => &[Atomic],
            _ => &[Write],
        };
        all.iter()
            .map(|access| Effect::of(*access, *resource))
            .collect()
    });
    let protocol = match target {
        "db" => Protocol::Postgres,
        "cache" => Protocol::Redis,
        _ => Protocol::Http,
    };
    let transaction = match (verb, inside) {
        ("BEGIN", _) => Transaction::Begin,
        ("COMMIT", _) => Transaction::Commit,
        (_, true) => Transaction::Inside,
        _ => Transaction::None,
    };
    SeenStep {
        step: Step {
            wire: WireId(0),
            lane: LaneId(0),
            target: target.into(),
            connection: ConnectionId(0),
            ordinal: ordinal as u64,
            protocol,
            verb: if verb == "LOCK" { "SELECT" } else { verb }.into(),
            shape: text.into(),
            text: words[1..].join(" "),
            parameters: vec![],
            effects,
            transaction,
            noise: false,
            isolation: None,
            commits: Vec::new(),
            session: None,
        },
        reply: Some(Reply::of(
            if reply == "nil" {
                ReplyKind::Empty
            } else {
                ReplyKind::Ok
            },
            reply,
        )),
        asked_us: 0,
        passed_us: 0,
        replied_us: 0,
    }
}

fn operation(name: &str, lines: &[&str]) -> Learned {
    let steps = lines.iter().enumerate().map(|(at, line)| seen(at, line));
    let run = SoloRun {
        values: vec![],
        steps: steps.collect(),
        answered_us: 1,
    };
    Learned {
        operation: name.into(),
        args: vec![],
        template: template::learn(&[run]),
    }
}

/// `label of resource: A first | B between | A second (guard)`, best first.
fn found(operations: &[Learned]) -> Vec<String> {
    suspects(operations)
        .iter()
        .map(|suspect| {
            let order: Vec<String> = suspect.orders[0]
                .lines
                .iter()
                .map(|line| format!("{}: {}", ["A", "B"][line.racer], line.step))
                .collect();
            let guard = suspect.guard.as_ref().map(|g| format!(" ({g})"));
            format!(
                "{} of {}: {}{}",
                suspect.label.as_str(),
                suspect.resource,
                order.join(" | "),
                guard.unwrap_or_default()
            )
        })
        .collect()
}

#[track_caller]
fn check(operations: &[Learned], expected: &[&str]) {
    let found = found(operations);
    let best: Vec<&str> = found
        .iter()
        .take(expected.len())
        .map(String::as_str)
        .collect();
    assert_eq!(best, expected, "of {found:#?}");
    if expected.is_empty() {
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_check_of_a_cached_count() {
    check(
        &[operation("buy", &["cache GET inv:42", "cache DECR inv:42"])],
        &[
            "check-then-act of cache inv:42: A: cache GET inv:42 | B: cache DECR inv:42 | A: cache DECR inv:42",
        ],
    );
}

#[test]
fn a_read_and_a_write_back() {
    check(
        &[operation("buy", &["cache GET stock", "cache SET stock"])],
        &[
            "lost update of cache stock: A: cache GET stock | B: cache SET stock | A: cache SET stock",
        ],
    );
}

#[test]
fn a_get_or_create_in_another_service() {
    check(
        &[operation(
            "register",
            &["crm GET /customers -> nil", "crm POST /customers"],
        )],
        &[
            "double insert of crm /customers: A: crm GET /customers | B: crm POST /customers | A: crm POST /customers",
        ],
    );
}

#[test]
fn two_accounts_and_one_rule() {
    let withdraw = |account: &str| {
        let update = format!("db+ UPDATE {account}");
        operation(
            account,
            &[
                "db BEGIN",
                "db+ SELECT checking",
                "db+ SELECT savings",
                &update,
                "db+ COMMIT",
            ],
        )
    };
    check(
        &[withdraw("checking"), withdraw("savings")],
        &[
            // (each with itself first: a plain lost update)
            "lost update of db checking: A: db SELECT checking | B: db COMMIT | A: db UPDATE checking",
            "lost update of db savings: A: db SELECT savings | B: db COMMIT | A: db UPDATE savings",
            "write skew of db savings: A: db SELECT savings | B: db COMMIT | A: db COMMIT",
            "write skew of db checking: A: db SELECT checking | B: db COMMIT | A: db COMMIT",
        ],
    );
}

#[test]
fn a_cache_filled_with_what_was_before() {
    let read = operation(
        "read",
        &["cache GET cart -> nil", "db SELECT carts", "cache SET cart"],
    );
    let write = operation(
        "write",
        &[
            "db BEGIN",
            "db+ UPDATE carts",
            "db COMMIT",
            "cache DEL cart",
        ],
    );
    let all = found(&[read, write]);
    let wanted = "stale cache fill of db carts: A: db SELECT carts | B: db COMMIT | B: cache DEL cart | A: cache SET cart";
    assert!(all.iter().any(|suspect| suspect == wanted), "{all:#?}");
}

#[test]
fn a_lock_that_comes_too_late_is_no_guard() {
    let redeem = operation(
        "redeem",
        &[
            "db BEGIN",
            "db+ SELECT vouchers",
            "db+ LOCK vouchers",
            "db+ UPDATE vouchers",
            "db COMMIT",
        ],
    );
    let suspects = suspects(&[redeem]);
    let best = &suspects[0];
    assert_eq!(
        (best.resource.as_str(), &best.guard),
        ("db vouchers", &None)
    );
    assert_eq!(
        best.orders[0].lines.last().unwrap().step.to_string(),
        "db SELECT vouchers #2"
    );
}

#[test]
fn guards_are_named_and_ranked_lower() {
    let locked = [
        "db BEGIN",
        "db+ LOCK seats",
        "db+ UPDATE seats",
        "db COMMIT",
    ];
    let redis = [
        "cache SET lock NX PX 300",
        "cache GET n",
        "cache SET n",
        "cache DEL lock",
    ];
    let open = ["cache GET open", "cache SET open"];
    let all = suspects(&[
        operation("locked", &locked),
        operation("redis", &redis),
        operation("open", &open),
    ]);
    let guards: Vec<(&str, Option<&str>)> = all
        .iter()
        .map(|s| (s.resource.as_str(), s.guard.as_deref()))
        .collect();
    assert_eq!(
        guards,
        [
            ("cache open", None),
            ("db seats", Some("a row lock on db seats")),
            ("cache n", Some("the lock `cache lock`")),
        ]
    );
}

#[test]
fn locks_in_opposite_orders() {
    let pay = [
        "db BEGIN",
        "db+ LOCK orders",
        "db+ LOCK accounts",
        "db COMMIT",
    ];
    let close = [
        "db BEGIN",
        "db+ LOCK accounts",
        "db+ LOCK orders",
        "db COMMIT",
    ];
    let all = found(&[operation("pay", &pay), operation("close", &close)]);
    let wanted = "lock order of db orders: A: db SELECT orders | B: db SELECT accounts | A: db SELECT accounts";
    assert!(
        all.iter().any(|suspect| suspect.starts_with(wanted)),
        "{all:#?}"
    );
}

#[test]
fn single_steps_and_strangers_are_no_suspects() {
    check(&[operation("take", &["cache DECR n"])], &[]);
    check(
        &[
            operation("a", &["cache GET a", "cache SET b"]),
            operation("b", &["cache GET c", "cache SET d"]),
        ],
        // (against itself each only looks at what it never changes)
        &[],
    );
}

#[test]
fn state_that_nobody_declared_is_what_operations_change() {
    let all = [
        operation(
            "buy",
            &[
                "cache SET lock NX PX 300",
                "cache GET inv:42",
                "cache DECR inv:42",
                "db BEGIN",
                "db+ SELECT halls",
                "db+ INSERT orders",
                "db COMMIT",
                "cache DEL lock",
            ],
        ),
        operation("log", &["cache RPUSH sold", "crm POST /mails"]),
    ];
    let questions: Vec<String> = crate::state::worth_comparing(&all)
        .iter()
        .map(|question| format!("{}: {}", question.target, question.command))
        .collect();
    assert_eq!(
        questions,
        [
            "cache: GET inv:42",
            "db: SELECT * FROM orders",
            "cache: LRANGE sold 0 -1"
        ]
    );
}
