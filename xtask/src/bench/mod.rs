//! Measurements. Every figure is taken beside a baseline and a peer in the same run, round by
//! round in turn, because machines drift; what is quoted are medians and ratios.

mod figures;
mod load;
mod servers;
mod wire;

use crate::setup::{self, Purpose};
use crate::shell::{cargo, must};

pub fn run(name: &str, rest: &[&str]) -> Result<(), String> {
    setup::install(Purpose::Measure)?;
    must(cargo().args(["build", "--release", "--quiet", "--package", "heisen"]))?;
    match name {
        "wire" => wire::run(rest),
        other => Err(format!("there is no bench `{other}`; there is wire")),
    }
}
