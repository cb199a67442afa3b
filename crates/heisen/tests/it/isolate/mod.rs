//! `heisen isolate`: whole isolations of real systems, read from the document it writes.

mod catches;
mod exploring;
mod judging;
mod lanes;
mod mended;
mod options;
mod racy;
mod wrong;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::rig::{Folder, heisen, root, run};

/// An isolation that ended.
struct Isolation {
    folder: Folder,
    code: Option<i32>,
    document: Value,
}

/// Isolates a system of the repository, without the baseline.
fn isolate(name: &str, spec: &str, options: &[&str]) -> Isolation {
    isolate_with_seed(name, spec, "7", options)
}

fn isolate_with_seed(name: &str, spec: &str, seed: &str, options: &[&str]) -> Isolation {
    let folder = Folder::new(&format!("isolate-{name}"));
    let mut command = heisen(&folder);
    command.arg("isolate").arg(root().join(spec)).args(options);
    command.args(["--natural", "0", "--seed", seed, "--json", "-", "--quiet"]);
    let said = run(&mut command);
    Isolation {
        code: said.code,
        document: said.json(),
        folder,
    }
}

/// A fixture's spec.
fn fixture(path: &str) -> String {
    format!("crates/heisen/tests/it/fixtures/{path}")
}

impl Isolation {
    fn suspects(&self) -> &[Value] {
        self.document["suspects"].as_array().unwrap()
    }

    /// Suspects with this verdict.
    fn with(&self, verdict: &str) -> Vec<&Value> {
        let suspects = self.suspects().iter();
        suspects
            .filter(|suspect| suspect["verdict"] == verdict)
            .collect()
    }

    fn explored(&self, count: &str) -> u64 {
        self.document["explored"][count].as_u64().unwrap()
    }

    /// Where the best catch was written.
    fn catch(&self) -> PathBuf {
        let catch = self.document["catch"].as_str();
        self.folder
            .0
            .join(catch.unwrap_or_else(|| panic!("{}", self.shown())))
    }

    /// What a failed assertion prints.
    fn shown(&self) -> String {
        let mut lines = vec![format!("{:?} {}", self.code, self.document["verdict"])];
        for suspect in self.suspects() {
            let shown = |key: &str| suspect[key].to_string();
            lines.push(
                [
                    "id", "verdict", "label", "resource", "k", "n", "guard", "evidence",
                ]
                .map(shown)
                .join(" "),
            );
        }
        lines.push(self.document["explored"].to_string());
        lines.push(self.document["sequential"].to_string());
        lines.join("\n")
    }

    #[track_caller]
    fn says(&self, code: i32, verdict: &str) {
        assert_eq!(self.code, Some(code), "{}", self.shown());
        assert_eq!(self.document["verdict"], verdict, "{}", self.shown());
    }
}

/// Replays a catch as somebody would who was handed the file: elsewhere, with nothing but its path.
fn replay(name: &str, catch: &Path, options: &[&str]) -> (Option<i32>, Value) {
    let folder = Folder::new(&format!("replay-{name}"));
    let mut command = heisen(&folder);
    command.arg("replay").arg(catch).args(options);
    command.args(["--natural", "0", "--seed", "8", "--json", "-", "--quiet"]);
    let said = run(&mut command);
    (said.code, said.json())
}

#[track_caller]
fn is_sure(document: &Value, times: u64) {
    let k = document["k"].as_u64().unwrap();
    assert_eq!(document["n"], times);
    assert!(k * 100 >= times * 99, "{k} of {times}: {document}");
}
