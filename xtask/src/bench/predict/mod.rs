//! What predictions are worth: how quick they are beside tools that try interleavings, what they
//! cost, whether they are the same for any number of threads, and whether what is predicted happens.

mod calibration;
mod cost;
mod rates;
mod same;
mod speed;
mod table;

use serde_json::Value;

const SPEC: &str = "targets/ticketrush";

pub fn run(rest: &[&str]) -> Result<(), String> {
    match rest {
        [] => {
            for part in [
                speed::run,
                cost::run,
                same::run,
                rates::run,
                calibration::run,
            ] {
                part()?;
            }
            Ok(())
        }
        ["speed"] => speed::run(),
        ["cost"] => cost::run(),
        ["same"] => same::run(),
        ["rates"] => rates::run(),
        ["calibration"] => calibration::run(),
        _ => Err(
            "usage: cargo xtask bench predict [speed | cost | same | rates | calibration]"
                .to_string(),
        ),
    }
}

/// A number in a document, by its JSON pointer.
fn number(document: &Value, pointer: &str) -> Result<f64, String> {
    let value = document.pointer(pointer).and_then(Value::as_f64);
    value.ok_or_else(|| format!("no number {pointer} in {document}"))
}

/// The first boundary at which operations race. What has none is a queue: its rate is another thing.
fn race(document: &Value) -> Result<&Value, String> {
    let boundaries = document["boundaries"].as_array();
    let race = boundaries.into_iter().flatten().find(|boundary| {
        let operations = boundary["operations"].as_array();
        operations.is_some_and(|operations| !operations.is_empty())
    });
    race.ok_or_else(|| format!("no race in {document}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_found_or_missed_by_name() {
        let document = json!({ "simulated": { "requests": 200 }, "wall_ms": "soon" });
        assert_eq!(number(&document, "/simulated/requests"), Ok(200.0));
        for pointer in ["/simulated/rounds", "/wall_ms"] {
            assert!(number(&document, pointer).unwrap_err().contains(pointer));
        }
    }

    #[test]
    fn a_queue_is_no_race() {
        let convoy = json!({ "label": "convoy", "operations": [] });
        let race_itself =
            json!({ "label": "check-then-act", "operations": ["reserve", "reserve"] });
        let document = json!({ "boundaries": [convoy, race_itself] });
        assert_eq!(race(&document), Ok(&race_itself));
        assert!(race(&json!({ "boundaries": [convoy] })).is_err());
        assert!(race(&json!({})).is_err());
    }
}
