//! What predictions are worth: how quick they are beside tools that try interleavings, what they
//! cost, whether they are the same for any number of threads, and whether what is predicted happens.

mod calibration;
mod cost;
mod rates;
mod same;
mod speed;

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
