//! Operations: request line, headers, body, arguments, statuses.

use model::{Act, Body, Operation, Template, Variable};
use serde_json::Value;

use super::calls;
use super::holes::{self, Scope};
use super::merge::{Form, FormOperation};
use super::names::{self, Names};
use super::steps::{self, Steps};
use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};
use crate::raw::{RawOperation, RawSpec};
use crate::read::{Anything, Entries, OneOrMany, Text};
use crate::source::Span;
use crate::suggest;

/// Methods a request may have.
pub const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// Headers that say how a message is framed; heisen writes them.
const FRAMING_HEADERS: [&str; 4] = ["content-length", "transfer-encoding", "connection", "host"];

/// The operations that are right.
pub fn check(
    raw: &RawSpec,
    form: &Form<'_>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Vec<Operation> {
    if raw.operations.list.is_empty() {
        let help = "add one, such as: buy: { request: POST shop /buy }";
        problems.add(raw.operations.span, "`operations` is empty", "", help);
    }
    let mut calls = Vec::new();
    let operations: Vec<Operation> = form
        .operations
        .iter()
        .filter_map(|operation| one(operation, names, &mut calls, problems))
        .collect();
    // What one that cannot be read is asked would seem to be asked of nobody.
    if operations.len() == raw.operations.list.len() {
        calls::check(&operations, &calls, problems);
    }
    operations
}

fn one(
    form: &FormOperation<'_>,
    names: &Names<'_>,
    calls: &mut Vec<calls::Call>,
    problems: &mut Problems,
) -> Option<Operation> {
    let (name, raw) = (form.name, form.raw);
    let args: Vec<&str> = raw
        .args
        .iter()
        .flat_map(|args| args.names())
        .map(|arg| arg.value.as_str())
        .collect();
    let scope = Scope::Request(&args);
    let before = problems.count();
    let line = request_line(&raw.request, &scope, names, problems);
    let headers = headers(raw.headers.as_ref(), &scope, names, problems);
    let body = body(name, raw, &scope, names, problems);
    let values = arguments(raw.args.as_ref(), problems);
    let (accepted, refused) = (
        statuses(raw.accepted.as_ref(), problems),
        statuses(raw.refused.as_ref(), problems),
    );
    if let Some(refused_raw) = &raw.refused {
        for status in refused_raw
            .values
            .iter()
            .filter(|status| raw.accepted.is_some() && accepted.contains(&narrow(status)))
        {
            let help =
                "a status means that it was done or that it was refused; keep it in one list";
            problems.add(
                status.span,
                format!("status {} is both accepted and refused", status.value),
                "",
                help,
            );
        }
    }
    let own = line.as_ref().map(|(_, service, _)| service.as_str());
    let described = Steps {
        own,
        scope: Scope::Step(&args),
        names,
    };
    let (steps, asked) = described.check(form, problems);
    let limit = steps::limit(form, problems);
    let (method, service, path) = line?;
    calls.extend(asked);
    let operation = Operation {
        name: name.value.clone(),
        method,
        service,
        path,
        headers,
        body,
        args: values,
        accepted,
        refused,
        steps,
        limit,
    };
    if problems.count() == before {
        unused_arguments(raw.args.as_ref(), &operation, problems);
    }
    Some(operation)
}

/// `METHOD service /path`.
fn request_line(
    request: &Spot<String>,
    scope: &Scope<'_>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<(String, String, Template)> {
    let text = request.value.as_str();
    let words: Vec<&str> = text.split_whitespace().collect();
    let place = |word: &str| {
        request
            .span
            .part(word.as_ptr() as usize - text.as_ptr() as usize, word.len())
    };
    let [method, service, path] = words.as_slice() else {
        let message = format!("`{text}` is no request");
        let help = if words.len() > 3 {
            "write `METHOD service /path`; a space in the path is written %20"
        } else {
            "write `METHOD service /path`, such as `POST shop /orders`"
        };
        problems.add(request.span, message, "", help);
        return None;
    };
    if !METHODS.contains(method) {
        let help = suggest::help(method, "methods", &METHODS);
        problems.add(place(method), format!("`{method}` is no method"), "", help);
    }
    if !names.services.contains(service) && names.has_target(service) {
        let help = suggest::help(service, "services", &names.services);
        let message = format!("a request goes to a service, and `{service}` is a backend");
        problems.add(place(service), message, "", help);
    } else if !names.services.contains(service) {
        let help = suggest::help(service, "services", &names.services);
        problems.add(
            place(service),
            format!("there is no service `{service}`"),
            "",
            help,
        );
    }
    if !path.starts_with('/') {
        let help = "write the path as the service sees it, such as /orders";
        problems.add(
            place(path),
            format!("the path `{path}` does not begin with `/`"),
            "",
            help,
        );
    }
    let template = holes::template(path, place(path), scope, names, problems)?;
    Some(((*method).to_string(), (*service).to_string(), template))
}

/// Headers that may be set, with their holes.
pub fn headers(
    raw: Option<&Entries<Text>>,
    scope: &Scope<'_>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Vec<(String, Template)> {
    let mut headers = Vec::new();
    for (key, value) in raw.iter().flat_map(|entries| entries.iter()) {
        let good = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if key.value.is_empty() || !key.value.chars().all(good) {
            let message = format!("`{}` is no name of a header", key.value);
            problems.add(key.span, message, "", "use letters, digits and `-`");
        } else if FRAMING_HEADERS.contains(&key.value.to_lowercase().as_str()) {
            let message = format!("the header `{}` cannot be set", key.value);
            problems.add(
                key.span,
                message,
                "",
                "heisen writes it to fit the message; remove it",
            );
        }
        if value.0.value.contains(['\r', '\n', '\0']) {
            problems.add(
                value.0.span,
                "a header's value has one line only",
                "",
                "write it on one line",
            );
        }
        let filled = holes::template(&value.0.value, value.0.span, scope, names, problems);
        headers.extend(filled.map(|template| (key.value.clone(), template)));
    }
    headers
}

fn body(
    name: &Spot<String>,
    raw: &RawOperation,
    scope: &Scope<'_>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Body {
    let bodies = [raw.json.is_some(), raw.form.is_some(), raw.text.is_some()];
    if bodies.iter().filter(|given| **given).count() > 1 {
        let message = format!("operation `{}` has more than one body", name.value);
        problems.add(
            name.span,
            message,
            "",
            "keep one of `json`, `form` and `text`",
        );
    }
    if let Some(Anything(node)) = &raw.json {
        json_holes(node, scope, names, problems);
        return Body::Json(node.to_json());
    }
    if let Some(form) = &raw.form {
        let fields = form.iter().filter_map(|(key, value)| {
            let template = holes::template(&value.0.value, value.0.span, scope, names, problems)?;
            Some((key.value.clone(), template))
        });
        return Body::Form(fields.collect());
    }
    match &raw.text {
        Some(text) => holes::template(&text.value, text.span, scope, names, problems)
            .map_or(Body::Empty, Body::Text),
        None => Body::Empty,
    }
}

/// Looks up the holes of every text in a JSON body. Keys are sent as they stand.
fn json_holes(node: &Node, scope: &Scope<'_>, names: &Names<'_>, problems: &mut Problems) {
    match &node.kind {
        NodeKind::Text(text) => {
            holes::template(text, node.span, scope, names, problems);
        }
        NodeKind::List(items) => items
            .iter()
            .for_each(|item| json_holes(item, scope, names, problems)),
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                if value.kind == NodeKind::Null
                    && (key.value.starts_with("${") || key.value.contains(' '))
                {
                    let help = "quote a text that holds a comma; write `null` if nothing is meant";
                    problems.add(key.span, format!("`{}` has no value", key.value), "", help);
                }
                json_holes(value, scope, names, problems);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(..) => {}
    }
}

fn arguments(
    raw: Option<&Entries<OneOrMany<Anything>>>,
    problems: &mut Problems,
) -> Vec<(String, Vec<Value>)> {
    let mut args = Vec::new();
    for (name, values) in raw.iter().flat_map(|entries| entries.iter()) {
        names::argument(name, problems);
        for Anything(node) in &values.values {
            no_holes(
                node,
                "the value of an argument",
                "put it into the request itself",
                problems,
            );
        }
        args.push((
            name.value.clone(),
            values
                .values
                .iter()
                .map(|Anything(node)| node.to_json())
                .collect(),
        ));
    }
    args
}

/// Tells of `${` where nothing is filled in.
pub fn no_holes(node: &Node, place: &str, help: &str, problems: &mut Problems) {
    node.each_text(&mut |text, span: Span| {
        if let Some((at, length)) = holes::stray(text) {
            let message = format!("{place} is taken as it stands, `${{` included");
            problems.add(span.part(at, length), message, "", help);
        }
    });
}

fn statuses(raw: Option<&OneOrMany<Spot<u64>>>, problems: &mut Problems) -> Vec<u16> {
    let values: &[Spot<u64>] = raw.map_or(&[], |list| &list.values);
    for status in values
        .iter()
        .filter(|status| !(100..=599).contains(&status.value))
    {
        let message = format!("{} is no HTTP status", status.value);
        problems.add(status.span, message, "", "write a number from 100 to 599");
    }
    values.iter().map(narrow).collect()
}

fn narrow(status: &Spot<u64>) -> u16 {
    u16::try_from(status.value).unwrap_or(0)
}

/// An argument that changes nothing is a misspelt hole.
fn unused_arguments(
    raw: Option<&Entries<OneOrMany<Anything>>>,
    operation: &Operation,
    problems: &mut Problems,
) {
    let mut used: Vec<String> = Vec::new();
    let mut collect = |template: &Template| {
        used.extend(template.holes().filter_map(|hole| match hole {
            Variable::Argument(name) => Some(name.clone()),
            _ => None,
        }));
    };
    collect(&operation.path);
    operation
        .headers
        .iter()
        .for_each(|(_, value)| collect(value));
    match &operation.body {
        Body::Empty => {}
        Body::Text(text) => collect(text),
        Body::Form(fields) => fields.iter().for_each(|(_, value)| collect(value)),
        Body::Json(value) => json_templates(value, &mut collect),
    }
    for step in &operation.steps {
        if let Act::Ask { command, .. } = &step.act {
            collect(command);
        }
    }
    for name in raw.iter().flat_map(|args| args.names()) {
        if !used.contains(&name.value) {
            let message = format!(
                "operation `{}` has no use for its argument `{}`",
                operation.name, name.value
            );
            let help = format!(
                "write ${{{}}} in the request, or remove the argument",
                name.value
            );
            problems.add(name.span, message, "", help);
        }
    }
}

fn json_templates(value: &Value, visit: &mut dyn FnMut(&Template)) {
    match value {
        Value::String(text) => {
            if let Ok(template) = Template::parse(text) {
                visit(&template);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| json_templates(item, visit)),
        Value::Object(entries) => entries
            .values()
            .for_each(|item| json_templates(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
