use model::{Event, EventKind, LoadFigures};

use super::testkit::{second, seconds, two_operations};
use super::*;

fn table(events: &[Event]) -> String {
    let mut intervals = Intervals::default();
    let rows: String = events
        .iter()
        .filter_map(|event| intervals.take(event))
        .collect();
    rows + &intervals.end().unwrap_or_default()
}

fn metrics(events: &[Event]) -> String {
    let mut metrics = Metrics::default();
    events.iter().for_each(|event| metrics.consume(event));
    metrics.text()
}

#[test]
fn a_table_of_seconds() {
    insta::assert_snapshot!(table(&seconds(10)).replace("\r\n", "\n"));
}

#[test]
fn a_table_of_two_operations() {
    insta::assert_snapshot!(
        table(&[two_operations(), second(1, LoadFigures::default(), None)]).replace('\r', "")
    );
}

/// Fields as a reader of RFC 4180 finds them.
fn read(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if is_quoted && rest.peek() == Some(&'"') => field.extend(rest.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut field)),
            '\r' if !is_quoted => {
                assert_eq!(rest.next(), Some('\n'));
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    assert!(field.is_empty() && row.is_empty(), "the last row ends too");
    rows
}

#[test]
fn rows_are_as_wide_as_their_head() {
    let rows = read(&table(&[
        two_operations(),
        second(1, LoadFigures::default(), None),
    ]));
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter().all(|row| row.len() == rows[0].len()),
        "{rows:?}"
    );
    assert_eq!(rows[0][20], "a \"b\",\n<i>c\\_requests");
    assert_eq!(rows[1][20], "20");
    assert_eq!(rows[2][9], "", "nothing was answered");
    assert_eq!(read(&table(&[])).len(), 1);
}

#[test]
fn what_a_scrape_reads() {
    insta::assert_snapshot!(metrics(&seconds(10)));
}

#[test]
fn what_a_scrape_reads_of_two_operations() {
    insta::assert_snapshot!(metrics(&[two_operations()]));
}

#[test]
fn before_the_first_second_all_is_nothing() {
    let text = metrics(&[]);
    assert!(text.contains("\nheisen_requests_total 0\n"), "{text}");
    assert!(text.contains("{quantile=\"0.5\"} NaN\n"), "{text}");
}

/// Every line is a comment or a sample, and every sample has its type before it.
#[test]
fn samples_are_sound() {
    for events in [vec![], seconds(30), vec![two_operations()]] {
        let text = metrics(&events);
        let mut known = Vec::new();
        for line in text.lines() {
            if let Some(family) = line.strip_prefix("# TYPE ") {
                known.push(family.split(' ').next().unwrap());
                continue;
            }
            if line.starts_with("# HELP ") {
                continue;
            }
            let (sample, value) = line.rsplit_once(' ').unwrap();
            assert!(value == "NaN" || value.parse::<f64>().is_ok(), "{line}");
            let name = sample.split('{').next().unwrap();
            let name = name.trim_end_matches("_sum").trim_end_matches("_count");
            assert_eq!(known.last(), Some(&name), "{line}");
        }
    }
}

#[test]
fn other_events_say_nothing() {
    let other = Event {
        at_us: 0,
        kind: EventKind::Warning {
            message: "x".into(),
        },
    };
    assert_eq!(Intervals::default().take(&other), None);
    assert_eq!(metrics(&[other]), metrics(&[]));
}
