//! What no compiler checks: who may import whom, how large files grow, what is banned. Each rule
//! says how to mend what breaks it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::root;

/// Who may import which of our crates.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("spec", &["model"]),
    ("predict", &["model"]),
    ("check", &["model"]),
    ("store", &["model"]),
    ("wire", &["model"]),
    ("drive", &["model"]),
    ("lab", &["model"]),
    ("show", &["model", "store"]),
    (
        "hunt",
        &["model", "predict", "wire", "drive", "lab", "check", "store"],
    ),
    (
        "heisen",
        &[
            "model", "spec", "predict", "wire", "drive", "lab", "check", "store", "hunt", "show",
        ],
    ),
    ("xtask", &[]),
    ("ticketrush", &[]),
];

/// Crates without a runtime: they neither wait nor touch sockets.
const WITHOUT_TOKIO: &[&str] = &["model", "spec", "predict", "check", "store"];

const FILE_LINES_MAX: usize = 800;
const FILE_LINES_P90_MAX: usize = 450;
const FILE_LINES_MEDIAN_MAX: usize = 150;
const ARCHITECTURE_LINES_MAX: usize = 250;

/// Words that must not stand in our sources, where they may after all, and what to do instead.
const BANS: &[(&str, &[&str], &str)] = &[
    (
        "unsafe {",
        &["crates/lab/src/sys.rs"],
        "keep unsafe code in the one module that has it",
    ),
    ("process::exit", &[], "only main returns an exit code"),
    ("serde(flatten", &[], "flattened types ruin error messages"),
    ("serde(untagged", &[], "untagged types ruin error messages"),
    ("unbounded_channel", &[], "every queue has a named limit"),
    ("todo!(", &[], "finish it"),
    ("unimplemented!(", &[], "finish it"),
    ("#[ignore", &[], "a test that does not run is no test"),
    ("dbg!(", &[], "take it out"),
];

pub fn run() -> Result<(), String> {
    let problems = problems(&root());
    if problems.is_empty() {
        eprintln!("tidy");
        return Ok(());
    }
    Err(format!("not tidy:\n  {}", problems.join("\n  ")))
}

fn problems(root: &Path) -> Vec<String> {
    let mut problems = imports(root);
    let mut sizes = Vec::new();
    for path in sources(root) {
        let shown = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .display()
            .to_string();
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let is_test = is_test(&shown);
        if !is_test {
            sizes.push(text.lines().count());
        }
        problems.extend(file(&shown, &text, is_test));
    }
    problems.extend(spread(&mut sizes));
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    match architecture.lines().count() {
        0 => problems.push("ARCHITECTURE.md is missing".to_string()),
        lines if lines > ARCHITECTURE_LINES_MAX => {
            problems.push(format!(
                "ARCHITECTURE.md has {lines} lines; at most {ARCHITECTURE_LINES_MAX}"
            ));
        }
        _ => {}
    }
    problems
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("tests.rs") || path.ends_with("testkit.rs")
}

/// What is wrong with one file.
fn file(path: &str, text: &str, is_test: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if !is_test && lines > FILE_LINES_MAX {
        problems.push(format!(
            "{path}: {lines} lines; split it (at most {FILE_LINES_MAX})"
        ));
    }
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    if !is_test && !first.starts_with("//!") {
        problems.push(format!(
            "{path}: begin with `//!` and say what the module is for"
        ));
    }
    if path.starts_with("xtask/src/tidy") {
        return problems;
    }
    for (word, allowed, instead) in BANS {
        if text.contains(word) && !allowed.contains(&path) {
            problems.push(format!("{path}: `{word}`: {instead}"));
        }
    }
    let mut before = "";
    for (number, line) in text.lines().enumerate() {
        let is_type = ["pub struct ", "pub enum ", "pub trait "]
            .iter()
            .any(|word| line.starts_with(word));
        // An attribute may close on a line of its own.
        let explained = ["///", "#[", ")]"]
            .iter()
            .any(|mark| before.starts_with(mark));
        if is_type && !is_test && !explained {
            problems.push(format!(
                "{path}:{}: a public type needs a sentence",
                number + 1
            ));
        }
        before = line;
    }
    problems
}

/// Whether files are small on the whole.
fn spread(sizes: &mut [usize]) -> Vec<String> {
    sizes.sort_unstable();
    let at = |share: f64| {
        sizes
            .get((sizes.len() as f64 * share) as usize)
            .copied()
            .unwrap_or(0)
    };
    let mut problems = Vec::new();
    for (what, share, most) in [
        ("the median", 0.5, FILE_LINES_MEDIAN_MAX),
        ("the 90th percentile", 0.9, FILE_LINES_P90_MAX),
    ] {
        if at(share) > most {
            problems.push(format!(
                "{what} of file lengths is {} lines; at most {most}",
                at(share)
            ));
        }
    }
    problems
}

/// Who imports whom, read off the manifests.
fn imports(root: &Path) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut problems = Vec::new();
    for manifest in manifests(root) {
        let text = fs::read_to_string(&manifest).unwrap_or_default();
        let Some(name) = value(&text, "name") else {
            continue;
        };
        let Some(may) = allowed.get(name.as_str()) else {
            problems.push(format!(
                "{name}: not in the import table of xtask/src/tidy.rs"
            ));
            continue;
        };
        for dependency in dependencies(&text) {
            if allowed.contains_key(dependency.as_str()) && !may.contains(&dependency.as_str()) {
                problems.push(format!("{name} must not import {dependency}"));
            }
            if dependency == "tokio" && WITHOUT_TOKIO.contains(&name.as_str()) {
                problems.push(format!("{name} must not wait: no tokio"));
            }
        }
    }
    problems
}

fn manifests(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![
        root.join("xtask/Cargo.toml"),
        root.join("targets/ticketrush/Cargo.toml"),
    ];
    if let Ok(crates) = fs::read_dir(root.join("crates")) {
        found.extend(
            crates
                .flatten()
                .map(|entry| entry.path().join("Cargo.toml")),
        );
    }
    found
}

fn value(manifest: &str, key: &str) -> Option<String> {
    let line = manifest
        .lines()
        .find(|line| line.starts_with(&format!("{key} = ")))?;
    Some(line.split('"').nth(1)?.to_string())
}

/// The names in `[dependencies]`; what only tests use may be anything.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
        } else if inside
            && let Some(name) = line.split(['.', ' ', '=']).next().filter(|n| !n.is_empty())
        {
            names.push(name.to_string());
        }
    }
    names
}

fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["crates", "targets", "xtask", "fuzz"] {
        collect(&root.join(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "target" && name != "node_modules" {
            collect(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        assert_eq!(problems(&root()), Vec::<String>::new());
    }

    #[test]
    fn rules_are_noticed_when_broken() {
        let broken = file(
            "crates/x/src/a.rs",
            "use a;\npub struct A;\nfn f() { todo!() }",
            false,
        );
        assert_eq!(broken.len(), 3, "{broken:?}");
        let manifest = "[package]\nname = \"model\"\n\n[dependencies]\nwire.workspace = true\n\n[dev-dependencies]\nlab.workspace = true\n";
        assert_eq!(dependencies(manifest), ["wire"]);
        assert_eq!(value(manifest, "name").as_deref(), Some("model"));
        assert_eq!(spread(&mut [10, 10, 500, 500, 500]).len(), 2);
    }
}
