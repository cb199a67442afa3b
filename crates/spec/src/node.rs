//! A text as a tree of nodes, each knowing where it stands. Between the YAML and the raw types.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::error::Problems;
use crate::source::Span;

/// A value together with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Nothing was written.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, and how it was written (`1.10` is no `1.1` where text is wanted).
    Number(Number, String),
    /// Text.
    Text(String),
    /// `[a, b]` or lines with `-`.
    List(Vec<Node>),
    /// `{ key: value }` or lines with `key:`.
    Map(Vec<(Spot<String>, Node)>),
}

impl Node {
    /// What it is, in words that fit `must be X, not Y`.
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Null => "empty".to_string(),
            NodeKind::Bool(value) => format!("`{value}`"),
            NodeKind::Number(_, written) => format!("the number {written}"),
            NodeKind::Text(_) => "text".to_string(),
            NodeKind::List(_) => "a list".to_string(),
            NodeKind::Map(_) => "a map of keys".to_string(),
        }
    }

    /// The node as text, when it is a single value; numbers as they were written.
    pub fn text(&self) -> Option<String> {
        match &self.kind {
            NodeKind::Bool(value) => Some(value.to_string()),
            NodeKind::Number(_, written) => Some(written.clone()),
            NodeKind::Text(text) => Some(text.clone()),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// The node as JSON. Keys that stand twice are problems of their own, see [`duplicates`].
    pub fn to_json(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::Number(number, _) => Value::Number(number.clone()),
            NodeKind::Text(text) => Value::String(text.clone()),
            NodeKind::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            NodeKind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.value.clone(), value.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// Calls back for each piece of text in the node, keys included.
    pub fn each_text(&self, visit: &mut dyn FnMut(&str, Span)) {
        match &self.kind {
            NodeKind::Text(text) => visit(text, self.span),
            NodeKind::List(items) => items.iter().for_each(|item| item.each_text(visit)),
            NodeKind::Map(entries) => {
                for (key, value) in entries {
                    visit(&key.value, key.span);
                    value.each_text(visit);
                }
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(..) => {}
        }
    }
}

/// Tells of every key that stands twice in one map.
pub fn duplicates(node: &Node, problems: &mut Problems) {
    match &node.kind {
        NodeKind::List(items) => items.iter().for_each(|item| duplicates(item, problems)),
        NodeKind::Map(entries) => {
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for (key, value) in entries {
                let first = *seen.entry(&key.value).or_insert(key.span);
                if first != key.span {
                    if problems.is_full() {
                        problems.add(key.span, "", "", ""); // only counted
                        continue;
                    }
                    let (line, _) = problems.source().position(first.start);
                    problems.add(
                        key.span,
                        format!(
                            "`{}` stands here a second time; the first is on line {line}",
                            key.value
                        ),
                        "again",
                        "remove one of the two or give it another name",
                    );
                }
                duplicates(value, problems);
            }
        }
        _ => {}
    }
}
