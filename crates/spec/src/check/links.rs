//! Edges, as far as it is said how they behave, and outages.

use std::collections::HashSet;
use std::time::Duration;

use model::described::CLIENTS;
use model::{Breaker, Link, Outage, OutageKind, Retry};

use super::amounts::{self, Least};
use super::names::Names;
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{JitterWord, OutageWord, RawBreaker, RawEdge, RawRetry, RawSpec};
use crate::read::Entries;
use crate::suggest;

/// Attempts after the first, failures in a row.
const ATTEMPTS_MAX: u64 = 10_000;
/// A wait may be so many times the one before.
const FACTOR_BOUNDS: (f64, f64) = (1.0, 10.0);

/// The links that are right; those of a variant in place of the system's.
pub fn check(
    raw: &RawSpec,
    changed: Option<&Entries<RawEdge>>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Vec<Link> {
    let mut links = written(raw.edges.as_ref(), names, problems);
    for link in written(changed, names, problems) {
        links.retain(|known| (&known.from, &known.to) != (&link.from, &link.to));
        links.push(link);
    }
    links
}

fn written(
    edges: Option<&Entries<RawEdge>>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Vec<Link> {
    let mut links = Vec::new();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    for (written, edge) in edges.iter().flat_map(|edges| &edges.list) {
        let Some((from, to)) = ends(written, problems) else {
            continue;
        };
        if !caller_exists(&from, names, problems) | !callee_exists(&from, &to, names, problems) {
            continue;
        }
        // One that is written the same has been told as a key that stands twice.
        if !seen.insert((from.value.clone(), to.value.clone())) {
            let message = format!(
                "the edge `{} -> {}` is described a second time",
                from.value, to.value
            );
            let help = "put all that is said of it under one of the two";
            problems.add(written.span, message, "again", help);
        }
        if let Some(edge) = edge {
            links.extend(link(from.value, to.value, edge, problems));
        }
    }
    links
}

/// The two ends of `from -> to`, each with its place.
pub fn ends(
    written: &Spot<String>,
    problems: &mut Problems,
) -> Option<(Spot<String>, Spot<String>)> {
    let text = written.value.as_str();
    let place = |name: &str| Spot {
        value: name.to_string(),
        span: written
            .span
            .part(name.as_ptr() as usize - text.as_ptr() as usize, name.len()),
    };
    match text.split_once("->") {
        Some((from, to)) if !from.trim().is_empty() && !to.trim().is_empty() => {
            Some((place(from.trim()), place(to.trim())))
        }
        _ => {
            let help = "write `service -> backend or service`, such as `shop -> cache`";
            problems.add(written.span, format!("`{text}` is no edge"), "", help);
            None
        }
    }
}

fn caller_exists(from: &Spot<String>, names: &Names<'_>, problems: &mut Problems) -> bool {
    let name = from.value.as_str();
    if name == CLIENTS || names.services.contains(&name) {
        return true;
    }
    let mut known = names.services.clone();
    known.push(CLIENTS);
    let (message, help) = if names.has_target(name) {
        (
            format!("backend `{name}` calls nobody"),
            format!(
                "an edge begins at a service, or at `{CLIENTS}` for those outside: write `service -> {name}`"
            ),
        )
    } else {
        (
            format!("there is no service `{name}`"),
            suggest::help(name, "edges begin at", &known),
        )
    };
    problems.add(from.span, message, "", help);
    false
}

fn callee_exists(
    from: &Spot<String>,
    to: &Spot<String>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> bool {
    let (from, name) = (from.value.as_str(), to.value.as_str());
    if name == CLIENTS {
        let message = format!("nobody calls `{CLIENTS}`: they are those outside");
        let help = format!("write `{CLIENTS} -> service` for what they call");
        problems.add(to.span, message, "", help);
        return false;
    }
    if from == CLIENTS && names.has_target(name) && !names.services.contains(&name) {
        let message = format!("`{CLIENTS}` call services only, and `{name}` is a backend");
        let help = suggest::help(name, "services", &names.services);
        problems.add(to.span, message, "", help);
        return false;
    }
    names.target_exists(to, problems)
}

fn link(from: String, to: String, raw: &RawEdge, problems: &mut Problems) -> Option<Link> {
    let latency = raw.latency.as_ref();
    let latency = latency.map(|text| amounts::latency(text, "`latency`", problems));
    let pool = raw.pool.as_ref();
    let pool = pool.map(|pool| amounts::within(pool, "`pool`", amounts::PLACES_MAX, problems));
    let timeout = raw.timeout.as_ref();
    let timeout =
        timeout.map(|text| amounts::duration(text, "`timeout`", Least::Something, problems));
    let retry = raw.retry.as_ref().map(|raw| retry(raw, problems));
    let breaker = raw.breaker.as_ref().map(|raw| breaker(raw, problems));
    Some(Link {
        from,
        to,
        latency: whole(latency)?,
        pool,
        timeout: whole(timeout)?,
        retry: whole(retry)?,
        breaker: whole(breaker)?,
    })
}

/// What was left out or could be read; nothing when it could not.
fn whole<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        Some(None) => None,
        Some(value) => Some(value),
        None => Some(None),
    }
}

fn retry(raw: &RawRetry, problems: &mut Problems) -> Option<Retry> {
    let times = raw.times.as_ref();
    let times = times.map(|times| amounts::within(times, "`times`", ATTEMPTS_MAX, problems));
    let wait = amounts::duration(&raw.wait, "`wait`", Least::Nothing, problems);
    let factor = raw.factor.as_ref();
    let factor = factor.map(|factor| amounts::between(factor, "`factor`", FACTOR_BOUNDS, problems));
    let cap = raw.cap.as_ref();
    let cap = cap.map(|text| amounts::duration(text, "`cap`", Least::Something, problems));
    if let (Some(Some(cap)), Some(wait), Some(text)) = (cap, wait, &raw.cap)
        && cap < wait
    {
        let message = format!("`cap` is shorter than `wait`, {}", raw.wait.0.value);
        let help = "write a longer `cap`, or wait less in the beginning";
        problems.add(text.0.span, message, "", help);
    }
    let jitter = raw.jitter.as_ref();
    Some(Retry {
        times,
        wait: wait?,
        factor: factor.unwrap_or(1.0),
        cap: whole(cap)?,
        jitter: jitter.is_some_and(|word| word.value == JitterWord::Full),
    })
}

fn breaker(raw: &RawBreaker, problems: &mut Problems) -> Option<Breaker> {
    let failures = amounts::within(&raw.failures, "`failures`", ATTEMPTS_MAX, problems);
    let open = amounts::duration(&raw.open, "`open`", Least::Something, problems);
    Some(Breaker {
        failures,
        open: open?,
    })
}

/// The outages that are right.
pub fn outages(raw: &RawSpec, names: &Names<'_>, problems: &mut Problems) -> Vec<Outage> {
    let mut outages = Vec::new();
    for outage in raw.outages.iter().flatten() {
        let exists = names.target_exists(&outage.target, problems);
        let from: Option<Duration> =
            amounts::duration(&outage.from, "`from`", Least::Nothing, problems);
        let lasts = amounts::duration(&outage.r#for, "`for`", Least::Something, problems);
        if let (true, Some(from), Some(lasts)) = (exists, from, lasts) {
            outages.push(Outage {
                target: outage.target.value.clone(),
                from,
                lasts,
                kind: match outage.kind.as_ref().map(|word| word.value) {
                    Some(OutageWord::Hang) => OutageKind::Hang,
                    Some(OutageWord::Refuse) | None => OutageKind::Refuse,
                },
            });
        }
    }
    outages
}
