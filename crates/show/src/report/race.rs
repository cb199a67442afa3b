//! The trial the page tells: as a picture where racers contend for something, else as a list.

use model::{OrderLine, Settled, StepPattern, SuspectVerdict};
use serde_json::Value;

use super::Look;
use super::gather::Gathered;
use super::story;
use crate::picture::{self, Background};
use crate::text::{cells, clean};

/// What the marks of a picture say.
const LEGEND: &str = "  > parted  ┆ held  (…) uncommitted";

/// What went wrong and how, in one section or two.
pub fn sections(gathered: &Gathered, look: &Look) -> Vec<Vec<String>> {
    let picture = picture(gathered, look);
    if !picture.is_empty() {
        return vec![picture];
    }
    let is_told = gathered
        .story
        .as_ref()
        .is_some_and(|story| story.is_wrong());
    if gathered.is_isolation() && !is_told {
        // One trial of one suspect out of many shows nothing that went right.
        return Vec::new();
    }
    vec![
        story::violation(gathered, look),
        story::steps(gathered, look),
    ]
}

/// Whether the trial is told as a picture.
pub fn has_picture(gathered: &Gathered) -> bool {
    let story = gathered.story.as_ref().filter(|story| story.is_wrong());
    story.is_some_and(|story| picture::is_drawn(story, &background(gathered)))
}

fn picture(gathered: &Gathered, look: &Look) -> Vec<String> {
    let Some(story) = gathered.story.as_ref().filter(|story| story.is_wrong()) else {
        return Vec::new();
    };
    let drawn = picture::lines(story, &background(gathered), look);
    if drawn.is_empty() {
        return drawn;
    }
    let place = clean(&format!(
        "the race, as it first went wrong in `{}`",
        story.phase
    ));
    let mut heading = look.heading(&place);
    if cells(&place) + cells(LEGEND) <= look.width {
        heading.push_str(&look.aside(LEGEND));
    }
    std::iter::once(heading).chain(drawn).collect()
}

/// What is known of the race besides its trial: from the document, and from the suspects.
fn background(gathered: &Gathered) -> Background {
    let best = best(gathered).map(|settled| &settled.suspect);
    let names: Vec<String> = match best {
        Some(suspect) => suspect
            .racers
            .iter()
            .map(|racer| racer.name.clone())
            .collect(),
        None => Vec::new(),
    };
    let told = gathered
        .document("order")
        .and_then(|order| told_order(order, &names));
    let suspected = best.into_iter().flat_map(|suspect| suspect.orders.iter());
    let suspected = suspected.filter_map(|order| named(&order.lines, &names));
    Background {
        plans: best
            .map(|suspect| suspect.racers.clone())
            .unwrap_or_default(),
        orders: told.into_iter().chain(suspected).collect(),
        label: best.map(|suspect| suspect.label),
    }
}

/// The suspect whose catch the run is about: the first that was confirmed.
pub fn best(gathered: &Gathered) -> Option<&Settled> {
    // A trial of another suspect is told by that one's orders.
    let phase = gathered.story.as_ref().map(|story| story.phase.as_str());
    let of_phase = gathered.settled.iter().find(|settled| {
        phase.and_then(|phase| phase.strip_prefix(super::gather::SUSPECT_PHASE))
            == Some(settled.suspect.id.as_str())
    });
    let confirmed = |settled: &&Settled| settled.verdict == SuspectVerdict::Confirmed;
    of_phase.or_else(|| gathered.settled.iter().find(confirmed))
}

fn named(order: &[OrderLine], names: &[String]) -> Option<Vec<(String, StepPattern)>> {
    let lines = order
        .iter()
        .map(|line| Some((names.get(line.racer)?.clone(), line.step.clone())));
    lines.collect()
}

/// `[["A", "cache GET inv:42"], ...]`; racers may be told by their number.
fn told_order(order: &Value, names: &[String]) -> Option<Vec<(String, StepPattern)>> {
    let lines = order.as_array()?.iter().map(|line| {
        let [racer, step] = line.as_array()?.as_slice() else {
            return None;
        };
        let racer = match racer {
            Value::String(name) => name.clone(),
            number => names.get(usize::try_from(number.as_u64()?).ok()?)?.clone(),
        };
        Some((racer, StepPattern::parse(step.as_str()?).ok()?))
    });
    lines.collect()
}
