//! The one director all wires of a run are given. It stays idle until a trial hands it the
//! director that decides, and is idle again after: pools keep their connections meanwhile.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use model::{Reply, Step};
use wire::{Director, Ruling};

/// A step that a service makes of its own accord.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnStep {
    /// What people call it.
    pub name: String,
    shape: String,
}

impl OwnStep {
    /// This step, whenever it is made.
    pub fn of(step: &Step) -> OwnStep {
        OwnStep {
            name: step.name(),
            shape: step.shape.clone(),
        }
    }
}

/// Passes questions on to whoever directs now.
#[derive(Default)]
pub struct Conductor {
    attentive: AtomicBool,
    now: RwLock<Option<Arc<dyn Director>>>,
    left_alone: RwLock<HashSet<OwnStep>>,
}

impl Conductor {
    /// Lets `director` decide from now on.
    pub fn hand_to(&self, director: Arc<dyn Director>) {
        *self.now.write().unwrap_or_else(|e| e.into_inner()) = Some(director);
        self.attentive.store(true, Ordering::Release);
    }

    /// Goes idle.
    pub fn rest(&self) {
        self.attentive.store(false, Ordering::Release);
        *self.now.write().unwrap_or_else(|e| e.into_inner()) = None;
    }

    /// Nobody is asked about these from now on.
    pub fn leave_alone(&self, own: HashSet<OwnStep>) {
        *self.left_alone.write().unwrap_or_else(|e| e.into_inner()) = own;
    }

    /// Who decides about this step, if anybody.
    fn director(&self, step: &Step) -> Option<Arc<dyn Director>> {
        let left_alone = self.left_alone.read().unwrap_or_else(|e| e.into_inner());
        if !left_alone.is_empty() && left_alone.contains(&OwnStep::of(step)) {
            return None;
        }
        self.now.read().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

impl Director for Conductor {
    fn is_attentive(&self) -> bool {
        self.attentive.load(Ordering::Acquire)
    }

    fn before_up(&self, step: &Step) -> Ruling {
        self.director(step)
            .map_or(Ruling::Pass, |director| director.before_up(step))
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        self.director(step)
            .map_or(Ruling::Pass, |director| director.before_down(step, reply))
    }

    fn cut(&self, step: &Step) {
        if let Some(director) = self.director(step) {
            director.cut(step);
        }
    }
}
