//! All tests, and all that must be green before a change lands.

use crate::setup::{self, Purpose};
use crate::shell::{cargo, must, output};
use crate::tidy;

pub fn run(filter: &[&str]) -> Result<(), String> {
    setup::install(Purpose::Test)?;
    // The integration tests run the real heisen on the real targets.
    must(cargo().args(["build", "--workspace", "--bins"]))?;
    let has_nextest = output(cargo().args(["nextest", "--version"])).is_ok();
    let mut command = cargo();
    if has_nextest {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--no-fail-fast"]);
    }
    must(command.args(filter))
}

pub fn ci() -> Result<(), String> {
    must(cargo().args(["fmt", "--all", "--check"]))?;
    must(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    tidy::run()?;
    run(&[])
}
