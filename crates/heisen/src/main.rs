//! heisen hunts Heisenbugs in distributed backends. This is the door: it reads the arguments,
//! wires the machinery together and turns what came out into an exit code. Nothing is decided
//! here.

#![warn(clippy::print_stdout)]

mod arguments;
mod clock;
mod commands;
mod exit;
mod metrics;
mod out;
mod outputs;
mod run;
mod sink;

use clap::Parser;

use arguments::{Arguments, Command};
use exit::{Exit, Failure};

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let exit = exit::of(|| dispatch(&arguments));
    std::process::ExitCode::from(exit as u8)
}

fn dispatch(arguments: &Arguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Check(options) => commands::check::run(options, common),
        Command::Up(options) => commands::up::run(options, common),
        Command::Predict(options) => commands::predict::run(options, common),
        Command::Stress(options) => commands::stress::run(options, common),
        Command::Isolate(options) => commands::isolate::run(options, common),
        Command::Replay(options) => commands::replay::run(options, common),
        Command::Report(options) => commands::report::run(options, common),
        Command::Runs => commands::report::list(common),
        Command::Proxy(options) => commands::proxy::run(options, common),
        Command::Doctor => commands::doctor::run(common),
        Command::Recover => commands::doctor::recover(common),
        Command::Completions { shell } => Ok(commands::completions(*shell)),
        Command::Guard { journal } => commands::guard(journal),
    }
}
