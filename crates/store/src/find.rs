//! Finding a run by what a user types: an id, the beginning of one, a path, or `latest`.

use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::runs::{RunSummary, runs, runs_folder};

/// Runs named in an error, at most.
const SUGGESTIONS_MAX: usize = 3;

/// Finds the file of a run.
pub fn find(folder: &Path, wanted: &str) -> Result<PathBuf, StoreError> {
    let as_path = Path::new(wanted);
    let path_like = wanted.contains('/')
        || as_path
            .extension()
            .is_some_and(|extension| extension == "sqlite");
    if path_like {
        let in_folder = runs_folder(folder).join(wanted);
        return [as_path, in_folder.as_path()]
            .into_iter()
            .find(|path| path.exists())
            .map(Path::to_path_buf)
            .ok_or_else(|| StoreError::Missing {
                path: as_path.to_path_buf(),
            });
    }
    let all = runs(folder)?;
    let Some(newest) = all.first() else {
        return Err(StoreError::NoRuns {
            folder: runs_folder(folder),
        });
    };
    if wanted == "latest" {
        return Ok(newest.path.clone());
    }
    if let Some(run) = all.iter().find(|run| run.id == wanted) {
        return Ok(run.path.clone());
    }
    let fitting: Vec<&RunSummary> = all
        .iter()
        .filter(|run| !wanted.is_empty() && run.id.starts_with(wanted))
        .collect();
    match fitting.as_slice() {
        [run] => Ok(run.path.clone()),
        [] => Err(StoreError::NoSuchRun {
            wanted: wanted.to_string(),
            folder: runs_folder(folder),
            hint: hint(wanted, &all, &newest.id),
        }),
        several => Err(StoreError::Ambiguous {
            wanted: wanted.to_string(),
            count: several.len(),
            some: quoted(several.iter().map(|run| run.id.as_str())),
        }),
    }
}

fn hint(wanted: &str, all: &[RunSummary], newest: &str) -> String {
    let close = suggestions(
        wanted,
        all.iter().map(|run| run.id.as_str()).chain(["latest"]),
    );
    if close.is_empty() {
        format!("the newest is `{newest}`, `heisen runs` lists them all")
    } else {
        format!("did you mean {}?", quoted(close.into_iter()))
    }
}

fn quoted<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<String> = ids
        .take(SUGGESTIONS_MAX)
        .map(|id| format!("`{id}`"))
        .collect();
    ids.join(", ")
}

/// The names most like what was typed: a few slips of the finger away, or holding it within.
pub fn suggestions<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let slips_max = (wanted.chars().count() / 3).clamp(1, 3);
    let mut close: Vec<(usize, &str)> = names
        .filter_map(|name| {
            if wanted.len() >= 3 && name.contains(wanted) {
                return Some((0, name));
            }
            let slips = slips(wanted, name);
            // A beginning with a slip in it is as likely as a whole id with one.
            let beginning: String = name.chars().take(wanted.chars().count()).collect();
            let slips = slips.min(self::slips(wanted, &beginning));
            (slips <= slips_max).then_some((slips, name))
        })
        .collect();
    close.sort_by_key(|(slips, _)| *slips);
    let best = close.first().map_or(0, |(slips, _)| *slips);
    close.retain(|(slips, _)| *slips == best);
    close
        .into_iter()
        .map(|(_, name)| name)
        .take(SUGGESTIONS_MAX)
        .collect()
}

/// Edits (insert, delete, change) between two names.
fn slips(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Folder, write_run};

    #[test]
    fn slips_are_counted() {
        for (a, b, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("abc", "abc", 0),
            ("abc", "acb", 2),
            ("ab12", "ab2", 1),
        ] {
            assert_eq!(slips(a, b), expected, "{a} to {b}");
        }
    }

    #[test]
    fn runs_are_found_by_what_users_type() {
        let folder = Folder::new();
        let ids = [
            "20261120-081500-a1",
            "20261121-090000-b7",
            "20261121-093000-c2",
        ];
        for (minute, id) in ids.iter().enumerate() {
            write_run(
                folder.path(),
                id,
                &format!("2026-11-21T09:{minute:02}:00Z"),
                Some("FIXED"),
            );
        }
        let full = runs_folder(folder.path()).join("20261120-081500-a1.sqlite");
        let full = full.to_string_lossy();
        for (wanted, expected) in [
            ("latest", ids[2]),
            (ids[0], ids[0]),
            ("20261120", ids[0]),
            ("20261121-0930", ids[2]),
            ("20261121-090000-b7.sqlite", ids[1]),
            (&*full, ids[0]),
        ] {
            let found = find(folder.path(), wanted).unwrap();
            assert_eq!(found.file_stem().unwrap(), expected, "{wanted}");
        }
    }

    #[test]
    fn what_is_not_found_says_what_may_be_meant() {
        let folder = Folder::new();
        let check = |wanted: &str, expected: &str| {
            let said = find(folder.path(), wanted).unwrap_err().to_string();
            let said = said.replace(&*folder.path().to_string_lossy(), "OUT");
            assert_eq!(said, expected);
        };
        check(
            "latest",
            "there are no runs in `OUT/runs`; start one, such as `heisen replay SCHEDULE`",
        );
        for id in ["20261120-a1", "20261121-b7", "20261121-c2"] {
            write_run(folder.path(), id, "2026-11-21T09:00:00Z", None);
        }
        check(
            "2026",
            "`2026` is the beginning of 3 runs: `20261121-c2`, `20261121-b7`, `20261120-a1`; write more of the id",
        );
        check(
            "20261121-b8",
            "there is no run `20261121-b8` in `OUT/runs`; did you mean `20261121-b7`?",
        );
        check(
            "lates",
            "there is no run `lates` in `OUT/runs`; did you mean `latest`?",
        );
        check(
            "-c2",
            "there is no run `-c2` in `OUT/runs`; did you mean `20261121-c2`?",
        );
        check(
            "yesterday",
            "there is no run `yesterday` in `OUT/runs`; the newest is `20261121-c2`, `heisen runs` lists them all",
        );
        check(
            "gone/run.sqlite",
            "there is no evidence at `gone/run.sqlite`; `heisen runs` lists what there is",
        );
    }
}
