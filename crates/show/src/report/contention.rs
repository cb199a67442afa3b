//! Whether requests of bursts really met: how many were inside the same window at once, who waited for
//! locks and connections, and how that compares with what was predicted. The keys are those of the
//! JSON document.

use serde_json::Value;

use super::Look;
use super::load::summary;
use crate::number::{count, counted, microseconds, percent};
use crate::style::Paint;
use crate::table::{Table, flexible, right};

/// A figure: its label, its text, and how it is painted.
pub type Told = (&'static str, String, Paint);

/// What is told in sentences.
pub fn sentences(figures: &Value) -> Vec<Told> {
    let mut told = Vec::new();
    told.extend(aimed(figures));
    let Some(contention) = figures.get("contention").filter(|found| found.is_object()) else {
        return told;
    };
    let places = contention.get("places").and_then(Value::as_array);
    let places = places.map(Vec::as_slice).unwrap_or_default();
    let told_of = places.iter().flat_map(inside);
    told.extend(told_of.map(|text| ("inside", text, Paint::Plain)));
    if places.is_empty() && is(contention, "met_nobody") == Some(false) {
        let text = format!(
            "no step looks at what a later one sets, so there is no window to meet in; up to {} at once",
            counted(number(contention, "in_flight_max").unwrap_or(0), "request")
        );
        told.push(("inside", text, Paint::Plain));
    }
    if is(contention, "met_nobody") == Some(true) {
        let text = "nobody met anybody: no two requests were ever inside the same window, so this says nothing about races; send larger bursts within less, or slow a wire down with --wire";
        told.push(("contention", text.to_string(), Paint::Bad));
    }
    told.extend(locks(contention));
    told.extend(pool(contention));
    told
}

/// `suspect 1, check-then-act at cache inv:42: predicted in 91.0 % of such bursts, seen in 100 %`.
fn aimed(figures: &Value) -> Option<Told> {
    let aimed = figures.get("aimed")?;
    let text = |key: &str| aimed.get(key).and_then(Value::as_str).unwrap_or("");
    let share = |key: &str| aimed.get(key).and_then(Value::as_f64);
    let at = format!(
        "suspect {}, {} at {}",
        number(aimed, "rank")?,
        text("hazard"),
        text("resource")
    );
    let compared = match (share("predicted"), share("measured")) {
        (Some(predicted), Some(measured)) => format!(
            ": predicted in {} of such bursts, seen in {}",
            percent(predicted),
            percent(measured)
        ),
        _ => String::new(),
    };
    Some(("aimed at", at + &compared, Paint::Plain))
}

/// `up to 37 at once at cache inv:42; two or more in 787 of 817 windows (2: 59, 3-4: 162, ...)`.
fn inside(place: &Value) -> Option<String> {
    let most = number(place, "inside_max")?;
    let windows = number(place, "windows")?;
    let all = place.get("inside")?.as_object()?;
    let mut shared = 0;
    let mut buckets: Vec<(u64, u64)> = Vec::new();
    for (inside, windows) in all {
        let (inside, windows) = (inside.parse::<u64>().ok()?, windows.as_u64()?);
        if inside < 2 {
            continue;
        }
        shared += windows;
        let bucket = inside.next_power_of_two();
        match buckets.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, count)) => *count += windows,
            None => buckets.push((bucket, windows)),
        }
    }
    buckets.sort_unstable();
    let bucket = |(most, windows): &(u64, u64)| match *most {
        2 => format!("2: {}", count(*windows)),
        most => format!("{}-{most}: {}", most / 2 + 1, count(*windows)),
    };
    let listed: Vec<String> = buckets.iter().map(bucket).collect();
    let listed = match listed.is_empty() {
        true => String::new(),
        false => format!(" ({})", listed.join(", ")),
    };
    Some(format!(
        "up to {most} at once at {}; two or more in {} of {}{listed}",
        place.get("at")?.as_str()?,
        count(shared),
        counted(windows, "window"),
    ))
}

/// `up to 11 sessions waited for a lock of the store, seen in 7.1 % of looks; 3 locks were refused`.
fn locks(contention: &Value) -> Option<Told> {
    let waiters = number(contention, "lock_waiters_max").filter(|most| *most > 0);
    let refused = number(contention, "locks_refused").filter(|most| *most > 0);
    let seen = contention.get("lock_waiters_share").and_then(Value::as_f64);
    let mut parts = Vec::new();
    if let (Some(waiters), Some(seen)) = (waiters, seen) {
        parts.push(format!(
            "up to {} waited for a lock of the store, seen in {} of looks",
            counted(waiters, "session"),
            percent(seen)
        ));
    }
    if let Some(refused) = refused {
        parts.push(format!("{} refused", counted(refused, "lock")));
    }
    (!parts.is_empty()).then(|| ("locks", parts.join("; "), Paint::Plain))
}

/// `all 4 connections of lane 2 to db were busy 17.7 % of the time while up to 52 requests waited`.
fn pool(contention: &Value) -> Option<Told> {
    let pool = contention.get("pool").filter(|pool| pool.is_object())?;
    let text = format!(
        "all {} of lane {} to {} were busy {} of the time while up to {} waited",
        counted(number(pool, "connections")?, "connection"),
        number(pool, "lane")?,
        pool.get("target")?.as_str()?,
        percent(pool.get("full_share")?.as_f64()?),
        counted(number(pool, "waiting_max")?, "request"),
    );
    Some(("pool", text, Paint::Plain))
}

/// Phases that stand side by side: what each does to latency and to who meets.
pub fn side_by_side(figures: &Value, look: &Look) -> Vec<String> {
    let rows = phase_rows(figures);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut columns = vec![flexible("side by side")];
    // How often oracles broke stands above, with the other phases.
    columns.extend(PHASE_HEADS[1..].iter().copied().map(right));
    let mut table = Table::new(2, columns);
    for (name, [_, figures @ ..]) in rows {
        table.row(Paint::Plain, std::iter::once(name).chain(figures).collect());
    }
    std::iter::once(String::new())
        .chain(table.lines(look.width, look.style))
        .collect()
}

/// What is told of each phase.
pub(crate) const PHASE_HEADS: [&str; 5] = ["violated", "p50", "p99", "most inside", "shared"];

/// By phase: its name, and those figures.
pub(crate) fn phase_rows(figures: &Value) -> Vec<(String, [String; PHASE_HEADS.len()])> {
    let phases = figures.get("phases").and_then(Value::as_array);
    let row = |phase: &Value| {
        let name = phase.get("phase").and_then(Value::as_str).unwrap_or("");
        let time = |key: &str| {
            let time = phase.pointer(&format!("/latency_us/{key}"));
            time.and_then(Value::as_u64)
                .map_or_else(String::new, microseconds)
        };
        let (most, shared) = meeting(phase).unwrap_or_default();
        let violated = summary(phase);
        (
            name.to_string(),
            [violated, time("p50"), time("p99"), most, shared],
        )
    };
    phases.into_iter().flatten().map(row).collect()
}

/// The most that were inside at once at a phase's first place, and the share of windows with others.
fn meeting(phase: &Value) -> Option<(String, String)> {
    let place = phase.pointer("/contention/places/0")?;
    let alone = place
        .pointer("/inside/1")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let windows = number(place, "windows")?;
    let shared = 1.0 - alone as f64 / windows.max(1) as f64;
    Some((count(number(place, "inside_max")?), percent(shared)))
}

fn number(of: &Value, key: &str) -> Option<u64> {
    of.get(key)?.as_u64()
}

fn is(of: &Value, key: &str) -> Option<bool> {
    of.get(key)?.as_bool()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(figures: &Value) -> Vec<String> {
        let all = sentences(figures).into_iter();
        all.map(|(label, text, paint)| {
            format!(
                "{label}: {text}{}",
                if paint == Paint::Bad { " (bad)" } else { "" }
            )
        })
        .collect()
    }

    #[test]
    fn meetings_are_told_in_sentences() {
        let figures = json!({
            "aimed": { "rank": 1, "resource": "cache inv:42", "hazard": "check-then-act", "predicted": 0.91, "measured": 1.0 },
            "contention": {
                "watched": 40, "met_nobody": false, "in_flight_max": 141,
                "places": [{ "at": "cache inv:42", "windows": 817, "inside_max": 7,
                    "inside": { "1": 30, "2": 59, "3": 78, "4": 84, "5": 64, "7": 502 } }],
                "lock_waiters_max": 11, "lock_waiters_share": 0.0705, "locks_refused": 3,
                "pool": { "target": "db", "lane": 2, "connections": 4, "full_share": 0.177, "waiting_max": 52 },
            },
        });
        insta::assert_snapshot!(told(&figures).join("\n"));
    }

    #[test]
    fn who_met_nobody_is_told_so() {
        let nobody =
            json!({ "contention": { "met_nobody": true, "in_flight_max": 1, "places": [] } });
        let no_window = json!({ "contention": { "met_nobody": false, "in_flight_max": 9, "places": [], "pool": null } });
        let not_watched = json!({ "contention": null, "aimed": { "rank": 2, "resource": "db t", "hazard": "convoy", "predicted": null } });
        let all: Vec<String> = [nobody, no_window, not_watched]
            .iter()
            .flat_map(told)
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }
}
