//! ticketrush: a small ticket shop that sells the seats of events.
//!
//! Seats are kept in PostgreSQL and counted a second time in Redis, and the shop runs in several
//! replicas. How the two stores are kept in step is the `variant`: one of them oversells under
//! load, the others guard the last seat in different ways (see `variants`).
#![forbid(unsafe_code)]

mod args;
mod cache;
mod database;
mod http;
mod partition;
mod peers;
mod refusal;
mod reservation;
mod shop;
mod uuid;
mod variants;

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

use crate::args::{Command, Settings};
use crate::shop::Shop;

/// How long the stores may take to answer for the first time before the start is given up.
const START_WAIT: Duration = Duration::from_secs(30);
const START_POLL: Duration = Duration::from_millis(200);
/// How long requests under way may take to finish once the service is told to stop.
const STOP_WAIT: Duration = Duration::from_secs(1);

const EXIT_FAILED: u8 = 1;
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let settings = match args::parse(std::env::args().skip(1), |name| std::env::var(name).ok()) {
        Ok(Command::Help) => {
            print!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Command::Version) => {
            println!("ticketrush {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Command::Serve(settings)) => settings,
        Err(message) => {
            eprintln!("ticketrush: {message}\nTry `ticketrush --help`.");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match run(*settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("ticketrush: {message}");
            ExitCode::from(EXIT_FAILED)
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn run(settings: Settings) -> Result<(), String> {
    let (port, variant) = (settings.port, settings.variant);
    let shop = Arc::new(Shop::open(settings)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| format!("can't listen on 127.0.0.1:{port}: {error}"))?
        .tap_io(|stream| {
            // Answers are small: waiting to fill a packet would only add latency.
            let _ = stream.set_nodelay(true);
        });
    eprintln!("ticketrush: {} on http://127.0.0.1:{port}", variant.name());

    let serving = axum::serve(listener, http::router(Arc::clone(&shop)))
        .with_graceful_shutdown(async { told_to_stop().await });
    tokio::select! {
        ended = async { serving.await } => ended.map_err(|error| format!("the listener failed: {error}")),
        message = stores_stay_away(&shop) => Err(message),
        () = async { told_to_stop().await; sleep(STOP_WAIT).await } => Ok(()),
    }
}

/// Ends only when the stores have not answered once within `START_WAIT`. Later outages are
/// answered with 503 and waited out.
async fn stores_stay_away(shop: &Shop) -> String {
    let started = Instant::now();
    while let Err(refusal) = shop.health().await {
        if started.elapsed() >= START_WAIT {
            let seconds = START_WAIT.as_secs();
            return format!("gave up after {seconds} s: {}", refusal.message());
        }
        sleep(START_POLL).await;
    }
    std::future::pending().await
}

async fn told_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
