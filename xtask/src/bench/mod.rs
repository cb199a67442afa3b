//! Measurements. Every figure is taken beside a baseline and a peer in the same run, round by
//! round in turn, because machines drift; what is quoted are medians and ratios.

mod figures;
mod force;
mod host;
mod load;
mod odds;
mod outcomes;
mod predict;
mod servers;
mod stress;
mod table;
mod wire;

use crate::setup::{self, Purpose};
use crate::shell::{cargo, must};

pub use host::Awake;
pub use stress::{bare, serve};

pub fn run(name: &str, rest: &[&str]) -> Result<(), String> {
    let purpose = match name {
        "wire" => Purpose::Measure,
        "force" => Purpose::Run,
        "predict" => Purpose::Predict,
        "stress" => Purpose::Load,
        other => {
            return Err(format!(
                "there is no bench `{other}`; there are wire, force, predict and stress"
            ));
        }
    };
    setup::install(purpose)?;
    // One of the servers that load is aimed at is in ours, and is to be quick.
    let other = match purpose {
        Purpose::Load => "xtask",
        _ => "ticketrush",
    };
    let packages = ["--package", "heisen", "--package", other];
    let mut build = cargo();
    must(build.args(["build", "--release", "--quiet"]).args(packages))?;
    match purpose {
        Purpose::Run => force::run(rest),
        Purpose::Predict => predict::run(rest),
        Purpose::Load => stress::run(rest),
        _ => wire::run(rest),
    }
}
