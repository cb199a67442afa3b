//! `heisen up`: the system with wires, until Ctrl-C.

use hunt::Wiring;

use crate::arguments::{Common, UpOptions};
use crate::exit::{Exit, Failure};
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
        hunt::up::run(stage, wiring, context, || {
            println!("up; Ctrl-C takes everything down again");
        })
        .await
    });
    let result = result.map(|()| Outcome {
        verdict: "DONE".to_string(),
        document: serde_json::Map::new(),
        exit: Exit::Done,
    });
    run.end(result)
}
