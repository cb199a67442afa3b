//! Specs and schedules that are wrong, one file each under `broken/`, and what is said of them.

use std::path::{Path, PathBuf};

use super::*;

/// All files of a folder, by name.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Every printed problem begins with its place and ends with a cure.
fn well_told(errors: &SpecErrors, file: &Path) -> String {
    for problem in errors.problems() {
        let (line, column) = problem.position().unwrap();
        assert!(
            problem
                .to_string()
                .starts_with(&format!("{}:{line}:{column}: ", file.display()))
        );
        assert!(
            problem.help().is_some_and(|help| !help.is_empty()),
            "no cure for: {problem}"
        );
    }
    render(errors, false)
}

#[test]
fn broken_specs() {
    let files = files("src/broken");
    assert!(files.len() >= 35, "{}", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let errors = parse(&text, &file, None).expect_err(&name_of(&file));
        insta::assert_snapshot!(name_of(&file), well_told(&errors, &file));
    }
}

#[test]
fn broken_schedules() {
    let system = crate::tests::good();
    for file in files("src/broken/schedules") {
        let text = std::fs::read_to_string(&file).unwrap();
        let errors = parse_schedule(&text, &file, &system).expect_err(&name_of(&file));
        insta::assert_snapshot!(
            format!("schedule-{}", name_of(&file)),
            well_told(&errors, &file)
        );
    }
}

#[test]
fn unknown_variants() {
    let good = Path::new("src/good/heisen.yaml");
    let with = std::fs::read_to_string(good).unwrap();
    let without =
        "system: s\nservices: { a: { run: x } }\noperations: { o: { request: GET a / } }\n";
    let said = [
        parse(&with, good, Some("fxied")),
        parse(without, Path::new("heisen.yaml"), Some("racy")),
    ]
    .map(|result| render(&result.unwrap_err(), false));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn colours_change_nothing_but_colours() {
    let text = "system: s\nsrevices: { a: { run: x } }\n";
    let errors = parse(text, Path::new("heisen.yaml"), None).unwrap_err();
    let mut plain = render(&errors, true);
    assert!(plain.contains("\x1b["));
    while let Some(start) = plain.find("\x1b[") {
        let end = plain[start..].find('m').unwrap();
        plain.replace_range(start..=start + end, "");
    }
    assert_eq!(plain, render(&errors, false));
}
