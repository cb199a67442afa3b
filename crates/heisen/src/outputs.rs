//! What `stress` gives out while it goes on, beside evidence and progress: a table of seconds, metrics,
//! a log of requests. Table and metrics hear the stream of events. Files are made and ports taken before
//! the run begins, so that a bad path fails at once.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hunt::stress::audit::Audit;
use model::{Event, EventKind, EventSink};
use show::Intervals;

use crate::arguments::OutputOptions;
use crate::exit::Failure;
use crate::metrics::{self, Bound, Scraped};
use crate::run::Run;
use crate::sink::Listener;

/// What is wanted.
pub struct Outputs {
    /// Where requests are written down.
    pub audit: Option<Arc<Audit>>,
    table: Option<Table>,
    metrics: Option<(Bound, Scraped)>,
}

impl Outputs {
    /// Opens all that is wanted.
    pub fn open(options: &OutputOptions) -> Result<Outputs, Failure> {
        let audit = options.audit.as_ref().map(|path| {
            let file = create(path)?;
            Ok::<_, Failure>(Arc::new(Audit::new(Box::new(file), options.audit_max)))
        });
        let metrics = options.metrics.map(|port| {
            let bound = metrics::bind(port)
                .map_err(|error| Failure::usage(format!("--metrics {port}: {error}")))?;
            Ok::<_, Failure>((bound, Scraped::default()))
        });
        Ok(Outputs {
            audit: audit.transpose()?,
            table: options.csv.as_deref().map(Table::create).transpose()?,
            metrics: metrics.transpose()?,
        })
    }

    /// Those who hear the events of the run.
    pub fn listeners(&mut self) -> Vec<Box<dyn Listener>> {
        let mut all: Vec<Box<dyn Listener>> = Vec::new();
        if let Some(table) = self.table.take() {
            all.push(Box::new(table));
        }
        if let Some((_, scraped)) = &self.metrics {
            all.push(Box::new(scraped.clone()));
        }
        all
    }

    /// Answers who scrapes, until the run ends.
    pub fn serve(self, run: &Run<'_>) -> Result<(), Failure> {
        let Some((bound, scraped)) = self.metrics else {
            return Ok(());
        };
        let address = bound.local_addr().map_err(Failure::setup)?;
        run.stream().emit(EventKind::Offered {
            what: "metrics".to_string(),
            address: format!("http://{address}/metrics"),
        });
        run.beside(metrics::serve(bound, scraped));
        Ok(())
    }
}

/// A table of seconds in a file.
pub struct Table {
    intervals: Intervals,
    out: BufWriter<File>,
    path: PathBuf,
    rows: u64,
    trouble: Option<String>,
}

impl Table {
    /// Makes the file.
    pub fn create(path: &Path) -> Result<Table, Failure> {
        Ok(Table {
            intervals: Intervals::default(),
            out: BufWriter::new(create(path)?),
            path: path.to_path_buf(),
            rows: 0,
            trouble: None,
        })
    }

    /// Takes an event; says whether there was a row in it.
    pub fn take(&mut self, event: &Event) -> bool {
        let text = self.intervals.take(event);
        if let Some(text) = &text {
            self.rows += 1;
            self.write(text);
        }
        text.is_some()
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file; says what went wrong.
    pub fn finish(mut self) -> Option<String> {
        if let Some(head) = std::mem::take(&mut self.intervals).end() {
            self.write(&head);
        }
        self.flush();
        self.trouble
    }

    fn write(&mut self, text: &str) {
        let written = self.out.write_all(text.as_bytes());
        self.note(written);
    }

    fn flush(&mut self) {
        let flushed = self.out.flush();
        self.note(flushed);
    }

    /// The first trouble is told.
    fn note(&mut self, result: std::io::Result<()>) {
        if let Err(error) = result {
            let path = self.path.display();
            self.trouble
                .get_or_insert_with(|| format!("{path} is not whole: {error}"));
        }
    }
}

impl Listener for Table {
    fn consume(&mut self, event: &Event) {
        // Whoever looks on sees each second when it is over.
        if self.take(event) {
            self.flush();
        }
    }

    fn end(self: Box<Self>) -> Option<String> {
        self.finish()
    }
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}
