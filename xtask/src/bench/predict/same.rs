//! Whether one seed says the same with any number of threads.

use serde_json::Value;

use super::SPEC;
use crate::bench::outcomes::start;
use crate::bench::table::{grouped, table};

const SEEDS: [&str; 3] = ["1", "2", "3"];

/// None, as many as small machines have cores, and a number that divides nothing.
const THREADS: [&str; 3] = ["1", "2", "7"];

/// What tells the time or the run, and not what was predicted.
const OF_THE_RUN: [&str; 5] = ["wall_ms", "started", "run", "requests_per_second", "again"];
const OF_THE_SIMULATION: [&str; 1] = ["busy_us"];

pub fn run() -> Result<(), String> {
    let mut rows = Vec::new();
    for seed in SEEDS {
        let mut documents = Vec::new();
        for threads in THREADS {
            let words = ["predict", SPEC, "--seed", seed, "--threads", threads];
            documents.push(predicted(start(&words)?.document()?));
        }
        let bytes = documents[0].to_string().len() as f64;
        let differing = differing(&documents);
        let same = if differing.is_empty() {
            "yes".to_string()
        } else {
            format!("no: {}", differing.join(", "))
        };
        rows.push(vec![seed.to_string(), grouped(bytes), same]);
    }
    let head = format!("the same with {} threads", THREADS.join(", "));
    let heads = ["seed", "bytes", head.as_str()];
    print!("{}", table("Same bytes", &heads, &rows));
    Ok(())
}

/// A document without what differs from run to run.
fn predicted(mut document: Value) -> Value {
    let take = |parent: Option<&mut Value>, keys: &[&str]| {
        if let Some(fields) = parent.and_then(Value::as_object_mut) {
            for key in keys {
                fields.remove(*key);
            }
        }
    };
    take(document.get_mut("simulated"), &OF_THE_SIMULATION);
    take(Some(&mut document), &OF_THE_RUN);
    document
}

/// The fields in which a document differs from the first.
fn differing(documents: &[Value]) -> Vec<String> {
    let empty = serde_json::Map::new();
    let fields = |document: &Value| document.as_object().cloned().unwrap_or_default();
    let Some((first, others)) = documents.split_first() else {
        return Vec::new();
    };
    let first = first.as_object().unwrap_or(&empty);
    let mut keys: Vec<String> = Vec::new();
    for other in others.iter().map(fields) {
        let all = first.keys().chain(other.keys());
        keys.extend(
            all.filter(|key| first.get(*key) != other.get(*key))
                .cloned(),
        );
    }
    keys.sort();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(threads: u64, rate: f64) -> Value {
        json!({
            "command": "predict", "seed": 1, "wall_ms": 1567 * threads, "started": format!("{threads}"),
            "run": format!("run-{threads}"), "requests_per_second": threads, "again": ["--threads", threads],
            "simulated": { "requests": 200, "busy_us": threads },
            "boundaries": [{ "rate": rate }],
        })
    }

    #[test]
    fn only_what_tells_the_run_is_taken_out() {
        let expected = json!({
            "command": "predict", "seed": 1, "simulated": { "requests": 200 },
            "boundaries": [{ "rate": 0.5 }],
        });
        assert_eq!(predicted(document(2, 0.5)), expected);
        assert_eq!(
            predicted(json!({ "simulated": null })),
            json!({ "simulated": null })
        );
        assert_eq!(predicted(json!(7)), json!(7));
    }

    #[test]
    fn fields_that_differ_are_named() {
        let read = |rates: &[f64]| -> Vec<Value> {
            let numbered = (1..).zip(rates);
            numbered
                .map(|(threads, rate)| predicted(document(threads, *rate)))
                .collect()
        };
        assert!(differing(&read(&[0.5, 0.5, 0.5])).is_empty());
        assert_eq!(differing(&read(&[0.5, 0.5, 0.25])), ["boundaries"]);
        assert_eq!(differing(&[json!({}), json!({ "load": 1 })]), ["load"]);
        assert_eq!(differing(&[json!({ "load": 1 }), json!(7)]), ["load"]);
        assert!(differing(&[]).is_empty());
    }
}
