//! What wires recorded, as a log: shapes without their values, each step of a connection at its time.

use std::collections::HashMap;

use model::StepRecord;
use predict::log::{Format, Log, Said, Skipped, Spoken};

/// What stands for a value that was not recorded; cut, so it may equal any other.
const UNKNOWN: &str = "?...";

/// Parameters of a statement that are filled with what is not known.
const PARAMETERS: usize = 100;

/// The records of one wire as what was said there.
pub fn as_log(
    target: &str,
    shapes: &[(u32, String)],
    records: impl Iterator<Item = StepRecord>,
) -> Log {
    let language = spoken(shapes);
    let texts: HashMap<u32, String> = shapes
        .iter()
        .map(|(id, shape)| (*id, text(shape, language)))
        .collect();
    let said = records.enumerate().filter_map(|(at, record)| {
        Some(Said {
            line: at as u64 + 1,
            at_us: i64::try_from(record.at_us).ok(),
            session: record.connection.to_string(),
            request: None,
            target: target.to_string(),
            language,
            text: texts.get(&record.shape)?.clone(),
            parameters: vec![Some(UNKNOWN.to_string()); PARAMETERS],
            took_us: Some(u64::from(record.took_us)),
            rows: None,
            database: None,
            transaction: None,
            failed: None,
        })
    });
    Log {
        format: Format::JsonLines,
        said: said.collect(),
        skipped: Skipped::default(),
        notes: vec![format!(
            "recorded steps of {target} tell no values: any two of a kind may be about the same"
        )],
    }
}

/// A recording does not say what was spoken, and shapes show it.
fn spoken(shapes: &[(u32, String)]) -> Spoken {
    let of = |test: &dyn Fn(&str, &str) -> bool| {
        let matching = shapes.iter().filter(|(_, shape)| {
            let mut words = shape.split(' ');
            test(words.next().unwrap_or(""), words.next().unwrap_or(""))
        });
        matching.count()
    };
    let http = of(&|_, second| second.starts_with('/'));
    let sql = of(&|first, _| {
        matches!(
            first,
            "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "BEGIN" | "COMMIT" | "WITH" | "ROLLBACK"
        )
    });
    match () {
        () if http * 2 > shapes.len() => Spoken::Http,
        () if sql > 0 => Spoken::Postgres,
        () => Spoken::Redis,
    }
}

/// A shape as a statement that can be described.
fn text(shape: &str, language: Spoken) -> String {
    match language {
        Spoken::Postgres => shape.replace('?', &format!("'{UNKNOWN}'")),
        _ => shape.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_show_what_was_spoken() {
        let shapes = |all: &[&str]| -> Vec<(u32, String)> {
            all.iter()
                .enumerate()
                .map(|(at, shape)| (at as u32, (*shape).to_string()))
                .collect()
        };
        for (all, expected) in [
            (
                &["SELECT sold FROM events WHERE id = ?", "SET x = ?"][..],
                Spoken::Postgres,
            ),
            (&["GET inv:#", "SET inv:# ?"], Spoken::Redis),
            (&["GET /events/#", "POST /events/#/reserve"], Spoken::Http),
        ] {
            assert_eq!(spoken(&shapes(all)), expected, "{all:?}");
        }
        let log = as_log(
            "db",
            &shapes(&["SELECT sold FROM events WHERE id = ?"]),
            [StepRecord::default()].into_iter(),
        );
        assert_eq!(
            log.said[0].text,
            "SELECT sold FROM events WHERE id = '?...'"
        );
    }
}
