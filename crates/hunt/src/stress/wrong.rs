//! Answers that oracles say are wrong, while load goes on: some are kept, all are counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::{Attempt, LaneId, Operation, Outcome, System, TrialHistory, Violation};

/// At most so many violations by answers are kept.
const KEPT_MAX: usize = 100;

/// Violations by answers.
#[derive(Debug, Default)]
pub struct Wrong {
    kept: Mutex<Vec<Violation>>,
    all: AtomicU64,
}

impl Wrong {
    /// Judges an answer, of this lane.
    pub fn judge(&self, system: &System, operation: &Operation, lane: usize, outcome: &Outcome) {
        let attempt = Attempt {
            racer: format!("lane {}", lane + 1),
            operation: operation.name.clone(),
            lane: LaneId(lane as u16),
            sent_us: 0,
            ended_us: 0,
            outcome: outcome.clone(),
        };
        let history = TrialHistory {
            attempts: vec![attempt],
            ..TrialHistory::default()
        };
        let found = check::judge(system, &history, None).violations;
        if found.is_empty() {
            return;
        }
        self.all.fetch_add(found.len() as u64, Ordering::Relaxed);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT_MAX.saturating_sub(kept.len());
        kept.extend(found.into_iter().take(room));
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    /// Those that were kept.
    pub fn kept(&self) -> Vec<Violation> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }
}
