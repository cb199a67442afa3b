//! heisen is killed at seeded moments of a lab's life; nothing may be left two seconds later.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use common::{backend, open, part, residue, runtime, segments, service, system, until_none};
use lab::state::StateClient;
use lab::{Lab, ReplicaName, recover};
use model::{BackendSource, Protocol, StateCommand, System};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const ROUNDS: u64 = 54;
const LEFT_MS_MAX: u64 = 2_000;
/// Every so many rounds there is a PostgreSQL.
const POSTGRES_EVERY: u64 = 6;

fn wanted(postgres: bool) -> System {
    let provided = || BackendSource::Provide { setup: Vec::new() };
    let mut backends = vec![backend("cache", Protocol::Redis, provided())];
    if postgres {
        backends.push(backend("db", Protocol::Postgres, provided()));
    }
    system(Path::new("/"), backends)
}

/// heisen: opens a lab, provides, starts two replicas, and restarts one again and again.
#[test]
fn play_heisen() {
    if part().as_deref() != Some("heisen") {
        return;
    }
    let run = std::env::var("LAB_RUN").unwrap();
    let marker = std::env::var("LAB_MARKER").unwrap();
    let system = wanted(std::env::var("LAB_POSTGRES").is_ok());
    runtime().block_on(async {
        println!("begun");
        let mut lab = open(&run).await;
        println!("opened");
        let places = lab.provide(&system).await.unwrap();
        for place in &places {
            println!("port {}", place.port);
        }
        println!("provided");
        if let Some(db) = places.iter().find(|place| place.name == "db").cloned() {
            // A server process that is too busy to notice that its server is gone.
            tokio::spawn(async move {
                let mut state = StateClient::new(&[db], &[]).unwrap();
                let command = "SELECT count(*) FROM generate_series(1, 1000000000000)".to_string();
                let _ = state
                    .ask(&StateCommand {
                        target: "db".to_string(),
                        command,
                    })
                    .await;
            });
        }
        for index in 0..2 {
            let port = lab.reserve_port().await.unwrap();
            println!("port {port}");
            lab.start(service(index, port, &marker)).await.unwrap();
        }
        println!("running");
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            lab.restart(&ReplicaName {
                service: "inventory".to_string(),
                index: 1,
            })
            .await
            .unwrap();
        }
    });
}

/// `heisen recover`.
#[test]
fn play_recovery() {
    if part().as_deref() != Some("recovery") {
        return;
    }
    let run = std::env::var("LAB_RUN").unwrap();
    let mine = |leftover: &&recover::Leftover| leftover.run == run;
    let leftovers = recover::leftovers();
    let before = leftovers.iter().find(mine).cloned().unwrap();
    println!(
        "left {} processes {} folders",
        before.processes.len(),
        before.folders.len()
    );
    let report = recover::recover();
    assert!(
        report.recovered.iter().any(|leftover| leftover.run == run),
        "{report:?}"
    );
    assert!(recover::leftovers().iter().find(mine).is_none());
}

struct Round {
    run: String,
    marker: String,
    runtime_folder: PathBuf,
    heisen: Child,
}

impl Round {
    fn play(part: &str, run: &str, marker: &str, runtime_folder: &Path, postgres: bool) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &format!("play_{part}"), "--nocapture"]);
        command
            .env("LAB_PLAY", part)
            .env("LAB_RUN", run)
            .env("LAB_MARKER", marker);
        command.env("XDG_RUNTIME_DIR", runtime_folder);
        if postgres {
            command.env("LAB_POSTGRES", "1");
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn start(number: u64, postgres: bool) -> Round {
        let run = common::fresh_run("kill");
        // Seconds of sleep that no other process sleeps.
        let marker = format!("{}.{number:03}", 100_000 + u64::from(std::process::id()));
        let runtime_folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&run);
        std::fs::create_dir_all(&runtime_folder).unwrap();
        let heisen = Round::play("heisen", &run, &marker, &runtime_folder, postgres);
        Round {
            run,
            marker,
            runtime_folder,
            heisen,
        }
    }

    fn journal(&self) -> PathBuf {
        self.runtime_folder
            .join("heisen")
            .join(format!("{}.journal", self.run))
    }

    /// Waits until heisen says a word.
    fn wait_for(&mut self, word: &str) -> Vec<String> {
        let mut said = Vec::new();
        for line in BufReader::new(self.heisen.stdout.as_mut().unwrap()).lines() {
            let line = line.unwrap();
            let there = line == word;
            said.push(line);
            if there {
                return said;
            }
        }
        panic!("heisen ended: {said:?} {}", self.complaint());
    }

    fn complaint(&mut self) -> String {
        let mut text = String::new();
        let _ = self
            .heisen
            .stderr
            .as_mut()
            .unwrap()
            .read_to_string(&mut text);
        text
    }

    /// What heisen said until it was killed: the last phase and the ports.
    fn said(&mut self) -> (String, Vec<u16>) {
        let mut text = String::new();
        self.heisen
            .stdout
            .as_mut()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        facts(&text.lines().map(str::to_string).collect::<Vec<_>>())
    }

    fn residue(&self, ports: &[u16]) -> Vec<String> {
        residue(
            &self.run,
            &self.marker,
            ports,
            &[self.journal(), self.runtime_folder.join("heisen")],
        )
    }

    fn end(self) {
        // Only empty when the lab removed what it made there.
        std::fs::remove_dir(&self.runtime_folder).unwrap();
    }
}

fn facts(lines: &[String]) -> (String, Vec<u16>) {
    let ports = lines
        .iter()
        .filter_map(|line| line.strip_prefix("port ")?.parse().ok())
        .collect();
    let phases = ["begun", "opened", "provided", "running"];
    let phase = lines
        .iter()
        .rev()
        .find(|line| phases.contains(&line.as_str()));
    (
        phase.cloned().unwrap_or_else(|| "before".to_string()),
        ports,
    )
}

fn seeded(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// One test at a time: the moments are drawn from how long a start-up takes.
static ALONE: Mutex<()> = Mutex::new(());
/// On a busy machine a start-up takes long; the moments stay within this, so the test does too.
const SPAN_MAX: Duration = Duration::from_secs(2);

/// How long it takes until the lab runs, with and without PostgreSQL.
fn start_up(postgres: bool) -> Duration {
    let begun = Instant::now();
    let mut round = Round::start(0, postgres);
    let said = round.wait_for("running");
    let took = begun.elapsed();
    let (_, ports) = facts(&said);
    assert!(
        !round.residue(&ports).is_empty(),
        "the census sees a lab that runs"
    );
    round.heisen.kill().unwrap();
    round.heisen.wait().unwrap();
    until_none(Duration::from_millis(LEFT_MS_MAX), || round.residue(&ports)).unwrap();
    round.end();
    took
}

#[test]
fn nothing_is_left_after_a_kill_at_any_moment() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let segments_before = segments();
    let spans = [start_up(false), start_up(true)];
    println!(
        "start-up {:?} without, {:?} with PostgreSQL",
        spans[0], spans[1]
    );
    let mut seed = 20_260_301;
    let mut slowest = Duration::ZERO;
    let mut phases = std::collections::BTreeMap::<String, u32>::new();
    for number in 1..=ROUNDS {
        let postgres = number % POSTGRES_EVERY == 0;
        let span = spans[usize::from(postgres)].min(SPAN_MAX).as_micros() as u64;
        let moment = Duration::from_micros(seeded(&mut seed) % (span * 16 / 10));
        let mut round = Round::start(number, postgres);
        common::sleep(moment);
        round.heisen.kill().unwrap();
        let killed = Instant::now();
        round.heisen.wait().unwrap();
        let (phase, ports) = round.said();
        let left = until_none(Duration::from_millis(LEFT_MS_MAX), || round.residue(&ports));
        left.unwrap_or_else(|left| {
            panic!("round {number}, killed after {moment:?} ({phase}): {left:#?}")
        });
        slowest = slowest.max(killed.elapsed());
        *phases.entry(phase).or_default() += 1;
        round.end();
    }
    let gone = until_none(Duration::from_millis(LEFT_MS_MAX), || {
        (segments() > segments_before)
            .then(|| "a segment".to_string())
            .into_iter()
            .collect()
    });
    assert_eq!(gone.err(), None);
    println!("{ROUNDS} kills, last phase reached {phases:?}, slowest to be gone {slowest:?}");
    assert!(phases.len() >= 4, "the moments are spread: {phases:?}");
}

#[test]
fn what_a_killed_guard_could_not_remove_is_recovered() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut round = Round::start(ROUNDS + 1, true);
    let (_, ports) = facts(&round.wait_for("running"));
    let text = std::fs::read_to_string(round.journal()).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("guard "))
        .unwrap();
    let guard: i32 = line.split(' ').next().unwrap().parse().unwrap();
    kill(Pid::from_raw(guard), Signal::SIGKILL).unwrap();
    round.heisen.kill().unwrap();
    round.heisen.wait().unwrap();
    // What heisen itself started dies with it even so; what that started does not.
    let started = text.lines().filter_map(|line| {
        line.strip_prefix("process ")?
            .split(' ')
            .next()?
            .parse()
            .ok()
    });
    let children: Vec<u32> = started.collect();
    assert!(children.len() >= 4, "{text}");
    let alive = || {
        children
            .iter()
            .filter(|pid| is_running(**pid))
            .map(u32::to_string)
            .collect()
    };
    until_none(Duration::from_millis(LEFT_MS_MAX), alive).unwrap();
    assert!(
        !round.residue(&ports).is_empty(),
        "without a guard something is left"
    );
    let recovery = Round::play(
        "recovery",
        &round.run,
        &round.marker,
        &round.runtime_folder,
        false,
    );
    let output = recovery.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!(
        "{}",
        said.lines()
            .find(|line| line.starts_with("left "))
            .unwrap_or_default()
    );
    assert_eq!(round.residue(&ports), Vec::<String>::new());
    round.end();
}

fn is_running(pid: u32) -> bool {
    let stat = procfs::process::Process::new(i32::try_from(pid).unwrap())
        .and_then(|process| process.stat());
    stat.is_ok_and(|stat| stat.state != 'Z')
}
