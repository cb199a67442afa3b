//! Seconds of load as a table: RFC 4180, a row for each, written as they come.

use model::{Event, EventKind, LoadFigures, LoadSecond};

/// Columns of each row, units last.
const COLUMNS: [&str; 16] = [
    "second",
    "phase",
    "lasted_us",
    "requests",
    "requests_per_second",
    "errors",
    "error_classes",
    "violations_so_far",
    "latency_mean_us",
    "latency_p50_us",
    "latency_p90_us",
    "latency_p95_us",
    "latency_p99_us",
    "latency_p999_us",
    "latency_max_us",
    "lateness_p99_us",
];

/// Columns of each operation, where there are several.
const OPERATION_COLUMNS: [&str; 4] = ["requests", "errors", "latency_p50_us", "latency_p99_us"];

/// Makes the table, row by row.
#[derive(Debug, Default)]
pub struct Intervals {
    /// What goes on: phases can stand side by side.
    phase: String,
    /// The operations that have columns, once the head is written.
    operations: Option<Vec<String>>,
}

impl Intervals {
    /// What an event adds to the table: for the first second the head too.
    pub fn take(&mut self, event: &Event) -> Option<String> {
        let second = match &event.kind {
            EventKind::LoadSecond { second } => second,
            EventKind::PhaseStarted { phase, .. } => {
                self.phase.clone_from(phase);
                return None;
            }
            _ => return None,
        };
        let mut text = String::new();
        if self.operations.is_none() {
            let names = second.operations.iter().map(|(name, _)| name.clone());
            let names: Vec<String> = names.collect();
            text.push_str(&head(&names));
            self.operations = Some(names);
        }
        let operations = self.operations.as_deref().unwrap_or_default();
        text.push_str(&row(&self.phase, second, operations));
        Some(text)
    }

    /// The head, where there was no second at all.
    pub fn end(self) -> Option<String> {
        self.operations.is_none().then(|| head(&[]))
    }
}

fn head(operations: &[String]) -> String {
    let mut names: Vec<String> = COLUMNS.iter().map(ToString::to_string).collect();
    for operation in operations {
        names.extend(OPERATION_COLUMNS.map(|column| format!("{operation}_{column}")));
    }
    line(names)
}

fn row(phase: &str, second: &LoadSecond, operations: &[String]) -> String {
    let all = &second.all;
    let seconds = second.lasted_us as f64 / 1e6;
    let rate = all.requests as f64 / seconds.max(1e-6);
    let mut fields = vec![
        second.second.to_string(),
        phase.to_string(),
        second.lasted_us.to_string(),
        all.requests.to_string(),
        format!("{rate:.1}"),
        all.errors().to_string(),
        classes(all),
        second
            .violations
            .map_or(String::new(), |so_far| so_far.to_string()),
    ];
    let times = all.latency_us;
    fields.push(answered(all, format!("{:.1}", times.mean)));
    for time in [
        times.p50, times.p90, times.p95, times.p99, times.p999, times.max,
    ] {
        fields.push(answered(all, time));
    }
    fields.push(all.lateness_p99_us.to_string());
    for name in operations {
        let of = second.operations.iter().find(|(known, _)| known == name);
        match of {
            Some((_, of)) => fields.extend([
                of.requests.to_string(),
                of.errors().to_string(),
                answered(of, of.latency_us.p50),
                answered(of, of.latency_us.p99),
            ]),
            None => fields.extend(OPERATION_COLUMNS.map(|_| String::new())),
        }
    }
    line(fields)
}

/// A time of answers; nothing where nothing was answered, since 0 would be a fast answer.
fn answered(of: &LoadFigures, time: impl ToString) -> String {
    match of.answered {
        0 => String::new(),
        _ => time.to_string(),
    }
}

/// `status 503=12;timed out=1`.
fn classes(of: &LoadFigures) -> String {
    let classes = of.errors.iter();
    let classes: Vec<String> = classes
        .map(|(class, times)| format!("{class}={times}"))
        .collect();
    classes.join(";")
}

fn line(fields: Vec<String>) -> String {
    let fields: Vec<String> = fields.into_iter().map(quoted).collect();
    fields.join(",") + "\r\n"
}

/// A field with something in it that would end it is put in quotes.
fn quoted(field: String) -> String {
    match field.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}
