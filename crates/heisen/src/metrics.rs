//! Answers Prometheus while a run goes on: one small page, on loopback only, fed by the stream of
//! events. Whoever asks may be anything: what is read and how long it may take is bounded, and so is
//! how many are answered at once. It ends with the run's runtime.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Event;
use show::Metrics;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::sink::Listener;

/// A port that is taken, and not served yet.
pub type Bound = std::net::TcpListener;

/// Connections at once; others wait until one is free.
const CONNECTIONS_MAX: usize = 16;

/// Bytes of a request that are read.
const REQUEST_BYTES_MAX: usize = 8 * 1024;

/// Reading a request and writing its answer take no longer than this.
const PATIENCE: Duration = Duration::from_secs(2);

/// After a connection that could not be taken, the next one is waited for only so much later.
const REST: Duration = Duration::from_millis(100);

/// Figures so far, shared by who counts and who answers.
#[derive(Clone, Default)]
pub struct Scraped(Arc<Mutex<Metrics>>);

impl Scraped {
    fn lock(&self) -> MutexGuard<'_, Metrics> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Scraped {
    fn consume(&mut self, event: &Event) {
        self.lock().consume(event);
    }

    fn end(self: Box<Self>) -> Option<String> {
        None
    }
}

/// Takes a port; 0 takes a free one.
pub fn bind(port: u16) -> io::Result<Bound> {
    let bound = Bound::bind((Ipv4Addr::LOCALHOST, port))?;
    bound.set_nonblocking(true)?;
    Ok(bound)
}

/// Answers, until it is dropped.
pub async fn serve(bound: Bound, scraped: Scraped) {
    let Ok(listener) = TcpListener::from_std(bound) else {
        return;
    };
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let scraped = scraped.clone();
        tokio::spawn(async move {
            // What becomes of one who asks is nobody else's concern.
            let _ = tokio::time::timeout(PATIENCE, converse(stream, &scraped)).await;
            drop(place);
        });
    }
}

/// One request, one answer, and the end.
async fn converse(mut stream: TcpStream, scraped: &Scraped) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !is_whole(&request) && request.len() < REQUEST_BYTES_MAX {
        match stream.read(&mut buffer).await? {
            0 => break,
            count => request.extend_from_slice(&buffer[..count]),
        }
    }
    stream
        .write_all(answer(&request, scraped).as_bytes())
        .await?;
    stream.shutdown().await?;
    // What was sent and not read would make the system reset the connection, and the answer with it.
    let mut rest = REQUEST_BYTES_MAX;
    while let count @ 1.. = stream.read(&mut buffer).await? {
        rest = rest.saturating_sub(count);
        if rest == 0 {
            break;
        }
    }
    Ok(())
}

fn is_whole(request: &[u8]) -> bool {
    request.windows(4).any(|bytes| bytes == b"\r\n\r\n")
}

fn answer(request: &[u8], scraped: &Scraped) -> String {
    const PLAIN: &str = "text/plain; charset=utf-8";
    let head = String::from_utf8_lossy(request);
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next());
    let path = target.map(|target| target.split('?').next().unwrap_or_default());
    let (status, kind, body) = match (method, path, is_whole(request)) {
        ("GET" | "HEAD", Some("/metrics"), true) => {
            ("200 OK", Metrics::CONTENT_TYPE, scraped.lock().text())
        }
        ("GET" | "HEAD", Some(_), true) => ("404 Not Found", PLAIN, "GET /metrics\n".to_string()),
        (_, Some(_), true) => (
            "405 Method Not Allowed",
            PLAIN,
            "GET /metrics\n".to_string(),
        ),
        _ => ("400 Bad Request", PLAIN, "GET /metrics\n".to_string()),
    };
    let length = body.len();
    let body = if method == "HEAD" { "" } else { body.as_str() };
    let allow = match status.starts_with("405") {
        true => "allow: GET, HEAD\r\n",
        false => "",
    };
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{allow}\
         connection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Shutdown, SocketAddr, TcpStream};

    use super::*;

    #[test]
    fn each_request_is_answered_as_it_is() {
        for (request, expected) in [
            ("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n", "200"),
            ("GET /metrics?a=b HTTP/1.0\r\n\r\n", "200"),
            ("HEAD /metrics HTTP/1.1\r\n\r\n", "200"),
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("GET /metricsx HTTP/1.1\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
            ("GET /metrics HTTP/1.1\r\n", "400"),
            ("\u{16}\u{3}\u{1}", "400"),
            ("\r\n\r\n", "400"),
            ("", "400"),
        ] {
            let answer = answer(request.as_bytes(), &Scraped::default());
            assert_eq!(&answer[9..12], expected, "{request:?}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let length = format!("content-length: {}", body.len());
            let is_told = head.contains(&length) || request.starts_with("HEAD");
            assert!(is_told, "{request:?}: {head}");
        }
    }

    fn ask(address: SocketAddr, bytes: &[u8], then: Option<Shutdown>) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        // Whoever hangs up in the middle may be hung up on.
        let _ = stream.write_all(bytes);
        if let Some(then) = then {
            let _ = stream.shutdown(then);
        }
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn who_is_rude_keeps_nobody_from_asking() {
        let bound = bind(0).unwrap();
        let address = bound.local_addr().unwrap();
        assert!(address.ip().is_loopback());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                tokio::select! {
                    () = serve(bound, Scraped::default()) => {}
                    _ = stopped => {}
                }
            });
        });
        // Silent ones, one fewer than there is room for.
        let silent: Vec<TcpStream> = (1..CONNECTIONS_MAX)
            .map(|_| TcpStream::connect(address).unwrap())
            .collect();
        let endless = "x".repeat(REQUEST_BYTES_MAX * 2);
        assert!(ask(address, endless.as_bytes(), None).starts_with("HTTP/1.1 400"));
        assert!(ask(address, b"\x00\xff", Some(Shutdown::Write)).starts_with("HTTP/1.1 400"));
        ask(address, b"GET /metr", Some(Shutdown::Both));
        let request = b"GET /metrics HTTP/1.1\r\n\r\n";
        for then in [None, Some(Shutdown::Write)] {
            let answer = ask(address, request, then);
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.ends_with("heisen_seconds_total 0\n"), "{answer}");
        }
        drop(silent);
        stop.send(()).unwrap();
        serving.join().unwrap();
        assert!(TcpStream::connect(address).is_err(), "it ends with the run");
    }
}
