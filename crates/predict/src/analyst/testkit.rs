//! Steps as text: a tiny reading of SQL and Redis that is enough for the analyst's tables.

use model::{
    Access, ConnectionId, Effect, Isolation, LaneId, Protocol, Reply, ReplyKind, SeenStep, Step,
    Transaction, WireId,
};

use super::RecordedRequest;

/// `cache GET inv:42`, `db SELECT sold FROM events WHERE id = 42 -> none`.
pub fn seen(line: &str) -> SeenStep {
    let (said, reply) = match line.split_once(" -> ") {
        Some((said, "none")) => (said, Some(Reply::of(ReplyKind::Empty, ""))),
        Some((said, rows)) => {
            let reply = Reply {
                rows: rows.parse().ok(),
                ..Reply::of(ReplyKind::Ok, rows)
            };
            (said, Some(reply))
        }
        None => (line, None),
    };
    let (target, text) = said.split_once(' ').unwrap();
    let verb = text.split(' ').next().unwrap();
    let (protocol, effects) = match target {
        "db" => (Protocol::Postgres, sql(verb, text)),
        _ => (Protocol::Redis, redis(verb, text)),
    };
    let step = Step {
        wire: WireId(0),
        lane: LaneId(0),
        target: target.into(),
        connection: ConnectionId(0),
        ordinal: 0,
        protocol,
        verb: verb.into(),
        shape: shape(protocol, text),
        text: text.into(),
        parameters: vec![],
        noise: false,
        effects,
        transaction: Transaction::None,
        isolation: None,
        commits: Vec::new(),
        session: None,
    };
    SeenStep {
        step,
        reply,
        asked_us: 0,
        passed_us: 0,
        replied_us: 0,
    }
}

/// A request of these lines, each 1 ms after the one before, from some moment on. `BEGIN` may name
/// a level.
pub fn request(name: Option<&str>, at_us: u64, lines: &[String]) -> RecordedRequest {
    let mut is_open = false;
    let mut level = None;
    let step = |(nth, line): (usize, &String)| {
        let mut seen = seen(line);
        let time = at_us + nth as u64 * 1000;
        (seen.asked_us, seen.passed_us, seen.replied_us) = (time, time, time + 300);
        seen.step.transaction = match (seen.step.verb.as_str(), is_open) {
            ("BEGIN", _) => Transaction::Begin,
            ("COMMIT", _) => Transaction::Commit,
            (_, true) => Transaction::Inside,
            _ => Transaction::None,
        };
        match seen.step.transaction {
            Transaction::Begin if line.ends_with("SERIALIZABLE") => {
                level = Some(Isolation::Serializable);
            }
            Transaction::Begin if line.ends_with("REPEATABLE READ") => {
                level = Some(Isolation::RepeatableRead);
            }
            Transaction::Begin => level = None,
            _ => {}
        }
        is_open = matches!(
            seen.step.transaction,
            Transaction::Begin | Transaction::Inside
        );
        seen.step.isolation = level.filter(|_| seen.step.transaction != Transaction::None);
        seen
    };
    RecordedRequest {
        name: name.map(str::to_string),
        steps: lines.iter().enumerate().map(step).collect(),
        ..RecordedRequest::default()
    }
}

fn shape(protocol: Protocol, text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let is_value = word.starts_with('\'') || word.bytes().any(|b| b.is_ascii_digit());
        if is_value { "?" } else { word }
    });
    match protocol {
        Protocol::Redis => format!("{} ?", text.split(' ').next().unwrap()),
        _ => words.collect::<Vec<_>>().join(" "),
    }
}

fn redis(verb: &str, text: &str) -> Vec<Effect> {
    let Some(key) = text.split(' ').nth(1) else {
        return vec![];
    };
    let access = match verb {
        "GET" => Access::Read,
        "DECR" | "INCR" => Access::Atomic,
        _ if text.contains(" NX") => Access::Atomic,
        _ => Access::Write,
    };
    vec![Effect::of(access, key)]
}

fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).map_or("", |(_, rest)| rest)
}

fn word(rest: &str) -> String {
    rest.split([' ', '(']).next().unwrap().to_string()
}

fn effect(
    access: Access,
    table: &str,
    part: &[(String, String)],
    columns: Option<Vec<String>>,
) -> Effect {
    Effect {
        part: part.to_vec(),
        columns,
        ..Effect::of(access, table)
    }
}

fn sql(verb: &str, text: &str) -> Vec<Effect> {
    let condition = after(text, " WHERE ").split(" FOR ").next().unwrap();
    let equalities = condition
        .split(" AND ")
        .filter_map(|one| one.split_once(" = "));
    let part: Vec<(String, String)> = equalities
        .map(|(column, value)| (column.to_string(), value.trim_matches('\'').to_string()))
        .collect();
    let mut asked = condition.split(" AND ");
    let more = asked.any(|one| !one.is_empty() && !one.contains(" = "));
    match verb {
        "SELECT" if text.contains("pg_advisory") => {
            let key = after(text, "(").trim_end_matches(')');
            vec![Effect::of(Access::Lock, format!("advisory:{key}"))]
        }
        "SELECT" => select(text, &part),
        "UPDATE" => update(text, &part, more),
        "INSERT" => insert(text),
        "CALL" => vec![Effect::of(Access::Unknown, "*")],
        _ => vec![],
    }
}

fn select(text: &str, part: &[(String, String)]) -> Vec<Effect> {
    let listed = text["SELECT ".len()..].split(" FROM ").next().unwrap();
    let mut columns: Vec<String> = listed.split(", ").map(str::to_string).collect();
    columns.extend(part.iter().map(|(column, _)| column.clone()));
    let columns = (listed != "*").then_some(columns);
    let all: &[Access] = match text.ends_with("FOR UPDATE") || text.ends_with("FOR KEY SHARE") {
        true => &[Access::Lock, Access::Read],
        false => &[Access::Read],
    };
    let table = word(after(text, " FROM "));
    let of = |access: &Access| effect(*access, &table, part, columns.clone());
    all.iter().map(of).collect()
}

fn update(text: &str, part: &[(String, String)], more: bool) -> Vec<Effect> {
    let set = after(text, " SET ").split(" WHERE ").next().unwrap();
    let set: Vec<(&str, &str)> = set
        .split(", ")
        .filter_map(|s| s.split_once(" = "))
        .collect();
    let names: Vec<String> = set
        .iter()
        .map(|(column, _)| (*column).to_string())
        .collect();
    let computed = set.iter().any(|(column, value)| value.contains(column));
    let compared = part.iter().any(|(column, _)| names.contains(column));
    let access = match computed || compared || more {
        true => Access::Atomic,
        false => Access::Write,
    };
    vec![effect(
        access,
        &word(after(text, "UPDATE ")),
        part,
        Some(names),
    )]
}

fn insert(text: &str) -> Vec<Effect> {
    let inside = |text: &str| -> Vec<String> {
        let listed = after(text, "(").split(')').next().unwrap().split(", ");
        listed
            .map(|value| value.trim_matches('\'').to_string())
            .collect()
    };
    let rest = after(text, " INTO ");
    let (columns, values) = rest.split_once(" VALUES ").unwrap();
    let part: Vec<_> = inside(columns).into_iter().zip(inside(values)).collect();
    vec![effect(Access::Write, &word(rest), &part, None)]
}
