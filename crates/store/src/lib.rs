//! The evidence: one SQLite file per run, `<folder>/runs/<id>.sqlite`.
//!
//! Run events come in from the one stream ([`Evidence::record`]) and go out again in order
//! ([`Recorded::events`]), so that a report never needs a live process. A file survives `kill -9`
//! of heisen with everything committed until then, and answers ad-hoc SQL; `schema.sql` says
//! which tables and views there are.

mod error;
mod event_row;
mod evidence;
mod find;
mod recorded;
mod recording;
mod retain;
mod runs;
mod schema;
#[cfg(test)]
mod testkit;

pub use error::StoreError;
pub use evidence::Evidence;
pub use find::{find, suggestions};
pub use recorded::{Events, Recorded};
pub use recording::Recording;
pub use retain::{Keep, Retained, retain};
pub use runs::{RunSummary, runs, runs_folder};
