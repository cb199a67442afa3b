//! What an operation does step by step, as described: whom each step asks what, and whether its
//! marks make sense among the others.

use model::{Act, DescribedStep, Protocol, Template};

use super::calls::Call;
use super::holes::{self, Scope};
use super::merge::FormOperation;
use super::names::Names;
use super::{amounts, reads, state, traffic};
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{RawAct, RawStep};

/// Steps of one operation.
const STEPS_MAX: usize = 200;
/// What a service is asked by its own operations' steps.
const LOCK_VERBS: [&str; 2] = ["LOCK", "UNLOCK"];

/// Where the steps of an operation stand.
pub struct Steps<'a> {
    /// The service the operation goes to, if that could be read.
    pub own: Option<&'a str>,
    /// The holes they may have.
    pub scope: Scope<'a>,
    /// Whom they can ask.
    pub names: &'a Names<'a>,
}

/// How often an operation can be done for one key.
pub fn limit(form: &FormOperation<'_>, problems: &mut Problems) -> Option<u64> {
    let limit = form.limit?;
    let decides = |step: &&RawStep| RawStep::is(step.decides.as_ref());
    if !form.steps.is_empty() && !form.steps.iter().any(|step| decides(&step)) {
        let message = format!(
            "operation `{}` has a `limit`, and no step decides whether it is reached",
            form.name.value
        );
        let help = "add `decides: true` to the step that reads how often it was done";
        problems.add(limit.span, message, "", help);
    }
    Some(amounts::within(
        limit,
        "`limit`",
        traffic::COUNT_MAX,
        problems,
    ))
}

impl Steps<'_> {
    /// The steps that are right, and those of them that call services.
    pub fn check(
        &self,
        form: &FormOperation<'_>,
        problems: &mut Problems,
    ) -> (Vec<DescribedStep>, Vec<Call>) {
        if let Some(extra) = form.steps.get(STEPS_MAX) {
            let message = format!(
                "operation `{}` has {} steps; at most {STEPS_MAX} can be had",
                form.name.value,
                form.steps.len()
            );
            let help =
                "leave out steps that touch nothing others care about, or sum them up as `work`";
            problems.add(extra.span, message, "one too many", help);
            return (Vec::new(), Vec::new());
        }
        let (mut steps, mut calls) = (Vec::new(), Vec::new());
        let mut has_read = false;
        for raw in form.steps {
            self.marks(raw, form, has_read, problems);
            let takes = raw.takes.as_ref();
            let takes = takes.map(|text| amounts::latency(text, "`takes`", problems));
            let Some(act) = self.act(raw, problems) else {
                continue;
            };
            if let (
                RawAct::Ask { target, command },
                Act::Ask {
                    command: request, ..
                },
            ) = (&raw.act, &act)
            {
                let protocol = self.names.protocol_of(&target.value);
                let is_lock = self.is_lock(target, command);
                has_read |= !is_lock && reads::reads(protocol, command.value.trim());
                if !is_lock && self.names.services.contains(&target.value.as_str()) {
                    calls.push(Call {
                        operation: form.name.value.clone(),
                        service: target.value.clone(),
                        request: request.clone(),
                        span: command.span,
                    });
                }
            }
            steps.push(DescribedStep {
                act,
                takes: takes.flatten(),
                decides: RawStep::is(raw.decides.as_ref()),
                on_miss: RawStep::is(raw.on_miss.as_ref()),
                background: RawStep::is(raw.background.as_ref()),
            });
        }
        (steps, calls)
    }

    /// Whether `decides`, `on_miss` and `takes` have a meaning where they stand.
    fn marks(
        &self,
        raw: &RawStep,
        form: &FormOperation<'_>,
        has_read: bool,
        problems: &mut Problems,
    ) {
        if let Some(decides) = raw.decides.as_ref().filter(|decides| decides.value) {
            let lock = matches!(&raw.act, RawAct::Ask { target, command } if self.is_lock(target, command));
            if lock || matches!(raw.act, RawAct::Work(_)) {
                let help = "move `decides` to the step that reads how often it was done";
                let message = "a step that reads nothing cannot decide";
                problems.add(decides.span, message, "", help);
            } else if RawStep::is(raw.background.as_ref()) {
                let help = "keep one of `decides` and `background`";
                let message = "what is made after the answer was given cannot decide it";
                problems.add(decides.span, message, "", help);
            }
            if form.limit.is_none() {
                let message = format!(
                    "this step decides, and operation `{}` has no `limit`",
                    form.name.value
                );
                let help = "add `limit: 10` to the operation: how often it can be done for one key";
                problems.add(decides.span, message, "", help);
            }
        }
        if let Some(on_miss) = raw.on_miss.as_ref().filter(|on_miss| on_miss.value)
            && !has_read
        {
            let message = "no step before this one reads something that could be missing";
            let help =
                "put the read before it, such as `- { cache: \"GET key\" }`, or remove `on_miss`";
            problems.add(on_miss.span, message, "", help);
        }
        if let (RawAct::Work(_), Some(takes)) = (&raw.act, &raw.takes) {
            let message = "`work` says itself how long it takes";
            problems.add(takes.0.span, message, "", "remove `takes`");
        }
    }

    fn act(&self, raw: &RawStep, problems: &mut Problems) -> Option<Act> {
        let (target, command) = match &raw.act {
            RawAct::Work(text) => {
                return amounts::latency(text, "`work`", problems).map(Act::Work);
            }
            RawAct::Ask { target, command } => (target, command),
        };
        if !self.names.target_exists(target, problems) {
            return None;
        }
        if self.is_lock(target, command) {
            lock(target, command, problems)?;
        } else {
            self.no_lock(target, command, problems)?;
            state::is_spoken(target, command, self.names, problems)?;
        }
        let filled = holes::template(
            &command.value,
            command.span,
            &self.scope,
            self.names,
            problems,
        );
        let protocol = self.names.protocol_of(&target.value);
        Some(Act::Ask {
            target: target.value.clone(),
            command: tidy(&command.value, filled?, protocol),
        })
    }

    /// Whether a step takes or gives back a lock inside the operation's own service.
    fn is_lock(&self, target: &Spot<String>, command: &Spot<String>) -> bool {
        self.own.is_none_or(|own| own == target.value)
            && self.names.services.contains(&target.value.as_str())
            && begins_as_lock(command)
    }

    /// Tells of a lock inside a service that is not the operation's own.
    fn no_lock(
        &self,
        target: &Spot<String>,
        command: &Spot<String>,
        problems: &mut Problems,
    ) -> Option<()> {
        let is_service = self.names.services.contains(&target.value.as_str());
        if !is_service || !begins_as_lock(command) {
            return Some(());
        }
        let message = format!(
            "a lock lies inside the operation's own service, and `{}` is another",
            target.value
        );
        let help = format!(
            "write `- {{ {}: \"{}\" }}`; other services are asked `METHOD /path`",
            self.own.unwrap_or("service"),
            command.value.trim()
        );
        problems.add(target.span, message, "", help);
        None
    }
}

fn begins_as_lock(command: &Spot<String>) -> bool {
    let verb = command.value.split_whitespace().next();
    verb.is_some_and(|verb| LOCK_VERBS.contains(&verb))
}

/// `LOCK name`, `UNLOCK name`.
fn lock(target: &Spot<String>, command: &Spot<String>, problems: &mut Problems) -> Option<()> {
    if command.value.split_whitespace().count() == 2 {
        return Some(());
    }
    let message = format!(
        "`{}` does not name one lock of service `{}`",
        command.value.trim(),
        target.value
    );
    let help = "write `LOCK name` and `UNLOCK name`; the name has no spaces and may have holes";
    problems.add(command.span, message, "", help);
    None
}

/// A command as it is compared: a request has single spaces, the rest none around it.
fn tidy(text: &str, filled: Template, protocol: Option<Protocol>) -> Template {
    let tidied = match protocol {
        Some(Protocol::Http) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => text.trim().to_string(),
    };
    Template::parse(&tidied).unwrap_or(filled)
}
