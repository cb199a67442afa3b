//! The face: events and evidence in, text out. Never reads a live process.
//!
//! [`Progress`] follows a run on stderr; [`report`] tells what came of it, from the stream of
//! events or from evidence; [`runs_table`] lists runs; [`document`] makes the machine-readable
//! document. Wording, numbers, colours and widths are each decided in one module.

mod document;
mod load;
mod number;
mod page;
mod picture;
mod prediction;
mod progress;
mod report;
mod runs;
mod style;
mod table;
mod text;
mod variants;

pub use document::{DocumentError, DocumentHead, DocumentTarget, document};
pub use load::{Intervals, Metrics};
pub use number::{bytes, count, interval, microseconds, milliseconds, percent, rate};
pub use page::{PageHead, page_of, prediction_page};
pub use prediction::prediction_document;
pub use progress::{Progress, ProgressMode};
pub use report::{Look, report, report_with};
pub use runs::{runs_table, runs_table_with};
pub use style::{ColorChoice, Paint, Style};
pub use text::WIDTH;
pub use variants::variants_table;
