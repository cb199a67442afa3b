//! `heisen up`: the system with wires, until Ctrl-C.

use std::fmt::Write;

use hunt::Wiring;

use crate::arguments::{Common, UpOptions};
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::run::{Outcome, Run};

pub fn run(options: &UpOptions, common: &Common) -> Result<Exit, Failure> {
    let spec = options.system.spec.as_deref();
    let (system, path) = super::load(spec, options.system.variant.as_deref(), common)?;
    let run = Run::begin(common, "up", &system.name, Some((&system, path)))?;
    let wiring = if options.direct {
        Wiring::Direct
    } else {
        Wiring::Wired
    };
    let result = run.on_stage(system, async |stage, context| {
        hunt::up::run(stage, wiring, context, tell).await
    });
    let result = result.map(|()| Outcome {
        verdict: "DONE".to_string(),
        document: serde_json::Map::new(),
        exit: Exit::Done,
    });
    run.end(result)
}

/// What is up and where.
fn tell(addresses: &[(String, String)]) {
    let width = addresses.iter().map(|(name, _)| name.len()).max();
    let mut text = "up; Ctrl-C takes everything down again\n".to_string();
    for (name, url) in addresses {
        let _ = writeln!(text, "  {name:width$}  {url}", width = width.unwrap_or(0));
    }
    put!("{text}");
}
