//! One file per command. Each reads its options, hands them to the machinery and says what the
//! outcome means for the exit code.

pub mod aim;
pub mod check;
pub mod doctor;
pub mod isolate;
mod plain;
pub mod predict;
pub mod proxy;
pub mod replay;
pub mod report;
pub mod stress;
pub mod up;

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use model::System;

use crate::arguments::{Arguments, Common};
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::run;

/// Loads a spec; what is wrong with it is printed with carets.
pub fn load(
    spec: Option<&Path>,
    variant: Option<&str>,
    common: &Common,
) -> Result<(System, PathBuf), Failure> {
    let path = spec::find(spec).map_err(|errors| broken(&errors, common))?;
    let system = spec::load(&path, variant).map_err(|errors| broken(&errors, common))?;
    Ok((system, path))
}

/// What is wrong with a spec or schedule.
pub fn broken(errors: &spec::SpecErrors, common: &Common) -> Failure {
    let colored = show::Style::for_stderr(run::color(common.color)).has_color();
    Failure {
        exit: Exit::Spec,
        message: spec::render(errors, colored),
    }
}

/// `heisen completions`.
pub fn completions(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "heisen", &mut script);
    put!("{}", String::from_utf8_lossy(&script));
    Exit::Done
}

/// `heisen guard`.
pub fn guard(journal: &Path) -> Result<Exit, Failure> {
    lab::guard::run(journal).map_err(Failure::setup)?;
    Ok(Exit::Done)
}
