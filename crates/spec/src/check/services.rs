//! Services: command, replicas, readiness, environment, limits.

use model::{Limits, Ready, Service, Template, units};

use super::holes::{self, Scope};
use super::merge::{Form, FormService};
use super::names::Names;
use super::{amounts, words};
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::RawLimits;

/// Replicas of one service.
const REPLICAS_MAX: u64 = 64;
/// Two, so that two racers have a lane each.
const REPLICAS_DEFAULT: u16 = 2;

/// The services that are right.
pub fn check(form: &Form<'_>, names: &Names<'_>, problems: &mut Problems) -> Vec<Service> {
    form.services
        .iter()
        .map(|service| one(service, names, problems))
        .collect()
}

fn one(service: &FormService<'_>, names: &Names<'_>, problems: &mut Problems) -> Service {
    Service {
        name: service.name.value.clone(),
        run: command(service, names, problems),
        replicas: service
            .replicas
            .map_or(REPLICAS_DEFAULT, |count| replicas(service, count, problems)),
        ready: service
            .ready
            .map_or(Ready::Port, |text| ready(text, problems)),
        env: environment(service, names, problems),
        limits: service
            .limits
            .map_or(Limits::default(), |raw| limits(raw, problems)),
        slots: service
            .slots
            .map(|slots| amounts::within(slots, "`slots`", amounts::PLACES_MAX, problems)),
    }
}

fn command(service: &FormService<'_>, names: &Names<'_>, problems: &mut Problems) -> Vec<Template> {
    let Some(run) = service.run else {
        return Vec::new(); // only described
    };
    // The whole text first: a problem then points at its place in the command.
    if holes::template(&run.value, run.span, &Scope::Service, names, problems).is_none() {
        return Vec::new();
    }
    match words::split(&run.value) {
        Ok(words) => words
            .iter()
            .filter_map(|word| Template::parse(word).ok())
            .collect(),
        Err(error) => {
            let (at, length) = error.place();
            problems.add(
                run.span.part(at, length),
                error.to_string(),
                "",
                error.help(),
            );
            Vec::new()
        }
    }
}

fn replicas(service: &FormService<'_>, count: &Spot<u64>, problems: &mut Problems) -> u16 {
    match u16::try_from(count.value) {
        Ok(value) if (1..=REPLICAS_MAX).contains(&count.value) => value,
        _ => {
            let message = format!(
                "service `{}` cannot have {} replicas",
                service.name.value, count.value
            );
            problems.add(
                count.span,
                message,
                "",
                format!("write a number from 1 to {REPLICAS_MAX}"),
            );
            REPLICAS_DEFAULT
        }
    }
}

fn ready(text: &Spot<String>, problems: &mut Problems) -> Ready {
    match text.value.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["port"] => return Ready::Port,
        ["GET", path] if path.starts_with('/') && !path.contains("${") => {
            return Ready::Http((*path).to_string());
        }
        _ => {}
    }
    let message = format!(
        "`{}` does not say how to know that a replica is ready",
        text.value
    );
    problems.add(
        text.span,
        message,
        "",
        "write `GET /healthz` (a path that answers 2xx) or `port`",
    );
    Ready::Port
}

fn environment(
    service: &FormService<'_>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Vec<(String, Template)> {
    let mut env = Vec::new();
    for (key, value) in &service.env {
        if key.value.is_empty()
            || key.value.contains(['=', '\0', ' '])
            || value.0.value.contains('\0')
        {
            let message = format!(
                "`{}` is no name and value of an environment variable",
                key.value
            );
            problems.add(
                key.span,
                message,
                "",
                "a name has no `=` and no space, and neither has a null byte",
            );
        }
        let filled = holes::template(
            &value.0.value,
            value.0.span,
            &Scope::Service,
            names,
            problems,
        );
        env.extend(filled.map(|template| (key.value.clone(), template)));
    }
    env
}

fn limits(raw: &RawLimits, problems: &mut Problems) -> Limits {
    let mut limits = Limits::default();
    if let Some(cpu) = &raw.cpu {
        match units::cpu(&cpu.0.value) {
            Ok(value) => limits.cpu = Some(value),
            Err(error) => tell(error, cpu.0.span, problems),
        }
    }
    if let Some(memory) = &raw.memory {
        match units::memory(&memory.0.value) {
            Ok(value) => limits.memory = Some(value),
            Err(error) => tell(error, memory.0.span, problems),
        }
    }
    limits
}

/// A unit's error holds its cure after the semicolon.
fn tell(error: units::UnitError, span: crate::source::Span, problems: &mut Problems) {
    let text = error.to_string();
    let (message, help) = text.split_once("; ").unwrap_or((&text, ""));
    problems.add(span, message, "", help);
}
