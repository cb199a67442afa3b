//! Reading: what the user wrote becomes the checked model, or a list of everything that is wrong
//! with it, each with its line and a cure.
//!
//! `find` (path) -> `yaml` (text -> nodes with places) -> `raw` (nodes -> keys as written) ->
//! `check` (names looked up, all variants) -> [`model::System`]; schedules go the same way. Only
//! this crate reads YAML, and only `yaml.rs` in it knows which library does.

mod catch;
mod check;
mod digest;
mod error;
mod fault;
mod find;
mod latency;
mod node;
mod raw;
mod read;
mod render;
mod schedule;
#[cfg(test)]
mod schema;
mod source;
mod suggest;
mod yaml;
mod yaml_hints;

use std::path::{Path, PathBuf};

use model::{Schedule, System};

use check::Origin;
use error::Problems;
use node::{Node, NodeKind};
use raw::{RawSchedule, RawSpec};
use read::Read;
use source::Source;

pub use catch::write_catch;
pub use digest::digest;
pub use error::{PROBLEMS_MAX, Problem, SpecErrors};
pub use fault::{WireFaultError, wire_fault};
pub use find::{SPEC_FILE, find};
pub use render::render;
pub use yaml::TEXT_BYTES_MAX;

/// Loads a spec in the form of a variant; the first of `variants:` when none is asked for.
pub fn load(path: &Path, variant: Option<&str>) -> Result<System, SpecErrors> {
    let mut system = parse(&find::text_of(path)?, path, variant)?;
    // Programs are started from other folders than this one.
    system.folder = std::path::absolute(&system.folder).unwrap_or(system.folder);
    Ok(system)
}

/// Reads a spec's text; `path` names it in messages, and its folder is where files are looked for.
pub fn parse(text: &str, path: &Path, variant: Option<&str>) -> Result<System, SpecErrors> {
    let mut problems = Problems::new(Source::new(&path.display().to_string(), text));
    let origin = Origin {
        folder: folder_of(path),
        digest: digest(text),
    };
    let system = yaml::parse(&mut problems)
        .and_then(|node| not_empty(node, "a spec", &mut problems))
        .and_then(|node| RawSpec::read(&node, "the spec", &mut problems))
        .and_then(|raw| check::system(&raw, &origin, variant, &mut problems));
    problems.or(system)
}

/// Loads a schedule for a system.
pub fn load_schedule(path: &Path, system: &System) -> Result<Schedule, SpecErrors> {
    parse_schedule(&find::text_of(path)?, path, system)
}

/// Whether a schedule is there to be read: what is said first when neither it nor a spec is.
pub fn schedule_is_there(path: &Path) -> Result<(), SpecErrors> {
    find::text_of(path).map(drop)
}

/// With which spec and variant a catch was found, as it says itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The spec's path, from where heisen ran.
    pub spec: Option<PathBuf>,
    /// The variant.
    pub variant: Option<String>,
}

/// What a schedule says of how it was found; nothing when it says nothing, or cannot be read:
/// reading it whole tells what is wrong.
pub fn found_with(path: &Path) -> Found {
    let Ok(text) = find::text_of(path) else {
        return Found::default();
    };
    let mut problems = Problems::new(Source::new(&path.display().to_string(), &text));
    let raw = yaml::parse(&mut problems)
        .and_then(|node| RawSchedule::read(&node, "the schedule", &mut problems));
    let found = raw.and_then(|raw| raw.found);
    let word = |wanted: &str| {
        let mut entries = found.iter().flat_map(|found| found.iter());
        let (_, value) = entries.find(|(name, _)| name.value == wanted)?;
        value.0.to_json().as_str().map(str::to_string)
    };
    Found {
        spec: word("spec").map(PathBuf::from),
        variant: word("variant"),
    }
}

/// Reads a schedule's text; `path` names it in messages.
pub fn parse_schedule(text: &str, path: &Path, system: &System) -> Result<Schedule, SpecErrors> {
    let mut problems = Problems::new(Source::new(&path.display().to_string(), text));
    let schedule = yaml::parse(&mut problems)
        .and_then(|node| not_empty(node, "a schedule", &mut problems))
        .and_then(|node| RawSchedule::read(&node, "the schedule", &mut problems))
        .map(|raw| schedule::check(&raw, system, &mut problems));
    problems.or(schedule)
}

/// A text without a value is told so, in fewer words than a list of all keys.
fn not_empty(node: Node, noun: &str, problems: &mut Problems) -> Option<Node> {
    if node.kind == NodeKind::Null {
        let help = format!("write {noun}; the README shows one");
        problems.add(node.span, "nothing is written here", "", help);
        return None;
    }
    Some(node)
}

/// The folder a path lies in; never empty.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod broken;
#[cfg(test)]
mod described_tests;
#[cfg(test)]
mod loads_tests;
#[cfg(test)]
mod tests;
