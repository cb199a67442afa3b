//! Writes a catch: a schedule that `replay` reads, with what is known of it, a few dozen lines that
//! a person can read and compare.

use std::fmt::Write;

use model::{Catch, Rate, Setup};
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
    line(format!("setup: {}", setup(schedule.setup)));
    line("racers:".to_string());
    for racer in &schedule.racers {
        let args: Vec<String> = racer
            .args
            .iter()
            .map(|(name, value)| format!("{name}: {}", scalar(value)))
            .collect();
        let args = match args.is_empty() {
            true => String::new(),
            false => format!(", args: {{ {} }}", args.join(", ")),
        };
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
    line("found:".to_string());
    line(format!("  spec: {}", text(spec)));
    line(format!("  digest: {}", text(&catch.digest)));
    if let Some(variant) = &catch.variant {
        line(format!("  variant: {variant}"));
    }
    line(format!("  seed: {}", catch.seed));
    line(format!("  saw: {}", text(&catch.saw)));
    line(format!("  forced: {}", rate(catch.forced)));
    if catch.direct.n > 0 {
        line(format!("  natural: {}", rate(catch.direct)));
        line(format!("  idle-wires: {}", rate(catch.proxied)));
    }
    out
}

fn setup(setup: Setup) -> &'static str {
    match setup {
        Setup::Reset => "reset",
        Setup::NearLimit => "near_limit",
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
