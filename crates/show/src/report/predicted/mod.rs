//! What was predicted: the ranking, the worst boundaries in detail, what is protected, and what
//! of recorded traffic is not in it.

mod boundary;
mod protected;
mod ranking;
mod recorded;

use super::Look;
use super::gather::Gathered;
use crate::prediction::words;
use crate::text::clean;

/// Columns a prediction takes at most, however wide the terminal.
const WIDTH_MAX: usize = 100;

/// Boundaries told in detail.
const DETAILED_MAX: usize = 3;

/// What was simulated or read, and for what load rates are told.
pub fn basis(gathered: &Gathered, look: &Look) -> Vec<String> {
    let told = gathered.prediction.iter().flat_map(|all| words::basis(all));
    told.map(|text| look.aside(&clean(&text))).collect()
}

/// The sections of a prediction, none where nothing was predicted.
pub fn sections(gathered: &Gathered, look: &Look) -> Vec<Vec<String>> {
    let Some(prediction) = &gathered.prediction else {
        return Vec::new();
    };
    let look = &Look {
        width: look.width.min(WIDTH_MAX),
        ..look.clone()
    };
    let (bare, protected) = words::parted(prediction);
    let mut sections = vec![ranking::lines(&bare, look)];
    let worst = bare.iter().take(DETAILED_MAX);
    sections.extend(worst.map(|boundary| boundary::lines(boundary, look)));
    let was_simulated = prediction.simulated.is_some();
    sections.push(protected::lines(&protected, was_simulated, look));
    let recorded = prediction.recorded.as_ref();
    sections.extend(recorded.map(|recorded| recorded::lines(recorded, look)));
    sections
}
