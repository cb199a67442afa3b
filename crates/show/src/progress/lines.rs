//! Plain lines, for logs: one when a phase begins, one when it ends, warnings, and in a long
//! phase now and then a sign of life. Time is that of the events.

use std::io::Write;

use model::{Event, EventKind, Rate};

use super::load::LoadSoFar;
use super::{finding, message, phase_end, planned, so_far, subject};
use crate::number::microseconds;
use crate::style::{Paint, Style};
use crate::text::clean;

/// A long phase gives a sign of life this often.
const SIGN_OF_LIFE_US: u64 = 30_000_000;

/// Load gives one this often.
const LOAD_SAID_US: u64 = 10_000_000;

/// Names in the line that says what is ready.
const READY_SHOWN_MAX: usize = 8;

pub(super) struct Lines {
    out: Box<dyn Write + Send>,
    style: Style,
    ready: Vec<String>,
    ready_us: u64,
    phase: String,
    violations: Rate,
    load: LoadSoFar,
    load_said_us: u64,
    spoke_us: u64,
}

impl Lines {
    pub fn new(out: Box<dyn Write + Send>, style: Style) -> Lines {
        let (violations, spoke_us) = (Rate::default(), 0);
        Lines {
            out,
            style,
            ready: Vec::new(),
            ready_us: 0,
            phase: String::new(),
            violations,
            load: LoadSoFar::default(),
            load_said_us: 0,
            spoke_us,
        }
    }

    pub fn consume(&mut self, event: &Event) {
        if let Some(subject) = subject(&event.kind) {
            self.say(event.at_us, &subject);
        }
        if let Some((label, text)) = message(&event.kind) {
            let label = self.style.paint(Paint::Unsure, label);
            self.say(event.at_us, &format!("{label}: {text}"));
        }
        if let Some(text) = finding(&event.kind) {
            self.say_ready();
            self.say(event.at_us, &text);
        }
        match &event.kind {
            EventKind::Ready { what, .. } => {
                self.ready.push(what.clone());
                self.ready_us = event.at_us;
            }
            EventKind::PhaseStarted { phase, trials } => {
                self.say_ready();
                (self.phase, self.violations) = (phase.clone(), Rate::default());
                (self.load, self.load_said_us) = (LoadSoFar::of(phase, *trials), event.at_us);
                let trials = trials.map_or_else(|| "begins".to_string(), |n| planned(phase, n));
                self.say(event.at_us, &clean(&format!("{phase}: {trials}")));
            }
            EventKind::TrialJudged {
                phase, judgement, ..
            } => {
                // Suspects begin without saying so.
                if *phase != self.phase {
                    (self.phase, self.violations) = (phase.clone(), Rate::default());
                }
                self.violations.count(!judgement.violations.is_empty());
                if event.at_us.saturating_sub(self.spoke_us) >= SIGN_OF_LIFE_US {
                    let so_far = so_far(self.violations);
                    self.say(event.at_us, &clean(&format!("{phase}: {so_far} so far")));
                }
            }
            EventKind::PhaseEnded {
                phase,
                violations,
                took_ms,
                ..
            } => {
                let end = phase_end(*violations, *took_ms);
                self.say(event.at_us, &clean(&format!("{phase}: {end}")));
            }
            EventKind::LoadSecond { second } => {
                self.load.take(second);
                if event.at_us.saturating_sub(self.load_said_us) >= LOAD_SAID_US {
                    self.load_said_us = event.at_us;
                    let text = format!("{}: {}", self.phase, self.load.say());
                    let text = self.style.paint(self.load.paint(), &clean(&text));
                    self.say(event.at_us, &text);
                }
            }
            EventKind::RunEnded { .. } => self.say_ready(),
            _ => {}
        }
    }

    /// All that became ready, in one line, once something begins.
    fn say_ready(&mut self) {
        if self.ready.is_empty() {
            return;
        }
        let ready = std::mem::take(&mut self.ready);
        let mut names = ready
            .iter()
            .take(READY_SHOWN_MAX)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        if ready.len() > READY_SHOWN_MAX {
            names.push_str(&format!(" and {} more", ready.len() - READY_SHOWN_MAX));
        }
        let line = format!(
            "ready after {}: {}",
            microseconds(self.ready_us),
            clean(&names)
        );
        self.say(self.ready_us, &line);
    }

    fn say(&mut self, at_us: u64, line: &str) {
        self.spoke_us = at_us;
        // A closed stderr is no reason to end a run.
        let _ = writeln!(self.out, "{line}");
    }
}
