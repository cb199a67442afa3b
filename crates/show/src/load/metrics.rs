//! Load so far as Prometheus reads it: text format 0.0.4. Counters are of the whole run, quantiles of
//! the last second.

use std::collections::BTreeMap;
use std::fmt::Write;

use model::{Event, EventKind, LoadFigures};

/// Adds up what was told.
#[derive(Debug, Default)]
pub struct Metrics {
    all: Sum,
    /// By operation, where there are several.
    operations: BTreeMap<String, Sum>,
    violations: u64,
    seconds: u64,
}

#[derive(Debug, Default)]
struct Sum {
    requests: u64,
    answered: u64,
    errors: BTreeMap<String, u64>,
    latency_us: f64,
    last: LoadFigures,
}

impl Metrics {
    /// The content type of [`Metrics::text`].
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// Takes an event.
    pub fn consume(&mut self, event: &Event) {
        let EventKind::LoadSecond { second } = &event.kind else {
            return;
        };
        self.seconds += 1;
        self.violations = second.violations.unwrap_or(self.violations);
        self.all.add(&second.all);
        for (name, of) in &second.operations {
            self.operations.entry(name.clone()).or_default().add(of);
        }
    }

    /// What a scrape is answered.
    pub fn text(&self) -> String {
        let mut page = Page::default();
        let all = [(String::new(), &self.all)];
        page.family(
            "heisen_requests_total",
            "counter",
            "Requests with an outcome.",
        );
        page.requests("heisen_requests_total", &all);
        page.family(
            "heisen_errors_total",
            "counter",
            "Outcomes that were not an expected answer, by class.",
        );
        page.errors("heisen_errors_total", &all);
        page.family(
            "heisen_violations_total",
            "counter",
            "Answers judged wrong, or bursts in which an oracle broke; 0 also where no oracle judges either.",
        );
        page.sample("heisen_violations_total", "", self.violations);
        page.family(
            "heisen_request_duration_seconds",
            "summary",
            "Latency from when a request was due: quantiles of the last second, sum and count of all.",
        );
        page.durations("heisen_request_duration_seconds", &all);
        page.family(
            "heisen_generator_lateness_seconds",
            "gauge",
            "How late one in a hundred requests of the last second left: the generator's own fault.",
        );
        let lateness = self.all.last.lateness_p99_us as f64 / 1e6;
        page.sample("heisen_generator_lateness_seconds", "", lateness);
        page.family(
            "heisen_seconds_total",
            "counter",
            "Seconds of load that were told.",
        );
        page.sample("heisen_seconds_total", "", self.seconds);
        if !self.operations.is_empty() {
            page.operations(&self.operations);
        }
        page.text
    }
}

impl Sum {
    fn add(&mut self, of: &LoadFigures) {
        self.requests += of.requests;
        self.answered += of.answered;
        self.latency_us += of.latency_us.mean * of.answered as f64;
        for (class, times) in &of.errors {
            *self.errors.entry(class.clone()).or_default() += times;
        }
        self.last = of.clone();
    }
}

/// What is written so far. Sums come with the labels they have.
#[derive(Default)]
struct Page {
    text: String,
}

type Labelled<'a> = (String, &'a Sum);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string never fails.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl ToString) {
        let labels = match labels {
            "" => String::new(),
            some => format!("{{{some}}}"),
        };
        let _ = writeln!(self.text, "{name}{labels} {}", value.to_string());
    }

    fn requests(&mut self, name: &str, sums: &[Labelled<'_>]) {
        for (labels, sum) in sums {
            self.sample(name, labels, sum.requests);
        }
    }

    fn errors(&mut self, name: &str, sums: &[Labelled<'_>]) {
        for (labels, sum) in sums {
            for (class, times) in &sum.errors {
                let labels = joined(labels, &label("class", class));
                self.sample(name, &labels, times);
            }
        }
    }

    fn durations(&mut self, name: &str, sums: &[Labelled<'_>]) {
        for (labels, sum) in sums {
            let last = sum.last.latency_us;
            for (quantile, time_us) in [
                ("0.5", last.p50),
                ("0.9", last.p90),
                ("0.95", last.p95),
                ("0.99", last.p99),
                ("0.999", last.p999),
                ("1", last.max),
            ] {
                // A second without answers has no quantiles, and 0 would be a fast answer.
                let time = match sum.last.answered {
                    0 => f64::NAN,
                    _ => time_us as f64 / 1e6,
                };
                self.sample(name, &joined(labels, &label("quantile", quantile)), time);
            }
            let total = sum.latency_us / 1e6;
            self.sample(&format!("{name}_sum"), labels, format!("{total:.6}"));
            self.sample(&format!("{name}_count"), labels, sum.answered);
        }
    }

    /// Names of their own, so that nobody adds up operations and their sum.
    fn operations(&mut self, operations: &BTreeMap<String, Sum>) {
        let sums = operations.iter();
        let sums: Vec<Labelled> = sums
            .map(|(name, sum)| (label("operation", name), sum))
            .collect();
        let name = "heisen_operation_requests_total";
        self.family(name, "counter", "Requests with an outcome, by operation.");
        self.requests(name, &sums);
        let name = "heisen_operation_errors_total";
        self.family(name, "counter", "Errors by operation and class.");
        self.errors(name, &sums);
        let name = "heisen_operation_duration_seconds";
        self.family(name, "summary", "Latency by operation.");
        self.durations(name, &sums);
    }
}

fn joined(labels: &str, more: &str) -> String {
    match labels {
        "" => more.to_string(),
        some => format!("{some},{more}"),
    }
}

fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{name}=\"{}\"", value.replace('\n', "\\n"))
}
