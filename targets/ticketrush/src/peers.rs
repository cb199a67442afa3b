//! The other replicas: just enough of HTTP/1.1 to pass a reservation on to the owner of its event.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::refusal::Refusal;
use crate::reservation::Reservation;

/// Marks a request that was passed on once and must not be passed on again.
pub const FORWARDED: &str = "x-ticketrush-forwarded";

const CONNECT_WAIT: Duration = Duration::from_secs(1);
const ANSWER_WAIT: Duration = Duration::from_secs(8);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where a replica listens.
#[derive(Debug, Clone)]
pub struct Peer {
    /// `host:port`
    authority: String,
}

/// What a replica answered.
#[derive(Debug, PartialEq, Eq)]
pub struct PeerAnswer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let authority = url
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'))
            .filter(|authority| {
                let port = authority
                    .rsplit_once(':')
                    .map(|(_, port)| port.parse::<u16>());
                matches!(port, Some(Ok(_))) && !authority.contains('/')
            });
        match authority {
            Some(authority) => Ok(Self {
                authority: authority.to_owned(),
            }),
            None => Err(format!("`{url}` is not of the form http://host:port")),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.authority)
    }
}

impl Peer {
    /// Sends the reservation to this replica and waits for its answer.
    pub async fn reserve(&self, request: &Reservation) -> Result<PeerAnswer, Refusal> {
        let away = |why: &dyn fmt::Display| {
            Refusal::Unavailable(format!(
                "the replica that owns the event is away ({self}): {why}"
            ))
        };
        let body = serde_json::to_vec(&request.body()).map_err(|error| away(&error))?;
        let mut message = format!(
            "POST /events/{}/reserve HTTP/1.1\r\nhost: {self}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{FORWARDED}: 1\r\nconnection: close\r\n\r\n",
            request.event,
            body.len(),
        )
        .into_bytes();
        message.extend_from_slice(&body);
        let stream = match timeout(CONNECT_WAIT, TcpStream::connect(&self.authority)).await {
            Ok(connected) => connected.map_err(|error| away(&error))?,
            Err(_) => return Err(away(&"no connection in time")),
        };
        match timeout(ANSWER_WAIT, exchange(stream, &message)).await {
            Ok(answered) => answered.map_err(|error| away(&error)),
            Err(_) => Err(away(&"no answer in time")),
        }
    }
}

async fn exchange(mut stream: TcpStream, message: &[u8]) -> io::Result<PeerAnswer> {
    stream.set_nodelay(true)?;
    stream.write_all(message).await?;
    let mut received = Vec::new();
    loop {
        if let Some(answer) = parse_answer(&received)? {
            return Ok(answer);
        }
        if received.len() >= ANSWER_BYTES_MAX {
            return Err(invalid("the answer is too long"));
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The answer, once all of it is there. Replicas always send a Content-Length.
fn parse_answer(received: &[u8]) -> io::Result<Option<PeerAnswer>> {
    let Some(head_length) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head =
        str::from_utf8(&received[..head_length]).map_err(|_| invalid("the head is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .filter(|line| line.starts_with("HTTP/1."))
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .ok_or_else(|| invalid("no status line"))?;
    let length: usize = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .ok_or_else(|| invalid("no Content-Length"))?;
    let body = &received[head_length + 4..];
    let body = body.get(..length).map(<[u8]>::to_vec);
    Ok(body.map(|body| PeerAnswer { status, body }))
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
#[path = "peers_tests.rs"]
mod tests;
