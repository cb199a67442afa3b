//! A profile laid out: pieces of time, in each of which one thing goes on.

use std::time::Duration;

use model::{Part, Spacing};

use super::curve::Curve;
use crate::draws::Draws;

/// A piece of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// When it begins.
    pub begins_ns: u64,
    /// How long it takes.
    pub lasts_ns: u64,
    /// What goes on.
    pub what: What,
}

/// What goes on in a segment.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Users under way, from so many evenly to so many.
    Users {
        /// At its beginning.
        from: u64,
        /// At its end.
        to: u64,
    },
    /// Nothing begins.
    Pause,
    /// Runs begin.
    Rate {
        /// How many a second.
        curve: Curve,
        /// How they are spaced.
        spacing: Spacing,
        /// How far the comb was by then: even segments that follow each other share one.
        before: f64,
    },
    /// Runs begin at these times from its beginning, in nanoseconds.
    Recorded(Vec<u64>),
}

impl Segment {
    /// When it ends.
    pub fn ends_ns(&self) -> u64 {
        self.begins_ns.saturating_add(self.lasts_ns)
    }

    /// How many users are under way at a time within it.
    pub fn users(&self, from: u64, to: u64, at_ns: u64) -> u64 {
        let steps = self.steps(from, to, at_ns);
        match to >= from {
            true => from + steps,
            false => from - steps,
        }
    }

    /// When, after this time, there is another number of users within it.
    pub fn next_step_ns(&self, from: u64, to: u64, at_ns: u64) -> Option<u64> {
        let all = to.abs_diff(from);
        let next = self.steps(from, to, at_ns) + 1;
        let after = u128::from(next) * u128::from(self.lasts_ns);
        let after_ns = after.div_ceil(u128::from(all.max(1))) as u64;
        // The last step falls on the beginning of what follows.
        (next < all).then(|| self.begins_ns.saturating_add(after_ns))
    }

    /// How many users more or fewer than at its beginning.
    fn steps(&self, from: u64, to: u64, at_ns: u64) -> u64 {
        let since_ns = at_ns.saturating_sub(self.begins_ns).min(self.lasts_ns);
        let done = u128::from(to.abs_diff(from)) * u128::from(since_ns);
        (done / u128::from(self.lasts_ns.max(1))) as u64
    }

    /// How many runs begin in it; on average where they are random.
    pub fn arrivals(&self) -> f64 {
        match &self.what {
            What::Users { .. } | What::Pause => 0.0,
            What::Recorded(times) => times.len() as f64,
            What::Rate {
                curve,
                spacing: Spacing::Random,
                ..
            } => curve.integral(),
            What::Rate { curve, before, .. } => {
                let (first, end) = teeth(curve, *before);
                (end - first) as f64
            }
        }
    }
}

/// The numbers of a comb that fall into an even segment: the first, and the first beyond it.
pub fn teeth(curve: &Curve, before: f64) -> (u64, u64) {
    let end = whole(before + curve.integral());
    (whole(before).ceil() as u64, end.ceil() as u64)
}

/// A sum of integrals that is a whole number but for rounding is that number.
fn whole(sum: f64) -> f64 {
    let near = sum.round();
    let is_near = (sum - near).abs() <= 1e-6_f64.max(sum * 1e-12);
    if is_near { near } else { sum }
}

/// Lays out a profile; `recorded` are the times of its recorded parts. Iterations, which have no end
/// that is known, are left out.
pub fn lay_out(profile: &[Part], recorded: Vec<Vec<u64>>, seed: u64) -> Vec<Segment> {
    let mut recorded = recorded.into_iter();
    let mut layout = Layout::default();
    for (number, part) in profile.iter().enumerate() {
        match part {
            Part::Users { users, lasts } => layout.users(*users, *users, *lasts),
            Part::RampUsers { users, lasts } => layout.users(layout.users, *users, *lasts),
            Part::Pause { lasts } => layout.push(*lasts, What::Pause),
            Part::Rate {
                per_second,
                spacing,
                lasts,
            } => layout.rate((*per_second, *per_second), *spacing, *lasts),
            Part::RateBetween {
                low_per_second,
                high_per_second,
                lasts,
            } => {
                let mut draws = Draws::new(seed, "rates", number as u64);
                let mut left = *lasts;
                while !left.is_zero() {
                    let second = left.min(Duration::from_secs(1));
                    let wide = high_per_second - low_per_second;
                    let rate = low_per_second + wide * draws.unit();
                    layout.rate((rate, rate), Spacing::Even, second);
                    left -= second;
                }
            }
            Part::RampRate { per_second, lasts } => {
                layout.rate((layout.rate, *per_second), Spacing::Even, *lasts);
            }
            Part::Steps { per_second, each } => {
                for rate in per_second {
                    layout.rate((*rate, *rate), Spacing::Even, *each);
                }
            }
            Part::Recorded { .. } => {
                let times = recorded.next().unwrap_or_default();
                // The last of them falls into it.
                let lasts_ns = times.last().map_or(0, |last| last.saturating_add(1));
                layout.push(Duration::from_nanos(lasts_ns), What::Recorded(times));
            }
            Part::Iterations { .. } => {}
        }
    }
    layout.segments
}

/// Segments so far, and what the next part goes on from.
#[derive(Default)]
struct Layout {
    segments: Vec<Segment>,
    /// Users that were under way; 0 after all that is not closed.
    users: u64,
    /// The rate that was; 0 after all that is not open.
    rate: f64,
    /// How far the comb of even segments is; each stretch of them begins its own.
    comb: f64,
}

impl Layout {
    fn users(&mut self, from: u64, to: u64, lasts: Duration) {
        self.push(lasts, What::Users { from, to });
        self.users = to;
    }

    fn rate(&mut self, (from, to): (f64, f64), spacing: Spacing, lasts: Duration) {
        let curve = Curve {
            from,
            to,
            seconds: lasts.as_secs_f64(),
        };
        let before = self.comb;
        let what = What::Rate {
            curve,
            spacing,
            before,
        };
        self.push(lasts, what);
        self.rate = to;
        if spacing == Spacing::Even {
            self.comb = whole(before + curve.integral());
        }
    }

    fn push(&mut self, lasts: Duration, what: What) {
        (self.users, self.rate, self.comb) = (0, 0.0, 0.0);
        self.segments.push(Segment {
            begins_ns: self.segments.last().map_or(0, Segment::ends_ns),
            lasts_ns: super::nanos(lasts),
            what,
        });
    }
}
