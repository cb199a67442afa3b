//! What passed the gates in a trial, for evidence and explanation.

use std::time::{Duration, Instant};

use model::{ConnectionId, Reply, ReplyKind, Step, WireId};

/// A trial keeps at most this many steps; later ones are counted only.
const STEPS_MAX: usize = 10_000;

/// One step and what became of it.
#[derive(Debug, Clone)]
pub struct LoggedStep {
    /// The step.
    pub step: Step,
    /// Its reply, once seen.
    pub reply: Option<Reply>,
    /// When it came up, since the trial began.
    pub asked: Duration,
    /// When it was let up.
    pub passed: Duration,
    /// When its reply was seen.
    pub replied: Duration,
}

/// All steps of a trial, in the order in which they came up.
#[derive(Debug)]
pub struct StepLog {
    began: Instant,
    steps: Vec<LoggedStep>,
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
        let now = self.began.elapsed();
        self.steps.push(LoggedStep {
            step: step.clone(),
            reply: None,
            asked: now,
            passed: now,
            replied: now,
        });
    }

    /// A held step was let up.
    pub fn passed(&mut self, wire: WireId, connection: ConnectionId, ordinal: u64) {
        let now = self.began.elapsed();
        if let Some(logged) = self.find(wire, connection, ordinal) {
            logged.passed = now;
        }
    }

    /// A reply was seen.
    pub fn replied(&mut self, step: &Step, reply: &Reply) {
        let now = self.began.elapsed();
        if let Some(logged) = self.find(step.wire, step.connection, step.ordinal) {
            logged.replied = now;
            logged.reply = Some(reply.clone());
        }
    }

    /// A step will have no reply.
    pub fn cut(&mut self, step: &Step) {
        self.replied(step, &Reply::of(ReplyKind::Cut, "no reply"));
    }

    /// The steps.
    pub fn into_steps(self) -> Vec<LoggedStep> {
        self.steps
    }

    fn find(
        &mut self,
        wire: WireId,
        connection: ConnectionId,
        ordinal: u64,
    ) -> Option<&mut LoggedStep> {
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
