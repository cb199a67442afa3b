//! What the host of a virtual machine takes away while something is measured: processor time that we
//! asked for and did not get. What happened then says more about the host than about what is measured.

use std::fs;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::servers::tied;
use crate::shell::built;

/// So often it is looked at. The kernel counts in hundredths of a second.
const EVERY: Duration = Duration::from_millis(50);

/// Its lines of `/proc/stat` begin so; the eighth number of each is what was taken.
const PROCESSORS: [&str; 2] = ["cpu0 ", "cpu1 "];

/// Processors are kept awake no longer than this, whatever becomes of the bench.
const AWAKE_MAX: Duration = Duration::from_secs(1800);

/// A second in which it took less than this share of the processors is a quiet one.
pub const QUIET: f64 = 0.03;

/// Looks on, until it is dropped.
pub struct Host {
    looks: Arc<Mutex<Vec<(Instant, u64)>>>,
    is_over: Arc<AtomicBool>,
    looking: Option<JoinHandle<()>>,
}

impl Host {
    pub fn watch() -> Host {
        let looks = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (kept, ends) = (Arc::clone(&looks), Arc::clone(&is_over));
        let looking = std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                if let Some(taken) = taken(&fs::read_to_string("/proc/stat").unwrap_or_default()) {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.push((Instant::now(), taken));
                }
                std::thread::park_timeout(EVERY);
            }
        });
        Host {
            looks,
            is_over,
            looking: Some(looking),
        }
    }

    /// The share of both processors' time that was taken away between two moments; none of a host that
    /// tells nothing.
    pub fn taken(&self, from: Instant, to: Instant) -> Option<f64> {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let before = looks.iter().rev().find(|(at, _)| *at <= from);
        let after = looks.iter().find(|(at, _)| *at >= to).or(looks.last());
        let (before, after) = (before.or(looks.first())?, after?);
        let ticks = (after.1 - before.1) as f64;
        let seconds = after.0.duration_since(before.0).as_secs_f64();
        (seconds > 0.0).then(|| ticks / 100.0 / seconds / PROCESSORS.len() as f64)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(looking) = self.looking.take() {
            looking.thread().unpark();
            let _ = looking.join();
        }
    }
}

/// In hundredths of a second since the machine began.
fn taken(stat: &str) -> Option<u64> {
    let lines = stat
        .lines()
        .filter(|line| PROCESSORS.iter().any(|name| line.starts_with(name)));
    lines
        .map(|line| line.split_whitespace().nth(8)?.parse::<u64>().ok())
        .sum()
}

/// Keeps both processors awake until it is dropped, by loops that give way to everything: a processor
/// of a virtual machine that rests has to wait for its host when somebody wakes it.
pub struct Awake(Vec<Child>);

impl Awake {
    pub fn keep() -> Result<Awake, String> {
        let loops = ["0", "1"].map(|processor| {
            let mut command = tied("taskset");
            command.args(["-c", processor, "chrt", "--idle", "0"]);
            command.arg(built("xtask")).arg("awake");
            let child = command.spawn();
            child.map_err(|error| format!("{command:?}: {error}"))
        });
        loops.into_iter().collect::<Result<_, _>>().map(Awake)
    }

    /// One of the loops.
    pub fn stay() {
        let began = Instant::now();
        while began.elapsed() < AWAKE_MAX {
            (0..1_000).for_each(|_| std::hint::spin_loop());
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a figure would be if the host took nothing: where the line that fits best meets zero, with half
/// of its 95 % interval. None of fewer than ten figures.
pub fn undisturbed(figures: &[(f64, f64)]) -> Option<(f64, f64)> {
    let count = figures.len() as f64;
    if figures.len() < 10 {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| figures.iter().map(of).sum::<f64>() / count;
    let (taken, figure) = (mean(|(taken, _)| *taken), mean(|(_, figure)| *figure));
    let spread: f64 = figures.iter().map(|(at, _)| (at - taken).powi(2)).sum();
    let together = figures.iter().map(|(at, of)| (at - taken) * (of - figure));
    let slope = match spread > 0.0 {
        true => together.sum::<f64>() / spread,
        false => 0.0,
    };
    let zero = figure - slope * taken;
    let left = figures
        .iter()
        .map(|(at, of)| (of - zero - slope * at).powi(2));
    let variance = left.sum::<f64>() / (count - 2.0);
    let lever = match spread > 0.0 {
        true => taken.powi(2) / spread,
        false => 0.0,
    };
    Some((zero, 1.96 * (variance * (1.0 / count + lever)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_read() {
        let stat = "cpu  9 9 9 9 9 9 9 99 0 0\ncpu0 1 2 3 4 5 6 7 30 0 0\ncpu1 1 2 3 4 5 6 7 12 0 0\nintr 5\n";
        assert_eq!(taken(stat), Some(42));
        assert_eq!(taken("cpu0 1 2\n"), None);
    }

    #[test]
    fn a_line_is_followed_to_where_nothing_was_taken() {
        let line: Vec<(f64, f64)> = (1..20)
            .map(|at| (f64::from(at) / 100.0, 50.0 + 2.0 * f64::from(at)))
            .collect();
        let (zero, half) = undisturbed(&line).unwrap();
        assert!((zero - 50.0).abs() < 1e-9 && half < 1e-6, "{zero} {half}");
        let calm: Vec<(f64, f64)> = [49.0, 51.0]
            .repeat(10)
            .into_iter()
            .map(|of| (0.0, of))
            .collect();
        let (zero, half) = undisturbed(&calm).unwrap();
        assert!(zero == 50.0 && half > 0.4 && half < 0.6, "{half}");
        assert_eq!(undisturbed(&line[..9]), None);
    }

    #[test]
    fn what_is_taken_is_that_between_two_looks() {
        let began = Instant::now();
        let at = |ms: u64| began + Duration::from_millis(ms);
        let host = Host {
            looks: Arc::new(Mutex::new(vec![
                (at(100), 7),
                (at(600), 17),
                (at(1100), 117),
            ])),
            is_over: Arc::default(),
            looking: None,
        };
        let taken = |from: u64, to: u64| host.taken(at(from), at(to)).map(|of| (of * 1e3).round());
        assert_eq!(taken(100, 600), Some(100.0));
        // The looks around the two moments; at the ends, those that there are.
        assert_eq!(taken(700, 900), Some(1000.0));
        assert_eq!(taken(0, 9000), Some(550.0));
        assert_eq!(taken(2000, 3000), None);
    }
}
