//! Finds the program a replica's command names: on PATH, relative to the spec's folder, and
//! beside heisen itself.

use std::path::{Path, PathBuf};

use crate::error::LabError;
use crate::find::{is_program, path_folders};
use crate::plan::ReplicaPlan;

/// The program of a plan.
pub fn find(plan: &ReplicaPlan) -> Result<PathBuf, LabError> {
    let word = plan.words.first().filter(|word| !word.is_empty());
    let word = word.ok_or_else(|| LabError::NoCommand(plan.name()))?;
    let own_path = plan.env.iter().rev().find(|(name, _)| name == "PATH");
    let path = match own_path {
        Some((_, path)) => std::env::split_paths(path).collect(),
        None => path_folders(),
    };
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_path_buf));
    look(word, &plan.folder, &path, beside.as_deref()).map_err(|looked| LabError::NoProgram {
        replica: plan.name(),
        program: word.clone(),
        looked,
    })
}

fn look(
    word: &str,
    folder: &Path,
    path: &[PathBuf],
    beside: Option<&Path>,
) -> Result<PathBuf, String> {
    let in_folder = folder.join(word);
    // With a `/` in it a word is a path, as in a shell.
    let mut places: Vec<PathBuf> = Vec::new();
    if !word.contains('/') {
        places.extend(path.iter().map(|place| place.join(word)));
    }
    places.push(in_folder.clone());
    if !word.starts_with('/') {
        places.extend(beside.map(|place| place.join(word)));
    }
    if let Some(found) = places.iter().find(|place| is_program(place)) {
        // The process starts in another folder, where a relative path would mean something else.
        return Ok(std::path::absolute(found).unwrap_or_else(|_| found.clone()));
    }
    let mut looked: Vec<String> = Vec::new();
    if !word.contains('/') {
        looked.push(format!("in the {} folders of PATH", path.len()));
    }
    let not_executable = if in_folder.is_file() {
        " (a file, but not executable; chmod +x it)"
    } else {
        ""
    };
    looked.push(format!("at {}{not_executable}", in_folder.display()));
    if let (false, Some(beside)) = (word.starts_with('/'), beside) {
        looked.push(format!("beside heisen in {}", beside.display()));
    }
    Err(looked.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn programs_are_found_in_order() {
        let root = std::env::temp_dir().join(format!("heisen-program-{}", std::process::id()));
        let make = |name: &str, mode: u32| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for name in [
            "path/both",
            "spec/both",
            "spec/bin/run",
            "spec/only",
            "beside/far",
            "beside/both",
        ] {
            make(name, 0o755);
        }
        make("spec/plain", 0o644);
        let check = |word: &str, expected: Result<&str, &str>| {
            let found = look(
                word,
                &root.join("spec"),
                &[root.join("path")],
                Some(&root.join("beside")),
            );
            let relative = |text: String| text.replace(&format!("{}/", root.display()), "");
            let found = found
                .map(|path| relative(path.display().to_string()))
                .map_err(relative);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{word}");
        };
        check("both", Ok("path/both"));
        check("./both", Ok("spec/both"));
        check("bin/run", Ok("spec/bin/run"));
        check("only", Ok("spec/only"));
        check("far", Ok("beside/far"));
        check(
            "plain",
            Err(
                "in the 1 folders of PATH, at spec/plain (a file, but not executable; chmod +x it), beside heisen in beside",
            ),
        );
        check("/no/such", Err("at /no/such"));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
