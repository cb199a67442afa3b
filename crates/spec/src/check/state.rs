//! `reset`, `near_limit`, `state`: commands on backends and services.

use model::{Protocol, StateCommand};

use super::holes;
use super::names::Names;
use super::operations::METHODS;
use crate::error::Problems;
use crate::node::Spot;
use crate::read::Pair;
use crate::suggest;

/// The commands that are right.
pub fn check(
    pairs: &[Pair],
    place: &str,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Vec<StateCommand> {
    pairs
        .iter()
        .filter_map(|pair| command(&pair.key, &pair.value, place, names, problems))
        .collect()
}

/// One command, written in what its target speaks.
pub fn command(
    target: &Spot<String>,
    command: &Spot<String>,
    place: &str,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<StateCommand> {
    if !names.target_exists(target, problems) {
        return None;
    }
    if let Some((at, length)) = holes::stray(&command.value) {
        let message = format!("a command of {place} is sent as it stands, `${{` included");
        let part = command.span.part(at, length);
        problems.add(
            part,
            message,
            "",
            "write the value itself; holes are filled in `run`, `env` and requests",
        );
        return None;
    }
    is_spoken(target, command, names, problems)?;
    Some(StateCommand {
        target: target.value.clone(),
        command: command.value.trim().to_string(),
    })
}

/// Whether a command is written in what its target speaks.
pub fn is_spoken(
    target: &Spot<String>,
    command: &Spot<String>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<()> {
    match names.protocol_of(&target.value) {
        Some(Protocol::Http) => request(target, command, problems),
        Some(Protocol::Tcp) => {
            let message = format!(
                "backend `{}` speaks tcp, in which heisen knows no commands",
                target.value
            );
            let help = "name a postgres, redis or http backend, or a service";
            problems.add(target.span, message, "", help);
            None
        }
        Some(Protocol::Postgres | Protocol::Redis) | None => Some(()),
    }
}

/// `METHOD /path`.
fn request(target: &Spot<String>, command: &Spot<String>, problems: &mut Problems) -> Option<()> {
    let words: Vec<&str> = command.value.split_whitespace().collect();
    let help = match words.as_slice() {
        [method, path] if METHODS.contains(method) && path.starts_with('/') => return Some(()),
        [method, path] if path.starts_with('/') => suggest::help(method, "methods", &METHODS),
        _ => "write `METHOD /path`, such as `GET /count`".to_string(),
    };
    let message = format!("`{}` is no request to `{}`", command.value, target.value);
    problems.add(command.span, message, "", help);
    None
}
