//! Texts with `${holes}`: each hole is looked up in what is known where the text stands.

use model::{Template, Variable};

use super::names::Names;
use crate::error::Problems;
use crate::source::Span;
use crate::suggest;

/// Where a text stands, which tells the holes it may have.
pub enum Scope<'a> {
    /// `run` and `env` of a service.
    Service,
    /// A request, with the operation's arguments.
    Request(&'a [&'a str]),
    /// Headers of a scenario, with what its steps may have.
    Scenario(&'a [&'a str]),
    /// A described step, with the operation's arguments.
    Step(&'a [&'a str]),
}

/// Reads a text with holes; `None` when a problem was added.
pub fn template(
    text: &str,
    span: Span,
    scope: &Scope<'_>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Template> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(bad) => {
            let rest = text.len() - bad.offset;
            let help = "write ${name} with a closing brace and no spaces, or $${ for a plain ${";
            problems.add(
                span.part(bad.offset, rest),
                "a `${` without a name and a `}`",
                "",
                help,
            );
            return None;
        }
    };
    let before = problems.count();
    for hole in template.holes() {
        let written = format!("${{{hole}}}");
        let place = text
            .find(&written)
            .map_or(span, |at| span.part(at, written.len()));
        if let Err((message, help)) = fits(hole, scope, names) {
            problems.add(place, message, "", help);
        }
    }
    (problems.count() == before).then_some(template)
}

/// Where a `${` stands in a text that has no holes, up to its brace: byte and length.
pub fn stray(text: &str) -> Option<(usize, usize)> {
    let at = text.find("${")?;
    let length = text[at..]
        .find('}')
        .map_or(text.len() - at, |close| close + 1);
    Some((at, length))
}

/// Whether a hole may stand in this scope; otherwise what is wrong and how to cure it.
fn fits(hole: &Variable, scope: &Scope<'_>, names: &Names<'_>) -> Result<(), (String, String)> {
    let no = |message: String, help: &str| Err((message, help.to_string()));
    match (hole, scope) {
        (Variable::Uuid | Variable::Now, Scope::Step(_)) => Ok(()),
        (Variable::Argument(name), Scope::Step(args)) => argument(name, args, &IN_STEPS),
        (_, Scope::Step(_)) => no(
            format!("a step cannot have `${{{hole}}}`"),
            "a step is only described; it may have its operation's arguments, ${uuid} and ${now}",
        ),
        (Variable::Variant, _) if names.variants.is_empty() => no(
            "`${variant}` stands for nothing: the spec has no `variants:`".into(),
            "add `variants:` with a name",
        ),
        (Variable::Variant | Variable::Replica, _) | (Variable::Port, Scope::Service) => Ok(()),
        (Variable::Uuid | Variable::Now, Scope::Request(_) | Scope::Scenario(_)) => Ok(()),
        (Variable::Uuid | Variable::Now, Scope::Service) => no(
            format!("`${{{hole}}}` is filled for each request, not for a service"),
            "a service may have ${port}, ${replica}, ${variant}, ${NAME.url}, ${NAME.host}, ${NAME.port}, ${NAME.peers}",
        ),
        (Variable::Port, Scope::Request(_) | Scope::Scenario(_)) => no(
            "a request cannot have `${port}`".into(),
            "it goes to its service by itself; write the path only",
        ),
        (Variable::Peers(of), Scope::Service)
            if names.backends.iter().any(|(name, _)| name == of) =>
        {
            no(
                format!("backend `{of}` has no peers"),
                "only services run in replicas; use .url, .host or .port",
            )
        }
        (
            Variable::Url(of) | Variable::Host(of) | Variable::PortOf(of) | Variable::Peers(of),
            Scope::Service,
        ) => {
            if names.has_target(of) {
                return Ok(());
            }
            let help = suggest::help(of, "backends and services", &names.targets());
            Err((
                format!("`${{{hole}}}` speaks of `{of}`, which does not exist"),
                help,
            ))
        }
        (
            Variable::Url(_) | Variable::Host(_) | Variable::PortOf(_) | Variable::Peers(_),
            Scope::Request(_) | Scope::Scenario(_),
        ) => no(
            format!("a request cannot have `${{{hole}}}`"),
            "addresses differ from lane to lane; a request may have its arguments, ${uuid}, ${now}, ${variant}, ${replica}",
        ),
        (Variable::Argument(name), Scope::Request(args)) => argument(name, args, &IN_REQUESTS),
        (Variable::Argument(name), Scope::Scenario(args)) => of_scenario(name, args),
        (Variable::Argument(name), Scope::Service) => nothing(name, names),
    }
}

/// What a request may have besides its arguments.
const IN_REQUESTS: [&str; 4] = ["uuid", "now", "variant", "replica"];
/// What a step may have besides its operation's arguments.
const IN_STEPS: [&str; 2] = ["uuid", "now"];

/// A hole that must be one of the operation's arguments.
fn argument(name: &str, args: &[&str], others: &[&'static str]) -> Result<(), (String, String)> {
    if args.contains(&name) {
        return Ok(());
    }
    let mut known = args.to_vec();
    known.extend(others);
    let mut help = suggest::help(name, "known here", &known);
    if suggest::nearest(name, &known).is_none() {
        help = format!("add `args: {{ {name}: [...] }}`; {help}");
    }
    Err((format!("nothing is called `${{{name}}}` here"), help))
}

/// A hole that must be something that a scenario has values for.
fn of_scenario(name: &str, args: &[&str]) -> Result<(), (String, String)> {
    if args.contains(&name) {
        return Ok(());
    }
    let mut known = args.to_vec();
    known.extend(&IN_REQUESTS);
    let mut help = suggest::help(name, "known here", &known);
    if suggest::nearest(name, &known).is_none() {
        help = format!("take it from an answer or feed it; {help}");
    }
    Err((format!("nothing is called `${{{name}}}` here"), help))
}

/// A hole of a service that stands for nothing.
fn nothing(name: &str, names: &Names<'_>) -> Result<(), (String, String)> {
    let mut known: Vec<String> = ["port", "replica", "variant"].map(str::to_string).to_vec();
    known.extend(names.targets().iter().map(|target| format!("{target}.url")));
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = match name.rsplit_once('.') {
        Some((of, _)) if names.has_target(of) => {
            format!("write {of}.url, {of}.host or {of}.port")
        }
        _ => format!(
            "{}; heisen's own environment is inherited",
            suggest::help(name, "known here", &known)
        ),
    };
    Err((format!("nothing is called `${{{name}}}` here"), help))
}
