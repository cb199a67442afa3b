//! Where the evidence is and what to type next.

use std::path::Path;

use serde_json::Value;

use super::Look;
use super::gather::Gathered;
use super::wires;
use crate::style::Paint;
use crate::text::{cells, clean, cut, pad};

/// Cells of the word before a line.
const LABEL_CELLS: usize = 10;

/// Catches whose commands are shown.
const CATCHES_SHOWN_MAX: usize = 2;

/// The evidence and the commands that go on from here. These lines are never cut: a path or a
/// command that is not whole is worth nothing.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    let Some(run) = &gathered.run else {
        return Vec::new();
    };
    let id = clean(&run.run);
    let evidence = match &look.evidence {
        Some(path) => path.display().to_string(),
        None => format!(".heisen/runs/{id}.sqlite"),
    };
    let mut lines = Vec::new();
    if let Some(text) = wires::sentence(gathered) {
        let room = look.width.saturating_sub(LABEL_CELLS);
        lines.push(label("wires", look) + &cut(&text, room));
    }
    lines.push(format!("{}{}", label("evidence", look), quoted(&evidence)));
    let mut commands = Vec::new();
    commands.extend(catches(gathered));
    if let Some(command) = again(gathered) {
        commands.push((command, "the same again"));
    }
    let by = look.evidence.as_deref().filter(|path| !is_default(path));
    let by = by.map_or(id, |path| quoted(&path.display().to_string()));
    commands.push((format!("heisen report {by}"), "this page"));
    let comment = |what: &str| format!("  # {what}");
    let fits = |(command, what): &(String, &str)| {
        LABEL_CELLS + cells(command) + cells(&comment(what)) <= look.width
    };
    // Comments line up as far as they fit; a long command goes without.
    let commented = commands.iter().filter(|command| fits(command));
    let widest = commented
        .map(|(command, _)| cells(command))
        .max()
        .unwrap_or(0);
    let room = look.width.saturating_sub(LABEL_CELLS + widest);
    for (place, (command, what)) in commands.iter().enumerate() {
        let label = label(if place == 0 { "next" } else { "" }, look);
        let is_aligned = cells(command) <= widest && cells(&comment(what)) <= room;
        lines.push(if is_aligned {
            let comment = look.style.paint(Paint::Quiet, &comment(what));
            format!("{label}{}{comment}", pad(command, widest))
        } else {
            format!("{label}{command}")
        });
    }
    lines
}

fn label(text: &str, look: &Look) -> String {
    look.style.paint(Paint::Quiet, &pad(text, LABEL_CELLS))
}

/// The commands that run the catches again, the best one first.
fn catches(gathered: &Gathered) -> Vec<(String, &'static str)> {
    let mut paths: Vec<&str> = Vec::new();
    let best = gathered.document("catch").and_then(Value::as_str);
    let suspects = gathered.document("suspects").and_then(Value::as_array);
    let others = suspects.into_iter().flatten();
    let others = others.filter_map(|suspect| suspect.get("catch")?.as_str());
    for path in best.into_iter().chain(others) {
        if !path.is_empty() && !paths.contains(&path) && paths.len() < CATCHES_SHOWN_MAX {
            paths.push(path);
        }
    }
    let commands = paths.iter().enumerate().map(|(place, path)| {
        let what = if place == 0 {
            "this race"
        } else {
            "another one"
        };
        (format!("heisen replay {}", quoted(&clean(path))), what)
    });
    commands.collect()
}

/// The command that does the same again, as the document tells it.
fn again(gathered: &Gathered) -> Option<String> {
    let words = gathered.end.as_ref()?.document.get("again")?.as_array()?;
    let words: Vec<String> = words
        .iter()
        .filter_map(|word| Some(quoted(&clean(word.as_str()?))))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Whether the run is found by its id alone.
fn is_default(path: &Path) -> bool {
    path.parent()
        .is_some_and(|folder| folder.ends_with(".heisen/runs"))
}

/// As a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
