//! How often it went wrong, phase by phase, and whether the order was had.

use model::Rate;
use serde_json::Value;

use super::Look;
use super::gather::{Gathered, Phase, SIMULATING_PHASE};
use super::headline::trials;
use crate::number::{counted, interval, microseconds, per_second, percent, rate};
use crate::style::Paint;
use crate::table::{Table, flexible, left, right};
use crate::text::wrap;

/// Phases shown; the first ones and the last one.
const PHASES_SHOWN_MAX: usize = 4;

/// The table of phases and what is to be said about their order.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    // Load and simulations have no trials of their own.
    let phases = gathered
        .phases
        .iter()
        .filter(|phase| phase.name != SIMULATING_PHASE)
        .filter(|phase| phase.violations.n > 0 || phase.planned > Some(0));
    let phases: Vec<&Phase> = phases.collect();
    let mut table = Table::new(
        2,
        vec![
            flexible("phase"),
            right("violations"),
            right("share"),
            left("95 % interval"),
            right("trials/s").goes(1),
        ],
    );
    let shown = phases.len().min(PHASES_SHOWN_MAX);
    let hidden = phases.len() - shown;
    for phase in phases
        .iter()
        .take(shown.saturating_sub(1))
        .chain(phases.last())
    {
        table.row(paint_of(phase), row(phase));
    }
    if table.is_empty() {
        return Vec::new();
    }
    let mut lines = table.lines(look.width, look.style);
    if hidden > 0 {
        lines.push(look.aside(&format!("  and {hidden} more phases before the last")));
    }
    lines.extend(order(gathered).map(|text| look.aside(&format!("  {text}"))));
    if let Some(text) = by_itself(gathered) {
        let wrapped = wrap(&text, look.width.saturating_sub(2), 2);
        lines.extend(wrapped.iter().map(|line| look.aside(&format!("  {line}"))));
    }
    lines
}

/// What the race is without force, and how long one would wait for it.
fn by_itself(gathered: &Gathered) -> Option<String> {
    let baseline = gathered
        .document("baseline")
        .filter(|_| gathered.is_isolation())?;
    let told = [("direct", "direct"), ("proxied", "idle wires")].map(|(key, words)| {
        let rate_of = baseline.get(key)?;
        let (k, n) = (rate_of.get("k")?.as_u64()?, rate_of.get("n")?.as_u64()?);
        (n > 0).then(|| format!("{} ({words})", rate(Rate { k, n })))
    });
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() {
        return None;
    }
    let mut text = format!("by itself: {}", told.join(", "));
    if let Some(ms) = baseline.get("spread_ms").and_then(Value::as_u64) {
        text.push_str(&format!(", racers within {ms} ms"));
    }
    if let Some(trials) = gathered
        .document("natural_trials_for_95")
        .and_then(Value::as_u64)
    {
        let trials = counted(trials, "trial");
        text.push_str(&format!(
            "; without forcing it takes {trials} to see it once with 95 %"
        ));
    }
    Some(text)
}

fn row(phase: &Phase) -> Vec<String> {
    let ended = phase.took_ms.is_some();
    let never = phase
        .enforced
        .is_some_and(|enforced| enforced.k == 0 && enforced.n > 0);
    let counts = phase.violations.n > 0 && !never;
    let share = if counts {
        percent(phase.violations.share())
    } else {
        String::new()
    };
    let range = match phase.interval {
        // An interval would count trials that could not have failed.
        _ if never => "(order never had)".to_string(),
        Some(range) => format!("({})", interval(range)),
        None => "(did not end)".to_string(),
    };
    let speed = phase
        .took_ms
        .filter(|ms| ended && *ms > 0)
        .map(|ms| per_second(phase.violations.n as f64 * 1000.0 / ms as f64));
    vec![
        phase.name.clone(),
        rate(phase.violations),
        share,
        range,
        speed.unwrap_or_default(),
    ]
}

fn paint_of(phase: &Phase) -> Paint {
    if phase.enforced.is_some() {
        Paint::Strong
    } else {
        Paint::Plain
    }
}

/// Whether the order was had, and by what.
fn order(gathered: &Gathered) -> Option<String> {
    let enforced = gathered
        .phases
        .iter()
        .rev()
        .find_map(|phase| phase.enforced)?;
    if enforced.n == 0 {
        return None;
    }
    if enforced.k == 0 {
        // Such a verdict says so itself.
        return None;
    }
    if gathered.is_isolation() && enforced.k == enforced.n {
        // The picture tells the order; that it was had is what the verdict means.
        return None;
    }
    let mut text = format!("the order was enforced in {}", trials(enforced));
    let held = gathered.story.as_ref().map(|story| {
        let longest = story
            .steps
            .iter()
            .map(|step| step.held_us)
            .max()
            .unwrap_or(0);
        let times = story.steps.iter().filter(|step| step.held_us > 0).count();
        (times, longest)
    });
    if let Some((times @ 1.., longest)) = held {
        let steps = counted(times as u64, "step");
        text.push_str(&format!(
            " ({steps} held, {} at most)",
            microseconds(longest)
        ));
    }
    Some(text)
}
