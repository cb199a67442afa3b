use super::tests::{check, named, unique};
use super::*;

const SAVEPOINT: &str = "db SAVEPOINT s1";
const LOOK: &str = "db SELECT id, code, used_by FROM vouchers WHERE code = 'C$a'";
const LOCK: &str = "db SELECT id, code, used_by FROM vouchers WHERE id = $a FOR UPDATE";
const LOCK_BY_CODE: &str =
    "db SELECT id, code, used_by FROM vouchers WHERE code = 'C$a' FOR UPDATE";
const USE: &str = "db UPDATE vouchers SET code = 'C$a', used_by = $n WHERE id = $a";
const RELEASE: &str = "db RELEASE SAVEPOINT s1";

/// What a request does, and all that is told of it.
const REDEEMING: &[(&[&str], &[&str])] = &[
    // The lock comes after the look that decides.
    (
        &["db BEGIN", LOOK, LOCK, SAVEPOINT, USE, RELEASE, "db COMMIT"],
        &["1 lost update of db vouchers: redeem / redeem"],
    ),
    // The look that decides is the one that locks; the row is written by another name.
    (
        &[
            "db BEGIN",
            LOCK_BY_CODE,
            SAVEPOINT,
            USE,
            RELEASE,
            "db COMMIT",
        ],
        &["1 lost update of db vouchers: redeem / redeem (a row lock on db vouchers)"],
    ),
    // What was seen before the transaction is seen again.
    (
        &[LOOK, "db BEGIN", LOCK, USE, "db COMMIT"],
        &[
            "1 lost update of db vouchers: redeem / redeem (read again under a row lock on db \
             vouchers)",
        ],
    ),
    // Not all of it is.
    (
        &[
            LOOK,
            "db BEGIN",
            "db SELECT id FROM vouchers WHERE id = $a FOR UPDATE",
            USE,
            "db COMMIT",
        ],
        &["1 lost update of db vouchers: redeem / redeem"],
    ),
    // The lock lets others write.
    (
        &[
            LOOK,
            "db BEGIN",
            "db SELECT id, code, used_by FROM vouchers WHERE id = $a FOR KEY SHARE",
            USE,
            "db COMMIT",
        ],
        &["1 lost update of db vouchers: redeem / redeem"],
    ),
    // A row is its changer's until COMMIT, and no longer.
    (
        &[
            "db BEGIN",
            "db UPDATE vouchers SET uses = uses + 1 WHERE id = $a AND uses < 3",
            "db INSERT INTO redemptions (voucher) VALUES ($a)",
            "db COMMIT",
        ],
        &[],
    ),
];

#[test]
fn locks_that_come_in_time_and_locks_that_come_late() {
    for (lines, expected) in REDEEMING {
        check(named(Some("redeem"), 20, lines), &[], expected);
    }
}

#[test]
fn a_commit_that_the_log_has_lost_hides_nothing() {
    let lines = ["db BEGIN", LOOK, LOCK, USE, "db COMMIT"];
    let cut = named(Some("redeem"), 1, &lines[..4]);
    check(
        [named(Some("redeem"), 20, &lines), cut].concat(),
        &[],
        &["1 lost update of db vouchers: redeem / redeem"],
    );
}

const SESSION: [&str; 2] = [
    "db SELECT key FROM sessions WHERE key = 'k3y0f$nzq8w4hd71mb'",
    "db INSERT INTO sessions (key, data) VALUES ('k3y0f$nzq8w4hd71mb', 'x')",
];

#[test]
fn what_a_request_makes_under_its_own_random_key_is_nobody_elses() {
    check(named(None, 20, &SESSION), &[], &[]);
    // Others come with the same key, or are known to send theirs again.
    let again = named(None, 20, &SESSION);
    let double = "1 double insert of db sessions: INSERT sessions / INSERT sessions";
    check([again.clone(), again].concat(), &[], &[double]);
    let sent = SESSION.map(|line| line.replace("key", "request_key"));
    let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
    check(named(None, 20, &sent), &[], &[double]);
    // A row that was not made here is not the request's own.
    let quota = [
        "db SELECT used FROM quotas WHERE token = 'k3y0f$nzq8w4hd71mb'",
        "db UPDATE quotas SET used = $n WHERE token = 'k3y0f$nzq8w4hd71mb'",
    ];
    check(
        named(None, 20, &quota),
        &[],
        &["1 lost update of db quotas: UPDATE quotas / UPDATE quotas"],
    );
    // Others see the row by what it shares with theirs.
    let booking = [
        "db SELECT id FROM bookings WHERE slot = $a",
        "db INSERT INTO bookings (id, slot) VALUES ('k3y0f$nzq8w4hd71mb', $a)",
    ];
    check(
        named(None, 20, &booking),
        &[],
        &["1 double insert of db bookings: INSERT bookings / INSERT bookings"],
    );
}

#[test]
fn a_counter_that_all_kinds_count_decides_nothing() {
    let visit = "db SELECT id, requests FROM visits WHERE customer = $a";
    let count = "db UPDATE visits SET requests = requests + 1 WHERE customer = $a";
    let buy = [
        visit,
        count,
        "db UPDATE items SET open = false WHERE id = $b",
    ];
    let both = |buy: &[&str], look: &[&str]| {
        [named(Some("buy"), 9, buy), named(Some("look"), 9, look)].concat()
    };
    check(both(&buy, &[visit, count]), &[], &[]);
    // Some who look do not count: the look may have decided.
    let analysis = analyse(both(&buy, &[visit]), &[]);
    assert_eq!(analysis.boundaries[0].resource, "db visits");
    // What people count on is told.
    let stock = buy.map(|line| line.replace("requests", "stock"));
    let stock: Vec<&str> = stock.iter().map(String::as_str).collect();
    let analysis = analyse(both(&stock, &stock[..2]), &[]);
    assert_eq!(analysis.boundaries[0].resource, "db visits");
}

#[test]
fn get_or_create_turns_away_what_comes_after_it() {
    let lines = [
        "db SELECT id FROM visits WHERE customer = $a",
        "db INSERT INTO visits (customer, n) VALUES ($a, 0)",
        "db UPDATE customers SET seen = true WHERE id = $a",
    ];
    check(
        named(Some("visit"), 20, &lines),
        &[unique("visits", &["customer"])],
        &[
            "1 double insert of db visits: visit / visit (the unique constraint on visits (customer))",
        ],
    );
}

#[test]
fn what_follows_in_all_kinds_was_not_decided() {
    let customer = "db SELECT id, balance FROM customers WHERE id = $a";
    let audit = "db INSERT INTO audits (customer, at) VALUES ($a, $n)";
    let pay = "db UPDATE customers SET balance = balance - 5 WHERE id = $b AND balance > 5";
    let shop = [
        named(Some("show"), 9, &[customer, audit]),
        named(
            Some("list"),
            9,
            &[customer, audit, "db SELECT id FROM items WHERE id = $b"],
        ),
        named(Some("pay"), 9, &[pay, audit]),
    ]
    .concat();
    let analysis = check(shop.clone(), &[], &[]);
    let is_told = |note: &String| note.contains("times a look can be out of date");
    assert!(analysis.notes.iter().any(is_told), "{:?}", analysis.notes);
    // One kind does not: it may be the one that was refused.
    let refused = named(Some("refuse"), 9, &[customer]);
    let analysis = analyse([shop, refused].concat(), &[]);
    assert_eq!(analysis.boundaries[0].resource, "db customers");
}

const HINT: &str = "cache GET inv:$a";
const LOCK_EVENT: &str = "db SELECT sold FROM events WHERE id = $a FOR UPDATE";
const SELL: &str = "db UPDATE events SET sold = sold + 1 WHERE id = $a";
const COUNT: &str = "cache DECR inv:$a";

/// What a request does about a number of tickets that is cached, and all that is told of it.
const COUNTING: &[(&[&str], &[&str])] = &[
    // The cache is only a hint: the row is looked at under a lock, and counting comes after.
    (
        &[HINT, "db BEGIN", LOCK_EVENT, SELL, "db COMMIT", COUNT],
        &[
            "1 check-then-act of cache inv:*: buy / buy (decided under a row lock on db events)",
            "2 check-then-act of db events: buy / buy (a row lock on db events)",
        ],
    ),
    // The lock lets others write.
    (
        &[
            HINT,
            "db BEGIN",
            "db SELECT sold FROM events WHERE id = $a FOR KEY SHARE",
            SELL,
            "db COMMIT",
            COUNT,
        ],
        &[
            "1 check-then-act of cache inv:*: buy / buy",
            "2 check-then-act of db events: buy / buy",
        ],
    ),
    // Nothing is decided under the lock: what is locked there is not what is changed.
    (
        &[
            HINT,
            "db BEGIN",
            "db SELECT name FROM users WHERE id = $b FOR UPDATE",
            SELL,
            "db COMMIT",
            COUNT,
        ],
        &["1 check-then-act of cache inv:*: buy / buy"],
    ),
    // The lock is on another row than what the hint was about.
    (
        &[
            HINT,
            "db BEGIN",
            "db SELECT sold FROM events WHERE id = $b FOR UPDATE",
            "db UPDATE events SET sold = sold + 1 WHERE id = $b",
            "db COMMIT",
            COUNT,
        ],
        &[
            "1 check-then-act of cache inv:*: buy / buy",
            "2 check-then-act of db events: buy / buy (a row lock on db events)",
        ],
    ),
    // What is written last wins, whatever was decided.
    (
        &[
            HINT,
            "db BEGIN",
            LOCK_EVENT,
            SELL,
            "db COMMIT",
            "cache SET inv:$a $n",
        ],
        &[
            "1 lost update of cache inv:*: buy / buy",
            "2 stale cache fill of db events: buy / buy",
        ],
    ),
];

#[test]
fn what_is_decided_under_a_lock_is_counted_later() {
    for (lines, expected) in COUNTING {
        check(named(Some("buy"), 20, lines), &[], expected);
    }
}
