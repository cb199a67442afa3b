//! `heisen proxy`: one idle wire, for a look at what passes and for measuring.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use hunt::wires;
use model::{LaneId, WireId};
use serde_json::json;
use wire::{Idle, Recording, Wire, WireConfig};

use crate::arguments::{Common, ProxyOptions};
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::run::{Outcome, Run};

/// Batches of step records that may wait to be counted.
const BATCHES_WAITING_MAX: usize = 256;

pub fn run(options: &ProxyOptions, common: &Common) -> Result<Exit, Failure> {
    let run = Run::begin(common, "proxy", &options.upstream, None)?;
    let context = run.context();
    let config = WireConfig {
        wire: WireId(0),
        lane: LaneId(0),
        from: "client".to_string(),
        target: options.upstream.clone(),
        protocol: options.protocol,
        upstream: options.upstream.clone(),
        listen_port: options.listen,
        seed: context.seed,
    };
    let (taker, batches) = sync_channel(BATCHES_WAITING_MAX);
    let recording = options.record.then(|| Recording {
        began: Instant::now(),
        taker,
    });
    let wire = Wire::open(config, Arc::new(Idle), recording).map_err(Failure::setup)?;
    context.emit(wires::opened(&wire));
    put!(
        "{} -> {} ({})\n",
        wire.address(),
        options.upstream,
        options.protocol
    );
    let stream = run.stream();
    let recorder = std::thread::spawn(move || {
        let (mut recorded, mut lost) = (0, 0);
        for batch in batches {
            recorded += batch.records.len() as u64;
            lost = batch.lost;
            stream.record(batch);
        }
        (recorded, lost)
    });
    run.block_on(context.interrupt.wait());
    let reading = wire.close();
    let (recorded, lost) = recorder.join().unwrap_or_default();
    context.emit(wires::closed(WireId(0), reading.clone()));
    drop(context);
    let document = model::object(json!({
        "connections": reading.connections,
        "steps": reading.steps,
        "bytes": reading.bytes,
        "not_understood": reading.not_understood,
        "recorded": recorded,
        "lost": lost,
    }));
    run.end(Ok(Outcome {
        verdict: "DONE".to_string(),
        document,
        exit: Exit::Done,
    }))
}
