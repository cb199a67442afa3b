//! The one director all wires of a run are given. It stays idle until a trial hands it the
//! director that decides, and is idle again after: pools keep their connections meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use model::{Reply, Step};
use wire::{Director, Ruling};

/// Passes questions on to whoever directs now.
#[derive(Default)]
pub struct Conductor {
    attentive: AtomicBool,
    now: RwLock<Option<Arc<dyn Director>>>,
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

    fn director(&self) -> Option<Arc<dyn Director>> {
        self.now.read().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

impl Director for Conductor {
    fn is_attentive(&self) -> bool {
        self.attentive.load(Ordering::Acquire)
    }

    fn before_up(&self, step: &Step) -> Ruling {
        self.director()
            .map_or(Ruling::Pass, |director| director.before_up(step))
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        self.director()
            .map_or(Ruling::Pass, |director| director.before_down(step, reply))
    }

    fn cut(&self, step: &Step) {
        if let Some(director) = self.director() {
            director.cut(step);
        }
    }
}
