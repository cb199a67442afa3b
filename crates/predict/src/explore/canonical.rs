//! Tells whether two executions were equivalent: they differ only in the order of steps that do
//! not depend on each other.

use model::StableHasher;

use super::Dependence;

/// A number that is equal for equivalent executions, and as good as surely unequal for others.
///
/// It is the hash of the Foata normal form: each step stands in the first layer after all those
/// that it depends on, and layers are ordered by racer.
pub fn canonical<S>(executed: &[(usize, S)], dependence: &impl Dependence<S>) -> u64 {
    let mut places: Vec<(usize, usize, u64)> = Vec::with_capacity(executed.len());
    for (racer, step) in executed {
        let layer = executed
            .iter()
            .zip(&places)
            .filter(|((other, earlier), _)| other == racer || dependence.depend(earlier, step))
            .map(|(_, (layer, _, _))| layer + 1)
            .max()
            .unwrap_or(0);
        places.push((layer, *racer, dependence.identity(step)));
    }
    foata(places.into_iter())
}

/// The hash of steps with their layers, racers and identities.
pub(super) fn foata(places: impl Iterator<Item = (usize, usize, u64)>) -> u64 {
    let mut places: Vec<(usize, usize, u64)> = places.collect();
    places.sort_unstable();
    StableHasher::of(&places)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps are (key, whether it writes).
    fn depend(a: &(char, bool), b: &(char, bool)) -> bool {
        a.0 == b.0 && (a.1 || b.1)
    }

    #[test]
    fn only_the_order_of_dependent_steps_counts() {
        let (x, y, look) = (('x', true), ('y', true), ('x', false));
        let hash = |steps: &[(usize, (char, bool))]| canonical(steps, &depend);
        assert_eq!(hash(&[(0, x), (1, y)]), hash(&[(1, y), (0, x)]));
        assert_eq!(hash(&[(0, look), (1, look)]), hash(&[(1, look), (0, look)]));
        assert_ne!(hash(&[(0, x), (1, look)]), hash(&[(1, look), (0, x)]));
        // The same racers in the same order, but other steps: a branch was taken.
        assert_ne!(hash(&[(0, x), (1, y)]), hash(&[(0, x), (1, look)]));
        // Moved past two steps it has nothing to do with.
        assert_eq!(
            hash(&[(0, x), (0, x), (1, y), (2, look)]),
            hash(&[(1, y), (0, x), (0, x), (2, look)])
        );
        assert_ne!(hash(&[]), hash(&[(0, x)]));
    }
}
