//! One address, reached over kept-alive HTTP/1.1 connections. A request that may have left is
//! never sent again: whether it took effect is exactly what is not known.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use model::{Outcome, UnknownWhy};
use tokio::net::TcpStream;

use crate::request::PreparedRequest;

/// Of an answer's body, this much is read; a longer one counts as garbled.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Of an answer's body, this much is kept.
const BODY_KEPT_BYTES_MAX: usize = 8 * 1024;

/// Sends requests to one address.
#[derive(Debug)]
pub struct Client {
    address: String,
    patience: Duration,
    idle: RefCell<Vec<SendRequest<Full<Bytes>>>>,
}

impl Client {
    /// A client that waits for an answer no longer than `patience`.
    pub fn new(address: &str, patience: Duration) -> Client {
        Client {
            address: address.to_string(),
            patience,
            idle: RefCell::new(Vec::new()),
        }
    }

    /// Sends one request and waits for its outcome.
    pub async fn send(&self, request: &PreparedRequest) -> Outcome {
        match tokio::time::timeout(self.patience, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown(UnknownWhy::TimedOut),
        }
    }

    async fn exchange(&self, request: &PreparedRequest) -> Outcome {
        let message = match self.message(request) {
            Ok(message) => message,
            Err(why) => return Outcome::NotSent { why },
        };
        let kept = self.idle.borrow_mut().pop();
        let mut sender = match kept {
            Some(sender) if !sender.is_closed() => sender,
            _ => match self.connect().await {
                Ok(sender) => sender,
                Err(why) => return Outcome::NotSent { why },
            },
        };
        let message = match sender.ready().await {
            Ok(()) => message,
            Err(_) => match self.connect().await {
                Ok(fresh) => {
                    sender = fresh;
                    message
                }
                Err(why) => return Outcome::NotSent { why },
            },
        };
        let outcome = receive(&mut sender, message).await;
        if matches!(outcome, Outcome::Answered { .. }) && !sender.is_closed() {
            self.idle.borrow_mut().push(sender);
        }
        outcome
    }

    fn message(&self, request: &PreparedRequest) -> Result<Request<Full<Bytes>>, String> {
        let mut message = Request::builder()
            .method(request.method.as_str())
            .uri(request.path.as_str())
            .header("host", &self.address);
        for (name, value) in &request.headers {
            message = message.header(name, value);
        }
        message
            .body(Full::new(request.body.clone()))
            .map_err(|error| format!("bad request: {error}"))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let fail = |error: std::io::Error| format!("connecting to {}: {error}", self.address);
        let stream = TcpStream::connect(&self.address).await.map_err(fail)?;
        stream.set_nodelay(true).map_err(fail)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        // Ends by itself when the sender is dropped or the peer closes.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(sender)
    }
}

async fn receive(sender: &mut SendRequest<Full<Bytes>>, message: Request<Full<Bytes>>) -> Outcome {
    let response = match sender.send_request(message).await {
        Ok(response) => response,
        // A connection that was closing took nothing: hyper gives the request back unsent.
        Err(error) if error.is_canceled() => {
            return Outcome::NotSent {
                why: error.to_string(),
            };
        }
        Err(error) if error.is_parse() => return Outcome::Unknown(UnknownWhy::Garbled),
        Err(_) => return Outcome::Unknown(UnknownWhy::Cut),
    };
    let status = response.status().as_u16();
    let location = response.headers().get("location");
    let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    match Limited::new(response.into_body(), BODY_BYTES_MAX)
        .collect()
        .await
    {
        Ok(body) => {
            let bytes = body.to_bytes();
            let kept = &bytes[..bytes.len().min(BODY_KEPT_BYTES_MAX)];
            Outcome::Answered {
                status,
                location,
                body: String::from_utf8_lossy(kept).into_owned(),
            }
        }
        Err(_) => Outcome::Unknown(UnknownWhy::Cut),
    }
}
