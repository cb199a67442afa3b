//! The demo: TicketRush oversells, first by chance, then every time.

use std::process::Command;

use crate::setup::{self, Purpose};
use crate::shell::{cargo, must, root, status};

/// heisen's exit code for a violation, which is what the demo is about.
const VIOLATION: i32 = 1;

pub fn run(variant: &str) -> Result<(), String> {
    setup::install(Purpose::Run)?;
    eprintln!("building");
    let packages = ["--package", "heisen", "--package", "ticketrush"];
    must(cargo().args(["build", "--release"]).args(packages))?;
    let mut heisen = Command::new(root().join("target/release/heisen"));
    heisen.current_dir(root());
    heisen.args([
        "replay",
        "targets/ticketrush/schedules/oversell.yaml",
        "--variant",
        variant,
    ]);
    match status(&mut heisen)?.code() {
        Some(0 | VIOLATION) => Ok(()),
        Some(code) => Err(format!(
            "heisen ended with {code}; `heisen doctor` may tell why"
        )),
        None => Err("heisen was ended by a signal".to_string()),
    }
}
