//! What a transaction will do once it is executed. Commands between MULTI and EXEC only queue:
//! EXEC is the step at which they happen, all at once, so it carries their effects.

use model::{Access, Effect};

use super::steps::{EFFECTS_MAX, anything};

/// The effects that wait for EXEC.
#[derive(Debug, Default)]
pub(super) struct Pending {
    watched: Vec<Effect>,
    queued: Vec<Effect>,
    /// Commands were queued that nobody looked at.
    unseen: bool,
}

impl Pending {
    /// WATCH: EXEC will look whether these are unchanged.
    pub(super) fn watch(&mut self, effects: &[Effect]) {
        merge(&mut self.watched, effects);
    }

    /// MULTI: nothing is queued yet.
    pub(super) fn begin(&mut self) {
        self.queued.clear();
        self.unseen = false;
    }

    /// A command that was queued.
    pub(super) fn queue(&mut self, effects: &[Effect]) {
        merge(&mut self.queued, effects);
    }

    /// A command was queued that nobody looked at.
    pub(super) fn queue_unseen(&mut self) {
        self.unseen = true;
    }

    /// UNWATCH, DISCARD, RESET.
    pub(super) fn clear(&mut self) {
        *self = Pending::default();
    }

    /// EXEC: everything happens now. Queued commands first, what was only watched last.
    pub(super) fn execute(&mut self) -> Vec<Effect> {
        let Pending {
            watched,
            queued,
            unseen,
        } = std::mem::take(self);
        let mut effects = queued;
        if unseen {
            merge(&mut effects, &[anything(Access::Unknown)]);
        }
        if !effects.is_empty() {
            merge(&mut effects, &watched);
        }
        effects
    }
}

/// Adds effects; two on one part of a resource become one.
fn merge(effects: &mut Vec<Effect>, more: &[Effect]) {
    for effect in more {
        let same = effects
            .iter()
            .position(|other| other.resource == effect.resource && other.part == effect.part);
        match same {
            Some(at) => effects[at].access = both(effects[at].access, effect.access),
            None if effects.len() < EFFECTS_MAX => effects.push(effect.clone()),
            None if effects.len() == EFFECTS_MAX => effects.push(anything(Access::Unknown)),
            None => {}
        }
    }
}

fn both(one: Access, other: Access) -> Access {
    match (one, other) {
        _ if one == other => one,
        (Access::Unknown, _) | (_, Access::Unknown) => Access::Unknown,
        (Access::Lock, _) | (_, Access::Lock) => Access::Lock,
        _ => Access::Atomic,
    }
}
