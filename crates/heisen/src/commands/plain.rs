//! `heisen stress --url`: load on any server.

use drive::PreparedRequest;
use drive::engine::tls::Trust;
use drive::engine::{Release, Target, Transport};
use hunt::stress::plain::{self, PlainPlan};
use hunt::stress::volleys::VolleyPlan;

use crate::arguments::{Common, ReleaseOption, StressOptions};
use crate::exit::{Exit, Failure};
use crate::outputs::Outputs;
use crate::run::{Outcome, Run};

/// What one thread is asked for at most, unless the user says otherwise.
const PER_THREAD: f64 = 20_000.0;

/// So many threads let a burst go, where there are so many processors.
const BURST_THREADS: u32 = 2;

/// Runs it.
pub fn run(options: &StressOptions, url: &str, common: &Common) -> Result<Exit, Failure> {
    let mut plan = plan(options, url)?;
    let mut outputs = Outputs::open(&options.outputs)?;
    plan.audit = outputs.audit.take();
    let run = Run::begin_heard(common, "stress", url, None, outputs.listeners())?;
    outputs.serve(&run)?;
    let context = run.context();
    let result = run.block_on(plain::run(&plan, &context));
    let is_interrupted = context.interrupt.is_set();
    let again = run.again();
    drop(context);
    let result = match result {
        Some(result) => result.map_err(Failure::from),
        None => Err(Failure {
            exit: Exit::Interrupted,
            message: "interrupted".to_string(),
        }),
    };
    run.end(result.map(|mut document| {
        document.insert("again".to_string(), again);
        let (verdict, exit) = match is_interrupted {
            true => ("INTERRUPTED", Exit::Interrupted),
            false => ("MEASURED", Exit::Done),
        };
        Outcome {
            verdict: verdict.to_string(),
            document,
            exit,
        }
    }))
}

/// What is spoken, and whom we take the target for.
fn transport(options: &StressOptions, target: &Target, streams: u32) -> Result<Transport, Failure> {
    let clear = match options.http2 {
        true => Transport::http2(streams),
        false => Transport::default(),
    };
    let trust = match (&options.cacert, options.insecure) {
        (Some(path), _) => Trust::File(path.clone()),
        (None, true) => Trust::Anything,
        (None, false) => Trust::System,
    };
    if target.secure {
        let secured = clear.over_tls(&trust, &target.name);
        return secured.map_err(|error| Failure::usage(error.to_string()));
    }
    match trust {
        Trust::System => Ok(clear),
        _ => Err(Failure::usage(
            "--cacert and --insecure are about certificates; give an https:// URL",
        )),
    }
}

fn plan(options: &StressOptions, url: &str) -> Result<PlainPlan, Failure> {
    let target = Target::of(url).map_err(|error| Failure::usage(error.to_string()))?;
    let body = match options.body.as_deref() {
        None => Vec::new(),
        Some(body) => match body.strip_prefix('@') {
            None => body.as_bytes().to_vec(),
            Some(path) => std::fs::read(path)
                .map_err(|error| Failure::usage(format!("--body {body}: {error}")))?,
        },
    };
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
    let enough = match (options.burst, options.rate) {
        // One thread needs some microseconds for each connection, and one write is no faster with two.
        (Some(_), _) if options.http2 => 1,
        (Some(_), _) => BURST_THREADS,
        (None, Some(rate)) => (rate / PER_THREAD).ceil() as u32,
        (None, None) => processors,
    };
    let request = PreparedRequest {
        method: options.method.clone(),
        path: target.path.clone(),
        headers: options.header.clone(),
        body: body.into(),
    };
    let volleys = match super::stress::size(options)? {
        Some(None) => {
            return Err(Failure::usage(
                "a burst on a URL needs its size: --burst 200",
            ));
        }
        Some(Some(requests)) => Some((
            requests as u32,
            VolleyPlan {
                rounds: options.rounds,
                release: match options.release {
                    ReleaseOption::LastByte => Release::LastByte,
                    ReleaseOption::Whole => Release::Whole,
                },
            },
        )),
        None => None,
    };
    let (requests, volleys) = volleys.unzip();
    let (connections, streams) = match (options.http2, requests) {
        (false, requests) => (requests.unwrap_or(options.connections), 1),
        (true, Some(requests)) => (requests, requests.div_ceil(options.over)),
        (true, None) => (
            options.connections.saturating_mul(options.streams),
            options.streams,
        ),
    };
    Ok(PlainPlan {
        transport: transport(options, &target, streams)?,
        target,
        request,
        connections,
        volleys,
        pace: super::stress::pace(options),
        until: super::stress::until(options),
        patience: options.patience,
        workers: options
            .threads
            .unwrap_or(enough.min(processors))
            .min(connections.div_ceil(streams)),
        audit: None,
    })
}
