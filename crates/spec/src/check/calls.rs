//! Calls from one service to another that steps make: each means an operation, and no operation
//! may come to itself again through what it calls.

use std::collections::HashMap;

use model::{Operation, Routes, Template};

use crate::error::Problems;
use crate::source::Span;
use crate::suggest;

/// A step that calls a service.
#[derive(Debug)]
pub struct Call {
    /// The operation whose step it is.
    pub operation: String,
    /// The service that is called.
    pub service: String,
    /// `METHOD /path`.
    pub request: Template,
    /// Where it stands.
    pub span: Span,
}

/// For each operation the operations that it calls, and where.
type Graph = Vec<Vec<(usize, Span)>>;

/// Looks up what is called.
pub fn check(operations: &[Operation], calls: &[Call], problems: &mut Problems) {
    if calls.is_empty() {
        return;
    }
    let routes = Routes::of(operations);
    let places: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .map(|(index, operation)| (operation.name.as_str(), index))
        .collect();
    let mut graph: Graph = vec![Vec::new(); operations.len()];
    for call in calls {
        match routes.find(&call.service, &call.request) {
            Some(callee) => {
                if let Some(caller) = places.get(call.operation.as_str()) {
                    graph[*caller].push((callee, call.span));
                }
            }
            None if problems.is_full() => problems.add(call.span, "no operation", "", ""), // only counted
            None => tell_unknown(call, operations, problems),
        }
    }
    circles(operations, &graph, problems);
}

fn tell_unknown(call: &Call, operations: &[Operation], problems: &mut Problems) {
    let shown = |template: &Template| template.expand(|hole| format!("${{{hole}}}"));
    let request = shown(&call.request);
    let known: Vec<String> = operations
        .iter()
        .filter(|operation| operation.service == call.service)
        .map(|operation| format!("{} {}", operation.method, shown(&operation.path)))
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = if known.is_empty() {
        format!(
            "service `{}` has no operations; add one with `request: {}`",
            call.service,
            request.replacen(' ', &format!(" {} ", call.service), 1)
        )
    } else {
        suggest::help(&request, "operations there", &known)
    };
    let message = format!("`{request}` is no operation of service `{}`", call.service);
    problems.add(call.span, message, "", help);
}

/// An operation on the way, with the next of its calls to look at and where it was called.
struct Visit {
    operation: usize,
    next: usize,
    called_at: Span,
}

/// Tells of every call that closes a circle.
fn circles(operations: &[Operation], graph: &Graph, problems: &mut Problems) {
    let mut seen = vec![false; operations.len()];
    let mut way: Vec<Visit> = Vec::new();
    for start in 0..operations.len() {
        let mut called = Some((start, Span::default()));
        loop {
            match called.take() {
                Some((operation, called_at)) if !seen[operation] => {
                    seen[operation] = true;
                    way.push(Visit {
                        operation,
                        next: 0,
                        called_at,
                    });
                }
                Some((operation, called_at)) => {
                    let on_way = way.iter().position(|visit| visit.operation == operation);
                    if let Some(first) = on_way {
                        tell_circle(operations, &way[first..], called_at, problems);
                    }
                }
                None => {}
            }
            let Some(last) = way.last_mut() else { break };
            called = graph[last.operation].get(last.next).copied();
            last.next += 1;
            if called.is_none() {
                way.pop();
            }
        }
    }
}

/// Tells of a circle at the call that its first operation makes, first in the order of the spec.
fn tell_circle(operations: &[Operation], way: &[Visit], closed_at: Span, problems: &mut Problems) {
    if problems.is_full() {
        problems.add(closed_at, "circle", "", ""); // only counted
        return;
    }
    let calls: Vec<Span> = way
        .iter()
        .skip(1)
        .map(|visit| visit.called_at)
        .chain([closed_at])
        .collect();
    let first = (0..way.len()).min_by_key(|index| way[*index].operation);
    let first = first.unwrap_or(0);
    let names: Vec<&str> = (0..=way.len())
        .map(|step| way[(first + step) % way.len()].operation)
        .map(|operation| operations[operation].name.as_str())
        .collect();
    let message = match way {
        [_] => format!("operation `{}` calls itself", names[0]),
        _ => format!(
            "operations call each other in a circle: {}",
            names.join(" -> ")
        ),
    };
    let help = "a request would never end: take one of these calls out, or let it come by `traffic` with `after:`";
    problems.add(calls[first], message, "", help);
}
