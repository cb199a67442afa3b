use std::cell::Cell;

use model::{Reply, ReplyKind};

use crate::testkit::step;

use super::*;

#[tokio::test]
async fn a_racer_that_is_held_after_its_answer_is_waited_for() {
    let looks = Cell::new(0);
    let is_held = || {
        looks.set(looks.get() + 1);
        looks.get() <= 5
    };
    rest(Duration::from_millis(1), is_held).await;
    assert_eq!(
        looks.get(),
        6,
        "the time in which it was held did not count"
    );
}

#[tokio::test]
async fn nothing_is_waited_for_where_nothing_goes_on_after_answers() {
    rest(Duration::ZERO, || panic!("nobody looks")).await;
}

fn attempt(lane: u16, ended_us: u64) -> Attempt {
    Attempt {
        racer: "A".into(),
        operation: "o".into(),
        lane: LaneId(lane),
        sent_us: 0,
        ended_us,
        outcome: Outcome::Answered {
            status: 202,
            location: None,
            body: String::new(),
        },
    }
}

fn seen(lane: u16, asked_us: u64) -> SeenStep {
    SeenStep {
        step: step(lane, 0, "GET", "k"),
        reply: Some(Reply::of(ReplyKind::Ok, "1")),
        asked_us,
        passed_us: asked_us,
        replied_us: asked_us,
    }
}

#[test]
fn who_was_not_seen_at_work_after_the_answer_is_behind() {
    let attempts = [attempt(0, 10), attempt(1, 10)];
    assert!(is_any_behind(&attempts, &[]));
    let before = [seen(0, 20), seen(1, 5)];
    assert!(is_any_behind(&attempts, &before));
    let after = [seen(0, 20), seen(1, 5), seen(1, 30)];
    assert!(!is_any_behind(&attempts, &after));
    let open = SeenStep {
        reply: None,
        ..seen(1, 40)
    };
    assert!(is_any_behind(&attempts, &[seen(0, 20), seen(1, 30), open]));
}
