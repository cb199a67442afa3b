//! What an SQL statement tells about the rows of a table: the columns it read or set, the rows
//! it made or removed.

use model::{Effect, Reply, Step};

use super::change::Change;
use super::words::{clause, items, tokens};

/// What ends the list of assignments of an UPDATE.
const AFTER_SET: [&str; 4] = ["WHERE", "RETURNING", "FROM", ";"];

/// What the statement tells of the table its effect names.
pub fn change(step: &Step, effect: &Effect, reply: &Reply) -> Option<Change> {
    let tokens = tokens(step);
    let rows = i64::try_from(reply.rows.unwrap_or(0)).unwrap_or(i64::MAX);
    match step.verb.to_ascii_uppercase().as_str() {
        "SELECT" => selected(&tokens, effect, reply),
        "UPDATE" | "INSERT" | "DELETE" if reply.rows == Some(0) => None,
        "UPDATE" => Some(columns_of(
            returned(&tokens, reply).or_else(|| assigned(&tokens)),
        )),
        "INSERT" => match on_conflict(&tokens) {
            Some(set) => Some(columns_of(returned(&tokens, reply).or(Some(set)))),
            None => Some(Change::Rows(rows.max(1))),
        },
        "DELETE" => Some(Change::Rows(-rows)),
        _ if effect.access.changes() => Some(Change::Unknown),
        _ => None,
    }
}

/// `sold = sold + 1` of an UPDATE, in few words.
pub fn assignments(step: &Step) -> String {
    let tokens = tokens(step);
    let set = clause(&tokens, "SET", &AFTER_SET).unwrap_or_default();
    let all = items(set).into_iter().map(|item| item.join(" "));
    all.collect::<Vec<_>>().join(", ")
}

fn columns_of(columns: Option<Vec<(String, String)>>) -> Change {
    match columns {
        Some(columns) if !columns.is_empty() => Change::Columns(columns),
        _ => Change::Unknown,
    }
}

/// What a SELECT saw, when the one row that is told is of this effect's part.
fn selected(tokens: &[String], effect: &Effect, reply: &Reply) -> Option<Change> {
    if reply.rows == Some(0) {
        return Some(Change::Is("no rows".to_string()));
    }
    let list = clause(tokens, "SELECT", &["FROM"])?;
    let row = reply.value.split_once(" rows: ");
    let (is_one, row) = row.map_or((true, reply.value.as_str()), |(_, row)| (false, row));
    let items = items(list);
    let values: Vec<&str> = row.split('|').collect();
    if items.len() != values.len() {
        return None;
    }
    if let [one] = items.as_slice()
        && one.len() > 1
        && is_one
    {
        // count(*) and the like: a value by itself.
        return Some(Change::Is(row.to_string()));
    }
    let named = items.iter().zip(values).filter_map(|(item, value)| {
        let (table, column) = named(item)?;
        // Columns of a joined table are not this one's.
        let is_own = table.is_none_or(|table| table == effect.resource);
        is_own.then(|| (column.to_string(), value.to_string()))
    });
    let columns: Vec<(String, String)> = named.collect();
    let told = |column: &String| {
        let found = columns.iter().find(|(name, _)| name == column);
        found.map(|(_, value)| value)
    };
    let matches = |(column, value): &(String, String)| told(column).map(|told| told == value);
    let parts: Vec<bool> = effect.part.iter().filter_map(matches).collect();
    // Of several rows only the first is told: it must be this one by what it says.
    let is_of_part = parts.iter().all(|same| *same) && (is_one || !parts.is_empty());
    (is_of_part && !columns.is_empty()).then_some(Change::Columns(columns))
}

/// The table, if it says so, and the name of a selected column.
fn named(item: &[String]) -> Option<(Option<&str>, &str)> {
    match item {
        [one] => Some(match one.rsplit_once('.') {
            Some((table, column)) => (Some(table), column),
            None => (None, one),
        }),
        [.., word, name] if word.eq_ignore_ascii_case("AS") => Some((None, name)),
        [name, open, ..] if open == "(" => Some((None, name)),
        _ => None,
    }
}

/// The columns a RETURNING tells: `UPDATE 1: -25`.
fn returned(tokens: &[String], reply: &Reply) -> Option<Vec<(String, String)>> {
    let list = clause(tokens, "RETURNING", &[";"])?;
    let (_, row) = reply.value.split_once(": ")?;
    let (items, values) = (items(list), row.split('|').collect::<Vec<_>>());
    if items.len() != values.len() || row.contains(" rows: ") {
        return None;
    }
    let named = items.iter().zip(values);
    let named = named.filter_map(|(item, value)| Some((named_of(item)?, value.to_string())));
    Some(named.collect())
}

fn named_of(item: &[String]) -> Option<String> {
    named(item).map(|(_, column)| column.to_string())
}

/// The assignments of an UPDATE.
fn assigned(tokens: &[String]) -> Option<Vec<(String, String)>> {
    let set = clause(tokens, "SET", &AFTER_SET)?;
    let pairs = items(set).into_iter().filter_map(|item| match item {
        // An expression in parentheses is what is in them.
        [column, equals, open, value @ .., close]
            if equals == "=" && open == "(" && close == ")" =>
        {
            Some((column.clone(), value.join(" ")))
        }
        [column, equals, value @ ..] if equals == "=" => Some((column.clone(), value.join(" "))),
        _ => None,
    });
    Some(pairs.collect())
}

/// What an INSERT sets where there is such a row already, with the values it came with.
fn on_conflict(tokens: &[String]) -> Option<Vec<(String, String)>> {
    clause(tokens, "CONFLICT", &[])?;
    let values = |keyword: &str| {
        let at = tokens
            .iter()
            .position(|token| token.eq_ignore_ascii_case(keyword))?;
        let open = at + tokens.get(at..)?.iter().position(|token| token == "(")?;
        let close = open + tokens.get(open..)?.iter().position(|token| token == ")")?;
        tokens.get(open + 1..close)
    };
    let (columns, values) = (items(values("INTO")?), items(values("VALUES")?));
    let excluded = |column: &str| {
        let at = columns
            .iter()
            .position(|known| known.concat().eq_ignore_ascii_case(column))?;
        values.get(at).map(|value| value.join(" "))
    };
    let set = assigned(tokens)?.into_iter().map(|(column, value)| {
        let name = value.to_ascii_lowercase();
        let value = name.strip_prefix("excluded.").and_then(excluded);
        Some((column, value?))
    });
    set.collect()
}
