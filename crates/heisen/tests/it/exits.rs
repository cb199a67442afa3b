//! Every exit code is visited, and what the user then sees.

use crate::rig::{Folder, Running, heisen, root, run};

#[test]
fn done_is_0() {
    let folder = Folder::new("exit-0");
    let said = run(heisen(&folder)
        .arg("check")
        .arg(root().join("targets/ticketrush")));
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("ticketrush"), "{}", said.out);
}

#[test]
fn a_reader_who_goes_away_is_nobodys_fault() {
    let folder = Folder::new("exit-nobody-reads");
    let ticketrush = root().join("targets/ticketrush");
    for words in [
        &["check", ticketrush.to_str().unwrap()][..],
        &["doctor"],
        &["runs"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = heisen(&folder).args(words).stdout(writer).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*err), (Some(0), ""), "{words:?}");
    }
}

#[test]
fn wrong_arguments_are_2() {
    let folder = Folder::new("exit-2");
    for words in [
        &["reply"][..],
        &["replay"],
        &["stress", "-r", "fast"],
        &["report", "nowhere"],
        &["proxy", "redis", "127.0.0.1"],
    ] {
        let said = run(heisen(&folder).args(words));
        assert_eq!(said.code, Some(2), "{words:?}: {}{}", said.out, said.err);
        assert!(!said.err.is_empty());
    }
}

#[test]
fn a_wrong_spec_is_3_and_shows_the_line() {
    let folder = Folder::new("exit-3");
    folder.write(
        "heisen.yaml",
        "system: x\nbackends:\n  db: { protocl: postgres }\n",
    );
    let said = run(heisen(&folder).arg("check"));
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("heisen.yaml:3:9"), "{}", said.err);
    assert!(said.err.contains("protocol"), "did you mean: {}", said.err);
    let said = run(heisen(&folder).args(["replay", "nowhere.yaml"]));
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("nowhere.yaml"), "{}", said.err);
}

#[test]
fn a_system_that_does_not_start_is_4_and_says_why() {
    let folder = Folder::new("exit-4");
    folder.write(
        "heisen.yaml",
        "system: x\nservices:\n  a:\n    run: python3 -c \"raise SystemExit('no such luck')\"\n    ready: port\n    replicas: 1\noperations:\n  o: { request: GET a / }\n",
    );
    let said = run(heisen(&folder).args(["up", "--quiet"]));
    assert_eq!(said.code, Some(4), "{}{}", said.out, said.err);
    assert!(said.err.contains("no such luck"), "{}", said.err);
}

/// A service whose answers no oracle can read.
const UNREADABLE: &str = "system: x\nservices:\n  a:\n    run: python3 -m http.server --bind 127.0.0.1 ${port}\n    ready: port\n    replicas: 1\noperations:\n  o: { request: GET a / }\ninvariants:\n  odd: { a: \"GET /\", expect: \">= 0\" }\n";

#[test]
fn what_no_oracle_can_decide_is_5() {
    let folder = Folder::new("exit-5");
    folder.write("heisen.yaml", UNREADABLE);
    let said = run(heisen(&folder).args(["stress", "--quiet", "-n", "5", "-c", "1"]));
    assert_eq!(said.code, Some(5), "{}{}", said.out, said.err);
    assert!(said.out.contains("INCONCLUSIVE"), "{}", said.out);
}

#[test]
fn interrupted_is_130_and_leaves_a_report() {
    let folder = Folder::new("exit-130");
    folder.write("heisen.yaml", UNREADABLE);
    // Interrupted while it works: its first line is the wire or replica it tells of.
    let child = heisen(&folder)
        .args(["stress", "-d", "60s", "-c", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    wait_for_load(&folder);
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let said = crate::rig::said(&child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{}{}", said.out, said.err);
    assert!(
        said.out.contains("requests"),
        "the summary so far: {}",
        said.out
    );
}

fn wait_for_load(folder: &Folder) {
    let began = std::time::Instant::now();
    loop {
        let started = crate::rig::try_events(folder, "phase_started");
        if started.is_some_and(|started| !started.is_empty()) {
            return;
        }
        assert!(began.elapsed().as_secs() < 60, "no load began");
        std::thread::yield_now();
    }
}

#[test]
fn up_ends_cleanly_on_interrupt() {
    let folder = Folder::new("up");
    folder.write("heisen.yaml", UNREADABLE);
    let up = Running::start(heisen(&folder).args(["up", "--quiet"]));
    up.signal("TERM");
    let (code, rest) = up.wait();
    assert_eq!(code, Some(0), "{rest}");
    assert!(rest.contains("http://127.0.0.1:"), "{rest}");
    let said = run(heisen(&folder).arg("runs"));
    assert!(said.out.contains("up"), "{}", said.out);
}
