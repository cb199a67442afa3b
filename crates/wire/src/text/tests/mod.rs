//! Texts in every language, described; what they keep unique; hostile ones.

mod equal;
mod hostile;
mod mysql;
mod others;
mod unique;
mod values;

use super::{Describer, Language};
use crate::testkit;

/// The lines of a table, each a statement of one session, in words.
fn described(language: Language, lines: &str) -> String {
    let mut describer = Describer::new(language);
    let parameters: Vec<Option<String>> = (1..10).map(|n| Some(format!("p{n}"))).collect();
    let mut said = String::new();
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let bound: &[Option<String>] = if line.contains('?') || line.contains("$1") {
            &parameters
        } else {
            &[]
        };
        let before = describer.not_understood().0;
        let mut draft = describer.describe(line, bound);
        draft.parameters.clear();
        let text = std::mem::take(&mut draft.text);
        let after = describer.not_understood().0;
        let columns: Vec<String> = draft
            .effects
            .iter()
            .filter_map(|effect| Some(format!("{{{}}}", effect.columns.as_ref()?.join(","))))
            .collect();
        draft.text.clone_from(&draft.shape);
        said.push_str(&format!(
            "{text}\n    {}{}{}\n",
            testkit::show(&draft),
            if columns.is_empty() {
                String::new()
            } else {
                format!(" {}", columns.join(" "))
            },
            if after > before {
                " not understood"
            } else {
                ""
            }
        ));
    }
    said
}

#[test]
fn a_commit_is_told_by_what_its_transaction_did() {
    for language in [Language::Postgres, Language::MySql] {
        let mut describer = Describer::new(language);
        let mut commits = |texts: &[&str]| {
            let told = texts.iter().map(|text| describer.describe(text, &[]));
            told.last().unwrap().commits
        };
        let all = [
            (&["UPDATE t SET a = 1", "COMMIT"][..], &[][..]),
            (&["BEGIN", "SELECT a FROM t", "COMMIT"], &[]),
            (
                &[
                    "BEGIN",
                    "SELECT a FROM t FOR UPDATE",
                    "UPDATE u SET a = 1",
                    "UPDATE t SET a = 1",
                    "COMMIT",
                ],
                &["t", "u"],
            ),
            (&["BEGIN", "COMMIT"], &[]),
            (&["BEGIN", "DELETE FROM t", "ROLLBACK"], &[]),
            (&["BEGIN", "COMMIT"], &[]),
            (
                &[
                    "BEGIN",
                    "INSERT INTO t (a) VALUES (1)",
                    "SAVEPOINT s",
                    "ROLLBACK TO SAVEPOINT s",
                    "COMMIT",
                ],
                &["t"],
            ),
        ];
        for (texts, of) in all {
            assert_eq!(commits(texts), *of, "{language:?} {texts:?}");
        }
        commits(&["BEGIN"]);
        for number in 0..100 {
            commits(&[&format!("DELETE FROM t{number}")]);
        }
        assert_eq!(commits(&["COMMIT"]).len(), 16);
    }
}
