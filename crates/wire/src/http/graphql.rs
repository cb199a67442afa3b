//! Finds the operation a GraphQL body asks for, since such a service has one path for everything.
//! Looks at top-level keys only and gives up at the first that GraphQL does not have, so any
//! other JSON body costs a few bytes' work.

use memchr::{memchr, memchr2};

/// How much of a body is looked at.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// Longer names are not GraphQL.
pub const NAME_BYTES_MAX: usize = 128;

const KINDS: [&[u8]; 3] = [b"query", b"mutation", b"subscription"];

/// The operation's name; of an operation without one, its first field.
pub(super) fn operation(body: &[u8]) -> Option<&[u8]> {
    let mut json = Json(&body[..body.len().min(BODY_BYTES_MAX)]);
    json.blank();
    json.byte(b'{')?;
    let mut found = None;
    loop {
        match json.pair(&mut found) {
            Some(Pair::Other) => {}
            Some(Pair::Name(name)) => return Some(name),
            Some(Pair::NoGraphql) => return None,
            None => return found,
        }
        json.blank();
        if json.byte(b',').is_none() {
            return found;
        }
    }
}

/// Whether it is a name as GraphQL has them.
pub(super) fn is_name(text: &[u8]) -> bool {
    text.len() <= NAME_BYTES_MAX
        && text.first().is_some_and(|first| !first.is_ascii_digit())
        && name_length(text) == text.len()
}

fn name_length(text: &[u8]) -> usize {
    let is_end = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b'_');
    text.iter().position(is_end).unwrap_or(text.len())
}

/// What a top-level key and its value said.
enum Pair<'a> {
    Name(&'a [u8]),
    NoGraphql,
    Other,
}

/// The rest of a JSON text. Each reader moves past what it read, or says `None` where the text is
/// cut or is no JSON.
struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    fn pair(&mut self, found: &mut Option<&'a [u8]>) -> Option<Pair<'a>> {
        self.blank();
        let key = self.string()?;
        self.blank();
        self.byte(b':')?;
        self.blank();
        match key {
            b"operationName" if self.0.first() == Some(&b'"') => {
                let name = self.string()?;
                if is_name(name) {
                    return Some(Pair::Name(name));
                }
            }
            b"query" => {
                let text = self.start_of_string()?;
                match named(text) {
                    Some(name) => *found = Some(name),
                    None => return Some(Pair::NoGraphql),
                }
                self.string()?;
            }
            b"operationName" | b"variables" | b"extensions" | b"id" | b"documentId" | b"doc_id" => {
                self.value()?
            }
            _ => return Some(Pair::NoGraphql),
        }
        Some(Pair::Other)
    }

    fn blank(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// A string as it stands, its escapes not undone.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.byte(b'"')?;
        let all = self.0;
        let mut at = 0;
        loop {
            at += memchr2(b'"', b'\\', all.get(at..)?)?;
            if all[at] == b'"' {
                self.0 = &all[at + 1..];
                return Some(&all[..at]);
            }
            at += 2;
        }
    }

    /// A string without moving past it; its end may be cut off.
    fn start_of_string(&self) -> Option<&'a [u8]> {
        let all = self.0.strip_prefix(b"\"")?;
        Some(Json(self.0).string().unwrap_or(all))
    }

    fn value(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.0.first()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.0 = &self.0[1..];
                }
                b'}' | b']' if depth == 0 => return Some(()),
                b'}' | b']' => {
                    depth -= 1;
                    self.0 = &self.0[1..];
                }
                b',' if depth == 0 => return Some(()),
                _ => self.0 = &self.0[1..],
            }
        }
    }
}

/// The name in the text of a query, which still has its JSON escapes.
fn named(text: &[u8]) -> Option<&[u8]> {
    let text = skip_blank(text);
    if text.starts_with(b"{") {
        return first_field(text);
    }
    if text.starts_with(b"fragment") {
        return behind_fragment(text);
    }
    let kind = KINDS.iter().find(|kind| text.starts_with(kind))?;
    let after = skip_blank(&text[kind.len()..]);
    let name = &after[..name_length(after)];
    match name {
        [] => first_field(text),
        _ if after.len() < text.len() - kind.len() && is_name(name) => Some(name),
        _ => None,
    }
}

/// Fragments may stand before the operation that uses them.
fn behind_fragment(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    while let Some(end) = memchr(b'}', rest) {
        rest = skip_blank(&rest[end + 1..]);
        if KINDS.iter().any(|kind| rest.starts_with(kind)) {
            return named(rest);
        }
    }
    None
}

fn first_field(text: &[u8]) -> Option<&[u8]> {
    let open = memchr(b'{', text)?;
    let field = skip_blank(&text[open + 1..]);
    let name = &field[..name_length(field)];
    is_name(name).then_some(name)
}

/// Skips blanks, commas, escaped line ends and comments.
fn skip_blank(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b' ' | b',', rest @ ..] | [b'\\', b'n' | b'r' | b't', rest @ ..] => rest,
            [b'#', rest @ ..] => {
                let end = rest.windows(2).position(|two| two == b"\\n");
                end.map_or(&[][..], |end| &rest[end..])
            }
            _ => return text,
        };
    }
}
