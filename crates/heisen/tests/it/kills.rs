//! heisen killed at any moment, with all its servers and replicas: nothing may be left.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::rig::{Folder, STORES, heisen};

const ROUNDS: u64 = 50;

/// Moments are drawn from so long; a start takes about half of it.
const SPAN_MS: u64 = 2_000;

/// What is promised: after so long nothing is left.
const PATIENCE: Duration = Duration::from_secs(2);

/// Processes that carry a word in their environment or command line, which every process of a
/// round does: the variable is inherited, and PostgreSQL, which overwrites its environment, is
/// told the run's name.
fn with_word(words: &[String]) -> Vec<String> {
    let carries = |path: PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        words.iter().any(|word| text.contains(word))
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| carries(path.join("environ")) || carries(path.join("cmdline")))
        .map(|path| path.display().to_string())
        .collect()
}

fn folders_of(run: &str) -> Vec<String> {
    let places = [std::env::temp_dir(), PathBuf::from("/dev/shm")];
    let folders = places.map(|place| place.join(format!("heisen-run-{run}")));
    let left = folders.iter().filter(|folder| folder.exists());
    left.map(|folder| folder.display().to_string()).collect()
}

/// The run whose evidence is there, if it came so far.
fn run_in(out: &Path) -> Option<String> {
    Some(store::runs(out).ok()?.first()?.id.clone())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the moment is drawn, and nothing is hoped for"
)]
fn sleep(time: Duration) {
    std::thread::sleep(time);
}

#[test]
fn nothing_is_left_of_a_run_killed_at_any_moment() {
    let mut slowest = Duration::ZERO;
    let (mut began_to_run, mut busiest) = (0, 0);
    for round in 0..ROUNDS {
        let folder = Folder::new(&format!("kill-{round}"));
        folder.write("heisen.yaml", STORES);
        let mark = format!("HEISEN_TEST_ROUND={}-{round}-", std::process::id());
        let (name, value) = mark.split_once('=').unwrap();
        let mut command = heisen(&folder);
        let mut child = command
            .args(["up", "--quiet"])
            .env(name, value)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Spread evenly, in an order that does not follow the rounds.
        sleep(Duration::from_millis(
            round * 37 % ROUNDS * SPAN_MS / ROUNDS,
        ));
        let own = [mark.clone()];
        busiest = busiest.max(with_word(&own).len());
        child.kill().unwrap();
        child.wait().unwrap();
        let killed = Instant::now();
        let run = run_in(&folder.0.join(".heisen"));
        began_to_run += u64::from(run.is_some());
        let words: Vec<String> = own.into_iter().chain(run.clone()).collect();
        loop {
            let mut left = with_word(&words);
            left.extend(run.iter().flat_map(|run| folders_of(run)));
            if left.is_empty() {
                break;
            }
            assert!(killed.elapsed() < PATIENCE, "round {round}: {left:#?}");
            std::thread::yield_now();
        }
        slowest = slowest.max(killed.elapsed());
    }
    println!(
        "{ROUNDS} kills, {began_to_run} of runs with evidence, all gone after {slowest:?} at most"
    );
    // heisen, its guard, Redis, the replica: the look finds what is there.
    assert!(began_to_run > ROUNDS / 2 && busiest >= 4, "{busiest}");
}
