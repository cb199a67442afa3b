//! Several worlds side by side: what does not depend on each other is shared out among them, so that
//! while one waits for its store the other one works.

use std::cell::RefCell;
use std::collections::VecDeque;

use lab::Lab;

use crate::error::HuntError;
use crate::isolate::ground::Ground;
use crate::trial;

/// Does all `work`, each piece in whichever world is free next; results come in the order of the
/// work, also where it ended early. What is left when the budget is spent is done too: it ends at once by itself.
pub(crate) async fn share<'a, L: Lab, W, R>(
    grounds: &mut [Ground<'a, L>],
    work: Vec<W>,
    does: impl AsyncFn(&mut Ground<'a, L>, W) -> Result<R, HuntError>,
) -> (Vec<R>, Result<(), HuntError>) {
    let results: RefCell<Vec<Option<R>>> = RefCell::new(work.iter().map(|_| None).collect());
    let queue: RefCell<VecDeque<(usize, W)>> = RefCell::new(work.into_iter().enumerate().collect());
    let (results_of, queue_of, does) = (&results, &queue, &does);
    let workers = grounds.iter_mut().map(|ground| {
        Box::pin(async move {
            loop {
                let next = queue_of.borrow_mut().pop_front();
                let Some((at, piece)) = next else {
                    return Ok(());
                };
                if ground.context.interrupt.is_set() {
                    return Ok(());
                }
                match does(ground, piece).await {
                    Ok(result) => results_of.borrow_mut()[at] = Some(result),
                    // What was done by then counts.
                    Err(HuntError::Interrupted) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        })
    });
    let ended: Vec<Result<(), HuntError>> = trial::all(workers.collect()).await;
    let results = results.into_inner().into_iter().flatten();
    (results.collect(), ended.into_iter().collect())
}
