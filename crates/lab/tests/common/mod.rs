//! What the tests that run real processes share. The test binary also plays the parts of heisen's
//! guard and of a service: it is started again with `LAB_PLAY` saying which.

#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use lab::{LabOptions, LocalLab, ReplicaPlan};
use model::{Backend, BackendSource, LaneId, Limits, Protocol, Ready, System, Traffic};

/// Which part this process plays, if any.
pub fn part() -> Option<String> {
    std::env::var("LAB_PLAY").ok()
}

#[test]
fn play_guard() {
    if part().as_deref() == Some("guard") {
        lab::guard::run(Path::new(&std::env::var("LAB_JOURNAL").unwrap())).unwrap();
    }
}

#[test]
fn play_service() {
    if part().as_deref() != Some("service") {
        return;
    }
    let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    eprintln!("listening on {port}");
    for mut stream in listener.incoming().flatten() {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).unwrap_or(0);
        let asked = String::from_utf8_lossy(&buffer[..count]).into_owned();
        let line = asked.lines().next().unwrap_or("").to_string();
        let (status, body) = match line.split(' ').nth(1) {
            Some("/healthz") => ("200 OK", "fine".to_string()),
            Some("/echo") => ("200 OK", asked.replace("\r\n", "\n")),
            _ => ("404 Not Found", "no such page".to_string()),
        };
        let length = body.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
    }
}

/// An executable that is called as heisen would be, `guard --journal PATH`.
pub fn guard() -> &'static Path {
    static GUARD: OnceLock<PathBuf> = OnceLock::new();
    GUARD.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("guard-{}.sh", std::process::id()));
        let binary = std::env::current_exe().unwrap();
        let text = format!(
            "#!/bin/sh\nLAB_PLAY=guard LAB_JOURNAL=\"$3\" exec '{}' --exact common::play_guard --nocapture\n",
            binary.display()
        );
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    })
}

/// A run's id that no other test has.
pub fn fresh_run(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{what}-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

pub async fn open(run: &str) -> LocalLab {
    LocalLab::open(LabOptions::new(run, guard())).await.unwrap()
}

/// A shell that starts three processes which go different ways, and then is a service.
pub fn service(index: u16, port: u16, marker: &str) -> ReplicaPlan {
    let script = format!(
        "sleep {marker} & setsid sleep {marker} & env -i /bin/sleep {marker} & \
         exec \"$BINARY\" --exact common::play_service --nocapture"
    );
    let binary = std::env::current_exe().unwrap().display().to_string();
    plan(
        index,
        port,
        &["sh", "-c", &script],
        &[("BINARY", &binary), ("LAB_PLAY", "service")],
    )
}

pub fn plan(index: u16, port: u16, words: &[&str], env: &[(&str, &str)]) -> ReplicaPlan {
    let mut env: Vec<(String, String)> = env
        .iter()
        .map(|(name, value)| ((*name).to_string(), (*value).to_string()))
        .collect();
    env.push(("PORT".to_string(), port.to_string()));
    ReplicaPlan {
        service: "inventory".to_string(),
        index,
        lane: LaneId(index),
        port,
        words: words.iter().map(|word| (*word).to_string()).collect(),
        env,
        folder: PathBuf::from("/"),
        ready: Ready::Http("/healthz".to_string()),
        limits: Limits::default(),
    }
}

/// What is left of a run, found in other ways than the lab's own: by environment, by words of the
/// command line, by listening sockets, by files.
pub fn residue(run: &str, marker: &str, ports: &[u16], files: &[PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    let variable = format!("HEISEN_RUN={run}");
    let folder = format!("heisen-run-{run}");
    for process in procfs::process::all_processes().unwrap().flatten() {
        if process.stat().is_ok_and(|stat| stat.state == 'Z')
            || process.pid.unsigned_abs() == std::process::id()
        {
            continue;
        }
        let read =
            |name: &str| std::fs::read(format!("/proc/{}/{name}", process.pid)).unwrap_or_default();
        let environment = read("environ")
            .split(|byte| *byte == 0)
            .any(|entry| entry == variable.as_bytes());
        let words = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
        if environment || words.contains(&folder) || words.split(' ').any(|word| word == marker) {
            found.push(format!("process {} {words}", process.pid));
        }
    }
    for entry in procfs::net::tcp().unwrap() {
        if entry.state == procfs::net::TcpState::Listen
            && ports.contains(&entry.local_address.port())
        {
            found.push(format!("port {}", entry.local_address.port()));
        }
    }
    let folders = [std::env::temp_dir(), PathBuf::from("/dev/shm")].map(|at| at.join(&folder));
    for path in files.iter().chain(&folders) {
        if path.exists() {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Waits until `look` finds nothing, and returns how long that took; what it finds then is an error.
pub fn until_none(
    limit: Duration,
    mut look: impl FnMut() -> Vec<String>,
) -> Result<Duration, Vec<String>> {
    let begun = Instant::now();
    loop {
        let found = look();
        if found.is_empty() {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > limit {
            return Err(found);
        }
        sleep(Duration::from_millis(3));
    }
}

/// Between two looks, or until a moment drawn from a seed.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing is expected to be done after it"
)]
pub fn sleep(time: Duration) {
    std::thread::sleep(time);
}

/// Segments of shared memory that nobody uses, on the whole machine: System V's, and POSIX's of
/// PostgreSQL.
pub fn segments() -> usize {
    let text = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let unused = text
        .lines()
        .filter(|line| line.split_whitespace().nth(6) == Some("0"));
    let entries = std::fs::read_dir("/dev/shm")
        .into_iter()
        .flatten()
        .flatten();
    let posix = entries.filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with("PostgreSQL.")
    });
    unused.count() + posix.count()
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

pub fn backend(name: &str, protocol: Protocol, source: BackendSource) -> Backend {
    Backend {
        name: name.to_string(),
        protocol,
        source,
    }
}

/// A system of backends only.
pub fn system(folder: &Path, backends: Vec<Backend>) -> System {
    System {
        name: "test".to_string(),
        folder: folder.to_path_buf(),
        digest: String::new(),
        backends,
        services: Vec::new(),
        operations: Vec::new(),
        reset: Vec::new(),
        near_limit: Vec::new(),
        state: Vec::new(),
        invariants: Vec::new(),
        variants: Vec::new(),
        variant: None,
        traffic: Traffic::default(),
        incidents: Vec::new(),
        links: Vec::new(),
        outages: Vec::new(),
        loads: Vec::new(),
    }
}
