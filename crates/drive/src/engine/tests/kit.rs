//! Servers of HTTP/2 that others have written, and TLS before any server.

use std::convert::Infallible;
use std::future::pending;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ServerConfig, ServerConnection};
use tokio::sync::Notify;

use crate::engine::tls::tests::{Identity, with_file};
use crate::engine::tls::{Protocol, Trust};
use crate::engine::{Transport, tls};

/// So many requests of a connection are there when it is cut, or is left.
pub const CUT_AT: usize = 10;

/// What a test knows of its server.
#[derive(Default)]
pub struct Seen {
    /// Connections that were accepted.
    pub accepted: AtomicUsize,
    /// Requests that are being answered on any connection, and the most there were at once.
    pub open: AtomicUsize,
    pub open_max: AtomicUsize,
}

/// What one connection is told to do.
#[derive(Default)]
struct Orders {
    requests: AtomicUsize,
    cut: Notify,
    leave: Notify,
}

async fn answer(
    request: Request<Incoming>,
    seen: Arc<Seen>,
    orders: Arc<Orders>,
) -> Result<Response<Full<Bytes>>, &'static str> {
    let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
    seen.open_max.fetch_max(open, Ordering::SeqCst);
    let nth = orders.requests.fetch_add(1, Ordering::SeqCst) + 1;
    let path = request.uri().path().to_string();
    let body = request.into_body().collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    // Others can begin meanwhile.
    tokio::task::yield_now().await;
    match path.as_str() {
        "/reset" => {
            seen.open.fetch_sub(1, Ordering::SeqCst);
            return Err("no");
        }
        "/for-ever" => pending().await,
        "/cut" if nth < CUT_AT => pending().await,
        "/cut" => {
            orders.cut.notify_one();
            pending().await
        }
        "/leave" if nth == CUT_AT => orders.leave.notify_one(),
        _ => {}
    }
    seen.open.fetch_sub(1, Ordering::SeqCst);
    let answer = if body.is_empty() { "ok".into() } else { body };
    Ok(Response::new(Full::new(answer)))
}

async fn serve_one(stream: tokio::net::TcpStream, streams_max: u32, seen: Arc<Seen>) {
    let orders = Arc::new(Orders::default());
    let service = service_fn(|request| answer(request, Arc::clone(&seen), Arc::clone(&orders)));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.max_concurrent_streams(streams_max);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => return,
        () = orders.cut.notified() => return,
        () = orders.leave.notified() => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = serving.await;
}

/// Serves HTTP/2 in the clear, as long as the test runs.
pub fn serve_http2(streams_max: u32) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let mine = Arc::clone(&seen);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let serving = async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let local = tokio::task::LocalSet::new();
            let accepting = local.run_until(async {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    mine.accepted.fetch_add(1, Ordering::SeqCst);
                    let seen = Arc::clone(&mine);
                    tokio::task::spawn_local(serve_one(stream, streams_max, seen));
                }
            });
            accepting.await
        };
        let never: Result<(), Infallible> = runtime.unwrap().block_on(serving);
        never.unwrap();
    });
    (address, seen)
}

/// Terminates TLS before a server, as long as the test runs; agrees to speak one of these.
pub fn secured(server: SocketAddr, identity: &Identity, protocols: &[Protocol]) -> SocketAddr {
    let mut config: ServerConfig = identity.server(&[&rustls::version::TLS13]);
    let names = protocols.iter().map(|known| known.name().into());
    config.alpn_protocols = names.collect();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            relay(
                session,
                socket.unwrap(),
                TcpStream::connect(server).unwrap(),
            );
        }
    });
    address
}

/// Carries bytes both ways, each on a thread.
fn relay(session: ServerConnection, client: TcpStream, server: TcpStream) {
    let session = Arc::new(Mutex::new(session));
    let (up, down) = (Arc::clone(&session), session);
    let (mut client_up, mut server_up) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = carry_up(&up, &mut client_up, &mut server_up);
        let _ = server_up.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let (mut client, mut server) = (client, server);
        let _ = carry_down(&down, &mut client, &mut server);
        let _ = client.shutdown(Shutdown::Both);
    });
}

fn carry_up(
    session: &Mutex<ServerConnection>,
    client: &mut TcpStream,
    server: &mut TcpStream,
) -> std::io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    let mut plain = [0; 16 * 1024];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut secured = &buffer[..count];
        while !secured.is_empty() {
            let mut session = session.lock().unwrap();
            session.read_tls(&mut secured)?;
            let processed = session.process_new_packets();
            while session.wants_write() {
                session.write_tls(client)?;
            }
            processed.map_err(std::io::Error::other)?;
            while let Ok(count @ 1..) = session.reader().read(&mut plain) {
                server.write_all(&plain[..count])?;
            }
        }
    }
}

fn carry_down(
    session: &Mutex<ServerConnection>,
    client: &mut TcpStream,
    server: &mut TcpStream,
) -> std::io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = server.read(&mut buffer).unwrap_or(0);
        let mut session = session.lock().unwrap();
        match count {
            0 => session.send_close_notify(),
            _ => session.writer().write_all(&buffer[..count])?,
        }
        while session.wants_write() {
            session.write_tls(client)?;
        }
        if count == 0 {
            return Ok(());
        }
    }
}

/// Over TLS, to whom this identity is shown.
pub fn trusting(clear: Transport, identity: &Identity) -> Transport {
    with_file(&identity.pem, |path| {
        let secured: Result<Transport, tls::TlsError> =
            clear.over_tls(&Trust::File(path), "localhost");
        secured.unwrap()
    })
}
