//! Futures that go on side by side in one task.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Some futures and what came of those that have ended.
struct Running<F: Future> {
    futures: Vec<Pin<Box<F>>>,
    done: Vec<Option<F::Output>>,
}

impl<F: Future> Running<F> {
    fn new(futures: impl Iterator<Item = F>) -> Running<F> {
        let futures: Vec<Pin<Box<F>>> = futures.map(Box::pin).collect();
        Running {
            done: futures.iter().map(|_| None).collect(),
            futures,
        }
    }

    /// Polled in their order, so what they send when first polled leaves in that order too.
    fn poll(&mut self, cx: &mut Context<'_>) {
        for (future, done) in self.futures.iter_mut().zip(&mut self.done) {
            if done.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *done = Some(output);
            }
        }
    }

    /// Waits until so many from the first on have ended.
    async fn ended(&mut self, first: usize) {
        poll_fn(|cx| {
            self.poll(cx);
            match self.done[..first].iter().all(Option::is_some) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

/// Waits for all and keeps their order.
pub(super) async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running = Running::new(futures);
    running.ended(running.futures.len()).await;
    running.done.into_iter().flatten().collect()
}

/// Waits for answers that come one after the other. Each has `patience` from the answer before it
/// on; with one that has none in time, none for it, the answers end.
pub(super) async fn in_order<F: Future>(
    futures: impl Iterator<Item = F>,
    patience: Duration,
) -> Vec<Option<F::Output>> {
    let mut running = Running::new(futures);
    let count = running.futures.len();
    let mut answered = 0;
    while answered < count {
        let ended = tokio::time::timeout(patience, running.ended(answered + 1)).await;
        if ended.is_err() {
            running.done.truncate(answered + 1);
            break;
        }
        answered = running
            .done
            .iter()
            .take_while(|done| done.is_some())
            .count();
    }
    running.done
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(work)
    }

    async fn after(began: &RefCell<Vec<u64>>, millis: u64) -> u64 {
        began.borrow_mut().push(millis);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        millis
    }

    #[test]
    fn all_begin_at_once_in_order() {
        let began = RefCell::new(Vec::new());
        let futures = [30, 10, 20].into_iter().map(|millis| after(&began, millis));
        assert_eq!(block_on(all(futures)), [30, 10, 20]);
        assert_eq!(*began.borrow(), [30, 10, 20]);
    }

    #[test]
    fn patience_counts_from_the_answer_before() {
        for (millis, expected) in [
            (vec![80, 160, 240], vec![Some(80), Some(160), Some(240)]),
            (vec![80, 300, 90], vec![Some(80), None]),
            (vec![101], vec![None]),
            (vec![], vec![]),
        ] {
            let began = RefCell::new(Vec::new());
            let futures = millis.iter().map(|millis| after(&began, *millis));
            let patience = Duration::from_millis(100);
            assert_eq!(
                block_on(in_order(futures, patience)),
                expected,
                "{millis:?}"
            );
        }
    }
}
