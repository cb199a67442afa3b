//! A small set of racers.

/// How many racers an exploration can have.
pub const RACERS_MAX: usize = 64;

/// A set of racers, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Racers(u64);

impl Racers {
    pub(super) fn insert(&mut self, racer: usize) {
        assert!(
            racer < RACERS_MAX,
            "racer {racer}: there are at most {RACERS_MAX}"
        );
        self.0 |= 1 << racer;
    }

    pub(super) fn remove(&mut self, racer: usize) {
        self.0 &= !Racers::of(racer).0;
    }

    pub(super) fn of(racer: usize) -> Racers {
        let mut racers = Racers::default();
        racers.insert(racer);
        racers
    }

    pub(super) fn has(self, racer: usize) -> bool {
        racer < RACERS_MAX && self.0 >> racer & 1 == 1
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn len(self) -> u32 {
        self.0.count_ones()
    }

    pub(super) fn or(self, other: Racers) -> Racers {
        Racers(self.0 | other.0)
    }

    pub(super) fn and(self, other: Racers) -> Racers {
        Racers(self.0 & other.0)
    }

    pub(super) fn without(self, other: Racers) -> Racers {
        Racers(self.0 & !other.0)
    }

    pub(super) fn first(self) -> Option<usize> {
        (self.0 != 0).then(|| self.0.trailing_zeros() as usize)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        (0..RACERS_MAX).filter(move |racer| self.has(*racer))
    }
}

impl FromIterator<usize> for Racers {
    fn from_iter<I: IntoIterator<Item = usize>>(racers: I) -> Racers {
        let mut set = Racers::default();
        racers.into_iter().for_each(|racer| set.insert(racer));
        set
    }
}
