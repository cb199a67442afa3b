//! What bursts give out while they go on: each second of them, and a line for each request.

use std::time::Instant;

use drive::engine::Second;
use model::Operation;

use super::BurstPlan;
use super::tally::Round;
use crate::context::Context;
use crate::stress::audit::{Asked, quoted};
use crate::stress::is_expected;
use crate::stress::seconds::{self, SoFar};

/// Of all phases, one after the other.
pub(super) struct Diary<'a> {
    plan: &'a BurstPlan,
    context: &'a Context,
    names: [String; 1],
    began: Instant,
    so_far: SoFar,
    /// Bursts in which an oracle broke.
    violations: u64,
}

impl<'a> Diary<'a> {
    /// Time counts from here on.
    pub fn new(plan: &'a BurstPlan, context: &'a Context) -> Diary<'a> {
        Diary {
            plan,
            context,
            names: [plan.operation.clone()],
            began: Instant::now(),
            so_far: SoFar::default(),
            violations: 0,
        }
    }

    /// Takes in a round of a phase.
    pub fn take(&mut self, number: u64, phase: &str, operation: &Operation, round: &Round) {
        self.violations += u64::from(!round.judgement.violations.is_empty());
        let phase = (self.plan.phases.len() > 1).then(|| quoted(phase));
        let name = quoted(&operation.name);
        for sent in &round.sent {
            let expected = is_expected(operation, &sent.outcome);
            self.so_far.count(sent, expected);
            if let Some(audit) = &self.plan.audit {
                audit.take(&Asked {
                    number: number * self.plan.requests + sent.number as u64,
                    phase: phase.as_deref(),
                    operation: &name,
                    lane: sent.lane + 1,
                    due: sent.due,
                    sent: sent.sent,
                    ended: sent.ended,
                    outcome: &sent.outcome,
                    expected,
                });
            }
        }
        let told = self.so_far.reach(self.began.elapsed());
        self.tell(told);
    }

    /// What it took to get here is of no second.
    pub fn begin_phase(&mut self) {
        self.so_far.rest(self.began.elapsed());
    }

    /// A second is of one phase.
    pub fn end_phase(&mut self) {
        let told = self.so_far.cut(self.began.elapsed());
        self.tell(Some(told));
    }

    fn tell(&self, second: Option<Second>) {
        let told = second.and_then(|it| seconds::told(&it, &self.names, Some(self.violations)));
        if let Some(told) = told {
            self.context.emit(told);
        }
    }
}
