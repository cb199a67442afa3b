//! From an operation and its arguments to a request ready to be sent.

use bytes::Bytes;
use model::template::Part;
use model::{Body, Operation, Template, Variable};
use serde_json::Value;
use thiserror::Error;

use crate::draws::Draws;
use crate::engine::http2::{Parts, encode as encode_http2};

/// A request with all its holes filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedRequest {
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, without Host and Content-Length.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
}

impl PreparedRequest {
    /// As it goes over an HTTP/1.1 connection to this host.
    pub fn to_wire(&self, host: &str) -> Bytes {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.has("host") {
            text.push_str(&format!("host: {host}\r\n"));
        }
        if let Some(length) = self.length_to_tell() {
            text.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        Bytes::from([text.as_bytes(), &self.body].concat())
    }

    /// As it goes over an HTTP/2 connection to this host, but for the numbers of streams.
    pub fn to_http2(&self, scheme: &str, host: &str) -> Bytes {
        encode_http2(&Parts {
            method: &self.method,
            scheme,
            host,
            path: &self.path,
            headers: &self.headers,
            length: self.length_to_tell(),
            body: &self.body,
        })
    }

    fn has(&self, name: &str) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// The length of the body, where it is expected and no header tells it.
    fn length_to_tell(&self) -> Option<usize> {
        let has_length =
            !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        (has_length && !self.has("content-length")).then_some(self.body.len())
    }
}

/// Why a request could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// An argument without a value.
    #[error("operation {operation}: argument `{argument}` has no value; give one in `args`")]
    NoValue {
        /// The operation.
        operation: String,
        /// The argument.
        argument: String,
    },
}

/// What holes are filled with.
pub struct Filling<'a> {
    /// Values of arguments.
    pub args: &'a [(String, Value)],
    /// Source of `${uuid}`.
    pub draws: &'a mut Draws,
    /// `${now}`, in milliseconds since 1970.
    pub now_ms: u64,
}

/// Fills an operation's holes.
pub fn prepare(
    operation: &Operation,
    filling: &mut Filling<'_>,
) -> Result<PreparedRequest, RequestError> {
    let mut maker = Maker { operation, filling };
    let path = maker.path(&operation.path)?;
    let mut headers = Vec::new();
    for (name, value) in &operation.headers {
        headers.push((name.clone(), maker.text(value)?));
    }
    let (content_type, body) = match &operation.body {
        Body::Empty => (None, Bytes::new()),
        Body::Json(json) => (
            Some("application/json"),
            Bytes::from(maker.json(json)?.to_string()),
        ),
        Body::Form(fields) => {
            let mut form = String::new();
            for (name, value) in fields {
                if !form.is_empty() {
                    form.push('&');
                }
                encode(name, &mut form);
                form.push('=');
                encode(&maker.text(value)?, &mut form);
            }
            (Some("application/x-www-form-urlencoded"), Bytes::from(form))
        }
        Body::Text(template) => (Some("text/plain"), Bytes::from(maker.text(template)?)),
    };
    if let Some(content_type) = content_type
        && !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push(("content-type".to_string(), content_type.to_string()));
    }
    Ok(PreparedRequest {
        method: operation.method.clone(),
        path,
        headers,
        body,
    })
}

struct Maker<'a, 'b> {
    operation: &'a Operation,
    filling: &'a mut Filling<'b>,
}

impl Maker<'_, '_> {
    fn value(&mut self, variable: &Variable) -> Result<Value, RequestError> {
        Ok(match variable {
            Variable::Uuid => Value::String(self.filling.draws.uuid()),
            Variable::Now => Value::from(self.filling.now_ms),
            other => {
                let name = other.to_string();
                let given = self
                    .filling
                    .args
                    .iter()
                    .find(|(argument, _)| *argument == name);
                let default = self
                    .operation
                    .args
                    .iter()
                    .find(|(argument, _)| *argument == name);
                given
                    .map(|(_, value)| value.clone())
                    .or_else(|| default.and_then(|(_, values)| values.first().cloned()))
                    .ok_or_else(|| RequestError::NoValue {
                        operation: self.operation.name.clone(),
                        argument: name,
                    })?
            }
        })
    }

    fn text(&mut self, template: &Template) -> Result<String, RequestError> {
        self.fill(template, |text, out| out.push_str(text))
    }

    /// As `text`, with values made safe for a path or query.
    fn path(&mut self, template: &Template) -> Result<String, RequestError> {
        self.fill(template, encode)
    }

    fn fill(
        &mut self,
        template: &Template,
        put: impl Fn(&str, &mut String),
    ) -> Result<String, RequestError> {
        let mut out = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Hole(variable) => put(&plain(&self.value(variable)?), &mut out),
            }
        }
        Ok(out)
    }

    fn json(&mut self, json: &Value) -> Result<Value, RequestError> {
        Ok(match json {
            // The spec has checked that every string is a good template.
            Value::String(text) => match Template::parse(text) {
                Ok(template) => match template.only_hole() {
                    Some(variable) => self.value(variable)?,
                    None => Value::String(self.text(&template)?),
                },
                Err(_) => json.clone(),
            },
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.json(item))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.json(value)?)))
                    .collect::<Result<_, _>>()?,
            ),
            other => other.clone(),
        })
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Percent-encodes all but the unreserved characters.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn operation(path: &str, body: Body) -> Operation {
        Operation {
            name: "reserve".into(),
            method: "POST".into(),
            service: "inventory".into(),
            path: Template::parse(path).unwrap(),
            headers: vec![],
            body,
            args: vec![("event".into(), vec![json!(42)])],
            accepted: vec![],
            refused: vec![],
            steps: vec![],
            limit: None,
        }
    }

    fn made(
        operation: &Operation,
        args: &[(String, Value)],
    ) -> Result<PreparedRequest, RequestError> {
        let mut draws = Draws::new(1, "test", 0);
        prepare(
            operation,
            &mut Filling {
                args,
                draws: &mut draws,
                now_ms: 5,
            },
        )
    }

    #[test]
    fn arguments_keep_their_type_in_json_and_are_encoded_in_paths() {
        let body =
            Body::Json(json!({ "event": "${event}", "note": "for ${event}", "n": [1, "${now}"] }));
        let request = made(&operation("/events/${event}/reserve", body), &[]).unwrap();
        assert_eq!(request.path, "/events/42/reserve");
        assert_eq!(request.body, r#"{"event":42,"note":"for 42","n":[1,5]}"#);
        let hard = [("event".to_string(), json!("a/b c"))];
        assert_eq!(
            made(&operation("/e/${event}", Body::Empty), &hard)
                .unwrap()
                .path,
            "/e/a%2Fb%20c"
        );
    }

    #[test]
    fn forms_are_encoded_and_missing_values_named() {
        let form = Body::Form(vec![(
            "mail".into(),
            Template::parse("x@${event}").unwrap(),
        )]);
        assert_eq!(
            made(&operation("/", form), &[]).unwrap().body,
            "mail=x%4042"
        );
        let error = made(&operation("/${ticket}", Body::Empty), &[]).unwrap_err();
        assert!(
            error.to_string().contains("`ticket` has no value"),
            "{error}"
        );
    }

    #[test]
    fn requests_say_whom_they_are_for_and_how_long_they_are() {
        let text = |method: &str, headers: &[(&str, &str)], body: &str| {
            let headers = headers
                .iter()
                .map(|(name, value)| ((*name).to_string(), (*value).to_string()));
            let request = PreparedRequest {
                method: method.to_string(),
                path: "/a".to_string(),
                headers: headers.collect(),
                body: Bytes::copy_from_slice(body.as_bytes()),
            };
            String::from_utf8(request.to_wire("127.0.0.1:8080").to_vec()).unwrap()
        };
        assert_eq!(
            text("GET", &[], ""),
            "GET /a HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n\r\n"
        );
        assert_eq!(
            text("POST", &[("Host", "shop"), ("a", "b")], "{}"),
            "POST /a HTTP/1.1\r\ncontent-length: 2\r\nHost: shop\r\na: b\r\n\r\n{}"
        );
    }
}
