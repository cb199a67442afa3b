//! Automation of this repository: `cargo xtask demo | test | tidy | bench NAME | ci`.

mod bench;
mod demo;
mod setup;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  demo [VARIANT]   install what is missing, build, and force TicketRush to oversell
  test [FILTER]    install what is missing, build, and run all tests
  tidy             check what no compiler checks: the import table, file sizes, bans
  bench NAME       measure; NAME is wire, force, predict or stress
  ci               formatting, lints, tidy, tests: what must be green before a change lands";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::run("racy"),
        ["demo", variant] => demo::run(variant),
        ["test", rest @ ..] => test::run(rest),
        ["tidy"] => tidy::run(),
        ["bench", name, rest @ ..] => bench::run(name, rest),
        // Started by the bench that needs it.
        ["serve", manner, port] => bench::serve(manner, port),
        ["burst", port] => bench::bare(port),
        ["awake"] => {
            bench::Awake::stay();
            Ok(())
        }
        ["ci"] => test::ci(),
        _ => Err(USAGE.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
