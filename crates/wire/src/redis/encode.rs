//! Writes replies and commands: for answers that heisen gives in a backend's place, and for tests.

/// A reply to write, in the types both RESP2 and RESP3 have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `+OK`. Line ends in it become blanks.
    Simple(String),
    /// `-ERR why`. Line ends in it become blanks.
    Error(String),
    /// `:9`.
    Integer(i64),
    /// `$1`, then `9`.
    Bulk(Vec<u8>),
    /// Nothing there, as RESP2 says it; RESP3 clients take it too.
    Nil,
    /// `*2`, then two replies.
    Array(Vec<Value>),
}

/// Appends a reply.
pub fn reply(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Simple(text) => line(b'+', text, out),
        Value::Error(text) => line(b'-', text, out),
        Value::Integer(number) => line(b':', &number.to_string(), out),
        Value::Bulk(bytes) => bulk(bytes, out),
        Value::Nil => out.extend_from_slice(b"$-1\r\n"),
        Value::Array(values) => {
            line(b'*', &values.len().to_string(), out);
            for value in values {
                reply(value, out);
            }
        }
    }
}

/// Appends a command.
pub fn command<A: AsRef<[u8]>>(arguments: &[A], out: &mut Vec<u8>) {
    line(b'*', &arguments.len().to_string(), out);
    for argument in arguments {
        bulk(argument.as_ref(), out);
    }
}

fn bulk(bytes: &[u8], out: &mut Vec<u8>) {
    line(b'$', &bytes.len().to_string(), out);
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

fn line(kind: u8, text: &str, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend(text.bytes().map(|byte| {
        if matches!(byte, b'\r' | b'\n') {
            b' '
        } else {
            byte
        }
    }));
    out.extend_from_slice(b"\r\n");
}
