use model::{ConnectionId, ReplyKind};
use predict::explore::Replay;

use super::*;
use crate::testkit;

fn step(lane: u16, ordinal: u64, verb: &str, resource: &str) -> Step {
    let known = Step {
        session: Some(u32::from(lane) + 70),
        ..testkit::step(lane, ordinal, verb, resource)
    };
    match verb {
        "LOCK" => Step {
            verb: "SET".into(),
            text: format!("SET {resource} token NX PX 900"),
            ..known
        },
        _ => known,
    }
}

/// Two racers that take turns as told; both are known to change `k`.
fn director(turns: &[usize]) -> Stepwise {
    let chooser: Chooser = Arc::new(Mutex::new(Replay::new(turns.to_vec(), 1)));
    assert!(lock(&chooser).begin());
    let mut ledger = Ledger::default();
    let deeds = ledger.take(&step(0, 0, "DECR", "k")).deeds;
    let known = Arc::new(Mutex::new(vec![deeds.clone(), deeds]));
    let director = Stepwise::new(2, chooser, known);
    director.racer_started(0);
    director.racer_started(1);
    director
}

/// The racer whose step of this number is up.
fn is_up(director: &Stepwise, racer: usize, ordinal: u64) -> bool {
    let state = director.state();
    state.racers[racer].up.keys().any(|key| key.2 == ordinal)
}

fn up(director: &Stepwise, step: &Step) {
    assert!(matches!(director.before_up(step), Ruling::Hold(_)));
}

fn down(director: &Stepwise, step: &Step, value: &str) {
    let kind = match value {
        "nil" => ReplyKind::Empty,
        _ => ReplyKind::Ok,
    };
    assert!(matches!(
        director.before_down(step, &Reply::of(kind, value)),
        Ruling::Pass
    ));
}

#[test]
fn what_nobody_else_touches_passes() {
    let director = director(&[]);
    assert!(matches!(
        director.before_up(&step(0, 0, "DECR", "mine")),
        Ruling::Pass
    ));
    // What another racer was seen to touch is contended from then on.
    up(&director, &step(1, 0, "DECR", "mine"));
}

#[test]
fn a_racer_that_works_on_two_connections_at_once_is_noticed() {
    let director = director(&[0, 0]);
    up(&director, &step(0, 0, "DECR", "k"));
    up(&director, &step(0, 1, "DECR", "k"));
    assert!(!director.saw_side_by_side(), "a pipeline keeps its order");
    assert!(director.holds(0) && !director.holds(1));
    let beside = Step {
        connection: ConnectionId(1),
        ..step(0, 0, "DECR", "k")
    };
    up(&director, &beside);
    assert!(director.saw_side_by_side());
}

#[test]
fn nobody_goes_before_all_are_at_rest_and_then_one_at_a_time() {
    let director = director(&[1, 0, 1]);
    let (get_a, get_b) = (step(0, 0, "GET", "k"), step(1, 0, "GET", "k"));
    up(&director, &get_a);
    assert!(!is_up(&director, 0, 0), "B may still come");
    up(&director, &get_b);
    assert!(
        is_up(&director, 1, 0) && !is_up(&director, 0, 0),
        "B was chosen"
    );
    down(&director, &get_b, "1");
    assert!(!is_up(&director, 0, 0), "B has not come to its next step");
    up(&director, &step(1, 1, "DECR", "k"));
    assert!(is_up(&director, 0, 0) && !is_up(&director, 1, 1), "now A");
    down(&director, &get_a, "1");
    director.racer_ended(0);
    assert!(is_up(&director, 1, 1), "A is at its end, so B goes on");
}

#[test]
fn a_racer_that_waits_in_the_store_lets_the_others_go() {
    let director = director(&[0, 1, 0]);
    let (a, b) = (step(0, 0, "DECR", "k"), step(1, 0, "DECR", "k"));
    up(&director, &a);
    up(&director, &b);
    let later = Instant::now() + Duration::from_millis(10);
    let waiting = director.waiting(later);
    assert_eq!((waiting.len(), waiting[0].session), (1, 70));
    assert!(!is_up(&director, 1, 0));
    director.blocked(vec![Blocked {
        racer: 0,
        holder: 1,
        evidence: "waits".into(),
    }]);
    assert!(is_up(&director, 1, 0), "A waits for B, so B goes");
    assert!(
        director.waiting(later).len() == 1,
        "A is not asked about again"
    );
    // A's reply is seen first, but it was B that set it free.
    down(&director, &a, "0");
    down(&director, &b, "1");
    director.racer_ended(0);
    director.racer_ended(1);
    assert_eq!(director.progress().done, 2);
}

#[test]
fn who_asks_again_for_a_lock_waits_until_somebody_touches_it() {
    let director = director(&[1, 0, 1]);
    let attempt = |n| step(1, n, "LOCK", "k");
    up(&director, &step(0, 0, "DECR", "k"));
    up(&director, &attempt(0));
    down(&director, &attempt(0), "nil");
    up(&director, &attempt(1));
    assert!(is_up(&director, 0, 0), "B only polls: it is A's turn");
    assert!(!is_up(&director, 1, 1));
    down(&director, &step(0, 0, "DECR", "k"), "1");
    director.racer_ended(0);
    assert!(is_up(&director, 1, 1), "A has touched it: B may ask again");
}

#[test]
fn a_racer_that_does_nothing_is_not_waited_for_for_ever() {
    let director = director(&[0]);
    up(&director, &step(0, 0, "DECR", "k"));
    director.look(Instant::now(), Duration::from_secs(9));
    assert!(!is_up(&director, 0, 0));
    director.look(Instant::now() + IDLE * 2, Duration::from_secs(9));
    assert!(is_up(&director, 0, 0), "B is at work that no wire sees");
}

#[test]
fn at_the_end_nothing_is_held() {
    let director = director(&[]);
    up(&director, &step(0, 0, "DECR", "k"));
    director.over();
    assert!(matches!(
        director.before_up(&step(1, 0, "DECR", "k")),
        Ruling::Pass
    ));
    assert!(
        director
            .state()
            .racers
            .iter()
            .all(|racer| racer.held.is_empty())
    );
}
