//! Three sentences under the picture: what happened, what was seen of it, and what the racers
//! come to one after another.

use model::{Label, Outcome, Violation, oracle};
use serde_json::Value;

use super::race::Race;
use super::say;
use super::short::short;
use crate::report::gather::Story;
use crate::text::{cells, clean};

/// Between what a trial came to and what the same racers come to in turn.
const IN_TURN: &str = "; one after another";

/// Cells of an answer that a sentence can carry.
const ANSWER_CELLS_MAX: usize = 12;

/// Oracles named beside the one that is quoted.
const OTHERS_MAX: usize = 3;

/// What happened: who came between what.
pub fn happened(race: &Race, label: Option<Label>) -> Option<String> {
    let (from, to) = race.pair()?;
    let racer = race.racer_of(race.steps[from]);
    let told = |at: usize| {
        let line = race.steps[at];
        let answer = say::answer(&line.step, &line.reply);
        let mut text = format!("{}'s {}", race.racer_of(line), say::name(&line.step));
        // What a racer acts on or is told is what this is about, where it can be said in a word.
        if !answer.is_empty() && cells(&answer) <= ANSWER_CELLS_MAX {
            text.push_str(&format!(" ({answer})"));
        }
        text
    };
    let others = race.listed.iter().flatten().copied();
    let between: Vec<String> = others
        .filter(|at| race.racer_of(race.steps[*at]) != racer && from < *at && *at < to)
        .map(told)
        .collect();
    if between.is_empty() {
        return None;
    }
    let so = label.map(|label| so(label, &racer)).unwrap_or_default();
    Some(clean(&format!(
        "between {} and {} came {}{so}",
        told(from),
        told(to),
        between.join(" and ")
    )))
}

/// What a kind of race comes to.
fn so(label: Label, racer: &str) -> String {
    match label {
        Label::LostUpdate => format!(": {racer} wrote over what it had not seen"),
        Label::CheckThenAct => format!(": {racer} acted on what was no longer so"),
        Label::DoubleInsert => format!(": what {racer} had not found was there when it made it"),
        Label::WriteSkew => ": each changed what the other had looked at".to_string(),
        Label::StaleCacheFill => format!(": {racer} put into the cache what was old already"),
        Label::ReadYourOldCache => ": the cache told what was before".to_string(),
        Label::LockOrder => ": each waited for what the other had".to_string(),
        Label::ReadSkew => ": the state of two different times was seen".to_string(),
    }
}

/// What the oracles saw: the first that says more than the comparison, then the names of others.
pub fn seen(story: &Story) -> Option<String> {
    let all = &story.judgement.violations;
    let quoted = quoted(all)?;
    let saw = quoted.saw.split(IN_TURN).next().unwrap_or_default();
    let told = if answers(&quoted.saw).is_some() {
        match saw.ends_with(", with this state") {
            true => "these answers and this state come of no order of the racers".to_string(),
            false => "answers that no order of the racers gives".to_string(),
        }
    } else if let Some((question, values)) = states(&quoted.saw) {
        format!("{question} gives {}", values[0])
    } else {
        own_words(saw, story)
    };
    let mut text = format!("{}: {told}", quoted.oracle);
    let others: Vec<&str> = all
        .iter()
        .map(|violation| violation.oracle.as_str())
        .filter(|oracle| *oracle != quoted.oracle)
        .collect();
    if !others.is_empty() && others.len() <= OTHERS_MAX {
        text.push_str(&format!("; {} too", others.join(" and ")));
    } else if !others.is_empty() {
        text.push_str(&format!("; {} other oracles too", others.len()));
    }
    Some(clean(&text))
}

fn quoted(all: &[Violation]) -> Option<&Violation> {
    let own = all
        .iter()
        .find(|violation| violation.oracle != oracle::SERIAL);
    own.or(all.first())
}

/// An oracle's words without the answer it speaks of, which stands above them.
fn own_words(saw: &str, story: &Story) -> String {
    for attempt in &story.history.attempts {
        let Outcome::Answered { .. } = attempt.outcome else {
            continue;
        };
        let who = format!("{} got ", attempt.racer);
        if let Some(rest) = saw.strip_prefix(&who)
            && let Some((_, what)) = rest.rsplit_once(": /")
        {
            return format!("/{} in {}'s answer", short(what), attempt.racer);
        }
    }
    if let Some((path, row, rest)) = row_of(saw) {
        let (field, value) = rest.split_once(" is ").unwrap_or((rest, ""));
        return format!("row {row} of `{path}` has {field} {}", short(value));
    }
    let is_false = saw
        .strip_suffix(" is f")
        .map(|question| format!("{question} is false"));
    is_false.unwrap_or_else(|| short(saw))
}

/// `db SELECT ... [1] /account is savings`: the question, which row from 1, and what of it.
fn row_of(saw: &str) -> Option<(&str, usize, &str)> {
    let (path, rest) = saw.split_once(" [")?;
    let (row, rest) = rest.split_once("] /")?;
    Some((path, row.parse::<usize>().ok()?.saturating_add(1), rest))
}

/// What the racers come to one after another.
pub fn in_turn(story: &Story) -> Option<String> {
    let all = &story.judgement.violations;
    let compared = all
        .iter()
        .find(|violation| violation.oracle == oracle::SERIAL);
    let Some(compared) = compared else {
        let broken = &all.first()?.oracle;
        return Some(format!(
            "in every order of the racers, {} holds",
            clean(broken)
        ));
    };
    if let Some(usual) = answers(&compared.saw) {
        let whoever = if usual.len() == 1 {
            ", whoever comes first"
        } else {
            ""
        };
        return Some(format!("they get {}{whoever}", usual.join(", or ")));
    }
    if let Some((_, values)) = states(&compared.saw) {
        let usual = values[1..].join(" or ");
        return Some(format!("it gives {usual}, whoever comes first"));
    }
    let (now, usual) = compared.saw.split_once(IN_TURN)?;
    let usual = usual.trim_start_matches([':', ' ']);
    if usual == "nothing" && row_of(now).is_some() {
        return Some("there is no such row, whoever comes first".to_string());
    }
    let seen = now.rsplit_once(" is ").map(|(_, value)| value);
    let is_usual = seen.is_some_and(|seen| usual.split(" or ").any(|value| value == seen));
    Some(clean(&match is_usual {
        true => format!("it is {usual}, but never with all the rest as it is here"),
        false => format!("it is {usual}, whoever comes first"),
    }))
}

/// What a question about the state gave after the trial, and what it gives one after another.
fn states(saw: &str) -> Option<(&str, Vec<String>)> {
    let (now, usual) = saw.split_once(IN_TURN)?;
    let (question, now) = now.split_once(" gives ")?;
    let values: Vec<&str> = std::iter::once(now)
        .chain(usual.trim_start_matches([':', ' ']).split(" or "))
        .collect();
    Some((question, apart(&values)))
}

/// Lists without the rows that are in all of them; anything else as it is.
fn apart(values: &[&str]) -> Vec<String> {
    let lists: Option<Vec<Vec<Value>>> = values
        .iter()
        .map(|value| serde_json::from_str(value).ok())
        .collect();
    let whole = || values.iter().map(|value| short(value)).collect();
    let Some(lists) = lists.filter(|lists| lists.len() > 1) else {
        return whole();
    };
    let is_everywhere = |row: &Value| lists.iter().all(|list| list.contains(row));
    let told = lists.iter().map(|list| {
        let rows = list.iter().filter(|row| !is_everywhere(row));
        let rows: Vec<String> = rows.map(|row| short(&row.to_string())).collect();
        match rows.is_empty() {
            true => "no such row".to_string(),
            false => rows.join(", "),
        }
    });
    told.collect()
}

/// The answers of the racers in each order, each once; none when it is not about answers.
fn answers(saw: &str) -> Option<Vec<String>> {
    let (now, usual) = saw.split_once(IN_TURN)?;
    let is_answer = |text: &str| {
        let mut bytes = text.trim_start().bytes();
        bytes.by_ref().take(3).filter(u8::is_ascii_digit).count() == 3
    };
    let usual = usual.strip_prefix(": ").filter(|usual| is_answer(usual))?;
    if !is_answer(now) {
        return None;
    }
    let mut all: Vec<String> = Vec::new();
    for order in usual.split(", or ") {
        let texts: Vec<String> = order.split(" and ").map(short).collect();
        let text = texts.join(" and ");
        // Fresh identifiers make equal answers look different.
        if !all.iter().any(|known| blurred(known) == blurred(&text)) {
            all.push(text);
        }
    }
    Some(all)
}

/// Without identifiers that were cut.
fn blurred(text: &str) -> String {
    let words = text.split([' ', ',', '}']);
    let kept: Vec<&str> = words.filter(|word| !word.ends_with('…')).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rows_that_differ_are_told() {
        let saw = "db `SELECT name, balance FROM a` gives [{\"name\":\"ada\",\"balance\":\"50\"},{\"name\":\"bob\"}]; one after another [{\"name\":\"ada\",\"balance\":\"25\"},{\"name\":\"bob\"}]";
        let (question, values) = states(saw).unwrap();
        assert_eq!(question, "db `SELECT name, balance FROM a`");
        assert_eq!(
            values,
            ["{name: ada, balance: 50}", "{name: ada, balance: 25}"]
        );
        assert_eq!(apart(&["[1]", "[1,2]"]), ["no such row", "2"]);
        assert_eq!(apart(&["7", "8"]), ["7", "8"]);
        assert_eq!(apart(&["[{\"a...", "[1]"]), ["[{a...", "[1]"]);
    }

    #[test]
    fn equal_answers_with_fresh_identifiers_are_told_once() {
        let saw = "201 {\"id\":\"25e66862-7a06-4ea1-a405-c68a1c384d9f\"} and 201 {}; one after another: 201 {\"id\":\"25e66862-7a06-4ea1-a405-c68a1c384d9f\"} and 409 {}, or 201 {\"id\":\"42f53c70-13a6-4218-9474-2f7a47c347e9\"} and 409 {}";
        assert_eq!(answers(saw).unwrap(), ["201 {id: 25e66862…} and 409 {}"]);
    }
}
