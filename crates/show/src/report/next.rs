//! Where the evidence is and what to type next.

use std::path::Path;

use super::Look;
use super::gather::Gathered;
use crate::style::Paint;
use crate::text::{cells, clean, pad};

/// Cells of the word before a line.
const LABEL_CELLS: usize = 10;

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
    let mut lines = vec![format!("{}{}", label("evidence", look), quoted(&evidence))];
    let mut commands = Vec::new();
    if let Some(command) = again(gathered) {
        commands.push((command, "the same again"));
    }
    let by = look.evidence.as_deref().filter(|path| !is_default(path));
    let by = by.map_or(id, |path| quoted(&path.display().to_string()));
    commands.push((format!("heisen report {by}"), "this page"));
    let widest = commands
        .iter()
        .map(|(command, _)| cells(command))
        .max()
        .unwrap_or(0);
    let comment = |what: &str| format!("  # {what}");
    let room = look.width.saturating_sub(LABEL_CELLS + widest);
    let fits = commands
        .iter()
        .all(|(_, what)| cells(&comment(what)) <= room);
    for (place, (command, what)) in commands.iter().enumerate() {
        let label = label(if place == 0 { "next" } else { "" }, look);
        lines.push(if fits {
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
