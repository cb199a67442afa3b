//! Single values: text, numbers, yes or no.

use super::{Anything, Read, Text, must_be};
use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};

impl Read for Spot<String> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        match &node.kind {
            NodeKind::Text(text) if !text.trim().is_empty() => Some(Spot {
                value: text.clone(),
                span: node.span,
            }),
            NodeKind::Text(_) => {
                problems.add(
                    node.span,
                    format!("{place} is empty"),
                    "",
                    "write some text here",
                );
                None
            }
            NodeKind::Bool(_) | NodeKind::Number(..) => {
                let message = format!("{place} must be text, not {}", node.describe());
                problems.add(node.span, message, "", "put it in quotes if it is meant");
                None
            }
            _ => {
                must_be(node, place, "text", problems);
                None
            }
        }
    }
}

impl Read for Text {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let text = node.text();
        if text.is_none() {
            let wanted = if node.kind == NodeKind::Null {
                "a value (\"\" for none)"
            } else {
                "a single value"
            };
            must_be(node, place, wanted, problems);
        }
        Some(Text(Spot {
            value: text?,
            span: node.span,
        }))
    }
}

impl Read for Spot<u64> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        if let NodeKind::Number(number, _) = &node.kind
            && let Some(value) = number.as_u64()
        {
            return Some(Spot {
                value,
                span: node.span,
            });
        }
        must_be(node, place, "a whole number", problems);
        None
    }
}

impl Read for Spot<f64> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        if let NodeKind::Number(number, _) = &node.kind
            && let Some(value) = number.as_f64()
        {
            return Some(Spot {
                value,
                span: node.span,
            });
        }
        must_be(node, place, "a number", problems);
        None
    }
}

impl Read for Spot<bool> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        if let NodeKind::Bool(value) = node.kind {
            return Some(Spot {
                value,
                span: node.span,
            });
        }
        must_be(node, place, "`true` or `false`", problems);
        None
    }
}

impl Read for Anything {
    fn read(node: &Node, _: &str, _: &mut Problems) -> Option<Self> {
        Some(Anything(node.clone()))
    }
}
