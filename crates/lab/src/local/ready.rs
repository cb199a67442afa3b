//! Knows when a replica is ready: its port takes connections, or a request is answered with 2xx.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use hyper_util::rt::TokioIo;
use model::Ready;
use tokio::net::TcpStream;

/// How long a replica may take.
pub const READY_MS_MAX: u64 = 20_000;
/// Between two looks.
pub const READY_LOOK_MS: u64 = 5;
/// How long one look may take.
const READY_ANSWER_MS_MAX: u64 = 2_000;

/// Looks once; the error says what was found instead.
pub async fn look(ready: &Ready, port: u16) -> Result<(), String> {
    let patience = Duration::from_millis(READY_ANSWER_MS_MAX);
    let answer = tokio::time::timeout(patience, async {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|_| format!("nothing listens on 127.0.0.1:{port}"))?;
        match ready {
            Ready::Port => Ok(()),
            Ready::Http(path) => get(stream, path, port).await,
        }
    });
    answer.await.unwrap_or_else(|_| {
        Err(format!(
            "127.0.0.1:{port} did not answer within {} s",
            READY_ANSWER_MS_MAX / 1000
        ))
    })
}

async fn get(stream: TcpStream, path: &str, port: u16) -> Result<(), String> {
    let path = path.strip_prefix("GET ").unwrap_or(path).trim();
    let no_http = |error: hyper::Error| format!("GET {path} was not answered in HTTP: {error}");
    let request = Request::get(path)
        .header("host", format!("127.0.0.1:{port}"))
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("`{path}` is not a path: {error}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(no_http)?;
    let answered = sender.send_request(request);
    tokio::pin!(connection, answered);
    let answer = tokio::select! {
        biased;
        answer = &mut answered => answer.map_err(no_http)?,
        end = &mut connection => {
            end.map_err(no_http)?;
            // The answer may have come with the end of the connection.
            answered.await.map_err(no_http)?
        }
    };
    if answer.status().is_success() {
        return Ok(());
    }
    Err(format!("GET {path} answered {}", answer.status().as_u16()))
}

/// What to check when a replica runs but does not become ready.
pub fn cure(ready: &Ready, why: &str) -> &'static str {
    match ready {
        _ if why.starts_with("nothing listens") => {
            "check that it listens on 127.0.0.1 and on the port it is given with ${port}"
        }
        Ready::Http(_) => "check the path in its `ready:`",
        Ready::Port => "check that it takes connections",
    }
}
