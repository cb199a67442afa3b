//! A line for each request, on request. It stands between the engine and who asks, so it is written
//! by the threads that make load: a line is made outside of the lock, and put into a buffer within it.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use drive::engine::{Next, Told, User, Users};
use model::{Outcome, UnknownWhy};

/// Lines are written to the file in pieces of so many bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// The log of one run.
pub struct Audit {
    log: Mutex<Log>,
    lines_max: u64,
    /// Requests, also those that have no line.
    requests: AtomicU64,
}

struct Log {
    out: BufWriter<Box<dyn Write + Send>>,
    /// Why no more is written.
    trouble: Option<io::Error>,
}

/// What became of one request. Times are counted from the beginning of the load, or of the burst.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The number of the run it belongs to: the same number and seed draw the same request.
    pub number: u64,
    /// What went on, as [`quoted`], where phases stand side by side.
    pub phase: Option<&'a str>,
    /// The operation, as [`quoted`].
    pub operation: &'a str,
    /// From 1, as people count.
    pub lane: usize,
    /// When it was due.
    pub due: Duration,
    /// When it was sent.
    pub sent: Duration,
    /// When its outcome was known.
    pub ended: Duration,
    /// How it ended.
    pub outcome: &'a Outcome,
    /// Whether that was wanted.
    pub expected: bool,
}

impl Audit {
    /// At most so many lines; the requests beyond are counted.
    pub fn new(out: Box<dyn Write + Send>, lines_max: u64) -> Audit {
        Audit {
            log: Mutex::new(Log {
                out: BufWriter::with_capacity(BUFFER_BYTES, out),
                trouble: None,
            }),
            lines_max,
            requests: AtomicU64::new(0),
        }
    }

    /// Writes a request's line, as long as there is room.
    pub fn take(&self, asked: &Asked<'_>) {
        if self.requests.fetch_add(1, Ordering::Relaxed) < self.lines_max {
            self.lock().write(line(asked).as_bytes());
        }
    }

    /// Says how many were left out, if any, and writes what is still in the buffer. To be called
    /// once, when load is over.
    pub fn finish(&self) -> io::Result<()> {
        let requests = self.requests.load(Ordering::Relaxed);
        let mut log = self.lock();
        if let left_out @ 1.. = requests.saturating_sub(self.lines_max) {
            log.write(format!("{{\"left_out\":{left_out}}}\n").as_bytes());
        }
        match log.trouble.take() {
            Some(error) => Err(error),
            None => log.out.flush(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// After the first trouble nothing is tried again: load goes on, whatever becomes of its log.
    fn write(&mut self, line: &[u8]) {
        if self.trouble.is_none() {
            self.trouble = self.out.write_all(line).err();
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Audit of at most {} requests", self.lines_max)
    }
}

/// A name as JSON, made once and not with each line.
pub fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

fn line(asked: &Asked<'_>) -> String {
    let (outcome, status) = match asked.outcome {
        Outcome::Answered { status, .. } => ("answered", Some(status)),
        Outcome::Unknown(UnknownWhy::TimedOut) => ("timed out", None),
        Outcome::Unknown(UnknownWhy::Cut) => ("cut", None),
        Outcome::Unknown(UnknownWhy::Garbled) => ("garbled", None),
        Outcome::NotSent { .. } => ("not sent", None),
    };
    let status = status.map_or("null".to_string(), ToString::to_string);
    let phase = asked.phase;
    let phase = phase.map_or(String::new(), |phase| format!("\"phase\":{phase},"));
    format!(
        "{{\"number\":{},{phase}\"operation\":{},\"lane\":{},\"due_us\":{},\"sent_us\":{},\"ended_us\":{},\
         \"outcome\":\"{outcome}\",\"status\":{status},\"expected\":{}}}\n",
        asked.number,
        asked.operation,
        asked.lane,
        asked.due.as_micros(),
        asked.sent.as_micros(),
        asked.ended.as_micros(),
        asked.expected
    )
}

/// Users whose requests are written down.
pub struct Audited<'a> {
    users: &'a dyn Users,
    audit: &'a Audit,
    /// By operation, as [`quoted`].
    names: &'a [String],
    /// By service: how many lanes it has.
    lanes: &'a [usize],
}

impl<'a> Audited<'a> {
    /// Writes down what these users ask; names as [`quoted`], and how many lanes each service has.
    pub fn new(
        users: &'a dyn Users,
        audit: &'a Audit,
        names: &'a [String],
        lanes: &'a [usize],
    ) -> Audited<'a> {
        Audited {
            users,
            audit,
            names,
            lanes,
        }
    }
}

impl Users for Audited<'_> {
    fn user<'a>(&'a self, place: usize) -> Box<dyn User + 'a> {
        Box::new(AuditedUser {
            all: self,
            user: self.users.user(place),
            place,
            number: 0,
            operation: 0,
            service: 0,
        })
    }
}

struct AuditedUser<'a> {
    all: &'a Audited<'a>,
    user: Box<dyn User + 'a>,
    place: usize,
    number: u64,
    operation: usize,
    service: usize,
}

impl User for AuditedUser<'_> {
    fn begin(&mut self, number: u64) {
        self.number = number;
        self.user.begin(number);
    }

    fn next(&mut self) -> Next {
        let next = self.user.next();
        if let Next::Ask(asked) = &next {
            (self.operation, self.service) = (asked.operation, asked.service);
        }
        next
    }

    fn told(&mut self, told: &Told<'_>) -> bool {
        let expected = self.user.told(told);
        let lanes = self.all.lanes.get(self.service).copied().unwrap_or(1);
        let name = self.all.names.get(self.operation);
        self.all.audit.take(&Asked {
            number: self.number,
            phase: None,
            operation: name.map_or("null", String::as_str),
            lane: self.place % lanes.max(1) + 1,
            due: told.due,
            sent: told.sent,
            ended: told.ended,
            outcome: told.outcome,
            expected,
        });
        expected
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
