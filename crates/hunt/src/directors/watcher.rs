//! Writes down what touches shared state, and holds nobody; where a wire is to have a standing fault, it
//! has it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use model::system::WireFault;
use model::{ConnectionId, LaneId, Reply, ReplyKind, Step, Transaction, WireId};
use wire::{Director, Ruling};

/// A burst's steps are written down up to so many.
const TOUCHES_MAX: usize = 200_000;

/// A step that touches what lanes share, or is part of a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Touch {
    /// In whose lane.
    pub lane: LaneId,
    /// The wire and its connection.
    pub over: (WireId, ConnectionId),
    /// Of whom it was asked, and what.
    pub step: Step,
    /// When it came up, in microseconds since the watching began.
    pub asked_us: u64,
    /// When its reply was seen, and what it was; none when it never came.
    pub replied: Option<(u64, ReplyKind)>,
}

/// Watches a burst.
#[derive(Debug)]
pub(crate) struct Watcher {
    began: Instant,
    faults: Vec<WireFault>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    touches: Vec<Touch>,
    /// Those without a reply, by wire, connection and number.
    open: HashMap<(WireId, ConnectionId, u64), usize>,
    left_out: u64,
    /// Where a request ended, among the touches.
    ends: Vec<usize>,
}

impl Watcher {
    /// One with these standing faults; its times count from now.
    pub fn new(faults: &[WireFault]) -> Watcher {
        Watcher {
            began: Instant::now(),
            faults: faults.to_vec(),
            seen: Mutex::default(),
        }
    }

    /// When its times began.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// What was seen, in the order in which it came, and how much more there was.
    pub fn take(&self) -> (Vec<Touch>, u64) {
        let seen = std::mem::take(&mut *self.seen());
        (seen.touches, seen.left_out)
    }

    /// A request has ended: what comes now belongs to another.
    pub fn end_request(&self) {
        let mut seen = self.seen();
        let end = seen.touches.len();
        seen.ends.push(end);
    }

    /// What was seen, by the requests whose ends were told.
    pub fn take_requests(&self) -> Vec<Vec<Touch>> {
        let mut seen = std::mem::take(&mut *self.seen());
        let mut requests = Vec::new();
        while let Some(end) = seen.ends.pop() {
            requests.push(seen.touches.split_off(end));
        }
        requests.push(seen.touches);
        requests
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    fn reply(&self, step: &Step, kind: ReplyKind) {
        let now_us = self.now_us();
        let mut seen = self.seen();
        if let Some(at) = seen.open.remove(&key(step)) {
            seen.touches[at].replied = Some((now_us, kind));
        }
    }
}

fn key(step: &Step) -> (WireId, ConnectionId, u64) {
    (step.wire, step.connection, step.ordinal)
}

impl Director for Watcher {
    fn is_attentive(&self) -> bool {
        true
    }

    fn before_up(&self, step: &Step) -> Ruling {
        if step.is_shared() || step.transaction != Transaction::None {
            let asked_us = self.now_us();
            let mut seen = self.seen();
            if seen.touches.len() < TOUCHES_MAX {
                let at = seen.touches.len();
                seen.open.insert(key(step), at);
                seen.touches.push(Touch {
                    lane: step.lane,
                    over: (step.wire, step.connection),
                    step: step.clone(),
                    asked_us,
                    replied: None,
                });
            } else {
                seen.left_out += 1;
            }
        }
        let mut faults = self.faults.iter();
        match faults.find(|fault| fault.target == step.target) {
            Some(fault) => Ruling::Fault(fault.fault.clone()),
            None => Ruling::Pass,
        }
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        self.reply(step, reply.kind);
        Ruling::Pass
    }

    fn cut(&self, step: &Step) {
        self.reply(step, ReplyKind::Cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::contention::testkit::touch;
    use model::Access;

    #[test]
    fn requests_are_told_apart_by_their_ends() {
        let watcher = Watcher::new(&[]);
        let ask = |key: &str, ordinal: u64| {
            let mut step = touch(0, Access::Read, key, 0).step;
            step.ordinal = ordinal;
            assert!(matches!(watcher.before_up(&step), Ruling::Pass));
            let answer = Reply::of(ReplyKind::Ok, "1");
            assert!(matches!(watcher.before_down(&step, &answer), Ruling::Pass));
        };
        ask("a", 0);
        ask("b", 1);
        watcher.end_request();
        watcher.end_request();
        ask("c", 2);
        let requests = watcher.take_requests();
        let mut keys: Vec<Vec<&str>> = requests
            .iter()
            .map(|all| {
                all.iter()
                    .map(|one| one.step.effects[0].resource.as_str())
                    .collect()
            })
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, [vec![], vec!["a", "b"], vec!["c"]]);
        assert!(requests.iter().flatten().all(|one| one.replied.is_some()));
        assert_eq!(watcher.take().0.len(), 0);
    }

    #[test]
    fn a_standing_fault_is_that_of_its_target() {
        let fault = WireFault {
            target: "cache".to_string(),
            fault: model::Fault::Drop,
        };
        let watcher = Watcher::new(&[fault]);
        let mut step = touch(0, Access::Read, "a", 0).step;
        assert!(matches!(
            watcher.before_up(&step),
            Ruling::Fault(model::Fault::Drop)
        ));
        step.target = "db".to_string();
        step.ordinal = 1;
        assert!(matches!(watcher.before_up(&step), Ruling::Pass));
    }
}
