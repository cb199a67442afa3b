//! Which replica owns an event, and the queue of each event in its owner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::peers::Peer;
use crate::refusal::Refusal;

/// Events one replica can work on at the same moment.
const QUEUES_MAX: usize = 1024;

type Queue = Arc<tokio::sync::Mutex<()>>;

/// This replica's share of the events.
pub struct Partition {
    peers: Vec<Peer>,
    replica: usize,
    queues: Mutex<HashMap<i32, Queue>>,
}

impl Partition {
    /// Without peers this replica owns every event.
    pub fn new(peers: Vec<Peer>, replica: usize) -> Self {
        Self {
            peers,
            replica,
            queues: Mutex::default(),
        }
    }

    /// The other replica that owns the event, or nothing when it is this one.
    pub fn owner_elsewhere(&self, event: i32) -> Option<&Peer> {
        let replicas = i32::try_from(self.peers.len())
            .ok()
            .filter(|&count| count > 0)?;
        let owner = usize::try_from(event.rem_euclid(replicas)).ok()?;
        self.peers.get(owner).filter(|_| owner != self.replica)
    }

    /// Waits until no other request of this replica works on the event.
    pub async fn turn(&self, event: i32) -> Result<OwnedMutexGuard<()>, Refusal> {
        Ok(self.queue(event)?.lock_owned().await)
    }

    fn queue(&self, event: i32) -> Result<Queue, Refusal> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if !queues.contains_key(&event) && queues.len() >= QUEUES_MAX {
            // A queue only the map knows of has nobody in it.
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
            if queues.len() >= QUEUES_MAX {
                return Err(Refusal::Busy("too many events are being sold, try again"));
            }
        }
        Ok(Arc::clone(queues.entry(event).or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(replicas: u16, replica: usize) -> Partition {
        let urls = (1..=replicas).map(|port| format!("http://127.0.0.1:{port}"));
        let peers = urls.map(|url| url.parse().expect("a good URL")).collect();
        Partition::new(peers, replica)
    }

    #[test]
    fn every_event_has_one_owner() {
        for event in [-4, -1, 0, 1, 2, 42, i32::MAX, i32::MIN] {
            let owners =
                (0..3).filter(|&replica| partition(3, replica).owner_elsewhere(event).is_none());
            assert_eq!(owners.count(), 1, "event {event}");
        }
        let owner = partition(3, 1).owner_elsewhere(42).map(ToString::to_string);
        assert_eq!(owner.as_deref(), Some("127.0.0.1:1"));
        assert!(partition(0, 0).owner_elsewhere(42).is_none());
    }

    #[test]
    fn forgets_empty_queues_only() {
        let partition = partition(0, 0);
        let held: Vec<_> = (0..QUEUES_MAX as i32 - 1)
            .map(|event| partition.queue(event).expect("room"))
            .collect();
        partition.queue(-1).expect("the last place");
        partition
            .queue(-2)
            .expect("the place of -1, which is empty");
        let _last = partition.queue(-2).expect("there already");
        assert!(matches!(partition.queue(-3), Err(Refusal::Busy(_))));
        assert_eq!(Arc::strong_count(&held[0]), 2);
    }

    #[tokio::test]
    async fn takes_turns_per_event() {
        let partition = partition(0, 0);
        let turn = partition.turn(1).await.expect("room");
        let other_event = partition.turn(2).await;
        assert!(other_event.is_ok());
        let queue = partition.queue(1).expect("there already");
        assert!(queue.try_lock().is_err());
        drop(turn);
        assert!(queue.try_lock().is_ok());
    }
}
