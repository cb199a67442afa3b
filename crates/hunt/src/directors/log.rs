//! What passed the gates in a trial, for evidence and explanation.

use std::time::Instant;

use model::{ConnectionId, Reply, ReplyKind, SeenStep, Step, WireId};

/// A trial keeps at most this many steps; later ones are counted only.
const STEPS_MAX: usize = 10_000;

/// All steps of a trial, in the order in which they came up.
#[derive(Debug)]
pub struct StepLog {
    began: Instant,
    steps: Vec<SeenStep>,
    /// Steps beyond the limit.
    pub left_out: u64,
}

impl StepLog {
    /// An empty log; its times count from now.
    pub fn new() -> StepLog {
        StepLog {
            began: Instant::now(),
            steps: Vec::new(),
            left_out: 0,
        }
    }

    /// A step came up.
    pub fn asked(&mut self, step: &Step) {
        if self.steps.len() >= STEPS_MAX {
            self.left_out += 1;
            return;
        }
        let now = self.now_us();
        self.steps.push(SeenStep {
            step: step.clone(),
            reply: None,
            asked_us: now,
            passed_us: now,
            replied_us: now,
        });
    }

    /// A held step was let up.
    pub fn passed(&mut self, wire: WireId, connection: ConnectionId, ordinal: u64) {
        let now = self.now_us();
        if let Some(logged) = self.find(wire, connection, ordinal) {
            logged.passed_us = now;
        }
    }

    /// A step goes up so long after it came; nobody is asked when it does.
    pub fn delayed(&mut self, step: &Step, delay_us: u64) {
        if let Some(logged) = self.find(step.wire, step.connection, step.ordinal) {
            logged.passed_us = logged.asked_us + delay_us;
        }
    }

    /// A reply was seen.
    pub fn replied(&mut self, step: &Step, reply: &Reply) {
        let now = self.now_us();
        if let Some(logged) = self.find(step.wire, step.connection, step.ordinal) {
            logged.replied_us = now;
            logged.reply = Some(reply.clone());
        }
    }

    /// A step will have no reply.
    pub fn cut(&mut self, step: &Step) {
        self.replied(step, &Reply::of(ReplyKind::Cut, "no reply"));
    }

    fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// The sessions that racers have in a store: racer n runs in lane n.
    pub fn sessions(&self, target: &str) -> Vec<(usize, u32)> {
        let steps = self.steps.iter().map(|seen| &seen.step);
        let mut all: Vec<(usize, u32)> = steps
            .filter(|step| step.target == target)
            .filter_map(|step| Some((usize::from(step.lane.0), step.session?)))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The steps so far.
    pub fn steps(&self) -> &[SeenStep] {
        &self.steps
    }

    /// The steps.
    pub fn into_steps(self) -> Vec<SeenStep> {
        self.steps
    }

    fn find(
        &mut self,
        wire: WireId,
        connection: ConnectionId,
        ordinal: u64,
    ) -> Option<&mut SeenStep> {
        self.steps.iter_mut().rev().find(|logged| {
            let step = &logged.step;
            step.ordinal == ordinal && step.connection == connection && step.wire == wire
        })
    }
}

impl Default for StepLog {
    fn default() -> Self {
        StepLog::new()
    }
}
