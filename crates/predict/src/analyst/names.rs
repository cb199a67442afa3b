//! What kinds of requests are called that the log does not name: by what they do and the fewest
//! others do, `UPDATE vouchers, INSERT redemptions`.

use std::collections::{HashMap, HashSet};

use model::schedule::one_word;
use model::{SeenStep, Transaction};

use super::RecordedRequest;
use super::forms::Forms;

/// A name that has this many characters takes no more words.
const CHARS_MAX: usize = 44;
/// Changes that a name tells.
const WORDS_MAX: usize = 2;

/// How many kinds make each change.
#[derive(Default)]
pub struct Names {
    kinds: HashMap<String, usize>,
}

/// A change that a request makes.
struct Change {
    word: String,
    /// It is made in the nth transaction of the request; 0 is none.
    transaction: usize,
}

impl Names {
    /// Of one request of each kind.
    pub fn of<'a>(requests: impl Iterator<Item = &'a RecordedRequest>, forms: &Forms) -> Names {
        let mut names = Names::default();
        for request in requests {
            let words = changes(request, forms)
                .into_iter()
                .map(|change| change.word);
            for word in words.collect::<HashSet<_>>() {
                *names.kinds.entry(word).or_default() += 1;
            }
        }
        names
    }

    /// What a request does, in short: its changes, those first that few kinds make and that are
    /// made together with most others; or else what it looks at first.
    pub fn name(&self, request: &RecordedRequest, forms: &Forms) -> String {
        let changes = changes(request, forms);
        let kinds = |change: &Change| self.kinds.get(&change.word).copied().unwrap_or(0);
        let rarest = changes.iter().map(kinds).min();
        let rare: Vec<&Change> = changes
            .iter()
            .filter(|change| Some(kinds(change)) == rarest)
            .collect();
        let together = |change: &Change| {
            let others = rare
                .iter()
                .filter(|other| change.transaction > 0 && other.transaction == change.transaction);
            others.count()
        };
        let mut ordered = rare.clone();
        // Stable: else in the order in which they are made.
        ordered.sort_by_key(|change| std::cmp::Reverse(together(change)));
        if ordered.is_empty() {
            return short(looks(request, forms));
        }
        short(ordered.into_iter().map(|change| change.word.clone()))
    }
}

fn short(words: impl IntoIterator<Item = String>) -> String {
    let mut name = String::new();
    for word in words.into_iter().take(WORDS_MAX) {
        let more = name.chars().count() + word.chars().count() + 2;
        if name.is_empty() {
            name = word;
        } else if more <= CHARS_MAX {
            name = format!("{name}, {word}");
        }
    }
    name
}

/// The changes of a request, each once.
fn changes(request: &RecordedRequest, forms: &Forms) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    let mut transaction = 0;
    for seen in &request.steps {
        transaction += usize::from(seen.step.transaction == Transaction::Begin);
        let Some(word) = word(seen, forms, true) else {
            continue;
        };
        if found.iter().all(|change| change.word != word) {
            let is_inside = seen.step.transaction == Transaction::Inside;
            found.push(Change {
                word,
                transaction: if is_inside { transaction } else { 0 },
            });
        }
    }
    found
}

fn looks(request: &RecordedRequest, forms: &Forms) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in request
        .steps
        .iter()
        .filter_map(|seen| word(seen, forms, false))
    {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// `UPDATE vouchers`, if the step changes something, or looks at something.
fn word(seen: &SeenStep, forms: &Forms, changes: bool) -> Option<String> {
    let step = &seen.step;
    let mut effects = step.effects.iter().filter(|_| step.is_shared());
    let effect = effects.find(|effect| effect.access.changes() == changes)?;
    let resource = one_word(&forms.of(step, effect).resource).unwrap_or_default();
    Some(format!("{} {resource}", step.verb))
}

#[cfg(test)]
mod tests {
    use super::super::testkit::request;
    use super::*;

    #[test]
    fn kinds_are_called_by_what_the_fewest_do() {
        let visit = ["db UPDATE visits SET n = n + 1 WHERE id = 1"];
        let redeem = [
            visit[0],
            "db BEGIN",
            "db INSERT INTO logs (a) VALUES (1)",
            "db UPDATE vouchers SET used = 1 WHERE id = 1",
            "db INSERT INTO redemptions (v) VALUES (1)",
            "db COMMIT",
        ];
        let refuse = [visit[0], "db INSERT INTO logs (a) VALUES (1)"];
        let alone = [
            "db INSERT INTO a_table_with_quite_a_name (a) VALUES (1)",
            "db INSERT INTO another_table (a) VALUES (1)",
        ];
        let look = ["db SELECT a FROM visits WHERE id = 1"];
        let all: Vec<RecordedRequest> = [&redeem[..], &refuse, &visit, &alone, &look]
            .map(|lines| {
                let lines: Vec<String> = lines.iter().map(|line| (*line).to_string()).collect();
                request(None, 0, &lines)
            })
            .into();
        let names = Names::of(all.iter(), &Forms::default());
        let found: Vec<String> = all
            .iter()
            .map(|request| names.name(request, &Forms::default()))
            .collect();
        assert_eq!(
            found,
            [
                "UPDATE vouchers, INSERT redemptions",
                "INSERT logs",
                "UPDATE visits",
                "INSERT a_table_with_quite_a_name",
                "SELECT visits",
            ]
        );
    }
}
