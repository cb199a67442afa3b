//! HTTP: `METHOD /path [body]`, answered with the body.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Answer, Fault};
use crate::place::Place;

/// A longer answer is refused.
const BODY_BYTES_MAX: usize = 1 << 20;
/// How much of an unwelcome answer an error message shows.
const SHOWN_CHARS_MAX: usize = 200;

/// A connection to an HTTP backend or a service, made when first needed.
pub struct Http {
    host: String,
    port: u16,
    address: String,
    prefix: String,
    link: Option<SendRequest<Full<Bytes>>>,
}

impl Http {
    /// Knows where to ask.
    pub fn new(place: &Place) -> Http {
        Http {
            host: place.host.clone(),
            port: place.port,
            address: place.address(),
            prefix: place.path().trim_end_matches('/').to_string(),
            link: None,
        }
    }

    /// Makes one request; anything but 2xx is an error.
    pub(crate) async fn ask(&mut self, line: &str) -> Result<Answer, Fault> {
        let request = self.request(line)?;
        let mut sender = self.sender().await?;
        sender
            .ready()
            .await
            .map_err(|error| Fault::lost(error.to_string()))?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| Fault::lost(error.to_string()))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), BODY_BYTES_MAX)
            .collect()
            .await;
        // A body that was not read to its end leaves the connection of no use.
        let body = body.map_err(|error| Fault::lost(format!("cannot read the answer: {error}")))?;
        self.link = Some(sender);
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        if status.is_success() {
            let whole = serde_json::from_str(&text);
            return Ok(Answer {
                whole: whole.unwrap_or_else(|_| text.clone().into()),
                first: Some(text),
            });
        }
        let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        Err(Fault::told(format!(
            "answered {}: {}",
            status.as_u16(),
            shown.trim()
        )))
    }

    fn request(&self, line: &str) -> Result<Request<Full<Bytes>>, Fault> {
        let mut words = line.trim().splitn(3, char::is_whitespace);
        let method = words.next().unwrap_or("");
        let path = words.next().unwrap_or("");
        let body = words.next().unwrap_or("").trim();
        let known = Method::from_bytes(method.as_bytes())
            .ok()
            .filter(|_| method.chars().all(|c| c.is_ascii_uppercase()));
        let (Some(method), true) = (known, path.starts_with('/')) else {
            return Err(Fault::told(
                "write a method and a path, such as `POST /reset {\"seats\": 10}`",
            ));
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.prefix))
            .header("host", &self.address);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
        request
            .body(body)
            .map_err(|error| Fault::told(format!("`{path}` is not a path: {error}")))
    }

    async fn sender(&mut self) -> Result<SendRequest<Full<Bytes>>, Fault> {
        // Taken out while it is used: a request that is given up halfway leaves none behind.
        if let Some(sender) = self.link.take().filter(|sender| !sender.is_closed()) {
            return Ok(sender);
        }
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| {
                Fault::told(format!("{} takes no connection: {error}", self.address))
            })?;
        let _ = stream.set_nodelay(true);
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Fault::lost(error.to_string()))?;
        // It ends when the sender is dropped; how is seen by whoever asks next.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(sender)
    }
}
