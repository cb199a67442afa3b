//! Text with `${holes}`: commands, environment, requests. Parsed once when the spec is read, so
//! an unknown hole is an error of the spec and never of a run.

use serde::{Deserialize, Serialize};

/// What a hole is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Variable {
    /// `${port}`: the port this replica must listen on.
    Port,
    /// `${replica}`: which replica this is, from 0.
    Replica,
    /// `${variant}`: the variant of the system that runs.
    Variant,
    /// `${uuid}`: a fresh UUID, from the seed.
    Uuid,
    /// `${now}`: the time of sending, in milliseconds since 1970.
    Now,
    /// `${db.url}`: where this lane reaches a backend or service.
    Url(String),
    /// `${db.host}`.
    Host(String),
    /// `${db.port}`.
    PortOf(String),
    /// `${inventory.peers}`: the direct URLs of all replicas of a service, comma-separated.
    Peers(String),
    /// `${event}`: an argument of the operation.
    Argument(String),
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// A hole.
    Hole(Variable),
}

/// Text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Template {
    /// Pieces in order.
    pub parts: Vec<Part>,
}

/// A hole that is not closed or has no name; `offset` is its place in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadHole {
    /// Byte offset of the `${`.
    pub offset: usize,
}

impl Template {
    /// Reads text; `$${` stands for a plain `${`.
    pub fn parse(text: &str) -> Result<Template, BadHole> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                plain.push_str(&rest[..at - 1]);
                plain.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            let bad = BadHole {
                offset: text.len() - rest.len() + at,
            };
            let close = rest[at..].find('}').ok_or_else(|| bad.clone())?;
            let name = rest[at + 2..at + close].trim();
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(bad);
            }
            plain.push_str(&rest[..at]);
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Hole(Variable::parse(name)));
            rest = &rest[at + close + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Template { parts })
    }

    /// A template without holes.
    pub fn plain(text: &str) -> Template {
        Template {
            parts: vec![Part::Text(text.to_string())],
        }
    }

    /// The holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(variable) => Some(variable),
            Part::Text(_) => None,
        })
    }

    /// The one hole this template consists of, if it is nothing else.
    pub fn only_hole(&self) -> Option<&Variable> {
        match self.parts.as_slice() {
            [Part::Hole(variable)] => Some(variable),
            _ => None,
        }
    }

    /// Fills every hole.
    pub fn expand(&self, mut fill: impl FnMut(&Variable) -> String) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Hole(variable) => out.push_str(&fill(variable)),
            }
        }
        out
    }
}

impl Variable {
    fn parse(name: &str) -> Variable {
        match name {
            "port" => return Variable::Port,
            "replica" => return Variable::Replica,
            "variant" => return Variable::Variant,
            "uuid" => return Variable::Uuid,
            "now" => return Variable::Now,
            _ => {}
        }
        match name.rsplit_once('.') {
            Some((of, "url")) => Variable::Url(of.to_string()),
            Some((of, "host")) => Variable::Host(of.to_string()),
            Some((of, "port")) => Variable::PortOf(of.to_string()),
            Some((of, "peers")) => Variable::Peers(of.to_string()),
            _ => Variable::Argument(name.to_string()),
        }
    }

    /// The backend or service the variable speaks of.
    pub fn of(&self) -> Option<&str> {
        match self {
            Variable::Url(of) | Variable::Host(of) | Variable::PortOf(of) | Variable::Peers(of) => {
                Some(of)
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Variable::Port => f.write_str("port"),
            Variable::Replica => f.write_str("replica"),
            Variable::Variant => f.write_str("variant"),
            Variable::Uuid => f.write_str("uuid"),
            Variable::Now => f.write_str("now"),
            Variable::Url(of) => write!(f, "{of}.url"),
            Variable::Host(of) => write!(f, "{of}.host"),
            Variable::PortOf(of) => write!(f, "{of}.port"),
            Variable::Peers(of) => write!(f, "{of}.peers"),
            Variable::Argument(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_told_from_text() {
        let template = Template::parse("serve --port ${port} ${db.url}x$${not}").unwrap();
        assert_eq!(
            template.parts,
            [
                Part::Text("serve --port ".into()),
                Part::Hole(Variable::Port),
                Part::Text(" ".into()),
                Part::Hole(Variable::Url("db".into())),
                Part::Text("x${not}".into()),
            ]
        );
        assert_eq!(
            template.expand(|hole| format!("<{hole}>")),
            "serve --port <port> <db.url>x${not}"
        );
    }

    #[test]
    fn bad_holes_say_where() {
        for (text, offset) in [("a ${", 2), ("${}", 0), ("ab${x y}", 2)] {
            assert_eq!(Template::parse(text), Err(BadHole { offset }), "{text}");
        }
    }
}
