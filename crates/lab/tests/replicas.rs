//! Replicas of services, with real processes.

mod common;

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{fresh_run, open, plan, residue, runtime, service, until_none};
use lab::{Blow, Lab, LabError, LabOptions, LocalLab, ReplicaName};
use model::Ready;
use model::units::Millicores;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const SOON: Duration = Duration::from_secs(2);

fn name(index: u16) -> ReplicaName {
    ReplicaName {
        service: "inventory".to_string(),
        index,
    }
}

fn marker(number: u32) -> String {
    format!("{}.{number}", 200_000 + std::process::id())
}

/// Processes that sleep for exactly this long.
fn sleepers(marker: &str) -> usize {
    residue("none", marker, &[], &[])
        .iter()
        .filter(|line| !line.contains("sh -c"))
        .count()
}

#[test]
fn replicas_live_and_die() {
    let run = fresh_run("replicas");
    let marker = marker(1);
    let ports = runtime().block_on(async {
        let mut lab = open(&run).await;
        let ports = [
            lab.reserve_port().await.unwrap(),
            lab.reserve_port().await.unwrap(),
        ];
        let plans = vec![service(0, ports[0], &marker), service(1, ports[1], &marker)];
        let begun = Instant::now();
        let started = lab.start_all(plans).await.unwrap();
        println!("two replicas: {:?}", begun.elapsed());
        assert_eq!(started[1].replica.to_string(), "inventory 2");
        assert_eq!(started[1].address, format!("127.0.0.1:{}", ports[1]));
        assert!(
            lab.logs(&name(0))
                .unwrap()
                .contains(&format!("listening on {}", ports[0]))
        );
        assert_eq!(sleepers(&marker), 6);
        assert!(matches!(
            lab.start(service(0, ports[0], &marker)).await,
            Err(LabError::RunsAlready(_))
        ));
        // All or none: the first of these two can be started, the second cannot.
        let third = lab.reserve_port().await.unwrap();
        let pair = vec![
            service(2, third, &marker),
            plan(3, third, &["no-such-program"], &[]),
        ];
        assert!(matches!(
            lab.start_all(pair).await,
            Err(LabError::NoProgram { .. })
        ));
        assert_eq!(sleepers(&marker), 6);
        // What a replica started goes with it, whatever way it went.
        lab.stop(&name(0)).await.unwrap();
        assert_eq!(sleepers(&marker), 3);
        assert!(TcpStream::connect(("127.0.0.1", ports[0])).is_err());
        let again = lab.restart(&name(0)).await.unwrap();
        assert!(again.pid != started[0].pid && again.address == started[0].address);
        assert_eq!(lab.died(), []);
        lab.kill(&name(0), Blow::Kill).await.unwrap();
        assert!(TcpStream::connect(("127.0.0.1", ports[0])).is_err());
        assert_eq!(lab.died(), [], "it was asked to");
        lab.kill(&name(1), Blow::Pause).await.unwrap();
        let paused = std::fs::read_to_string(format!("/proc/{}/stat", started[1].pid)).unwrap();
        assert!(paused.contains(") T "), "{paused}");
        lab.kill(&name(1), Blow::Resume).await.unwrap();
        lab.kill(&name(1), Blow::Pause).await.unwrap();
        // One that is paused is stopped like any other.
        lab.restart(&name(1)).await.unwrap();
        assert!(matches!(
            lab.stop(&name(7)).await,
            Err(LabError::NoReplica(_))
        ));
        lab.close().await.unwrap();
        ports
    });
    assert_eq!(residue(&run, &marker, &ports, &[]), Vec::<String>::new());
}

#[test]
fn one_that_ends_by_itself_is_told_once() {
    let run = fresh_run("died");
    let died = runtime().block_on(async {
        let mut lab = open(&run).await;
        let port = lab.reserve_port().await.unwrap();
        let started = lab.start(service(0, port, &marker(2))).await.unwrap();
        kill(
            Pid::from_raw(i32::try_from(started.pid).unwrap()),
            Signal::SIGABRT,
        )
        .unwrap();
        let deadline = Instant::now() + SOON;
        let mut died = Vec::new();
        while died.is_empty() && Instant::now() < deadline {
            died = lab.died();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(lab.died(), []);
        lab.close().await.unwrap();
        died
    });
    assert_eq!(died.len(), 1);
    assert_eq!(died[0].0, name(0));
    assert!(
        died[0]
            .1
            .starts_with("was ended by signal 6 (SIGABRT)\nlast lines it wrote:\n"),
        "{}",
        died[0].1
    );
}

#[test]
fn starts_that_fail_say_why() {
    let run = fresh_run("failing");
    let text = runtime().block_on(async {
        let mut lab = open(&run).await;
        lab.set_ready_max(Duration::from_secs(1));
        let port = lab.reserve_port().await.unwrap();
        let other = lab.reserve_port().await.unwrap();
        let taken = std::net::TcpListener::bind(("127.0.0.1", other)).unwrap();
        let fails = "echo 'reading settings'; echo 'no DATABASE_URL' >&2; exit 3";
        let binds = "echo 'Error: listen EADDRINUSE: address already in use'; exit 1";
        let wrong_page = service(0, port, &marker(3));
        let plans = [
            plan(0, port, &[], &[]),
            plan(
                0,
                port,
                &["no-such-program", "--port", "1"],
                &[("PATH", "/usr/bin:/bin")],
            ),
            plan(0, port, &["/no/such/program"], &[]),
            plan(0, port, &["sh", "-c", fails], &[]),
            plan(0, port, &["sh", "-c", "kill -9 $$"], &[]),
            plan(0, port, &["sh", "-c", binds], &[]),
            plan(0, other, &["sleep", &marker(3)], &[]),
            plan(0, port, &["sleep", "100000.5"], &[]),
            lab::ReplicaPlan {
                ready: Ready::Http("/ready".to_string()),
                ..wrong_page
            },
        ];
        let mut text = String::new();
        for plan in plans {
            let error = lab.start(plan).await.unwrap_err();
            text.push_str(&format!("{error}\n\n"));
        }
        drop(taken);
        lab.close().await.unwrap();
        let binary = std::env::current_exe().unwrap();
        text.replace(&binary.parent().unwrap().display().to_string(), "BESIDE")
            .replace(&marker(3), "SECONDS")
            .replace(&port.to_string(), "PORT")
            .replace(&other.to_string(), "OTHER")
    });
    insta::assert_snapshot!(text);
    until_none(SOON, || residue(&run, &marker(3), &[], &[])).unwrap();
}

#[test]
fn limits_that_are_not_enforced_are_said() {
    let run = fresh_run("limits");
    runtime().block_on(async {
        let mut lab = open(&run).await;
        let port = lab.reserve_port().await.unwrap();
        let mut plan = service(0, port, &marker(4));
        plan.limits.cpu = Some(Millicores(250));
        let started = lab.start(plan).await.unwrap();
        assert_eq!(
            started.warnings,
            ["the limits of inventory 1 are not enforced yet; it may use the whole machine"]
        );
        lab.close().await.unwrap();
    });
}

/// Opens a lab with a replica, does something to it, and expects nothing to be left.
fn ends_clean(number: u32, end: impl AsyncFnOnce(LocalLab)) {
    let run = fresh_run("ending");
    let marker = marker(number);
    let port = runtime().block_on(async {
        let mut lab = open(&run).await;
        let port = lab.reserve_port().await.unwrap();
        lab.start(service(0, port, &marker)).await.unwrap();
        assert!(lab.is_guarded());
        end(lab).await;
        port
    });
    until_none(SOON, || residue(&run, &marker, &[port], &[])).unwrap();
}

#[test]
fn a_lab_that_is_dropped_leaves_nothing() {
    ends_clean(5, async |lab| drop(lab));
}

#[test]
fn a_lab_without_its_guard_leaves_nothing() {
    ends_clean(6, async |mut lab| {
        let all = procfs::process::all_processes().unwrap().flatten();
        let guards: Vec<i32> = all
            .filter(|process| {
                let text =
                    std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
                let journal = lab
                    .folder()
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .replace("heisen-run-", "/");
                String::from_utf8_lossy(&text).split('\0').any(|entry| {
                    entry.starts_with("LAB_JOURNAL=")
                        && entry.ends_with(&format!("{journal}.journal"))
                })
            })
            .map(|process| process.pid)
            .collect();
        assert_eq!(guards.len(), 1);
        kill(Pid::from_raw(guards[0]), Signal::SIGKILL).unwrap();
        let deadline = Instant::now() + SOON;
        while lab.is_guarded() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(!lab.is_guarded());
        lab.close().await.unwrap();
    });
}

#[test]
fn without_a_guard_nothing_starts() {
    let open = |run: &str, guard: &Path| {
        runtime().block_on(async {
            LocalLab::open(LabOptions::new(run, guard))
                .await
                .unwrap_err()
                .to_string()
        })
    };
    let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join(fresh_run("no-guard"));
    std::fs::write(
        &script,
        "#!/bin/sh\necho 'no such subcommand' >&2\nexit 2\n",
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = fresh_run("unguarded");
    let text = [
        open(&run, &script),
        open(&run, Path::new("/no/heisen")),
        open("a/b", &script),
    ]
    .join("\n");
    std::fs::remove_file(&script).unwrap();
    let journal = text
        .split("--journal ")
        .nth(1)
        .unwrap()
        .split('`')
        .next()
        .unwrap()
        .to_string();
    insta::assert_snapshot!(
        text.replace(&journal, "JOURNAL")
            .replace(&script.display().to_string(), "GUARD")
    );
    assert_eq!(
        residue(&run, &run, &[], &[journal.into()]),
        Vec::<String>::new()
    );
}

#[test]
fn a_run_of_the_same_name_is_refused() {
    let run = fresh_run("twice");
    runtime().block_on(async {
        let lab = open(&run).await;
        let error = LocalLab::open(LabOptions::new(&run, common::guard()))
            .await
            .unwrap_err();
        assert!(matches!(error, LabError::Guard { .. }), "{error}");
        assert!(lab.folder().is_dir());
        lab.close().await.unwrap();
    });
}
