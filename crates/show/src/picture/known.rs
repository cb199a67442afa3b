//! What is known of the value of one resource while steps go by.

use super::change::Change;
use super::short::short;

/// The value of a resource, as far as the steps tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    whole: Option<String>,
    columns: Vec<(String, String)>,
    rows: i64,
    is_lost: bool,
}

impl Known {
    /// Takes in what a step tells.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Is(value) => {
                *self = Known {
                    whole: Some(value.clone()),
                    ..Known::default()
                };
            }
            Change::Columns(columns) => {
                (self.whole, self.is_lost) = (None, false);
                for (column, value) in columns {
                    self.set(column, value);
                }
            }
            Change::Rows(more) => {
                (self.whole, self.is_lost) = (None, false);
                self.rows = self.rows.saturating_add(*more);
            }
            Change::Unknown => {
                *self = Known {
                    is_lost: true,
                    ..Known::default()
                };
            }
        }
    }

    /// Takes in what a look in a transaction tells. Its snapshot may be an old one, so it only
    /// fills in what nobody has told.
    pub fn fill(&mut self, change: &Change) {
        let is_new = *self == Known::default();
        match change {
            Change::Columns(columns) => {
                for (column, value) in columns {
                    if !self.columns.iter().any(|(known, _)| known == column) {
                        self.columns.push((column.clone(), value.clone()));
                    }
                }
            }
            other if is_new => self.apply(other),
            _ => {}
        }
    }

    fn set(&mut self, column: &str, value: &str) {
        let at = self.columns.iter().position(|(known, _)| known == column);
        let old = at.map(|at| self.columns[at].1.as_str());
        let value = computed(column, value, old);
        match at {
            Some(at) => self.columns[at].1 = value,
            None => self.columns.push((column.to_string(), value)),
        }
    }

    /// In few cells. Of columns, those named in `only`; all of them when none is.
    pub fn shown(&self, only: &[String]) -> String {
        if self.is_lost {
            return "?".to_string();
        }
        if let Some(whole) = &self.whole {
            return short(whole);
        }
        let is_shown = |column: &String| only.is_empty() || only.contains(column);
        let columns = self.columns.iter().filter(|(column, _)| is_shown(column));
        let mut parts: Vec<String> = columns
            .map(|(column, value)| format!("{column} {}", short(value)))
            .collect();
        if self.rows != 0 {
            let s = if self.rows.abs() == 1 { "" } else { "s" };
            parts.push(format!("{:+} row{s}", self.rows));
        }
        parts.join(", ")
    }
}

/// `sold + 1` where it is known what `sold` was; `+ 1` where it is not.
fn computed(column: &str, value: &str, old: Option<&str>) -> String {
    let words: Vec<&str> = value.split(' ').collect();
    let [name, sign @ ("+" | "-"), by @ ..] = words.as_slice() else {
        return value.to_string();
    };
    let Some(by) = by
        .concat()
        .parse::<i64>()
        .ok()
        .filter(|_| is_named(name, column))
    else {
        return value.to_string();
    };
    let by = if *sign == "-" {
        by.saturating_neg()
    } else {
        by
    };
    // What a sign and a space begin is told relative to a value nobody knows.
    let old = old.unwrap_or("+ 0");
    let is_relative = old.starts_with("+ ") || old.starts_with("- ");
    let Ok(old) = old.replace(' ', "").parse::<i64>() else {
        return value.to_string();
    };
    let new = old.saturating_add(by);
    match (is_relative, new < 0) {
        (false, _) => new.to_string(),
        (true, true) => format!("- {}", new.saturating_abs()),
        (true, false) => format!("+ {new}"),
    }
}

/// Whether `events.sold` or `sold` is this column.
fn is_named(name: &str, column: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last == column
}
