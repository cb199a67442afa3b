//! MySQL's and MariaDB's general log: time, connection, command, argument. Before MySQL 5.7, and
//! in MariaDB, the time stands only on the first line of its second.

use std::collections::HashMap;

use super::collector::Collector;
use super::lines::{self, BINARY, TOO_LONG, beginning};
use super::time::{self, Moment};
use super::{STATEMENT_BYTES_MAX, Said, Spoken};

/// Connections whose database is remembered.
const CONNECTIONS_MAX: usize = 65_536;

/// Commands that the log names; those with a space first, since one word of them is another.
const COMMANDS: &[&str] = &[
    "Init DB",
    "Field List",
    "Create DB",
    "Drop DB",
    "Connect Out",
    "Change user",
    "Close stmt",
    "Reset stmt",
    "Long Data",
    "Set option",
    "Binlog Dump GTID",
    "Binlog Dump",
    "Register Slave",
    "Register Replica",
    "Reset Connection",
    "Delayed insert",
    "Table Dump",
    "Sleep",
    "Quit",
    "Query",
    "Refresh",
    "Shutdown",
    "Statistics",
    "Processlist",
    "Connect",
    "Kill",
    "Debug",
    "Ping",
    "Time",
    "Prepare",
    "Execute",
    "Fetch",
    "Daemon",
    "Error",
];

/// A line that begins an entry.
pub struct Entry<'a> {
    pub moment: Option<Moment>,
    pub connection: &'a str,
    pub command: &'static str,
    pub argument: &'a str,
}

/// Reads all lines.
pub fn read(text: &[u8], collector: &mut Collector) {
    let mut databases: HashMap<String, String> = HashMap::new();
    let mut at_us = None;
    // What the next line may go on with: nothing yet, a statement, or what is left out.
    let mut open: Option<Option<usize>> = None;
    for line in lines::of(text) {
        if line.is_binary {
            collector.skipped.count(BINARY, line.number);
            continue;
        }
        if line.is_cut {
            collector.skipped.count(TOO_LONG, line.number);
        }
        let Some(entry) = entry(&line.text) else {
            go_on(&mut open, &line, collector);
            continue;
        };
        if let Some(moment) = entry.moment {
            at_us = Some(collector.since_first(moment));
        }
        if databases.len() >= CONNECTIONS_MAX {
            databases.clear();
        }
        open = Some(None);
        match entry.command {
            // Prepared ones are executed with their values written in.
            "Query" | "Execute" => {
                let place = collector.push(Said {
                    line: line.number,
                    at_us,
                    session: entry.connection.to_string(),
                    request: None,
                    target: "db".to_string(),
                    language: Spoken::MySql,
                    text: entry.argument.trim_end().to_string(),
                    parameters: Vec::new(),
                    took_us: None,
                    rows: None,
                    database: databases.get(entry.connection).cloned(),
                    transaction: None,
                    failed: None,
                });
                open = Some(place);
            }
            "Init DB" => {
                databases.insert(entry.connection.to_string(), entry.argument.to_string());
            }
            "Connect" => {
                let on = entry.argument.split_once(" on ").map(|(_, rest)| rest);
                let name = on.and_then(|rest| rest.split_whitespace().next());
                if let Some(name) = name.filter(|name| *name != "using") {
                    databases.insert(entry.connection.to_string(), name.to_string());
                }
            }
            "Quit" => {
                databases.remove(entry.connection);
            }
            _ => {}
        }
    }
}

/// A further line of a statement, or one that says nothing.
fn go_on(open: &mut Option<Option<usize>>, line: &lines::Line<'_>, collector: &mut Collector) {
    if is_header(&line.text) {
        *open = None;
        return;
    }
    match open {
        Some(Some(place)) => {
            let text = &mut collector.said[*place].text;
            let room = STATEMENT_BYTES_MAX.saturating_sub(text.len() + 1);
            if room > 0 {
                text.push('\n');
                text.push_str(beginning(line.text.trim_end(), room));
            }
        }
        Some(None) => {}
        None => collector
            .skipped
            .count("no entry of a general log", line.number),
    }
}

/// What the server writes when it starts.
fn is_header(line: &str) -> bool {
    line.ends_with("started with:")
        || line.starts_with("Tcp port:")
        || line.starts_with("TCP Port:")
        || line.starts_with("Time ") && line.contains("Command")
}

/// Takes a line apart.
pub fn entry(line: &str) -> Option<Entry<'_>> {
    let (moment, rest) = match time::leading(line).or_else(|| time::leading_short(line)) {
        Some((moment, length)) => (Some(moment), line[length..].strip_prefix('\t')?),
        None => (None, line.strip_prefix("\t\t")?),
    };
    let rest = rest.trim_start_matches(['\t', ' ']);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 20 {
        return None;
    }
    let (connection, rest) = rest.split_at(digits);
    let rest = rest.strip_prefix(' ')?;
    let command = COMMANDS.iter().find(|command| {
        let after = rest.strip_prefix(**command);
        after.is_some_and(|after| after.is_empty() || after.starts_with('\t'))
    })?;
    Some(Entry {
        moment,
        connection,
        command,
        argument: rest[command.len()..].trim_start_matches('\t'),
    })
}
