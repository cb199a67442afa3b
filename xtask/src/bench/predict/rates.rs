//! What is predicted for each variant of TicketRush, beside what the formula says.

use serde_json::Value;

use super::{SPEC, race};
use crate::bench::outcomes::{number, start};
use crate::bench::table::{grouped, percent, table};

const VARIANTS: [&str; 6] = [
    "racy",
    "redlock",
    "row-lock",
    "optimistic",
    "partitioned",
    "atomic",
];

const SEED: &str = "1";

pub fn run() -> Result<(), String> {
    let mut rows = Vec::new();
    for variant in VARIANTS {
        let words = ["predict", SPEC, "--variant", variant, "--seed", SEED];
        rows.push(row(variant, race(&start(&words)?.document()?)?)?);
    }
    let heads = [
        "variant",
        "race",
        "rank",
        "predicted, 95 % interval",
        "closed form",
        "predicted / closed form",
        "guard",
        "kept out",
    ];
    print!("{}", table("Rates of TicketRush's variants", &heads, &rows));
    Ok(())
}

fn row(variant: &str, race: &Value) -> Result<Vec<String>, String> {
    let rate = number(race, "/rate")?;
    let (low, high) = (number(race, "/interval/0")?, number(race, "/interval/1")?);
    let closed = race["closed_form"].as_f64();
    let text = |key: &str| race[key].as_str().unwrap_or("none").to_string();
    Ok(vec![
        variant.to_string(),
        format!("{}, {}", text("label"), text("resource")),
        grouped(number(race, "/rank")?),
        format!(
            "{} of {}, {} ({} .. {})",
            grouped(number(race, "/k")?),
            grouped(number(race, "/n")?),
            percent(rate),
            percent(low),
            percent(high)
        ),
        closed.map_or("none".to_string(), percent),
        closed.map_or("none".to_string(), |closed| format!("{:.2}", rate / closed)),
        text("guard"),
        grouped(number(race, "/kept_out")?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn races_are_told_with_and_without_a_formula() {
        let race = |closed_form: Value, guard: Value| {
            json!({
                "rank": 2, "label": "check-then-act", "resource": "cache inv:42", "rate": 0.0026, "k": 1040,
                "n": 400_000, "interval": [0.0024, 0.0028], "closed_form": closed_form,
                "guard": guard, "kept_out": 4326,
            })
        };
        let open = row("racy", &race(json!(0.0013), Value::Null)).unwrap();
        assert_eq!(
            open.join("; "),
            "racy; check-then-act, cache inv:42; 2; 1 040 of 400 000, 0.26 % (0.24 % .. 0.28 %); \
             0.13 %; 2.00; none; 4 326"
        );
        let kept = row("atomic", &race(Value::Null, json!("one step"))).unwrap();
        assert_eq!(kept[4..7], ["none", "none", "one step"]);
        assert!(row("racy", &json!({})).is_err());
    }
}
