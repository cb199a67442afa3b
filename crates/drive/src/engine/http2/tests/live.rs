//! A connection over a real socket to a server that others have written.

use std::convert::Infallible;
use std::future::pending;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::{Notify, Semaphore};

use super::super::{Ended, Http2, Kept, frame};
use crate::PreparedRequest;

/// A test that hangs fails after this.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a test knows of its server.
struct Seen {
    /// Requests that are being answered, and the most there were at once.
    open: AtomicUsize,
    open_max: AtomicUsize,
    /// Tells the server to leave.
    leave: Notify,
    /// Some requests are answered when this is closed.
    gate: Semaphore,
}

async fn answer(request: Request<Incoming>, seen: Arc<Seen>) -> Response<Full<Bytes>> {
    let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
    seen.open_max.fetch_max(open, Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let body = body.unwrap_or_default();
    let status = match parts.uri.path() {
        "/held" | "/leave" => {
            if parts.uri.path() == "/leave" {
                seen.leave.notify_one();
            }
            let _ = seen.gate.acquire().await;
            200
        }
        "/for-ever" => pending().await,
        "/elsewhere" => 303,
        _ => 200,
    };
    let answer = match parts.uri.path() {
        "/large" => Bytes::from(vec![b'x'; 20_000_000]),
        "/size" => Bytes::from(body.len().to_string()),
        _ => body,
    };
    seen.open.fetch_sub(1, Ordering::SeqCst);
    let mut told = Response::builder()
        .status(status)
        .header("location", "/there");
    if parts.method == Method::HEAD {
        told = told.header("content-length", "16");
    }
    told.body(Full::new(answer)).unwrap()
}

/// Serves one connection.
fn serve(streams_max: u32) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen {
        open: AtomicUsize::new(0),
        open_max: AtomicUsize::new(0),
        leave: Notify::new(),
        gate: Semaphore::new(0),
    });
    let mine = Arc::clone(&seen);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async move {
            let (stream, _) = listener.accept().unwrap();
            stream.set_nonblocking(true).unwrap();
            let stream = TokioIo::new(tokio::net::TcpStream::from_std(stream).unwrap());
            let service = service_fn(|request| {
                let answer = answer(request, Arc::clone(&mine));
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let mut builder = Builder::new(TokioExecutor::new());
            builder.max_concurrent_streams(streams_max);
            let serving = builder.serve_connection(stream, service);
            let mut serving = std::pin::pin!(serving);
            tokio::select! {
                _ = serving.as_mut() => return,
                () = mine.leave.notified() => {}
            }
            serving.as_mut().graceful_shutdown();
            mine.gate.close();
            let _ = serving.await;
        });
    });
    (address, seen)
}

/// A connection, its socket, and what came of its requests.
struct Live {
    http2: Http2,
    stream: TcpStream,
    ended: Vec<(usize, Ended)>,
    /// The server has closed it.
    is_over: bool,
}

impl Live {
    fn connect(address: SocketAddr) -> Live {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Live {
            http2: Http2::new(true),
            stream,
            ended: Vec::new(),
            is_over: false,
        }
    }

    fn write(&mut self) {
        while !self.http2.output().is_empty() {
            let count = self.stream.write(self.http2.output()).unwrap();
            self.http2.written(count);
        }
    }

    /// Writes all, and takes what comes then.
    fn turn(&mut self) {
        self.write();
        let mut buffer = vec![0; 50_000];
        let count = self.stream.read(&mut buffer).unwrap();
        self.is_over = count == 0;
        let ended = &mut self.ended;
        let mut tell = |slot, how| ended.push((slot, how));
        self.http2.take(&buffer[..count], &mut tell).unwrap();
        self.write();
    }

    fn until_ended(&mut self, count: usize) {
        while self.ended.len() < count {
            assert!(!self.is_over, "the server is gone");
            self.turn();
        }
    }
}

fn request(method: &str, path: &str, body: &[u8]) -> Bytes {
    let request = PreparedRequest {
        method: method.to_string(),
        path: path.to_string(),
        headers: vec![("User-Agent".to_string(), "heisen".to_string())],
        body: Bytes::copy_from_slice(body),
    };
    request.to_http2("http", "127.0.0.1")
}

fn answered(body: &[u8]) -> Ended {
    let kept = Kept {
        location: Some("/there".to_string()),
        body: body.to_vec(),
        headers: Vec::new(),
    };
    Ended::Answered { status: 200, kept }
}

#[test]
fn a_thousand_requests_are_answered_no_more_at_once_than_are_taken() {
    let (address, seen) = serve(20);
    let mut live = Live::connect(address);
    // Until it has spoken nobody knows how many streams it takes.
    while live.http2.room() != 20 {
        live.turn();
    }
    let echo = request("POST", "/", b"hello");
    let mut asked = 0;
    while live.ended.len() < 1_000 {
        while asked < 1_000 && live.http2.room() > 0 {
            assert!(live.http2.ask(asked, &echo, false));
            asked += 1;
        }
        live.turn();
    }
    let mut slots: Vec<usize> = live.ended.iter().map(|(slot, _)| *slot).collect();
    slots.sort_unstable();
    assert_eq!(slots, (0..1_000).collect::<Vec<_>>());
    assert!(live.ended.iter().all(|(_, how)| *how == answered(b"hello")));
    assert!((1..=20).contains(&seen.open_max.load(Ordering::SeqCst)));
}

#[test]
fn bodies_may_be_large_both_ways_and_missing() {
    let (address, _) = serve(100);
    let mut live = Live::connect(address);
    let large = vec![b'y'; 3_000_000];
    assert!(live.http2.ask(0, &request("GET", "/large", b""), false));
    assert!(live.http2.ask(1, &request("POST", "/size", &large), false));
    assert!(live.http2.ask(2, &request("HEAD", "/", b""), true));
    assert!(live.http2.ask(3, &request("GET", "/elsewhere", b""), false));
    live.until_ended(4);
    live.ended.sort_by_key(|(slot, _)| *slot);
    assert_eq!(live.ended[0].1, answered(&[b'x'; 8 * 1024]));
    assert_eq!(live.ended[1].1, answered(b"3000000"));
    assert_eq!(live.ended[2].1, answered(b""));
    assert!(matches!(
        live.ended[3].1,
        Ended::Answered { status: 303, .. }
    ));
}

#[test]
fn a_burst_is_answered_after_its_ends() {
    let (address, _) = serve(200);
    let mut live = Live::connect(address);
    while live.http2.room() != 200 {
        live.turn();
    }
    let echo = request("POST", "/", b"burst");
    for slot in 0..200 {
        assert!(live.http2.ask_but_end(slot, &echo, false));
    }
    live.write();
    assert!(!live.http2.is_held_up());
    live.http2.end_all();
    assert_eq!(live.http2.output().len(), 200 * frame::HEAD_BYTES);
    live.until_ended(200);
    assert!(live.ended.iter().all(|(_, how)| *how == answered(b"burst")));
}

#[test]
fn who_is_forgotten_makes_room() {
    let (address, _) = serve(1);
    let mut live = Live::connect(address);
    while live.http2.room() != 1 {
        live.turn();
    }
    for slot in 0..10 {
        assert!(
            live.http2
                .ask(slot, &request("GET", "/for-ever", b""), false)
        );
        live.write();
        live.http2.forget(slot);
    }
    assert!(live.http2.ask(10, &request("POST", "/", b"last"), false));
    live.until_ended(1);
    assert_eq!(live.ended, [(10, answered(b"last"))]);
}

#[test]
fn a_server_that_leaves_answers_first() {
    let (address, _) = serve(100);
    let mut live = Live::connect(address);
    assert!(live.http2.ask(0, &request("GET", "/held", b""), false));
    assert!(live.http2.ask(1, &request("GET", "/leave", b""), false));
    while !live.http2.is_closing() {
        live.turn();
    }
    assert_eq!(live.http2.room(), 0);
    live.until_ended(2);
    assert!(live.ended.iter().all(|(_, how)| *how == answered(b"")));
    while !live.is_over {
        live.turn();
    }
    assert_eq!(live.http2.in_flight().len(), 0);
}
