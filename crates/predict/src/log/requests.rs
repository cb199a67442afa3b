//! Which statements were made for one request: the log's own word where it has one, a comment's
//! where frameworks write them, and else the silences of each session. A request is never split
//! within a transaction.

use std::collections::HashMap;

use super::{Log, Said, comment, gaps};

/// Requests are cut here: what makes more statements is a job, and what it does shows by then.
pub const STATEMENTS_MAX: usize = 1000;
/// Without times a request that goes on for longer begins anew where its first statement recurs.
const UNTIMED_STATEMENTS_MAX: usize = 200;
/// Longer beginnings of statements are not compared.
const OUTLINE_BYTES_MAX: usize = 200;
/// Fewer statements do not show how finely times are told.
const COARSE_MIN: usize = 8;
const SECOND_US: i64 = 1_000_000;
/// Times in whole seconds show no gap that is shorter.
const COARSE_GAP_US: i64 = 2_000_000;

/// Statements that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// What kind it is, where a comment says (`orders#create`).
    pub name: Option<String>,
    /// Its statements, by their places in the log's `said`.
    pub said: Vec<usize>,
}

/// The requests of a log, and how they were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// In the order of their first statements.
    pub requests: Vec<Request>,
    /// How they were told apart.
    pub notes: Vec<String>,
}

/// How many statements were told apart how.
#[derive(Default)]
struct Told {
    by_id: u64,
    by_comment: u64,
    by_silence: u64,
    untimed: u64,
    sessions: u64,
    cut: u64,
}

/// Puts together what was said for one request.
pub fn requests(log: &Log) -> Split {
    let mut told = Told::default();
    let mut named: HashMap<String, usize> = HashMap::new();
    let mut sessions: HashMap<(&str, &str), usize> = HashMap::new();
    let mut silent: Vec<Vec<(usize, Option<String>)>> = Vec::new();
    let mut all: Vec<Request> = Vec::new();
    for (at, said) in log.said.iter().enumerate() {
        let comment = comment::of(&said.text);
        told.by_id += u64::from(said.request.is_some());
        let by_comment = said.request.is_none() && comment.request.is_some();
        told.by_comment += u64::from(by_comment);
        let Some(id) = said.request.clone().or(comment.request) else {
            let key = (said.target.as_str(), said.session.as_str());
            let nth = *sessions.entry(key).or_insert_with(|| {
                silent.push(Vec::new());
                silent.len() - 1
            });
            silent[nth].push((at, comment.name));
            continue;
        };
        let nth = *named.entry(id).or_insert_with(|| {
            all.push(Request::default());
            all.len() - 1
        });
        let request = &mut all[nth];
        request.name = request.name.take().or(comment.name);
        match request.said.len() < STATEMENTS_MAX {
            true => request.said.push(at),
            false => told.cut += 1,
        }
    }
    told.sessions = silent.len() as u64;
    for session in silent {
        all.extend(Session::of(log, &session, &mut told).split(session));
    }
    all.sort_by_key(|request| request.said.first().copied());
    Split {
        notes: told.notes(),
        requests: all,
    }
}

/// How one session is split.
struct Session<'a> {
    log: &'a Log,
    /// A longer silence splits; none when times do not tell.
    gap_us: Option<i64>,
}

impl Session<'_> {
    fn of<'a>(log: &'a Log, session: &[(usize, Option<String>)], told: &mut Told) -> Session<'a> {
        let said = session.iter().map(|(at, _)| &log.said[*at]);
        let times: Vec<(i64, i64)> = said
            .filter_map(|said| Some((said.at_us?, said.took_us.unwrap_or(0) as i64)))
            .collect();
        let is_timed = times.len() * 2 > session.len();
        // A log that tells durations is written when a statement is over.
        let is_whole = |(at, took): &(i64, i64)| {
            at % SECOND_US == 0 || at.saturating_add(*took) % SECOND_US == 0
        };
        let is_coarse = times.len() >= COARSE_MIN && times.iter().all(is_whole);
        let gap_us = match (is_timed, is_coarse) {
            (false, _) => None,
            (true, true) => Some(COARSE_GAP_US),
            (true, false) => {
                let silences = session.windows(2).filter_map(|pair| {
                    let gap = gap_us(&log.said[pair[0].0], &log.said[pair[1].0])?;
                    u64::try_from(gap).ok()
                });
                Some(gaps::split_us(silences.collect()) as i64)
            }
        };
        match is_timed && !is_coarse {
            true => told.by_silence += session.len() as u64,
            false => told.untimed += session.len() as u64,
        }
        Session { log, gap_us }
    }

    fn split(&self, session: Vec<(usize, Option<String>)>) -> Vec<Request> {
        let mut requests: Vec<Request> = Vec::new();
        let mut is_open = false;
        for (at, name) in session {
            let said = &self.log.said[at];
            let goes_on = requests
                .last()
                .is_some_and(|request| is_open || self.goes_on(request, said, name.as_deref()));
            if !goes_on {
                requests.push(Request::default());
            }
            if let Some(request) = requests.last_mut() {
                request.name = request.name.take().or(name);
                request.said.push(at);
                is_open = is_open_after(&said.text, is_open) && request.said.len() < STATEMENTS_MAX;
            }
        }
        requests
    }

    /// Whether the next statement of the session is still one of this request.
    fn goes_on(&self, request: &Request, said: &Said, name: Option<&str>) -> bool {
        let (Some(first), Some(last)) = (request.said.first(), request.said.last()) else {
            return true;
        };
        let (first, last) = (&self.log.said[*first], &self.log.said[*last]);
        let is_of_other_kind = matches!((&request.name, name), (Some(a), Some(b)) if a != b);
        if is_of_other_kind || request.said.len() >= STATEMENTS_MAX {
            return false;
        }
        if last.transaction.is_some() && last.transaction == said.transaction {
            return true;
        }
        let gap = gap_us(last, said);
        if let (Some(gap), Some(most)) = (gap, self.gap_us)
            && gap > most
        {
            return false;
        }
        let is_timed = self.gap_us.is_some_and(|most| most != COARSE_GAP_US);
        let is_long = request.said.len() >= UNTIMED_STATEMENTS_MAX;
        if is_timed && !is_long {
            return true;
        }
        // A loop over one statement is not many requests.
        let begins_anew = outline(&first.text) == outline(&said.text)
            && outline(&last.text) != outline(&said.text);
        !begins_anew
    }
}

/// How long nothing was said between two statements of a session.
fn gap_us(one: &Said, next: &Said) -> Option<i64> {
    let took = i64::try_from(one.took_us.unwrap_or(0)).ok()?;
    let ended = one.at_us?.saturating_add(took);
    Some(next.at_us?.saturating_sub(ended).max(0))
}

/// Whether a transaction is open after a statement.
fn is_open_after(statement: &str, is_open: bool) -> bool {
    let mut words = statement
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    let second = words.next().unwrap_or_default().to_ascii_uppercase();
    match (first.as_str(), second.as_str()) {
        ("BEGIN", _) | ("START", "TRANSACTION") => !ends_within(statement),
        ("ROLLBACK", "TO") => is_open,
        ("COMMIT" | "ROLLBACK" | "END" | "ABORT", _) | ("PREPARE", "TRANSACTION") => false,
        _ => is_open && !ends_within(statement),
    }
}

/// `BEGIN; ...; COMMIT` in one text.
fn ends_within(statement: &str) -> bool {
    let last = statement
        .trim_end_matches([';', ' ', '\n'])
        .rsplit(';')
        .next();
    let last = last.filter(|last| last.len() < statement.trim_end_matches([';', ' ', '\n']).len());
    last.is_some_and(|last| {
        let word = last.split_whitespace().next().unwrap_or_default();
        ["COMMIT", "ROLLBACK", "END"]
            .iter()
            .any(|end| word.eq_ignore_ascii_case(end))
    })
}

/// A statement's beginning without its values: equal for equal code, nearly always.
fn outline(statement: &str) -> String {
    let mut outline = String::new();
    let mut is_quoted = false;
    for c in statement.chars().take(OUTLINE_BYTES_MAX) {
        is_quoted ^= c == '\'';
        if !is_quoted && c != '\'' && !c.is_ascii_digit() {
            outline.push(c);
        }
    }
    outline
}

impl Told {
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.by_id > 0 {
            notes.push(format!(
                "{} statements told their request themselves",
                self.by_id
            ));
        }
        if self.by_comment > 0 {
            notes.push(format!(
                "{} statements told their request in a comment",
                self.by_comment
            ));
        }
        if self.by_silence > 0 {
            notes.push(format!(
                "{} statements of {} sessions were split into requests by the silences between \
                 them; connection pools hand one session to many requests, so neighbours may have \
                 been taken for one",
                self.by_silence, self.sessions
            ));
        }
        if self.untimed > 0 {
            notes.push(format!(
                "{} statements have no times, or times in whole seconds: split where the first \
                 statement of a request comes again",
                self.untimed
            ));
        }
        if self.cut > 0 {
            notes.push(format!(
                "requests with more than {STATEMENTS_MAX} statements were cut; {} statements left \
                 out",
                self.cut
            ));
        }
        notes
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
