//! Bars on a terminal: one for each phase, with its violations as they come.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{EventKind, Rate, SuspectVerdict};

use super::load::LoadSoFar;
use super::{finding, message, phase_end, planned, so_far, subject};
use crate::number::counted;
use crate::report::gather::{LOAD_PHASE, SIMULATING_PHASE, is_search};
use crate::style::{Paint, Style};
use crate::text::{clean, cut, pad};

/// Bars on the terminal at once; older ones make room.
const BARS_MAX: usize = 8;

/// How often a bar that waits moves.
const TICK_MS: u64 = 120;

/// Cells of a phase's name.
const NAME_CELLS: usize = 22;

const RUNNING: &str = "{spinner} {prefix} {bar:20} {pos}/{len} {msg} {eta:>4}";
const ENDLESS: &str = "{spinner} {prefix} {elapsed:>4} {msg}";
const ENDED: &str = "{spinner} {prefix} {msg}";

pub(super) struct Bars {
    all: MultiProgress,
    style: Style,
    /// What happens before the first phase.
    opening: Option<ProgressBar>,
    phases: Vec<(String, ProgressBar)>,
    violations: Rate,
    load: LoadSoFar,
    suspects: Suspects,
}

/// How far the suspects are; they go by without a phase of their own.
#[derive(Default)]
struct Suspects {
    bar: Option<ProgressBar>,
    tried: u64,
    confirmed: u64,
    trials: u64,
}

impl Bars {
    pub fn on_stderr(style: Style) -> Bars {
        Bars::on(ProgressDrawTarget::stderr(), style)
    }

    pub fn on(target: ProgressDrawTarget, style: Style) -> Bars {
        let all = MultiProgress::with_draw_target(target);
        Bars {
            all,
            style,
            opening: None,
            phases: Vec::new(),
            violations: Rate::default(),
            load: LoadSoFar::default(),
            suspects: Suspects::default(),
        }
    }

    pub fn consume(&mut self, kind: &EventKind) {
        if let Some(subject) = subject(kind) {
            self.say(&subject);
            self.opening = Some(self.add("starting", None));
        }
        if let Some((label, text)) = message(kind) {
            let label = self.style.paint(Paint::Unsure, label);
            self.say(&format!("{label}: {text}"));
        }
        if let Some(text) = finding(kind) {
            self.say(&text);
        }
        self.follow_suspects(kind);
        match kind {
            EventKind::Ready { what, .. } => {
                if let Some(opening) = &self.opening {
                    opening.set_message(format!("{} is ready", clean(what)));
                }
            }
            EventKind::PhaseStarted { phase, trials } => self.begin(phase, *trials),
            EventKind::TrialJudged {
                phase, judgement, ..
            } => {
                self.violations.count(!judgement.violations.is_empty());
                let message = self.live();
                if let Some(bar) = self.bar(phase) {
                    bar.inc(1);
                    bar.set_message(message);
                }
            }
            EventKind::LoadSecond { second } => {
                self.load.take(second);
                // Bursts are told by their rounds.
                let text = match self.violations.n {
                    0 => self.style.paint(self.load.paint(), &self.load.say()),
                    _ => self.live(),
                };
                if let Some((_, bar)) = self.phases.last() {
                    bar.set_message(text);
                }
            }
            EventKind::PhaseEnded {
                phase,
                violations,
                took_ms,
                ..
            } => {
                let text = self.painted(*violations, &phase_end(*violations, *took_ms));
                if let Some(bar) = self.bar(phase) {
                    bar.set_style(style_of(ENDED));
                    bar.finish_with_message(text);
                }
            }
            EventKind::RunEnded { .. } => self.clear(),
            _ => {}
        }
    }

    pub fn clear(&mut self) {
        if let Some(opening) = self.opening.take() {
            opening.finish_and_clear();
        }
        if let Some(bar) = self.suspects.bar.take() {
            bar.finish_and_clear();
        }
        for (_, bar) in self.phases.drain(..) {
            bar.finish_and_clear();
        }
    }

    fn follow_suspects(&mut self, kind: &EventKind) {
        match kind {
            EventKind::OperationLearned { .. } => {
                // Learning has no bar of its own; the one of the opening goes on.
                if let Some(opening) = &self.opening {
                    opening.set_prefix(pad("learning", NAME_CELLS));
                    opening.set_message(String::new());
                }
            }
            EventKind::SuspectSettled { settled } => {
                self.suspects.tried += 1;
                let is_confirmed = settled.verdict == SuspectVerdict::Confirmed;
                self.suspects.confirmed += u64::from(is_confirmed);
                self.show_suspects("");
            }
            EventKind::TrialJudged { phase, .. } if is_search(phase) => {
                self.suspects.trials += 1;
                self.show_suspects(&format!("; {phase}"));
            }
            _ => {}
        }
    }

    /// `suspects  12s  3 tried, 1 confirmed, 47 trials; suspect S4`.
    fn show_suspects(&mut self, now: &str) {
        if let Some(opening) = self.opening.take() {
            opening.finish_and_clear();
        }
        if self.suspects.bar.is_none() {
            self.suspects.bar = Some(self.add("suspects", None));
        }
        let Suspects {
            bar,
            tried,
            confirmed,
            trials,
        } = &self.suspects;
        let paint = if *confirmed > 0 {
            Paint::Bad
        } else {
            Paint::Plain
        };
        let confirmed = self.style.paint(paint, &format!("{confirmed} confirmed"));
        if let Some(bar) = bar {
            let trials = counted(*trials, "trial");
            bar.set_message(format!(
                "{tried} tried, {confirmed}, {trials}{}",
                clean(now)
            ));
        }
    }

    fn begin(&mut self, phase: &str, trials: Option<u64>) {
        if let Some(bar) = self.suspects.bar.take() {
            bar.finish_and_clear();
        }
        if let Some(opening) = self.opening.take() {
            opening.finish_and_clear();
        }
        if self.phases.len() >= BARS_MAX {
            let (_, oldest) = self.phases.remove(0);
            oldest.finish_and_clear();
            self.all.remove(&oldest);
        }
        self.violations = Rate::default();
        self.load = LoadSoFar::of(phase, trials);
        // A simulation says when it begins and when it is done, not how far it is: a bar of
        // its own length would stand still. Load says more than there is room for beside one.
        let steps = trials.filter(|_| !matches!(phase, SIMULATING_PHASE | LOAD_PHASE));
        let bar = self.add(phase, steps);
        let planned = trials.map(|trials| planned(phase, trials));
        bar.set_message(planned.unwrap_or_default());
        self.phases.push((phase.to_string(), bar));
    }

    fn add(&self, name: &str, trials: Option<u64>) -> ProgressBar {
        let bar = self
            .all
            .add(trials.map_or_else(ProgressBar::no_length, ProgressBar::new));
        bar.set_style(style_of(if trials.is_some() { RUNNING } else { ENDLESS }));
        bar.set_prefix(pad(&cut(&clean(name), NAME_CELLS), NAME_CELLS));
        bar.enable_steady_tick(Duration::from_millis(TICK_MS));
        bar
    }

    fn bar(&self, phase: &str) -> Option<&ProgressBar> {
        self.phases
            .iter()
            .rev()
            .find(|(name, _)| name == phase)
            .map(|(_, bar)| bar)
    }

    fn live(&self) -> String {
        let mut text = so_far(self.violations);
        if let errors @ 1.. = self.load.errors() {
            text += &format!(", {}", counted(errors, "error"));
        }
        self.painted(self.violations, &text)
    }

    fn painted(&self, violations: Rate, text: &str) -> String {
        self.style.paint(
            if violations.k > 0 {
                Paint::Bad
            } else {
                Paint::Plain
            },
            text,
        )
    }

    fn say(&self, line: &str) {
        // A closed stderr is no reason to end a run.
        let _ = self.all.println(line);
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The templates are ours; should one be wrong, a plain bar is better than no run.
fn style_of(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

#[cfg(test)]
impl Bars {
    pub fn last_message(&self) -> String {
        let last = self.phases.last();
        last.map(|(_, bar)| bar.message()).unwrap_or_default()
    }

    pub fn is_clear(&self) -> bool {
        self.phases.is_empty() && self.opening.is_none() && self.suspects.bar.is_none()
    }
}

#[cfg(test)]
pub(super) const TEMPLATES: [&str; 3] = [RUNNING, ENDLESS, ENDED];
