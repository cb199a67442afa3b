//! The list of runs.

use store::RunSummary;

use crate::number::{bytes, milliseconds};
use crate::style::{Paint, Style};
use crate::table::{Table, flexible, left, right};
use crate::text::{WIDTH, clean, cut};

/// Cells that tell one command and system from another.
const WHAT_CELLS_MIN: usize = 24;

/// The runs, one a line, 80 columns, without colour.
pub fn runs_table(runs: &[RunSummary]) -> String {
    runs_table_with(runs, WIDTH, Style::PLAIN)
}

/// The runs, one a line.
pub fn runs_table_with(runs: &[RunSummary], width: usize, style: Style) -> String {
    if runs.is_empty() {
        return "no runs yet; `heisen replay SCHEDULE` makes one\n".to_string();
    }
    // The id is never cut: it is what gets typed next.
    let mut table = Table::new(
        0,
        vec![
            left("run"),
            left("started").goes(1),
            flexible("what").at_least(WHAT_CELLS_MIN),
            left("verdict"),
            right("took").goes(2),
            right("events").goes(4),
            right("size").goes(3),
        ],
    );
    let readable = || runs.iter().filter(|run| run.problem.is_none());
    let told = readable().all(|run| tells_its_time(&run.id, &run.started));
    for run in readable() {
        let verdict = run.verdict_or();
        let paint = if run.verdict.is_some() {
            Paint::Plain
        } else {
            Paint::Unsure
        };
        let row = vec![
            run.id.clone(),
            if told {
                String::new()
            } else {
                short_time(&run.started)
            },
            what(run),
            cut(&clean(verdict), 24),
            run.wall_ms.map(milliseconds).unwrap_or_default(),
            run.events.to_string(),
            bytes(run.bytes),
        ];
        table.row(paint, row);
    }
    let mut lines = if table.is_empty() {
        Vec::new()
    } else {
        table.lines(width, style)
    };
    let unreadable: Vec<&RunSummary> = runs.iter().filter(|run| run.problem.is_some()).collect();
    if !unreadable.is_empty() && !lines.is_empty() {
        lines.push(String::new());
    }
    for run in unreadable {
        let why = run.problem.as_deref().unwrap_or_default();
        lines.push(style.paint(Paint::Unsure, &cut(&clean(why), width)));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// `replay ticketrush (racy)`.
fn what(run: &RunSummary) -> String {
    let variant = run
        .variant
        .as_ref()
        .map(|variant| format!(" ({variant})"))
        .unwrap_or_default();
    format!("{} {}{variant}", run.command, run.system)
}

/// Whether an id is made of the time at which the run began, so that a column for it says
/// nothing new.
fn tells_its_time(id: &str, started: &str) -> bool {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let time: String = digits(started).chars().take(12).collect();
    time.len() == 12 && digits(id).starts_with(&time)
}

/// `11-21 11:42` of an RFC 3339 time; anything else as it is.
fn short_time(started: &str) -> String {
    match (started.get(5..10), started.get(10..11), started.get(11..16)) {
        (Some(day), Some("T" | " "), Some(time)) => format!("{day} {time}"),
        _ => started.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, variant: Option<&str>, verdict: Option<&str>) -> RunSummary {
        RunSummary {
            id: id.to_string(),
            command: "replay".to_string(),
            system: "ticketrush".to_string(),
            variant: variant.map(str::to_string),
            started: format!("2026-11-21T{}:{}:{}Z", &id[9..11], &id[11..13], &id[13..15]),
            verdict: verdict.map(str::to_string),
            wall_ms: verdict.map(|_| 6400),
            events: 1342,
            bytes: 412_000,
            ..RunSummary::default()
        }
    }

    fn some() -> Vec<RunSummary> {
        let mut all = vec![
            run(
                "20261121-114207-7f3a",
                Some("row-lock"),
                Some("NOT REPRODUCED"),
            ),
            run("20261121-114100-0c1d", Some("racy"), Some("REPRODUCED")),
            run("20261121-113012-9e44", Some("racy"), None),
            run("20261121-112000-1a2b", None, Some("INCONCLUSIVE")),
        ];
        all[3].command = "stress".to_string();
        all[3].system = "http://127.0.0.1:8080/a/rather/long/address".to_string();
        all[3].wall_ms = Some(754_000);
        all.push(RunSummary {
            id: "notes".to_string(),
            problem: Some("`.heisen/runs/notes.sqlite` is not the evidence of a run: it is no SQLite file; `heisen runs` lists what there is".to_string()),
            ..RunSummary::default()
        });
        all
    }

    #[test]
    fn a_list_of_runs() {
        insta::assert_snapshot!(runs_table(&some()));
    }

    #[test]
    fn a_list_of_runs_on_a_wide_terminal() {
        insta::assert_snapshot!(runs_table_with(&some(), 120, Style::PLAIN));
    }

    #[test]
    fn a_list_of_runs_whose_ids_tell_no_time() {
        let mut all = some();
        all[1].id = "checkout-race".to_string();
        insta::assert_snapshot!(runs_table(&all));
    }

    #[test]
    fn no_runs() {
        assert_eq!(
            runs_table(&[]),
            "no runs yet; `heisen replay SCHEDULE` makes one\n"
        );
    }

    #[test]
    fn every_width_is_kept() {
        for width in [50, 60, 72, 80, 100, 140] {
            for line in runs_table_with(&some(), width, Style::PLAIN).lines() {
                assert!(crate::text::cells(line) <= width, "{width}: {line}");
            }
        }
    }
}
