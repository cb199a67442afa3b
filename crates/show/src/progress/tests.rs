use std::io;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, ProgressStyle, TermLike};
use model::{Judgement, Label, Settled, Setup, Suspect, SuspectVerdict, TrialHistory, Violation};

use super::*;

/// Keeps what was written.
#[derive(Debug, Clone, Default)]
struct Paper(Arc<Mutex<String>>);

impl Paper {
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TermLike for Paper {
    fn width(&self) -> u16 {
        80
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.write_str(line)?;
        self.write_str("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

fn judged(phase: &str, wrong: bool) -> EventKind {
    let violation = Violation {
        oracle: "no-oversell".into(),
        saw: "11 of 10".into(),
    };
    EventKind::TrialJudged {
        phase: phase.into(),
        history: TrialHistory::default(),
        judgement: Judgement {
            violations: if wrong { vec![violation] } else { Vec::new() },
            undecided: Vec::new(),
        },
        enforced: None,
        took_us: 1000,
    }
}

fn run() -> Vec<Event> {
    let mut at_us = 0;
    let mut kinds = vec![EventKind::RunStarted {
        run: "r".into(),
        command: "replay".into(),
        version: "0.1.0".into(),
        system: "ticketrush".into(),
        variant: Some("racy".into()),
        spec: None,
        seed: 7,
        started: "2026-11-21T11:42:00Z".into(),
    }];
    for what in ["db", "cache", "inventory 1", "inventory 2"] {
        let address = "127.0.0.1:5433".into();
        kinds.push(EventKind::Ready {
            what: what.into(),
            address,
            took_ms: 300,
        });
    }
    for (phase, trials, wrong_every) in [("natural, direct", 100, 50), ("forced", 30, 1)] {
        kinds.push(EventKind::PhaseStarted {
            phase: phase.into(),
            trials: Some(trials),
        });
        kinds.extend((1..=trials).map(|i| judged(phase, i % wrong_every == 0)));
        kinds.push(EventKind::PhaseEnded {
            phase: phase.into(),
            violations: Rate {
                k: trials / wrong_every,
                n: trials,
            },
            interval: (0.0, 1.0),
            enforced: None,
            took_ms: trials * 500,
        });
    }
    kinds.insert(
        60,
        EventKind::Warning {
            message: "few file\ndescriptors: \x1b[2J".into(),
        },
    );
    kinds.push(EventKind::PhaseStarted {
        phase: "soak".into(),
        trials: None,
    });
    kinds.push(EventKind::ReplicaDied {
        what: "inventory 2".into(),
        why: "signal 9".into(),
    });
    kinds
        .into_iter()
        .map(|kind| {
            at_us += 500_000;
            Event { at_us, kind }
        })
        .collect()
}

#[test]
fn lines_for_a_log() {
    let paper = Paper::default();
    let mut progress = Progress::lines(Box::new(paper.clone()), Style::PLAIN);
    run().iter().for_each(|event| progress.consume(event));
    insta::assert_snapshot!(paper.text());
}

#[test]
fn bars_show_phases_and_go_away() {
    let paper = Paper::default();
    let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
    let mut progress = Progress {
        face: Face::Bars(Bars::on(target, Style::PLAIN)),
    };
    run().iter().for_each(|event| progress.consume(event));
    let text = paper.text();
    for expected in [
        "replay of ticketrush (racy), seed 7",
        "natural, direct        2 of 100 violated, 2.0 %, 50.0 s",
        "forced                 30 of 30 violated, 100 %, 15.0 s",
        "warning: few file descriptors: ?[2J",
        "died: inventory 2: signal 9",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    progress.clear();
    let Face::Bars(bars) = &progress.face else {
        unreachable!()
    };
    assert!(bars.is_clear());
}

#[test]
fn templates_are_sound() {
    for template in bars::TEMPLATES {
        assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
    }
}

#[test]
fn bars_only_where_someone_looks_on() {
    use ProgressMode::{Bars, Lines, Quiet};
    let (yes, no, dumb) = (OsStr::new("true"), OsStr::new("false"), OsStr::new("dumb"));
    for (quiet, terminal, ci, term, expected) in [
        (false, true, None, None, Bars),
        (false, false, None, None, Lines),
        (false, true, Some(yes), None, Lines),
        (false, true, Some(no), None, Bars),
        (false, true, None, Some(dumb), Lines),
        (true, true, None, None, Quiet),
        (true, false, Some(yes), None, Quiet),
    ] {
        assert_eq!(ProgressMode::new(quiet, terminal, ci, term), expected);
    }
}

/// An isolation as it goes by: learning, two suspects, a catch.
fn isolation() -> Vec<Event> {
    let mut all = run();
    all.truncate(5);
    let mut kinds = Vec::new();
    for (operation, steps) in [("reserve", 5), ("show", 1)] {
        kinds.push(EventKind::OperationLearned {
            operation: operation.into(),
            args: Vec::new(),
            values: vec![],
            steps: vec!["cache GET inv:42".into(); steps],
            set_aside: Vec::new(),
            obscure: 0,
        });
    }
    for (id, verdict, k) in [
        ("S1", SuspectVerdict::Confirmed, 20),
        ("S2", SuspectVerdict::Protected, 0),
    ] {
        kinds.extend((0..100).map(|_| judged(&format!("suspect {id}"), k > 0)));
        let suspect = Suspect {
            id: id.into(),
            operations: vec!["reserve".into(); 2],
            resource: "cache inv:42".into(),
            label: Label::CheckThenAct,
            why: String::new(),
            guard: None,
            racers: Vec::new(),
            setup: Setup::reset(),
            orders: Vec::new(),
        };
        kinds.push(EventKind::SuspectSettled {
            settled: Box::new(Settled {
                suspect,
                verdict,
                violations: Rate { k, n: 20 },
                trials_to_first: (k > 0).then_some(1),
                evidence: String::new(),
                trial_us: 1000,
                catch: None,
            }),
        });
    }
    all.extend(kinds.into_iter().zip(6..).map(|(kind, at)| Event {
        at_us: at * 500_000,
        kind,
    }));
    all
}

#[test]
fn lines_of_an_isolation() {
    let paper = Paper::default();
    let mut progress = Progress::lines(Box::new(paper.clone()), Style::PLAIN);
    isolation().iter().for_each(|event| progress.consume(event));
    insta::assert_snapshot!(paper.text());
}

#[test]
fn bars_follow_the_suspects() {
    let paper = Paper::default();
    let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
    let mut progress = Progress {
        face: Face::Bars(Bars::on(target, Style::PLAIN)),
    };
    isolation().iter().for_each(|event| progress.consume(event));
    let text = paper.text();
    for expected in [
        "reserve: 5 steps learned",
        "S1 check-then-act on cache inv:42: CONFIRMED 20 of 20, first at trial 1",
        "2 tried, 1 confirmed, 200 trials",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    progress.clear();
    let Face::Bars(bars) = &progress.face else {
        unreachable!()
    };
    assert!(bars.is_clear());
}

/// A prediction as it goes by.
fn prediction() -> Vec<Event> {
    let mut all = run();
    all.truncate(1);
    if let EventKind::RunStarted { command, .. } = &mut all[0].kind {
        *command = "predict".into();
    }
    let kinds = [
        EventKind::PhaseStarted {
            phase: "simulating".into(),
            trials: Some(6000),
        },
        EventKind::Predicted {
            prediction: Box::new(crate::prediction::testkit::hazards()),
        },
    ];
    all.extend(kinds.into_iter().zip(1..).map(|(kind, at)| Event {
        at_us: at * 500_000,
        kind,
    }));
    all
}

#[test]
fn lines_of_a_prediction() {
    let paper = Paper::default();
    let mut progress = Progress::lines(Box::new(paper.clone()), Style::PLAIN);
    prediction()
        .iter()
        .for_each(|event| progress.consume(event));
    insta::assert_snapshot!(paper.text());
}

#[test]
fn a_simulation_has_no_bar_that_stands_still() {
    let paper = Paper::default();
    let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
    let mut progress = Progress {
        face: Face::Bars(Bars::on(target, Style::PLAIN)),
    };
    prediction()
        .iter()
        .for_each(|event| progress.consume(event));
    let text = paper.text();
    assert!(text.contains("6000 bursts"), "{text}");
    assert!(!text.contains("0/6000"), "{text}");
    progress.clear();
}

/// Load as it goes by: a stall after six seconds, wrong answers after nine.
fn load(planned: Option<u64>) -> Vec<Event> {
    let mut all = run();
    all.truncate(1);
    if let EventKind::RunStarted { command, .. } = &mut all[0].kind {
        *command = "stress".into();
    }
    let kinds = [
        EventKind::Offered {
            what: "metrics".into(),
            address: "http://127.0.0.1:9464/metrics".into(),
        },
        EventKind::PhaseStarted {
            phase: "load".into(),
            trials: planned,
        },
    ];
    all.extend(kinds.map(|kind| Event {
        at_us: 400_000,
        kind,
    }));
    all.extend(crate::load::testkit::seconds(25));
    all
}

#[test]
fn lines_of_load() {
    let paper = Paper::default();
    let mut progress = Progress::lines(Box::new(paper.clone()), Style::PLAIN);
    for event in load(None).iter().chain(&load(Some(200_000))) {
        progress.consume(event);
    }
    insta::assert_snapshot!(paper.text());
}

#[test]
fn a_bar_follows_the_seconds_of_load() {
    let paper = Paper::default();
    let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
    let mut bars = Bars::on(target, Style::PLAIN);
    let mut said = Vec::new();
    for event in load(Some(200_000)) {
        bars.consume(&event.kind);
        if matches!(event.kind, EventKind::LoadSecond { .. }) {
            said.push(bars.last_message());
        }
    }
    insta::assert_snapshot!(said.join("\n"));
    assert!(
        paper
            .text()
            .contains("metrics on http://127.0.0.1:9464/metrics")
    );
    bars.clear();
    assert!(bars.is_clear());
}
