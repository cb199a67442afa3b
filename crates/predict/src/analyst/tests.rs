use proptest::prelude::*;

use super::testkit::request;
use super::*;

/// Requests of one kind, 10 ms apart; `$a`, `$b` are other values in each, `$n` counts up.
fn many(requests: u64, lines: &[&str]) -> Vec<RecordedRequest> {
    named(None, requests, lines)
}

pub fn named(name: Option<&str>, requests: u64, lines: &[&str]) -> Vec<RecordedRequest> {
    let of = |nth: u64| {
        let fill = |line: &&str| {
            line.replace("$a", &(nth % 5 + 40).to_string())
                .replace("$b", &(nth % 7 + 900).to_string())
                .replace("$n", &nth.to_string())
        };
        let lines: Vec<String> = lines.iter().map(fill).collect();
        request(name, nth * 10_000, &lines)
    };
    (0..requests).map(of).collect()
}

/// `rank label of resource: A / B (guard)`.
fn shown(analysis: &Analysis) -> Vec<String> {
    let all = analysis.boundaries.iter();
    all.map(|boundary| {
        let guard = boundary.guard.as_ref().map(|guard| format!(" ({guard})"));
        format!(
            "{} {} of {}: {}{}",
            boundary.rank,
            boundary.hazard.as_str(),
            boundary.resource,
            boundary.operations.join(" / "),
            guard.unwrap_or_default()
        )
    })
    .collect()
}

#[track_caller]
pub fn check(requests: Vec<RecordedRequest>, unique: &[Unique], expected: &[&str]) -> Analysis {
    let analysis = analyse(requests, unique);
    assert_eq!(shown(&analysis), expected, "{:#?}", analysis.kinds);
    analysis
}

pub fn unique(table: &str, columns: &[&str]) -> Unique {
    Unique {
        table: table.to_string(),
        columns: columns.iter().map(|column| (*column).to_string()).collect(),
    }
}

const READ_SOLD: &str = "db SELECT sold FROM events WHERE id = $a";
const LOCK_SOLD: &str = "db SELECT sold FROM events WHERE id = $a FOR UPDATE";
const WRITE_SOLD: &str = "db UPDATE events SET sold = $n WHERE id = $a";

#[test]
fn a_count_that_is_read_and_written_back() {
    let analysis = check(
        many(20, &[READ_SOLD, WRITE_SOLD]),
        &[],
        &["1 lost update of db events: UPDATE events / UPDATE events"],
    );
    let boundary = &analysis.boundaries[0];
    assert_eq!(boundary.edge, "requests -> db");
    assert_eq!(
        boundary.why,
        "UPDATE events makes `db SELECT events` and later `db UPDATE events`; another UPDATE \
         events can come between with `db UPDATE events`"
    );
    assert_eq!(boundary.window_us, Some(1000.0));
    // 20 requests in 191 ms, a window of 1 ms.
    let expected = 1.0 - (-20.0_f64 / 191.0).exp();
    assert!(
        (boundary.factors.probability - expected).abs() < 1e-9,
        "{boundary:?}"
    );
    assert_eq!(boundary.closed_form, Some(boundary.factors.probability));
    assert_eq!(boundary.factors.severity, 0.95);
    assert_eq!(analysis.recorded.statements, 40);
    assert_eq!(
        (analysis.recorded.requests, analysis.recorded.kinds),
        (20, 1)
    );
}

/// What a request does, and the worst that is found at `db events`.
const GUARDS: &[(&[&str], &str)] = &[
    (
        &["db BEGIN", LOCK_SOLD, WRITE_SOLD, "db COMMIT"],
        "lost update (a row lock on db events)",
    ),
    // The transaction that locks is over.
    (
        &["db BEGIN", LOCK_SOLD, "db COMMIT", WRITE_SOLD],
        "lost update",
    ),
    (&[LOCK_SOLD, WRITE_SOLD], "lost update"),
    // Another row, and the row of another table that says nothing of this one.
    (
        &[
            "db BEGIN",
            "db SELECT sold FROM events WHERE id = $b FOR UPDATE",
            READ_SOLD,
            WRITE_SOLD,
            "db COMMIT",
        ],
        "lost update",
    ),
    (
        &[
            "db BEGIN",
            "db SELECT id FROM users WHERE id = $b FOR UPDATE",
            READ_SOLD,
            WRITE_SOLD,
            "db COMMIT",
        ],
        "lost update",
    ),
    // The same value names the lock.
    (
        &[
            "db BEGIN",
            "db SELECT id FROM halls WHERE event = $a FOR UPDATE",
            READ_SOLD,
            WRITE_SOLD,
            "db COMMIT",
        ],
        "lost update (a row lock on db halls)",
    ),
    (
        &[
            "db BEGIN",
            "db SELECT pg_advisory_xact_lock($a)",
            READ_SOLD,
            WRITE_SOLD,
            "db COMMIT",
        ],
        "lost update (the advisory lock *)",
    ),
    (
        &[
            "db BEGIN",
            "db SELECT pg_advisory_xact_lock($b)",
            READ_SOLD,
            WRITE_SOLD,
            "db COMMIT",
        ],
        "lost update",
    ),
    (
        &[
            "cache SET lock:$a x NX",
            READ_SOLD,
            WRITE_SOLD,
            "cache DEL lock:$a",
        ],
        "lost update (the lock `cache lock:*`)",
    ),
    (
        &[
            "cache SET lock:$b x NX",
            READ_SOLD,
            WRITE_SOLD,
            "cache DEL lock:$b",
        ],
        "lost update",
    ),
    // Given back before the write shows.
    (
        &[
            "cache SET lock:$a x NX",
            "db BEGIN",
            READ_SOLD,
            WRITE_SOLD,
            "cache DEL lock:$a",
            "db COMMIT",
        ],
        "lost update",
    ),
    (
        &[
            "db BEGIN ISOLATION LEVEL SERIALIZABLE",
            READ_SOLD,
            WRITE_SOLD,
            "db COMMIT",
        ],
        "lost update (SERIALIZABLE)",
    ),
    (
        &[
            "db BEGIN ISOLATION LEVEL REPEATABLE READ",
            READ_SOLD,
            WRITE_SOLD,
            "db COMMIT",
        ],
        "lost update (REPEATABLE READ)",
    ),
    (
        &["db BEGIN", READ_SOLD, WRITE_SOLD, "db COMMIT"],
        "lost update",
    ),
    // Conditional: on what others change, or on something else.
    (
        &[
            READ_SOLD,
            "db UPDATE events SET sold = sold + 1 WHERE id = $a AND sold < 100",
        ],
        "check-then-act (a conditional UPDATE)",
    ),
    (
        &[
            READ_SOLD,
            "db UPDATE events SET sold = sold + 1 WHERE id = $a AND opens < 100",
        ],
        "check-then-act",
    ),
    (
        &[
            READ_SOLD,
            "db UPDATE events SET sold = sold + 1 WHERE id = $a",
        ],
        "check-then-act",
    ),
    (
        &[
            "db SELECT * FROM events WHERE id = $a",
            "db UPDATE events SET sold = $b, version = 1$n WHERE id = $a AND version = $n",
        ],
        "check-then-act (a conditional UPDATE)",
    ),
];

#[test]
fn what_protects_the_row_is_a_guard_and_what_does_not_is_none() {
    for (lines, expected) in GUARDS {
        let analysis = analyse(many(20, lines), &[]);
        let mut at_events = analysis.boundaries.iter();
        let found = at_events
            .find(|boundary| boundary.resource == "db events")
            .unwrap();
        let guard = found.guard.as_ref().map(|guard| format!(" ({guard})"));
        let best = format!("{}{}", found.hazard.as_str(), guard.unwrap_or_default());
        assert_eq!(best, *expected, "{lines:#?} {:#?}", shown(&analysis));
        let unprotected = if found.guard.is_some() { 0.0 } else { 1.0 };
        assert_eq!(found.factors.unprotected, unprotected);
    }
}

#[test]
fn a_coupon_whose_lock_comes_after_the_deciding_look() {
    let redeem = [
        "db SELECT id, used_by FROM shop_coupon WHERE code = 'C$a'",
        "db BEGIN",
        "db SELECT id FROM shop_coupon WHERE id = $b FOR UPDATE",
        "db UPDATE shop_coupon SET used_by = $n WHERE id = $b",
        "db INSERT INTO shop_order (coupon, total) VALUES ($b, $n)",
        "db COMMIT",
    ];
    let analysis = analyse(named(Some("coupons#redeem"), 30, &redeem), &[]);
    let best = &analysis.boundaries[0];
    assert_eq!(
        (best.hazard.as_str(), best.resource.as_str(), &best.guard),
        ("lost update", "db shop_coupon", &None),
        "{:#?}",
        shown(&analysis)
    );
    assert_eq!(best.operations, ["coupons#redeem", "coupons#redeem"]);
    assert!(best.factors.severity > 0.8, "{best:?}");
}

#[test]
fn get_or_create_with_and_without_a_unique_index() {
    let lines = [
        "db SELECT id FROM users WHERE email = 'u$a'",
        "db INSERT INTO users (email, name) VALUES ('u$a', 'ann')",
    ];
    let double = "1 double insert of db users: INSERT users / INSERT users";
    let guarded = format!("{double} (the unique constraint on users (email))");
    for (unique, expected) in [
        (vec![], double),
        (vec![unique("users", &["email"])], guarded.as_str()),
        (
            vec![unique("public.users", &["email"])],
            &guarded.replace("on users", "on public.users"),
        ),
        // Not what was looked for, and not what is made.
        (vec![unique("users", &["id"])], double),
        (vec![unique("users", &["email", "tenant"])], double),
        (vec![unique("accounts", &["email"])], double),
    ] {
        check(many(20, &lines), &unique, &[expected]);
    }
    // Where the log tells rows they are believed.
    let none = [
        "db SELECT id FROM users WHERE email = 'u$a' -> none",
        lines[1],
    ];
    check(many(20, &none), &[], &[double]);
    let some = ["db SELECT id FROM users WHERE email = 'u$a' -> 3", lines[1]];
    check(
        many(20, &some),
        &[],
        &["1 check-then-act of db users: INSERT users / INSERT users"],
    );
}

#[test]
fn a_cart_is_worse_than_a_time_that_is_noted() {
    let cart = [
        "db SELECT quantity FROM lines WHERE cart_id = $a AND item_id = $b",
        "db UPDATE lines SET quantity = $n WHERE cart_id = $a AND item_id = $b",
    ];
    let login = [
        "db SELECT id, last_login FROM users WHERE id = $a",
        "db UPDATE users SET last_login = '2024-05-01 10:00:$n' WHERE id = $a",
    ];
    let locked = ["db BEGIN", LOCK_SOLD, WRITE_SOLD, "db COMMIT"];
    let all = [many(60, &locked), many(60, &login), many(5, &cart)].concat();
    check(
        all,
        &[],
        &[
            "1 lost update of db users: UPDATE users / UPDATE users",
            "2 lost update of db lines: UPDATE lines / UPDATE lines",
            "3 lost update of db events: UPDATE events / UPDATE events (a row lock on db events)",
        ],
    );
}

#[test]
fn one_user_hides_nothing() {
    // Each kind was only ever made for one row, and not for the same one.
    let one = [
        "db SELECT stock FROM items WHERE id = 1",
        "db UPDATE items SET stock = $n WHERE id = 1",
    ];
    let other = ["db UPDATE items SET stock = 0, open = false WHERE id = 2"];
    let analysis = check(
        [named(Some("buy"), 9, &one), named(Some("close"), 3, &other)].concat(),
        &[],
        &[
            "1 lost update of db items: buy / buy",
            "2 lost update of db items: buy / close",
        ],
    );
    assert_eq!(
        analysis.kinds[0].steps,
        ["db SELECT items", "db UPDATE items"]
    );
    // Words of the code stay what they are: who opens looks at no closed ones.
    let open = [
        "db SELECT n FROM jobs WHERE queue = 'mail'",
        "db UPDATE jobs SET n = $n WHERE queue = 'mail'",
    ];
    let mails = ["db UPDATE jobs SET n = $n WHERE queue = 'sms'"];
    check(
        [named(Some("a"), 9, &open), named(Some("b"), 9, &mails)].concat(),
        &[],
        &["1 lost update of db jobs: a / a"],
    );
}

#[test]
fn values_that_never_vary_are_no_ties() {
    // User 1 and event 1 by chance: the lock is on the user.
    let lines = [
        "db BEGIN",
        "db SELECT id FROM users WHERE id = 1 FOR UPDATE",
        "db SELECT sold FROM events WHERE id = 1",
        "db UPDATE events SET sold = $n WHERE id = 1",
        "db COMMIT",
    ];
    let analysis = analyse(many(9, &lines), &[]);
    let found = analysis
        .boundaries
        .iter()
        .find(|b| b.resource == "db events")
        .unwrap();
    assert_eq!(found.guard, None);
}

#[test]
fn requests_with_and_without_optional_steps_are_one_kind() {
    let whole = [
        READ_SOLD,
        "db SELECT id FROM fees WHERE event = $a",
        WRITE_SOLD,
    ];
    let all = [
        many(3, &[READ_SOLD, WRITE_SOLD]),
        many(2, &whole),
        many(4, &[READ_SOLD]),
    ]
    .concat();
    let kinds: Vec<(String, u64)> = analyse(all, &[])
        .kinds
        .into_iter()
        .map(|kind| (kind.name, kind.requests))
        .collect();
    assert_eq!(
        kinds,
        [
            ("UPDATE events".to_string(), 5),
            ("SELECT events".to_string(), 4)
        ]
    );
}

#[test]
fn loops_and_neighbours_taken_for_one_are_folded() {
    let twice = [READ_SOLD, WRITE_SOLD, READ_SOLD, WRITE_SOLD];
    let all = [many(5, &twice), many(5, &[READ_SOLD, WRITE_SOLD])].concat();
    let analysis = check(
        all,
        &[],
        &["1 lost update of db events: UPDATE events / UPDATE events"],
    );
    assert_eq!(analysis.kinds.len(), 1);
}

#[test]
fn what_is_not_understood_is_one_boundary_after_all_that_is() {
    let obscure = ["db CALL settle($a)", READ_SOLD];
    let locked = ["db BEGIN", LOCK_SOLD, WRITE_SOLD, "db COMMIT"];
    let noted = [
        "db SELECT seen FROM notes WHERE id = $a",
        "db UPDATE notes SET seen = '$n' WHERE id = $a",
    ];
    let all = [many(50, &obscure), many(9, &locked), many(9, &noted)].concat();
    let analysis = check(
        all,
        &[],
        &[
            "1 lost update of db notes: UPDATE notes / UPDATE notes",
            "2 check-then-act of db *: CALL * / CALL *",
            "3 lost update of db events: UPDATE events / UPDATE events (a row lock on db events)",
        ],
    );
    assert_eq!(
        analysis.recorded.obscure,
        [("CALL settle(40)".to_string(), 50)]
    );
}

#[test]
fn without_times_the_figure_is_told_to_be_none() {
    let mut requests = many(5, &[READ_SOLD, WRITE_SOLD]);
    for step in requests.iter_mut().flat_map(|request| &mut request.steps) {
        step.asked_us = 0;
    }
    let analysis = analyse(requests, &[]);
    let boundary = &analysis.boundaries[0];
    assert_eq!((boundary.closed_form, boundary.window_us), (None, None));
    assert_eq!(boundary.factors.probability, 0.01);
    assert!(
        analysis.notes[0].contains("no times are known"),
        "{:?}",
        analysis.notes
    );
}

#[test]
fn keys_of_caches_have_forms() {
    check(
        many(20, &["cache GET inv:$a", "cache SET inv:$a $n"]),
        &[],
        &["1 lost update of cache inv:*: SET inv:* / SET inv:*"],
    );
}

#[test]
fn bounds_hold_for_many_kinds() {
    let kind = |nth: usize| {
        let table = format!("t{}", nth % 3);
        let read = format!("db SELECT n FROM {table} WHERE id = $a");
        let write = format!("db UPDATE {table} SET n = $n WHERE id = $a");
        let own = format!("db SELECT x FROM own{nth} WHERE id = $a");
        named(Some(&format!("kind {nth}")), 2, &[&own, &read, &write])
    };
    let analysis = analyse((0..80).flat_map(kind).collect(), &[]);
    assert_eq!(analysis.kinds.len(), KINDS_MAX);
    assert_eq!(analysis.recorded.kinds, 80);
    assert_eq!(analysis.boundaries.len(), BOUNDARIES_MAX);
    let left_out = |what: &str| analysis.notes.iter().any(|note| note.contains(what));
    assert!(
        left_out("32 rarer kinds of requests (64 requests)"),
        "{:?}",
        analysis.notes
    );
    assert!(
        left_out("less volatile boundaries were left out"),
        "{:?}",
        analysis.notes
    );
    assert_eq!(analyse(Vec::new(), &[]).boundaries, []);
}

const LINES: &[&str] = &[
    "db BEGIN",
    "db COMMIT",
    "db BEGIN ISOLATION LEVEL SERIALIZABLE",
    READ_SOLD,
    LOCK_SOLD,
    WRITE_SOLD,
    "db SELECT * FROM users WHERE id = $b",
    "db SELECT n FROM users FOR UPDATE",
    "db UPDATE users SET n = n + 1 WHERE id = $a AND n < 4",
    "db INSERT INTO users (email, n) VALUES ('u$a', $n)",
    "db SELECT id FROM users WHERE email = 'u$a' -> none",
    "db SELECT pg_advisory_lock($b)",
    "db CALL f($a)",
    "cache SET lock:$a x NX",
    "cache DEL lock:$a",
    "cache GET inv:$a",
    "cache SET inv:$b $n",
];

proptest! {
    #[test]
    fn whatever_was_recorded_is_ranked(
        kinds in prop::collection::vec(
            (prop::collection::vec(prop::sample::select(LINES), 1..9), 1_u64..6),
            1..6,
        ),
    ) {
        let of = |(lines, requests): &(Vec<&str>, u64)| many(*requests, lines);
        let requests: Vec<RecordedRequest> = kinds.iter().flat_map(of).collect();
        let index = [unique("users", &["email"])];
        let analysis = analyse(requests.clone(), &index);
        for (nth, boundary) in analysis.boundaries.iter().enumerate() {
            prop_assert_eq!(boundary.rank as usize, nth + 1);
            prop_assert_eq!(boundary.factors.unprotected == 0.0, boundary.guard.is_some());
            let factors = [boundary.factors.probability, boundary.factors.severity];
            prop_assert!(factors.iter().all(|factor| (0.0..=1.0).contains(factor)));
        }
        let guarded = analysis.boundaries.iter().map(|boundary| boundary.guard.is_some());
        prop_assert!(guarded.is_sorted());
        prop_assert_eq!(analyse(requests, &index), analysis);
    }
}
