//! Feeds: where their rows are and which arguments they name. Rows themselves are read when load is
//! applied; to know the arguments, the beginning of a file is enough.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use model::rows::{self, ROWS_BYTES_MAX, ROWS_MAX};
use model::{Feed, FeedSource, Pick, RowsError, Values};
use serde_json::Value;

use crate::check::{names, operations};
use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};
use crate::raw::RawFeed;
use crate::read::{Anything, Entries, Text};
use crate::suggest;

/// So much of a file is looked at for its columns.
const BEGINNING_BYTES_MAX: u64 = 1 << 20;
/// With a larger exponent nearly all would have the first row.
const EXPONENT_MAX: f64 = 5.0;
/// How a row is chosen.
const PICKS: [&str; 4] = ["circular", "random", "zipf", "first"];

/// A feed, and the arguments that it names.
pub fn check(
    raw: &Spot<RawFeed>,
    folder: &Path,
    problems: &mut Problems,
) -> Option<(Feed, Vec<String>)> {
    let pick = match &raw.value.pick {
        Some(text) => pick(text, problems),
        None => Some(Pick::Circular),
    };
    let feed = &raw.value;
    let (source, columns) = match (&feed.csv, &feed.json, &feed.values) {
        (Some(file), None, None) => {
            let columns = columns(file, "CSV", folder, rows::csv_columns, problems)?;
            (FeedSource::Csv(PathBuf::from(&file.value)), columns)
        }
        (None, Some(file), None) => {
            let columns = columns(file, "JSON", folder, rows::json_columns, problems)?;
            (FeedSource::Json(PathBuf::from(&file.value)), columns)
        }
        (None, None, Some(entries)) => {
            let values = values(entries, problems)?;
            let columns = values.iter().map(|(name, _)| name.clone()).collect();
            (FeedSource::Values(values), columns)
        }
        _ => {
            let message = match (&feed.csv, &feed.json, &feed.values) {
                (None, None, None) => "this feed has no rows",
                _ => "this feed has its rows from more than one place",
            };
            let help = "keep one of { csv: FILE }, { json: FILE } and { values: { event: 1..1000 } }; write a feed for each";
            problems.add(raw.span, message, "", help);
            return None;
        }
    };
    let pick = pick?;
    Some((Feed { source, pick }, columns))
}

/// Tells of a file that is not there; returns its path.
pub fn file_exists(
    file: &Spot<String>,
    what: &str,
    folder: &Path,
    problems: &mut Problems,
) -> Option<PathBuf> {
    let path = folder.join(&file.value);
    if path.is_file() {
        return Some(path);
    }
    let message = format!("there is no file `{}`", file.value);
    let help = format!(
        "files with {what} are looked for from the spec's folder: {}",
        path.display()
    );
    problems.add(file.span, message, "", help);
    None
}

/// The columns of a file with rows.
fn columns(
    file: &Spot<String>,
    format: &str,
    folder: &Path,
    read: fn(&[u8]) -> Result<Vec<String>, RowsError>,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let path = file_exists(file, "rows", folder, problems)?;
    let mut no = |why: String, help: &str| {
        let message = format!("`{}`: {why}", file.value);
        problems.add(file.span, message, "", help);
    };
    let mut beginning = Vec::new();
    let opened = File::open(&path).and_then(|file| {
        let length = file.metadata()?.len();
        file.take(BEGINNING_BYTES_MAX).read_to_end(&mut beginning)?;
        Ok(length)
    });
    match opened {
        Err(error) => no(error.to_string(), "let this user read it"),
        Ok(length) if length > ROWS_BYTES_MAX => {
            let why = format!("{length} bytes; at most {ROWS_BYTES_MAX} are read");
            no(why, "keep fewer rows: they are used again and again");
        }
        Ok(_) => match read(&beginning) {
            Ok(columns) => return Some(columns),
            Err(error) => {
                let help = match format {
                    "CSV" => {
                        "write a header with the names of arguments, and a row on each line below"
                    }
                    _ => {
                        "write an array of objects: [{ \"user\": \"ann\" }, { \"user\": \"bob\" }]"
                    }
                };
                no(format!("no rows of {format}: {error}"), help);
            }
        },
    }
    None
}

/// Arguments with as many values each.
fn values(entries: &Entries<Anything>, problems: &mut Problems) -> Option<Vec<(String, Values)>> {
    if entries.list.is_empty() {
        let help = "name an argument: { event: 1..1000 }";
        problems.add(entries.span, "`values` is empty", "", help);
        return None;
    }
    let before = problems.count();
    let mut all: Vec<(String, Values)> = Vec::new();
    for (name, Anything(node)) in entries.iter() {
        names::argument(name, problems);
        let Some(values) = of_argument(node, &name.value, problems) else {
            continue;
        };
        if let Some((other, known)) = all
            .first()
            .filter(|(_, known)| known.count() != values.count())
        {
            let (theirs, ours) = (known.count(), values.count());
            let message = format!(
                "`{other}` has {theirs} values and `{}` has {ours}",
                name.value
            );
            let help = "the nth values of a feed go together: give each argument as many, or write a feed for each";
            problems.add(node.span, message, "", help);
        }
        all.push((name.value.clone(), values));
    }
    (problems.count() == before).then_some(all)
}

fn of_argument(node: &Node, name: &str, problems: &mut Problems) -> Option<Values> {
    let help = format!(
        "write a range of whole numbers such as 1..1000, or a list, of 1 to {ROWS_MAX} values"
    );
    let place = "the value of a feed";
    operations::no_holes(node, place, "write the value itself", problems);
    let values = match &node.kind {
        NodeKind::List(items) => Some(Values::List(items.iter().map(Node::to_json).collect())),
        NodeKind::Text(text) if text.contains("..") => range(text),
        NodeKind::Null => None,
        _ => Some(Values::List(vec![node.to_json()])),
    };
    let few = values.filter(|values| (1..=ROWS_MAX as u64).contains(&values.count()));
    if few.is_none() {
        let said: Value = node.to_json();
        let message = match &node.kind {
            NodeKind::Text(text) => format!("`{text}` is no range of values for `{name}`"),
            NodeKind::List(items) => format!("`{name}` cannot have {} values", items.len()),
            _ => format!("`{name}` cannot have the values {said}"),
        };
        problems.add(node.span, message, "", help);
    }
    few
}

/// `1..1000`, both included.
fn range(text: &str) -> Option<Values> {
    let (first, last) = text.split_once("..")?;
    let (first, last): (i64, i64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(Values::Range(first, last))
}

fn pick(Text(text): &Text, problems: &mut Problems) -> Option<Pick> {
    let word = text.value.trim();
    let exponent = word
        .strip_prefix("zipf(")
        .and_then(|rest| rest.strip_suffix(')'));
    if let Some(exponent) = exponent {
        let number = exponent.trim().parse::<f64>().ok();
        let number = number.filter(|number| (0.0..=EXPONENT_MAX).contains(number));
        if number.is_none() {
            let message = format!("zipf cannot have the exponent {exponent}");
            let help = format!("write a number from 0 to {EXPONENT_MAX}, such as zipf(1.1)");
            problems.add(text.span, message, "", help);
        }
        return number.map(Pick::Zipf);
    }
    match word {
        "circular" => Some(Pick::Circular),
        "random" => Some(Pick::Random),
        "first" => Some(Pick::First),
        _ => {
            let form = word.split('(').next().unwrap_or(word);
            let meant = match suggest::nearest(form, &PICKS) {
                Some("zipf") => "did you mean `zipf(1.1)`? ".to_string(),
                Some(meant) => format!("did you mean `{meant}`? "),
                None => String::new(),
            };
            let help = format!("{meant}write circular, random, zipf(1.1) or first");
            problems.add(text.span, format!("no row is picked by `{word}`"), "", help);
            None
        }
    }
}
