//! The gate: where a step can be held, before it goes up and before its reply goes down. A wire
//! never decides the order, it asks a [`Director`].

use std::time::Duration;

use model::{Fault, Reply, Step};
use tokio::sync::oneshot;

/// What a director says of one step at one gate.
#[derive(Debug)]
pub enum Ruling {
    /// Let it through.
    Pass,
    /// Keep it until told; the ticket brings the fault to put on it then, or none.
    Hold(Ticket),
    /// Let this happen to it.
    Fault(Fault),
}

/// The waiting side of a hold.
#[derive(Debug)]
pub struct Ticket {
    told: oneshot::Receiver<Option<Fault>>,
    hold_max: Duration,
}

/// The telling side of a hold. Dropped without a word, it lets the step pass.
#[derive(Debug)]
pub struct Release(oneshot::Sender<Option<Fault>>);

impl Ticket {
    /// A hold that ends by itself after `hold_max`: nothing hangs because a director forgot.
    pub fn new(hold_max: Duration) -> (Release, Ticket) {
        let (tell, told) = oneshot::channel();
        (Release(tell), Ticket { told, hold_max })
    }

    /// Waits to be told.
    pub(crate) async fn wait(self) -> Option<Fault> {
        match tokio::time::timeout(self.hold_max, self.told).await {
            Ok(Ok(fault)) => fault,
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

impl Release {
    /// Lets the step pass.
    pub fn pass(self) {
        let _ = self.0.send(None);
    }

    /// Lets this happen to it.
    pub fn fault(self, fault: Fault) {
        let _ = self.0.send(Some(fault));
    }
}

/// Decides what passes the gates of all wires. Called from the wires' threads, so it must be
/// quick and must not wait.
pub trait Director: Send + Sync {
    /// Whether steps are to be described and asked about. Looked at once per frame, on the hot
    /// path: an atomic load.
    fn is_attentive(&self) -> bool;

    /// A step came up to its gate.
    fn before_up(&self, step: &Step) -> Ruling;

    /// The reply to a step came down to its gate: this is the moment at which it was seen.
    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling;

    /// The connection ended before this step was answered: its outcome is unknown.
    fn cut(&self, _step: &Step) {}
}

/// The director of an idle wire: everything passes, unlooked at.
#[derive(Debug, Default)]
pub struct Idle;

impl Director for Idle {
    fn is_attentive(&self) -> bool {
        false
    }

    fn before_up(&self, _step: &Step) -> Ruling {
        Ruling::Pass
    }

    fn before_down(&self, _step: &Step, _reply: &Reply) -> Ruling {
        Ruling::Pass
    }
}
