//! Which operation a call from one service to another means: it is found by method and path, and
//! what the described step then costs is what that operation's own steps do.

use std::collections::HashMap;

use crate::system::Operation;
use crate::template::{Part, Template};

/// The operations of a system, by what is asked of which service.
#[derive(Debug)]
pub struct Routes<'a> {
    by_shape: HashMap<Shape<'a>, Vec<Route<'a>>>,
}

/// Service, method, and how many pieces the path has.
type Shape<'a> = (&'a str, &'a str, usize);

/// A path, and the place of its operation.
type Route<'a> = (Vec<Piece<'a>>, usize);

/// What stands between two slashes of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece<'a> {
    /// The text up to its first hole.
    before: &'a str,
    /// The text after its last hole; none when it has no hole.
    after: Option<&'a str>,
}

impl<'a> Routes<'a> {
    /// Of these operations.
    pub fn of(operations: &'a [Operation]) -> Routes<'a> {
        let mut by_shape: HashMap<Shape<'_>, Vec<Route<'_>>> = HashMap::new();
        for (index, operation) in operations.iter().enumerate() {
            let path = pieces(&operation.path);
            let shape = (
                operation.service.as_str(),
                operation.method.as_str(),
                path.len(),
            );
            by_shape.entry(shape).or_default().push((path, index));
        }
        Routes { by_shape }
    }

    /// The place of the operation that `METHOD /path` at a service means. Holes match anything
    /// between two slashes, and what stands after `?` is not looked at. Of several that match, it
    /// is the one with holes where the call has holes, and of equals the first.
    pub fn find(&self, service: &str, call: &Template) -> Option<usize> {
        let (method, path) = match call.parts.first() {
            Some(Part::Text(text)) => text.split_once(' ')?,
            _ => return None,
        };
        let mut wanted = Vec::new();
        if add_text(&mut wanted, path) {
            add_all(&mut wanted, &call.parts[1..]);
        }
        let known = self.by_shape.get(&(service, method, wanted.len()))?;
        let mut best: Option<(usize, usize)> = None;
        for (path, index) in known {
            let pairs = || path.iter().zip(&wanted);
            if !pairs().all(|(a, b)| a.meets(b)) {
                continue;
            }
            let alike = pairs()
                .filter(|(a, b)| a.after.is_some() == b.after.is_some())
                .count();
            if best.is_none_or(|(most, _)| alike > most) {
                best = Some((alike, *index));
            }
        }
        best.map(|(_, index)| index)
    }
}

impl Piece<'_> {
    /// Whether some text fits both.
    fn meets(&self, other: &Piece<'_>) -> bool {
        let fits = |text: &str, before: &str, after: &str| {
            text.len() >= before.len() + after.len()
                && text.starts_with(before)
                && text.ends_with(after)
        };
        match (self.after, other.after) {
            (None, None) => self.before == other.before,
            (None, Some(after)) => fits(self.before, other.before, after),
            (Some(after), None) => fits(other.before, self.before, after),
            (Some(a), Some(b)) => {
                let (x, y) = (self.before, other.before);
                (x.starts_with(y) || y.starts_with(x)) && (a.ends_with(b) || b.ends_with(a))
            }
        }
    }
}

/// A path's pieces, without its query.
fn pieces(path: &Template) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    add_all(&mut pieces, &path.parts);
    pieces
}

/// Adds parts of a path up to its query.
fn add_all<'a>(pieces: &mut Vec<Piece<'a>>, parts: &'a [Part]) {
    for part in parts {
        if !add(pieces, part) {
            break;
        }
    }
}

/// Adds a part of a path; whether the path goes on after it.
fn add<'a>(pieces: &mut Vec<Piece<'a>>, part: &'a Part) -> bool {
    match (part, pieces.last_mut()) {
        (Part::Text(text), _) => add_text(pieces, text),
        (Part::Hole(_), Some(last)) => {
            last.after = Some("");
            true
        }
        (Part::Hole(_), None) => {
            pieces.push(Piece {
                before: "",
                after: Some(""),
            });
            true
        }
    }
}

fn add_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) -> bool {
    let path = text.split('?').next().unwrap_or(text);
    let mut texts = path.split('/');
    let first = texts.next().unwrap_or("");
    match pieces.last_mut() {
        // What stands between two holes may be anything too.
        Some(last) => last.after = Some(first),
        None => pieces.push(Piece {
            before: first,
            after: None,
        }),
    }
    pieces.extend(texts.map(|before| Piece {
        before,
        after: None,
    }));
    path.len() == text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Body;

    fn operation(request: &str) -> Operation {
        let words: Vec<&str> = request.split(' ').collect();
        Operation {
            name: request.to_string(),
            method: words[0].to_string(),
            service: words[1].to_string(),
            path: Template::parse(words[2]).unwrap(),
            headers: Vec::new(),
            body: Body::Empty,
            args: Vec::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
            steps: Vec::new(),
            limit: None,
        }
    }

    #[test]
    fn calls_find_their_operation() {
        let operations = [
            "POST pay /charge",
            "GET shop /events/${id}",
            "GET shop /events/top",
            "GET shop /files/a-${x}-z.txt?v=${v}",
            "GET shop /${any}/${more}/end",
            "POST shop /events/${id}",
        ]
        .map(operation);
        let routes = Routes::of(&operations);
        for (service, call, expected) in [
            ("pay", "POST /charge", Some(0)),
            ("pay", "POST /charge?order=${order}", Some(0)),
            ("pay", "POST /charge/", None),
            ("pay", "GET /charge", None),
            ("shop", "POST /charge", None),
            ("shop", "GET /events/top", Some(2)),
            ("shop", "GET /events/7", Some(1)),
            ("shop", "GET /events/${event}", Some(1)),
            ("shop", "GET /${what}/top", Some(2)),
            ("shop", "POST /events/top", Some(5)),
            ("shop", "GET /files/a-z.txt", None),
            ("shop", "GET /files/a--z.txt", Some(3)),
            ("shop", "GET /files/a-${n}.txt", Some(3)),
            ("shop", "GET /files/b-${n}.txt", None),
            ("shop", "GET /a${b}c${d}/x/end", Some(4)),
            ("shop", "GET /a/x/y", None),
            ("shop", "${m} /a", None),
            ("shop", "", None),
            ("shop", "GET", None),
        ] {
            let call = Template::parse(call).unwrap();
            assert_eq!(routes.find(service, &call), expected, "{call:?}");
        }
    }
}
