//! What an earlier run predicted, for commands that go on from there.

use std::path::Path;

use model::{EventKind, Prediction};
use store::Recorded;

use crate::exit::Failure;

/// The prediction of a run: an id, its beginning, a file, or `latest` for the newest that predicted.
pub fn prediction(folder: &Path, wanted: &str) -> Result<Prediction, Failure> {
    let path = match wanted {
        "latest" => {
            let runs = store::runs(folder).map_err(Failure::usage)?;
            let mut predicted = runs.into_iter().filter(|run| run.command == "predict");
            let newest = predicted.next().ok_or_else(|| {
                Failure::usage(format!(
                    "no run in {} has predicted anything; run `heisen predict` first",
                    folder.display()
                ))
            })?;
            newest.path
        }
        wanted => store::find(folder, wanted).map_err(Failure::usage)?,
    };
    let recorded = Recorded::open(&path).map_err(Failure::usage)?;
    let mut found = None;
    for event in recorded.events().map_while(Result::ok) {
        if let EventKind::Predicted { prediction } = event.kind {
            found = Some(*prediction);
        }
    }
    found.ok_or_else(|| {
        Failure::usage(format!(
            "{} predicted nothing; name a run of `heisen predict`",
            path.display()
        ))
    })
}
