//! What workers measured, second by second, put together.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use crate::load::Figures;

/// What one worker measured in one second.
#[derive(Debug)]
pub struct Share {
    /// Whose.
    pub worker: usize,
    /// Which second, from 0.
    pub second: u64,
    /// By operation.
    pub each: Vec<Figures>,
    /// It was the worker's last.
    pub is_last: bool,
}

/// What all workers measured in one second.
#[derive(Debug)]
pub struct Second {
    /// Which, from 0.
    pub number: u64,
    /// By operation. The last second can be a short one.
    pub each: Vec<Figures>,
}

/// Puts shares together until all workers have ended. Tells of each second when it is whole, and
/// returns the sum of all.
pub fn gather(
    shares: &Receiver<Share>,
    workers: usize,
    operations: usize,
    tell: &mut dyn FnMut(&Second),
) -> Vec<Figures> {
    let mut total = zero(operations);
    let mut open: BTreeMap<u64, Second> = BTreeMap::new();
    // The seconds that each worker may still add to.
    let mut reached = vec![0; workers];
    while let Ok(share) = shares.recv() {
        let number = share.second;
        let second = open.entry(number).or_insert_with(|| Second {
            number,
            each: zero(operations),
        });
        for (to, from) in second.each.iter_mut().zip(&share.each) {
            to.add(from);
            to.elapsed = to.elapsed.max(from.elapsed);
        }
        reached[share.worker] = match share.is_last {
            true => u64::MAX,
            false => number + 1,
        };
        let whole = reached.iter().copied().min().unwrap_or(u64::MAX);
        while let Some(second) = open.first_entry().filter(|first| *first.key() < whole) {
            let second = second.remove();
            for (to, from) in total.iter_mut().zip(&second.each) {
                to.add(from);
            }
            tell(&second);
        }
    }
    total
}

/// Nothing measured yet, by operation.
pub fn zero(operations: usize) -> Vec<Figures> {
    (0..operations).map(|_| Figures::default()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use super::*;

    fn share(worker: usize, second: u64, requests: u64, is_last: bool) -> Share {
        let mut each = zero(2);
        each[1].requests = requests;
        each[1].elapsed = Duration::from_millis(requests);
        Share {
            worker,
            second,
            each,
            is_last,
        }
    }

    #[test]
    fn a_second_is_told_when_all_have_told_theirs() {
        let (sender, shares) = sync_channel(10);
        for share in [
            share(0, 0, 1, false),
            share(0, 1, 2, false),
            share(1, 0, 10, false),
            share(0, 2, 4, true),
            share(1, 1, 20, true),
        ] {
            sender.send(share).unwrap();
        }
        drop(sender);
        let mut told = Vec::new();
        let total = gather(&shares, 2, 2, &mut |second| {
            told.push((
                second.number,
                second.each[1].requests,
                second.each[1].elapsed,
            ));
        });
        let ms = Duration::from_millis;
        assert_eq!(told, [(0, 11, ms(10)), (1, 22, ms(20)), (2, 4, ms(4))]);
        assert_eq!((total[0].requests, total[1].requests), (0, 37));
    }
}
