//! What is said of a prediction, phrase by phrase. Nothing here is made safe for a terminal or a
//! page; whoever prints it does that.

use model::prediction::{Factors, Load, RecordedTraffic, Sensitivity, Simulated};
use model::{Boundary, Prediction};

use crate::number::{
    count, counted, factor, fine_interval, fine_percent, many, rate, round_milliseconds,
    round_percent,
};

/// Operations that are named; the rest are counted.
const OPERATIONS_NAMED_MAX: usize = 4;

/// Whether a boundary is protected. One that goes wrong all the same never is, whatever guards it.
pub fn is_protected(boundary: &Boundary) -> bool {
    let held = boundary.rate.is_none_or(|rate| rate.k == 0);
    let was_seen = boundary.guard.is_some() && boundary.kept_out > 0;
    held && (was_seen || boundary.factors.unprotected <= 0.0)
}

/// The boundaries that nothing protects, and those that something does.
pub fn parted(prediction: &Prediction) -> (Vec<&Boundary>, Vec<&Boundary>) {
    let all = prediction.boundaries.iter();
    all.partition(|boundary| !is_protected(boundary))
}

/// `2 reserve`, or `reserve, cancel`.
pub fn operations(boundary: &Boundary) -> String {
    match boundary.operations.as_slice() {
        [one, other] if one == other => format!("2 {one}"),
        all => {
            let mut text = joined(all.iter().take(OPERATIONS_NAMED_MAX), ", ");
            if all.len() > OPERATIONS_NAMED_MAX {
                text.push_str(&format!(" and {} more", all.len() - OPERATIONS_NAMED_MAX));
            }
            text
        }
    }
}

/// `2 reserve on cache inv:42`.
pub fn meeting(boundary: &Boundary) -> String {
    let operations = operations(boundary);
    match (operations.is_empty(), boundary.resource.is_empty()) {
        (false, false) => format!("{operations} on {}", boundary.resource),
        (false, true) => operations,
        (true, false) => format!("on {}", boundary.resource),
        (true, true) => String::new(),
    }
}

/// `check-then-act on cache inv:42`.
pub fn title(boundary: &Boundary) -> String {
    let hazard = boundary.hazard.as_str();
    match boundary.resource.as_str() {
        "" => format!("{hazard} at {}", boundary.edge),
        resource => format!("{hazard} on {resource}"),
    }
}

/// How often, or how much: `27.1 %`, `312 times normal`.
pub fn frequency(boundary: &Boundary) -> String {
    match (&boundary.rate, &boundary.figure) {
        (Some(rate), _) if rate.n > 0 => fine_percent(rate.share()),
        (_, Some(figure)) => figure.clone(),
        _ => String::new(),
    }
}

/// `26.9 .. 27.3`, where there is a rate.
pub fn range(boundary: &Boundary) -> Option<String> {
    boundary.rate.filter(|rate| rate.n > 0)?;
    boundary.interval.map(fine_interval)
}

/// `> 12 in 500 ms: 1 %`.
pub fn threshold(boundary: &Boundary) -> String {
    boundary.threshold.map_or_else(String::new, |threshold| {
        format!(
            "> {} in {}: {}",
            count(threshold.requests),
            round_milliseconds(threshold.window_ms),
            round_percent(threshold.share)
        )
    })
}

/// The volatility and what it comes from:
/// `0.27 = probability 0.27 x severity 1.0 x unprotected 1.0 x incidents 1.0`.
pub fn product(factors: &Factors) -> String {
    let told = named(factors).map(|(name, value)| format!("{name} {}", factor(value)));
    format!("{} = {}", factor(factors.volatility()), told.join(" x "))
}

/// The factors with their names, in the order they are multiplied.
pub fn named(factors: &Factors) -> [(&'static str, f64); 4] {
    [
        ("probability", factors.probability),
        ("severity", factors.severity),
        ("unprotected", factors.unprotected),
        ("incidents", factors.incident),
    ]
}

/// `latency inside the window x2: 44.0 %, 1.6 times the rate`.
pub fn sensitivity(of: &Sensitivity) -> String {
    let mut text = format!(
        "{} {}: {}",
        of.knob,
        of.change,
        fine_percent(of.rate.share())
    );
    // From a rate of nothing no change is so many times.
    if of.factor.is_finite() {
        text.push_str(&format!(", {} times the rate", factor(of.factor)));
    }
    text
}

/// What a guard did, and what it is. The figure stands first, so that no line breaks in it.
pub fn guard(boundary: &Boundary, was_simulated: bool) -> String {
    let guard = match boundary.guard.as_deref() {
        Some(guard) if !guard.is_empty() => guard,
        _ => "something that has no name",
    };
    match boundary.kept_out {
        0 if was_simulated => format!("never had to keep anybody out: {guard}"),
        0 => guard.to_string(),
        times => format!("kept somebody out {}: {guard}", counted(times, "time")),
    }
}

/// `1 200 000 requests in 6000 bursts simulated, 2.1 M a second`.
pub fn simulated(simulated: &Simulated) -> String {
    let requests = counted(simulated.requests, "request");
    let bursts = counted(simulated.rounds, "burst");
    let speed = requests_per_second(simulated);
    let speed = speed.map(|speed| format!(", {} a second", many(speed)));
    format!(
        "{requests} in {bursts} simulated{}",
        speed.unwrap_or_default()
    )
}

/// Simulated requests in all for each second that threads were busy.
pub fn requests_per_second(simulated: &Simulated) -> Option<f64> {
    let seconds = simulated.busy_us as f64 / 1e6;
    (simulated.busy_us > 0).then(|| simulated.requests_in_all as f64 / seconds)
}

/// `7012 statements of 842 requests of 9 kinds read`.
pub fn recorded(recorded: &RecordedTraffic) -> String {
    format!(
        "{} of {} of {} read",
        counted(recorded.statements, "statement"),
        counted(recorded.requests, "request"),
        counted(recorded.kinds, "kind"),
    )
}

/// `200 requests in 500 ms`.
pub fn load(load: &Load) -> String {
    format!(
        "{} in {}",
        counted(load.requests, "request"),
        round_milliseconds(load.window_ms)
    )
}

/// How many boundaries there are: `3 boundaries, 2 more are protected`.
pub fn summary(prediction: &Prediction) -> String {
    let (bare, protected) = parted(prediction);
    let boundaries = |number: usize| match number {
        1 => "1 boundary".to_string(),
        _ => format!("{} boundaries", count(number as u64)),
    };
    let are = |number: usize| if number == 1 { "is" } else { "are" };
    match (bare.len(), protected.len()) {
        (0, 0) => "nothing was found that could race or fail".to_string(),
        (bare, 0) => boundaries(bare),
        (0, all) => format!("{}, protected", boundaries(all)),
        (bare, more) => format!(
            "{}, {} more {} protected",
            boundaries(bare),
            count(more as u64),
            are(more)
        ),
    }
}

/// What was simulated or read, and for what load rates are told: a phrase each.
pub fn basis(prediction: &Prediction) -> Vec<String> {
    let mut told = Vec::new();
    told.extend(prediction.simulated.as_ref().map(simulated));
    told.extend(prediction.recorded.as_ref().map(recorded));
    let load = prediction.load.as_ref().map(load);
    told.extend(load.map(|load| format!("rates are told for {load}")));
    told
}

/// `passed in 412 of 6000 bursts`, of the limit of an operation.
pub fn over_limit(boundary: &Boundary) -> Option<String> {
    let over = boundary.over_limit.filter(|over| over.n > 0)?;
    Some(format!("passed in {} bursts", rate(over)))
}

fn joined<'a>(words: impl Iterator<Item = &'a String>, between: &str) -> String {
    words.map(String::as_str).collect::<Vec<_>>().join(between)
}
