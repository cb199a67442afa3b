//! Scenarios: what a user does one after the other, and whether each argument has a value by then.

use std::path::Path;

use model::{Auth, Feed, Scenario, ScenarioStep, Taken};

use super::{LIST_MAX, USERS_MAX, amounts, feeds, few};
use crate::check::amounts::Least;
use crate::check::holes::{self, Scope};
use crate::check::names::{self, Names};
use crate::check::operations;
use crate::error::Problems;
use crate::node::{NodeKind, Spot};
use crate::raw::{RawAsk, RawOperation, RawScenario, RawScenarioStep, RawSpec};
use crate::read::{Anything, Entries, Text};
use crate::suggest;

/// A round of all scenarios by their weights is laid out.
const WEIGHT_MAX: u64 = 1_000;
/// Browsers follow no more.
const REDIRECTS_MAX: u64 = 20;

/// What scenarios are checked against.
pub struct Scenarios<'a> {
    /// The spec.
    pub raw: &'a RawSpec,
    /// Its names.
    pub names: &'a Names<'a>,
    /// Where files are looked for.
    pub folder: &'a Path,
    /// What is wrong.
    pub problems: &'a mut Problems,
}

impl<'a> Scenarios<'a> {
    /// The scenarios that are right.
    pub fn check(&mut self, load: &Spot<String>, raw: &Entries<RawScenario>) -> Vec<Scenario> {
        few(&raw.list, "scenarios", load.span, self.problems);
        if raw.list.is_empty() {
            let message = format!("load `{}` has no scenario", load.value);
            let help = "add one, such as buyer: { steps: [OPERATION] }";
            self.problems.add(raw.span, message, "", help);
        }
        let scenarios = raw.iter();
        scenarios
            .filter_map(|(name, raw)| self.one(name, raw))
            .collect()
    }

    fn one(&mut self, name: &Spot<String>, raw: &RawScenario) -> Option<Scenario> {
        let weight = raw.weight.as_ref();
        let weight = weight.map_or(1, |weight| {
            amounts::within(weight, "`weight`", WEIGHT_MAX, self.problems)
        });
        let redirects = raw.redirects.as_ref().map_or(0, |redirects| {
            if redirects.value > REDIRECTS_MAX {
                let message = format!("`redirects` cannot be {}", redirects.value);
                let help = format!("write a number from 0 to {REDIRECTS_MAX}");
                self.problems.add(redirects.span, message, "", help);
            }
            redirects.value.try_into().unwrap_or(0)
        });
        // Without all columns it is not known which arguments have values.
        let feeds = self.feeds(name, raw);
        let columns = feeds.as_ref().map(|(_, columns)| columns.as_slice());
        let steps = self.steps(name, raw, columns);
        let (feeds, columns) = feeds?;
        let known = self.known(raw, &columns);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let scope = Scope::Scenario(&known);
        let headers = operations::headers(raw.headers.as_ref(), &scope, self.names, self.problems);
        let auth = match &raw.auth {
            Some(text) => Some(self.auth(text, raw, &scope)?),
            None => None,
        };
        Some(Scenario {
            name: name.value.clone(),
            weight,
            steps,
            feeds,
            redirects,
            auth,
            headers,
        })
    }

    /// The feeds and their columns; nothing when one of them is wrong.
    fn feeds(
        &mut self,
        name: &Spot<String>,
        raw: &RawScenario,
    ) -> Option<(Vec<Feed>, Vec<String>)> {
        let raw = raw.feeds.as_deref().unwrap_or(&[]);
        few(raw, "feeds", name.span, self.problems);
        let (mut feeds, mut columns) = (Vec::new(), Vec::new());
        for (feed, names) in raw
            .iter()
            .take(LIST_MAX)
            .filter_map(|feed| feeds::check(feed, self.folder, self.problems))
        {
            feeds.push(feed);
            columns.extend(names);
        }
        (feeds.len() == raw.len()).then_some((feeds, columns))
    }

    fn steps(
        &mut self,
        name: &Spot<String>,
        raw: &RawScenario,
        columns: Option<&[String]>,
    ) -> Vec<ScenarioStep> {
        few(&raw.steps, "steps", name.span, self.problems);
        let asks = |step: &RawScenarioStep| matches!(step, RawScenarioStep::Ask { .. });
        if !raw.steps.iter().any(asks) {
            let message = format!("scenario `{}` asks nothing", name.value);
            let help = "add an operation to its steps";
            self.problems.add(name.span, message, "", help);
        }
        let mut given = columns.map(<[String]>::to_vec);
        let mut steps = Vec::new();
        for step in &raw.steps {
            steps.extend(match step {
                RawScenarioStep::Ask { operation, options } => {
                    self.ask(operation, options, &mut given)
                }
                RawScenarioStep::Think(text) => {
                    let think = amounts::latency(text, "`think`", self.problems);
                    think.map(ScenarioStep::Think)
                }
                RawScenarioStep::Meet { users, patience } => {
                    let what = "`patience`";
                    let patience =
                        amounts::duration(patience, what, Least::Something, self.problems);
                    let users = amounts::within(users, "`meet`", USERS_MAX, self.problems);
                    patience.map(|patience| ScenarioStep::Meet { users, patience })
                }
            });
        }
        steps
    }

    /// A request; `given` are the arguments that have values by then, and takes up what it takes.
    fn ask(
        &mut self,
        operation: &Spot<String>,
        options: &RawAsk,
        given: &mut Option<Vec<String>>,
    ) -> Option<ScenarioStep> {
        let exists = self.names.operation_exists(operation, self.problems);
        let known = self.operation(&operation.value);
        let mut args = Vec::new();
        for (name, Anything(node)) in options.args.iter().flat_map(Entries::iter) {
            if let Some(known) = known {
                self.has_argument(operation, name, known);
            }
            let place = "the value of an argument";
            let help = "write the value itself, or feed it";
            operations::no_holes(node, place, help, self.problems);
            args.push((name.value.clone(), node.to_json()));
        }
        if let (Some(known), Some(given)) = (known, &given) {
            self.all_have_values(operation, known, &args, given);
        }
        let mut takes = Vec::new();
        for (name, Text(text)) in options.take.iter().flat_map(Entries::iter) {
            names::argument(name, self.problems);
            match Taken::parse(&text.value) {
                Ok(taken) => takes.push((name.value.clone(), taken)),
                Err(bad) => {
                    let bad = bad.to_string();
                    let (why, help) = bad.split_once("; ").unwrap_or((&bad, ""));
                    self.problems.add(text.span, why, "", help);
                }
            }
            if let Some(given) = given {
                given.push(name.value.clone());
            }
        }
        exists.then(|| ScenarioStep::Ask {
            operation: operation.value.clone(),
            args,
            takes,
        })
    }

    /// Tells of an argument that the operation does not have.
    fn has_argument(
        &mut self,
        operation: &Spot<String>,
        name: &Spot<String>,
        known: &RawOperation,
    ) {
        let names: Vec<&str> = arguments(known).map(|(name, _)| name).collect();
        if !names.contains(&name.value.as_str()) {
            let message = format!(
                "operation `{}` has no argument `{}`",
                operation.value, name.value
            );
            let help = suggest::help(&name.value, "arguments", &names);
            self.problems.add(name.span, message, "", help);
        }
    }

    /// Tells of arguments that the operation leaves empty and nothing fills.
    fn all_have_values(
        &mut self,
        operation: &Spot<String>,
        known: &RawOperation,
        args: &[(String, serde_json::Value)],
        given: &[String],
    ) {
        for (name, has_default) in arguments(known) {
            let is_fixed = args.iter().any(|(fixed, _)| fixed == name);
            if !has_default && !is_fixed && !given.iter().any(|given| given == name) {
                let message = format!(
                    "argument `{name}` of `{}` has no value by then",
                    operation.value
                );
                let help = format!(
                    "take it from an earlier answer, feed it, write `{{ {}: {{ args: {{ {name}: ... }} }} }}`, or give the operation a value for it",
                    operation.value
                );
                self.problems.add(operation.span, message, "", help);
            }
        }
    }

    fn operation(&self, name: &str) -> Option<&'a RawOperation> {
        let mut operations = self.raw.operations.iter();
        let found = operations.find(|(known, _)| known.value == name);
        found.map(|(_, operation)| operation)
    }

    /// What headers may speak of: columns, what steps take, arguments of their operations.
    fn known(&self, raw: &RawScenario, columns: &[String]) -> Vec<String> {
        let mut known = columns.to_vec();
        for step in &raw.steps {
            let RawScenarioStep::Ask { operation, options } = step else {
                continue;
            };
            let takes = options.take.iter().flat_map(|take| take.names());
            known.extend(takes.map(|name| name.value.clone()));
            let operation = self.operation(&operation.value);
            let args = operation.into_iter().flat_map(arguments);
            known.extend(args.map(|(name, _)| name.to_string()));
        }
        known.sort();
        known.dedup();
        known
    }

    /// `basic USER:PASSWORD` or `bearer TOKEN`.
    fn auth(&mut self, text: &Spot<String>, raw: &RawScenario, scope: &Scope<'_>) -> Option<Auth> {
        let mut headers = raw.headers.iter().flat_map(|headers| headers.names());
        if let Some(twice) = headers.find(|name| name.value.eq_ignore_ascii_case("authorization")) {
            let help = "keep one of the two";
            self.problems
                .add(twice.span, "`auth` sets this header too", "", help);
        }
        let help = "write `basic USER:PASSWORD` or `bearer TOKEN`";
        let words = text.value.split_once(char::is_whitespace);
        let (word, rest) = words.map_or((text.value.as_str(), ""), |(word, rest)| {
            (word, rest.trim())
        });
        let make: fn(model::Template) -> Auth = match word {
            "basic" if rest.contains(':') => Auth::Basic,
            "bearer" if !rest.is_empty() => Auth::Bearer,
            _ => {
                let meant = suggest::nearest(word, &["basic", "bearer"]);
                let help = match meant.filter(|meant| *meant != word) {
                    Some(meant) => format!("did you mean `{meant}`? {help}"),
                    None => help.to_string(),
                };
                // What stands there may be a secret.
                self.problems
                    .add(text.span, "`auth` does not say who the user is", "", help);
                return None;
            }
        };
        let at = text.value.len() - rest.len();
        let span = text.span.part(at, rest.len());
        holes::template(rest, span, scope, self.names, self.problems).map(make)
    }
}

/// The arguments of an operation, and whether the spec has values for each.
fn arguments(operation: &RawOperation) -> impl Iterator<Item = (&str, bool)> {
    let args = operation.args.iter().flat_map(Entries::iter);
    args.map(|(name, values)| {
        let mut values = values.values.iter();
        let has_value = values.any(|Anything(node)| node.kind != NodeKind::Null);
        (name.value.as_str(), has_value)
    })
}
