//! The ticket shop in two other tools that try interleavings, so that the speed of heisen's swarm can
//! be told beside theirs: `peers shuttle|stateright REQUESTS`, one JSON line on stdout.
//!
//! The same everywhere: rounds of 200 requests, in three replicas, each for one of 100 events drawn
//! evenly; GET the count of seats, look at it, DECR it, BEGIN, INSERT an order, UPDATE the event's
//! row and keep its lock until COMMIT. Between any two of these another request may come. The order
//! is drawn at random, by one thread. A request is *lost* when the count it takes a seat from is not
//! the one it looked at.
//!
//! Comparable is the work for each request: the same six exchanges on the same shared state, each a
//! place where others can come between, and the same thing looked for. Not comparable:
//!
//! - Neither has time: heisen draws times of arrival and durations and keeps a queue of what is due,
//!   they draw who goes on. So the share that is lost says nothing of any load. In stateright all 200
//!   requests of a round are under way together; in shuttle, which starts them one after the other
//!   while those before go on, about twenty.
//! - shuttle runs the code itself, each request on a stack of its own; that is its worth and its price.
//! - stateright copies and hashes the whole state at each step, to notice loops; the model here is its
//!   plain `Model` with a packed state, and no actors, because that is many times quicker.
//! - heisen also counts windows, waits and queues, and remembers who touched what; here two numbers
//!   are counted.

mod in_shuttle;
mod in_stateright;
mod shop;

use std::process::ExitCode;
use std::time::Instant;

use shop::{REQUESTS_A_ROUND, Tally};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (peer, requests) = match words.as_slice() {
        [peer, requests] => (peer.as_str(), requests.parse().unwrap_or(0)),
        _ => ("", 0),
    };
    let run: fn(u64) -> Tally = match peer {
        "shuttle" => in_shuttle::run,
        "stateright" => in_stateright::run,
        _ => return usage(),
    };
    if requests == 0 {
        return usage();
    }
    let began = Instant::now();
    let tally = run(u64::div_ceil(requests, REQUESTS_A_ROUND as u64));
    let seconds = began.elapsed().as_secs_f64();
    let Tally { requests, lost } = tally;
    println!(r#"{{"peer":"{peer}","requests":{requests},"seconds":{seconds:.3},"lost":{lost}}}"#);
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: peers shuttle|stateright REQUESTS   (more than none)");
    ExitCode::from(2)
}
