//! YAML text -> nodes. The only file that knows which YAML library reads it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot, duplicates};
use crate::source::{Source, Span};
use crate::yaml_hints;

/// A spec or schedule is no larger than this.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
/// Values and keys in one text, aliases (`*name`) followed.
const NODES_MAX: usize = 20_000;
/// Lists and maps within each other.
const DEPTH_MAX: usize = 32;
/// Uses of anchors (`*name`).
const ALIASES_MAX: usize = 1_000;

/// Reads a text; `None` when it is no YAML, which is then among the problems.
pub fn parse(problems: &mut Problems) -> Option<Node> {
    let source = problems.source().clone();
    let text = source.text();
    if text.len() > TEXT_BYTES_MAX {
        problems.add(
            Span::new(0, 0),
            format!(
                "the file has {} bytes; at most {TEXT_BYTES_MAX} are read",
                text.len()
            ),
            "",
            "move data into the files named under `setup:`",
        );
        return None;
    }
    match serde_saphyr::from_str_with_options::<Spanned<Loose>>(text, options()) {
        Ok(loose) => {
            let node = Converter {
                source: &source,
                problems,
            }
            .node(&loose, false);
            duplicates(&node, problems);
            Some(node)
        }
        Err(error) => {
            let start = error.location().map_or(0, |at| start_of(at, &source));
            yaml_hints::explain(&error.to_string(), start, problems);
            None
        }
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: NODES_MAX,
            max_events: 4 * NODES_MAX,
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_aliases: ALIASES_MAX,
            max_anchors: ALIASES_MAX,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: NODES_MAX,
            max_replay_stack_depth: DEPTH_MAX,
        },
        // Duplicates are told by `node::duplicates`, all of them and with both places.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// A value as the library hands it out.
enum Loose {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Loose>>),
    Map(Vec<(Spanned<Loose>, Spanned<Loose>)>),
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
        Ok(Loose::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
        Ok(Loose::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
        Ok(Number::from_f64(value).map_or_else(|| Loose::Text(value.to_string()), Loose::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Loose::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Loose, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Loose::Map(map))
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

/// From the library's values to ours.
struct Converter<'a> {
    source: &'a Source,
    problems: &'a mut Problems,
}

impl Converter<'_> {
    /// `aliased` when an alias was followed: places then point at its use, and a place inside a
    /// value cannot be told.
    fn node(&mut self, loose: &Spanned<Loose>, aliased: bool) -> Node {
        let aliased = aliased || loose.referenced != loose.defined;
        let mut span = self.span(loose.referenced);
        let kind = match &loose.value {
            Loose::Null => NodeKind::Null,
            Loose::Bool(value) => NodeKind::Bool(*value),
            Loose::Number(number) => {
                let written = self.span(loose.defined);
                let written = self
                    .source
                    .text()
                    .get(written.start..written.end)
                    .unwrap_or("");
                NodeKind::Number(number.clone(), written.to_string())
            }
            Loose::Text(text) => {
                if !aliased {
                    span.verbatim = self.verbatim(span, text);
                }
                NodeKind::Text(text.clone())
            }
            Loose::List(items) => {
                NodeKind::List(items.iter().map(|item| self.node(item, aliased)).collect())
            }
            Loose::Map(entries) => NodeKind::Map(
                entries
                    .iter()
                    .filter_map(|(key, value)| Some((self.key(key)?, self.node(value, aliased))))
                    .collect(),
            ),
        };
        Node { span, kind }
    }

    fn key(&mut self, loose: &Spanned<Loose>) -> Option<Spot<String>> {
        let node = self.node(loose, false);
        let text = node.text();
        if text.is_none() {
            self.problems.add(
                node.span,
                format!("a key must be text, not {}", node.describe()),
                "",
                "keys are plain words; quote a text that begins with `[`, `{` or `?`",
            );
        }
        Some(Spot {
            value: text?,
            span: node.span,
        })
    }

    /// Where the value's text starts in the file, if it stands there as it is.
    fn verbatim(&self, span: Span, text: &str) -> Option<usize> {
        let written = self.source.text().get(span.start..span.end)?;
        if written == text {
            return Some(span.start);
        }
        let inner = written.strip_prefix(['"', '\''])?;
        let inner = inner.strip_suffix(['"', '\''])?;
        (inner == text).then_some(span.start + 1)
    }

    fn span(&self, location: Location) -> Span {
        let start = start_of(location, self.source);
        let length = location.span().byte_len().unwrap_or(0) as usize;
        Span::new(start, (start + length).min(self.source.text().len()))
    }
}

fn start_of(location: Location, source: &Source) -> usize {
    match location.span().byte_offset() {
        Some(offset) if (offset as usize) <= source.text().len() => offset as usize,
        _ => source.offset_of(location.line() as usize, location.column() as usize),
    }
}
