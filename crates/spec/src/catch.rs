//! Writes a catch: a schedule that `replay` reads, with what is known of it, a few dozen lines that
//! a person can read and compare.

use std::fmt::Write;

use model::{Catch, Rate};
use serde_json::Value;

/// The text of a catch. `spec` is the path that it was found with.
pub fn write_catch(catch: &Catch, spec: &str) -> String {
    let schedule = &catch.schedule;
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    for words in folded(&catch.why) {
        line(format!("# {words}"));
    }
    line(format!("schedule: {}", schedule.name));
    let setup = match schedule.setup.near_limit {
        true => "near_limit",
        false => "reset",
    };
    line(format!("setup: {setup}"));
    if !schedule.setup.before.is_empty() {
        line("before:           # made one after another, before the racers start".to_string());
    }
    for earlier in &schedule.setup.before {
        let args = arguments(&earlier.args);
        line(format!(
            "  - {{ operation: {}{args}, times: {} }}",
            earlier.operation, earlier.times
        ));
    }
    line("racers:".to_string());
    for racer in &schedule.racers {
        let args = arguments(&racer.args);
        line(format!(
            "  {}: {{ operation: {}{args} }}",
            racer.name, racer.operation
        ));
    }
    line(
        "order:            # each line waits until the reply of the one above was seen".to_string(),
    );
    for wanted in &schedule.order {
        let racer = &schedule.racers[wanted.racer].name;
        line(format!("  - {racer}: {}", text(&wanted.step.to_string())));
    }
    if let Some(oracle) = &schedule.oracle {
        line(format!("oracle: {oracle}"));
    }
    if !schedule.settle.is_zero() {
        let settle = schedule.settle.as_millis();
        line(format!(
            "settle_ms: {settle}  # for work that goes on in the background"
        ));
    }
    line("found:".to_string());
    line(format!("  spec: {}", text(spec)));
    line(format!("  digest: {}", text(&catch.digest)));
    if let Some(variant) = &catch.variant {
        line(format!("  variant: {variant}"));
    }
    line(format!("  seed: {}", catch.seed));
    line(format!("  saw: {}", text(&catch.saw)));
    if catch.forced.n > 0 {
        line(format!("  forced: {}", rate(catch.forced)));
    }
    if catch.direct.n > 0 {
        line(format!("  natural: {}", rate(catch.direct)));
        line(format!("  idle-wires: {}", rate(catch.proxied)));
    }
    out
}

/// `, args: { seat: 7 }`.
fn arguments(args: &[(String, Value)]) -> String {
    let args: Vec<String> = args
        .iter()
        .map(|(name, value)| format!("{name}: {}", scalar(value)))
        .collect();
    match args.is_empty() {
        true => String::new(),
        false => format!(", args: {{ {} }}", args.join(", ")),
    }
}

fn rate(rate: Rate) -> String {
    format!("{} of {}", rate.k, rate.n)
}

/// A JSON scalar is one of YAML.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(word) => text(word),
        other => other.to_string(),
    }
}

/// A text as YAML reads it back: plain where nothing in it means anything else.
fn text(value: &str) -> String {
    let plain = value
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '/')
        && value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " /_-.:*$+=~".contains(c))
        && !value.contains(": ")
        && !value.ends_with([':', ' '])
        && !matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        value.to_string()
    } else {
        // JSON's strings are YAML's.
        Value::from(value).to_string()
    }
}

/// Words in lines that fit a comment.
fn folded(text: &str) -> Vec<String> {
    const WIDTH: usize = 96;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use std::time::Duration;

    use model::{Earlier, OrderLine, RacerPlan, Schedule, Setup, StepPattern};

    use super::*;

    const SPEC: &str = "system: shop\nbackends:\n  cache: { protocol: redis, provide: redis }\nservices:\n  api:\n    run: api ${cache.url}\n    replicas: 2\n    ready: port\noperations:\n  buy: { request: \"POST api /buy/${seat}/${who}\", args: { seat: [7], who: [ada] } }\nreset: [ { cache: FLUSHALL } ]\nnear_limit: [ { cache: SET seats 1 } ]\n";

    fn catch(saw: &str) -> Catch {
        let racer = |name: &str| RacerPlan {
            name: name.into(),
            operation: "buy".into(),
            args: vec![("seat".into(), 7.into()), ("who".into(), "true".into())],
        };
        let line = |racer, step: &str| OrderLine {
            racer,
            step: StepPattern::parse(step).unwrap(),
        };
        Catch {
            schedule: Schedule {
                name: "lost-update-cache-seats".into(),
                setup: Setup::near_limit(),
                racers: vec![racer("A"), racer("B")],
                order: vec![
                    line(0, "cache GET seats"),
                    line(1, "cache SET seats #2"),
                    line(0, "cache SET hold:*"),
                ],
                oracle: Some("serial-equivalence".into()),
                settle: Duration::ZERO,
            },
            system: "shop".into(),
            variant: Some("racy".into()),
            digest: "1234567890123456".into(),
            seed: 7,
            why: "buy makes `cache GET seats` and later `cache SET hold:*`; another buy can come between".into(),
            saw: saw.into(),
            forced: Rate { k: 300, n: 300 },
            direct: Rate { k: 3, n: 100 },
            proxied: Rate { k: 4, n: 100 },
        }
    }

    #[test]
    fn a_catch_is_a_schedule_that_reads_back() {
        let system = crate::parse(SPEC, Path::new("heisen.yaml"), None).unwrap();
        for saw in [
            "two got it",
            "answer: {\"left\": -1}\n# no comment",
            "",
            "- a: *b",
        ] {
            let catch = catch(saw);
            let text = write_catch(&catch, "shop/heisen.yaml");
            let read = crate::parse_schedule(&text, Path::new("catch.yaml"), &system)
                .unwrap_or_else(|errors| panic!("{}\n{text}", crate::render(&errors, false)));
            assert_eq!(read, catch.schedule, "{text}");
        }
    }

    #[test]
    fn what_comes_before_and_after_the_race_reads_back() {
        let system = crate::parse(SPEC, Path::new("heisen.yaml"), None).unwrap();
        let mut catch = catch("two got it");
        catch.schedule.setup = Setup {
            near_limit: false,
            before: vec![Earlier {
                operation: "buy".into(),
                args: vec![("seat".into(), 7.into())],
                times: 9,
            }],
        };
        catch.schedule.settle = Duration::from_millis(180);
        let text = write_catch(&catch, "shop/heisen.yaml");
        let read = crate::parse_schedule(&text, Path::new("catch.yaml"), &system).unwrap();
        assert_eq!(read, catch.schedule, "{text}");
    }

    #[test]
    fn a_catch_is_short_and_readable() {
        insta::assert_snapshot!(write_catch(&catch("two got it"), "shop/heisen.yaml"));
    }
}
