use model::{OrderLine, RacerPlan, ReplyKind, Setup};

use super::*;
use crate::testkit::step;

fn schedule(lines: &[(usize, &str)]) -> Schedule {
    let racer = |name: &str| RacerPlan {
        name: name.into(),
        operation: "o".into(),
        args: vec![],
    };
    Schedule {
        name: "s".into(),
        setup: Setup::reset(),
        racers: vec![racer("A"), racer("B")],
        order: lines
            .iter()
            .map(|(racer, step)| OrderLine {
                racer: *racer,
                step: StepPattern::parse(step).unwrap(),
            })
            .collect(),
        oracle: None,
        settle: Duration::ZERO,
    }
}

fn reply() -> Reply {
    Reply::of(ReplyKind::Ok, "1")
}

const LOST_UPDATE: [(usize, &str); 4] = [
    (0, "cache GET k"),
    (1, "cache GET k"),
    (0, "cache DECR k"),
    (1, "cache DECR k"),
];

/// Whether a step is held now.
fn holds(director: &Ordered) -> bool {
    director.state().is_holding()
}

/// A moment at which every patience is over.
fn later() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

fn is_held(ruling: &Ruling) -> bool {
    matches!(ruling, Ruling::Hold(_))
}

#[test]
fn a_step_waits_for_the_reply_above_not_for_its_sending() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    assert!(!is_held(&director.before_up(&step(0, 0, "GET", "k"))));
    // A's GET is up but unanswered: B's must wait.
    assert!(is_held(&director.before_up(&step(1, 0, "GET", "k"))));
    assert_eq!(director.progress().done, 0);
    director.before_down(&step(0, 0, "GET", "k"), &reply());
    assert!(!holds(&director), "B was let go");
    // A's DECR waits for B's reply.
    assert!(is_held(&director.before_up(&step(0, 1, "DECR", "k"))));
    director.before_down(&step(1, 0, "GET", "k"), &reply());
    director.before_down(&step(0, 1, "DECR", "k"), &reply());
    assert!(!is_held(&director.before_up(&step(1, 1, "DECR", "k"))));
    director.before_down(&step(1, 1, "DECR", "k"), &reply());
    assert!(director.progress().is_enforced());
}

#[test]
fn unlisted_steps_and_other_lanes_are_free() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    assert!(!is_held(&director.before_up(&step(1, 0, "PING", "k"))));
    assert!(!is_held(&director.before_up(&step(1, 1, "GET", "other"))));
    assert!(!is_held(&director.before_up(&step(2, 0, "GET", "k"))));
    assert!(is_held(&director.before_up(&step(1, 2, "GET", "k"))));
}

#[test]
fn a_racer_that_ends_early_makes_nobody_wait() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    assert!(is_held(&director.before_up(&step(1, 0, "GET", "k"))));
    director.racer_ended(0);
    assert!(!holds(&director), "B was let go");
    let progress = director.progress();
    assert_eq!((progress.void, progress.is_enforced()), (2, false));
}

#[test]
fn who_is_held_is_told_apart() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    assert!(is_held(&director.before_up(&step(1, 0, "GET", "k"))));
    assert!(director.holds(1) && !director.holds(0));
    director.racer_ended(0);
    assert!(!director.holds(1));
}

#[test]
fn occurrences_are_counted_per_racer() {
    let lines = [(0, "cache GET k #2"), (1, "cache GET k")];
    let director = Ordered::new(&schedule(&lines));
    assert!(is_held(&director.before_up(&step(1, 0, "GET", "k"))));
    assert!(!is_held(&director.before_up(&step(0, 0, "GET", "k"))));
    director.before_down(&step(0, 0, "GET", "k"), &reply());
    assert!(holds(&director), "the first GET is not the listed one");
    assert!(!is_held(&director.before_up(&step(0, 1, "GET", "k"))));
    director.before_down(&step(0, 1, "GET", "k"), &reply());
    assert!(!holds(&director));
}

#[test]
fn giving_up_lets_everything_go_and_says_so() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    assert!(is_held(&director.before_up(&step(0, 1, "DECR", "k"))));
    assert!(holds(&director));
    director.racer_started(0);
    director.look(later(), Duration::from_secs(60));
    assert!(holds(&director), "B has not even started");
    director.racer_started(1);
    director.look(Instant::now(), Duration::from_secs(60));
    assert!(holds(&director), "not yet");
    director.look(later(), Duration::from_secs(60));
    assert!(!holds(&director));
    assert!(!is_held(&director.before_up(&step(1, 1, "DECR", "k"))));
    assert!(director.progress().given_up && !director.progress().is_enforced());
}

/// A answered its first line and is held at its second; B is up with a step of its own.
fn held_beside_a_waiting_one() -> Ordered {
    let order = [(0, "cache GET k"), (1, "cache DECR k"), (0, "cache DECR k")];
    let director = Ordered::new(&schedule(&order));
    director.racer_started(0);
    director.racer_started(1);
    director.before_up(&step(0, 0, "GET", "k"));
    director.before_down(&step(0, 0, "GET", "k"), &reply());
    assert!(is_held(&director.before_up(&step(0, 1, "DECR", "k"))));
    let waits = Step {
        session: Some(71),
        ..step(1, 0, "LOCK", "row")
    };
    assert!(!is_held(&director.before_up(&waits)));
    director
}

#[test]
fn what_waits_beside_a_hold_is_asked_about_and_the_stores_word_ends_the_hold() {
    let director = held_beside_a_waiting_one();
    let waiting = director.waiting(later());
    assert_eq!((waiting.len(), waiting[0].session), (1, 71));
    assert!(
        director
            .waiting(Instant::now() - Duration::from_secs(1))
            .is_empty()
    );
    let blocked = |racer, holder| Blocked {
        racer,
        holder,
        evidence: "waits".into(),
    };
    director.blocked(vec![blocked(0, 1)]);
    assert!(holds(&director), "it is not A's turn");
    director.blocked(vec![blocked(1, 0)]);
    assert!(!holds(&director));
    let progress = director.progress();
    assert_eq!(progress.blocked, Some(blocked(1, 0)));
    assert!(progress.given_up && !progress.is_enforced());
}

#[test]
fn polling_a_lock_ends_the_hold_for_the_hasty_and_not_for_the_patient() {
    for patient in [false, true] {
        let order = [(0, "cache GET k"), (1, "cache DECR k"), (0, "cache DECR k")];
        let director = Ordered::with(&schedule(&order), patient);
        director.racer_started(0);
        director.racer_started(1);
        director.before_up(&step(0, 0, "GET", "k"));
        director.before_down(&step(0, 0, "GET", "k"), &reply());
        director.before_up(&step(0, 1, "DECR", "k"));
        for n in 0..3 {
            let attempt = Step {
                text: "SET lock 1 NX PX 900".into(),
                ..step(1, n, "SET", "lock")
            };
            director.before_up(&attempt);
            director.before_down(&attempt, &Reply::of(ReplyKind::Empty, "nil"));
        }
        director.look(Instant::now(), Duration::from_secs(60));
        assert_eq!(holds(&director), patient);
        director.look(
            Instant::now() + Duration::from_secs(2),
            Duration::from_secs(60),
        );
        assert!(!holds(&director), "the lock has expired by now");
        let evidence = director.progress().blocked.unwrap().evidence;
        assert!(
            evidence.contains("asked 3 times for `cache SET lock`"),
            "{evidence}"
        );
    }
}

#[test]
fn a_cut_connection_ends_its_step() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    director.before_up(&step(0, 0, "GET", "k"));
    assert!(is_held(&director.before_up(&step(1, 0, "GET", "k"))));
    director.cut(&step(0, 0, "GET", "k"));
    assert!(!holds(&director));
    assert_eq!(director.take_log().len(), 2);
}

#[test]
fn a_held_step_whose_connection_is_cut_is_waited_for_no_more() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    assert!(is_held(&director.before_up(&step(1, 0, "GET", "k"))));
    director.cut(&step(1, 0, "GET", "k"));
    assert!(!holds(&director));
    assert_eq!(director.progress().void, 1);
}

#[test]
fn what_a_racer_has_gone_past_is_waited_for_no_more() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    // Both racers come to their DECR without a GET.
    assert!(is_held(&director.before_up(&step(0, 0, "DECR", "k"))));
    assert!(is_held(&director.before_up(&step(1, 0, "DECR", "k"))));
    director.look(Instant::now(), Duration::MAX);
    assert_eq!(director.progress().void, 0, "a GET may still come");
    director.look(later(), Duration::MAX);
    assert_eq!(director.progress().void, 2);
    director.before_down(&step(0, 0, "DECR", "k"), &reply());
    assert!(!holds(&director), "A's DECR went first, then B's");
    assert!(!director.progress().given_up);
}

#[test]
fn a_racer_with_an_open_step_may_still_come_to_its_line() {
    let director = Ordered::new(&schedule(&LOST_UPDATE));
    assert!(!is_held(&director.before_up(&step(0, 0, "PING", "k"))));
    assert!(is_held(&director.before_up(&step(0, 1, "DECR", "k"))));
    director.look(later(), Duration::MAX);
    assert_eq!(director.progress().void, 0);
    assert!(!is_held(&director.before_up(&step(0, 2, "GET", "k"))));
}

#[test]
fn a_commit_is_told_by_what_it_commits() {
    let director = Ordered::new(&schedule(&[
        (0, "cache GET k"),
        (1, "cache COMMIT k"),
        (0, "cache SET k"),
    ]));
    let commit = |ordinal, of: &[&str]| Step {
        effects: vec![],
        commits: of.iter().map(|of| (*of).to_string()).collect(),
        ..step(1, ordinal, "COMMIT", "")
    };
    // How many others came before differs between trials: they are free and count for nothing.
    assert!(!is_held(&director.before_up(&commit(0, &["visits"]))));
    assert!(is_held(&director.before_up(&commit(1, &["j", "k"]))));
    assert!(!is_held(&director.before_up(&step(0, 0, "GET", "k"))));
    director.before_down(&step(0, 0, "GET", "k"), &reply());
    assert!(!holds(&director));
    director.before_down(&commit(1, &["j", "k"]), &reply());
    assert!(!is_held(&director.before_up(&step(0, 1, "SET", "k"))));
}
