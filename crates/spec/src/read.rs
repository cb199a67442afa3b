//! Nodes -> raw types. What cannot be read becomes a problem and reading goes on, so that one
//! look at a spec finds all that is wrong with it.

mod single;

use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};
use crate::source::Span;
use crate::suggest;

/// So many keys of one map are looked at for a misspelling of one that is missing.
const KEYS_COMPARED_MAX: usize = 100;

/// The cure where `{ key: a, b }` was read as two keys.
pub const COMMA_HELP: &str = "a comma ends an entry: put a text that holds commas in quotes";

/// Whether a key is the end of a text that holds commas and lacks its quotes: `0.5)`.
pub fn is_end_of_text(key: &Spot<String>, value: &Node) -> bool {
    let key = key.value.as_str();
    value.kind == NodeKind::Null
        && (key.ends_with(')') || key.starts_with(|c: char| c.is_ascii_digit()))
}

/// A raw type: what a node of the text may say.
pub trait Read: Sized {
    /// What one is called when it has a name of its own: a service, an operation.
    const NOUN: Option<&'static str> = None;

    /// Reads a node; `place` says in words where it stands. `None` means that problems were added.
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self>;

    /// The value when its key is left out; `None` means that the key is required.
    fn absent() -> Option<Self> {
        None
    }
}

/// Entries in the order they were written. An entry that could not be read keeps its name, so
/// that what refers to it is not called wrong as well.
#[derive(Debug, Clone)]
pub struct Entries<T> {
    /// Names and what stands under each.
    pub list: Vec<(Spot<String>, Option<T>)>,
    /// Where they stand.
    pub span: Span,
}

impl<T> Entries<T> {
    /// The entries that could be read.
    pub fn iter(&self) -> impl Iterator<Item = (&Spot<String>, &T)> {
        self.list
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &Spot<String>> {
        self.list.iter().map(|(name, _)| name)
    }
}

/// One value or a list of them.
#[derive(Debug, Clone)]
pub struct OneOrMany<T> {
    /// The values.
    pub values: Vec<T>,
    /// Where they stand.
    pub span: Span,
}

/// `{ target: command }`.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The key.
    pub key: Spot<String>,
    /// Its value.
    pub value: Spot<String>,
}

/// A single value where text is wanted; numbers are taken as they were written.
#[derive(Debug, Clone)]
pub struct Text(pub Spot<String>);

/// Any value at all.
#[derive(Debug, Clone)]
pub struct Anything(pub Node);

/// Adds "must be X, not Y", with a word on indentation when there is nothing.
pub fn must_be(node: &Node, place: &str, wanted: &str, problems: &mut Problems) {
    if node.kind == NodeKind::Null {
        let help = format!(
            "write {wanted} here; if it stands on the lines below, indent them deeper than this key"
        );
        problems.add(node.span, format!("{place} is empty"), "", help);
    } else {
        let message = format!("{place} must be {wanted}, not {}", node.describe());
        let help = match node.kind {
            NodeKind::Text(_) if wanted.starts_with("a list") => {
                "write [ ... ] or one line with `- ` for each"
            }
            NodeKind::Text(_) | NodeKind::List(_) if wanted.starts_with("a map") => {
                "write { key: value } or one line with `key: value` for each"
            }
            NodeKind::Map(_) if wanted == "text" => {
                "put the text in quotes if it holds `: ` or begins with `{`"
            }
            _ => "",
        };
        let help = if help.is_empty() {
            format!("write {wanted} here")
        } else {
            help.to_string()
        };
        problems.add(node.span, message, "", help);
    }
}

/// The entries of a node that must be a map.
pub fn entries<'a>(
    node: &'a Node,
    place: &str,
    problems: &mut Problems,
) -> Option<&'a [(Spot<String>, Node)]> {
    match &node.kind {
        NodeKind::Map(entries) => Some(entries),
        _ => {
            must_be(node, place, "a map of keys", problems);
            None
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        // The problem is told; what contains this can still be looked at.
        Some(T::read(node, place, problems))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// A record together with its place.
impl<T: Read> Read for Spot<T> {
    const NOUN: Option<&'static str> = T::NOUN;

    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        Some(Spot {
            value: T::read(node, place, problems)?,
            span: node.span,
        })
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let NodeKind::List(items) = &node.kind else {
            must_be(node, place, "a list", problems);
            return None;
        };
        let read = items.iter().enumerate().filter_map(|(index, item)| {
            let place = match T::NOUN {
                Some(noun) => format!("{noun} {}", index + 1),
                None => format!("entry {} of {place}", index + 1),
            };
            T::read(item, &place, problems)
        });
        Some(read.collect())
    }
}

impl<T: Read> Read for OneOrMany<T> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let values = match &node.kind {
            NodeKind::List(_) => Vec::<T>::read(node, place, problems)?,
            _ => vec![T::read(node, place, problems)?],
        };
        if matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
            problems.add(
                node.span,
                format!("{place} is an empty list"),
                "",
                "give at least one value",
            );
        }
        Some(OneOrMany {
            values,
            span: node.span,
        })
    }
}

impl<T: Read> Read for Entries<T> {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let entries = entries(node, place, problems)?;
        let read = entries.iter().map(|(name, value)| {
            let place = match T::NOUN {
                Some(noun) => format!("{noun} `{}`", name.value),
                None => format!("`{}` in {place}", name.value),
            };
            let before = problems.count();
            if tell_misplaced(T::NOUN, name, value, problems) {
                return (name.clone(), None);
            }
            let read = T::read(value, &place, problems);
            // Half of an entry would only lead to problems that are none.
            (name.clone(), read.filter(|_| problems.count() == before))
        });
        Some(Entries {
            list: read.collect(),
            span: node.span,
        })
    }
}

/// A key of a record where names of records are expected: it lacks its indentation.
fn tell_misplaced(
    noun: Option<&str>,
    name: &Spot<String>,
    value: &Node,
    problems: &mut Problems,
) -> bool {
    let (Some(noun), Some(home)) = (noun, crate::raw::home_of(&name.value)) else {
        return false;
    };
    let is_value = !matches!(value.kind, NodeKind::Map(_) | NodeKind::Null);
    if is_value {
        let message = format!(
            "`{}` stands where the name of another {noun} is expected",
            name.value
        );
        let help = format!(
            "`{}` is a key of {home}: indent it deeper, below the name",
            name.value
        );
        problems.add(name.span, message, "", help);
    }
    is_value
}

impl Read for Pair {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let entries = entries(node, place, problems)?;
        let [(key, value)] = entries else {
            let help = if entries
                .iter()
                .skip(1)
                .any(|(_, value)| value.kind == NodeKind::Null)
            {
                COMMA_HELP
            } else {
                "write { name: \"text\" } with one name, and a line of its own for each"
            };
            problems.add(
                node.span,
                format!("{place} must have one key, not {}", entries.len()),
                "",
                help,
            );
            return None;
        };
        let value = Spot::<String>::read(value, &format!("`{}` in {place}", key.value), problems)?;
        Some(Pair {
            key: key.clone(),
            value,
        })
    }
}

/// The keys of a map while a record is read from it.
pub struct Fields<'a> {
    entries: &'a [(Spot<String>, Node)],
    span: Span,
    place: &'a str,
    keys: &'static [&'static str],
}

impl<'a> Fields<'a> {
    /// Opens a node that must be a map with some of these keys. A record none of whose keys is
    /// required may be left empty.
    pub fn open(
        node: &'a Node,
        place: &'a str,
        keys: &'static [&'static str],
        empty: bool,
        problems: &mut Problems,
    ) -> Option<Fields<'a>> {
        if empty && node.kind == NodeKind::Null {
            return Some(Fields {
                entries: &[],
                span: node.span,
                place,
                keys,
            });
        }
        let NodeKind::Map(entries) = &node.kind else {
            let wanted = format!("a map with {}", keys.join(", "));
            must_be(node, place, &wanted, problems);
            return None;
        };
        let fields = Fields {
            entries,
            span: node.span,
            place,
            keys,
        };
        fields.tell_unknown(problems);
        Some(fields)
    }

    /// One field; `None` when it is required and missing, or cannot be read.
    pub fn take<T: Read>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        if let Some((_, value)) = self.entries.iter().find(|(name, _)| name.value == key) {
            let place = match self.place {
                "the spec" | "the schedule" => format!("`{key}`"),
                inner => format!("`{key}` of {inner}"),
            };
            return T::read(value, &place, problems);
        }
        let absent = T::absent();
        let is_misspelt = || {
            let unknown =
                |(name, _): &&(Spot<String>, Node)| !self.keys.contains(&name.value.as_str());
            let mut others = self.entries.iter().take(KEYS_COMPARED_MAX).filter(unknown);
            others.any(|(name, _)| suggest::nearest(&name.value, self.keys) == Some(key))
        };
        if absent.is_none() && !is_misspelt() {
            let help = format!(
                "add `{key}:`; if it is there, indent it as deep as the other keys of {}",
                self.place
            );
            let first = Span::new(self.span.start, self.span.start);
            problems.add(first, format!("{} lacks `{key}`", self.place), "", help);
        }
        absent
    }

    fn tell_unknown(&self, problems: &mut Problems) {
        let mut empty = None;
        for (key, value) in self.entries {
            let name = key.value.as_str();
            if self.keys.contains(&name) {
                empty = (value.kind == NodeKind::Null).then_some(name);
                continue;
            }
            if problems.is_full() {
                problems.add(key.span, name, "", ""); // only counted, so no search for what is meant
                continue;
            }
            let mut help = suggest::help(name, "known keys", self.keys);
            if suggest::nearest(name, self.keys).is_none()
                && let Some(home) = crate::raw::home_of(name)
            {
                help = format!("`{name}` is a key of {home}: check its indentation; {help}");
            }
            if is_end_of_text(key, value) {
                help = COMMA_HELP.to_string();
            }
            if let Some(above) = empty {
                help = format!(
                    "`{above}` above is empty: if `{name}` belongs to it, indent it deeper; {help}"
                );
            }
            problems.add(
                key.span,
                format!("{} knows no key `{name}`", self.place),
                "unknown key",
                help,
            );
        }
    }
}
