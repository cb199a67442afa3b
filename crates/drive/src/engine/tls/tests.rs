//! Secured connections to a server with a certificate of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::Protocol::{Http1, Http2};
use super::*;

/// A test that hangs fails after this.
const PATIENCE_MS: u16 = 20_000;

type Secured = StreamOwned<ServerConnection, TcpStream>;

/// A server's certificate for `localhost`, as servers and as those who trust it take it.
pub(in crate::engine) struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    pub(in crate::engine) pem: String,
}

impl Identity {
    pub(in crate::engine) fn new() -> Identity {
        let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
        Identity {
            certificate: made.cert.der().clone(),
            key: made.signing_key.serialize_der(),
            pem: made.cert.pem(),
        }
    }

    pub(in crate::engine) fn server(
        &self,
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(versions).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let chain = vec![self.certificate.clone()];
        builder
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap()
    }

    /// Of those who trust it and nobody else.
    fn trusted(&self, protocols: &[Protocol]) -> Tls {
        with_file(&self.pem, |path| {
            Tls::new(&Trust::File(path), protocols).unwrap()
        })
    }
}

/// Lends a file with this in it.
pub(in crate::engine) fn with_file<T>(text: &str, lend: impl FnOnce(PathBuf) -> T) -> T {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("heisen-tls-{}-{number}.pem", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).unwrap();
    let result = lend(path.clone());
    std::fs::remove_file(path).unwrap();
    result
}

/// Serves as many connections as there are of these, one after the other.
fn serve(
    config: ServerConfig,
    count: usize,
    behave: impl Fn(Secured) + Send + 'static,
) -> (std::net::SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = Arc::new(config);
    let serving = std::thread::spawn(move || {
        for _ in 0..count {
            let (socket, _) = listener.accept().unwrap();
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            behave(StreamOwned::new(session, socket));
        }
    });
    (address, serving)
}

/// Says what it was sent, in capitals, until there is no more.
fn answers(mut stream: Secured) {
    let mut buffer = [0; 100];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        let answer = buffer[..count].to_ascii_uppercase();
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn connect(tls: &Tls, name: &str, address: std::net::SocketAddr) -> Stream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_nonblocking(true).unwrap();
    Stream::new(tls, name, socket).unwrap()
}

/// Waits as an engine does: for what there is to read, and for room only when it is wanted.
fn wait(stream: &Stream) {
    let poll = Epoll::new(EpollCreateFlags::empty()).unwrap();
    let mut flags = EpollFlags::EPOLLIN;
    flags.set(EpollFlags::EPOLLOUT, stream.wants_write());
    poll.add(stream, EpollEvent::new(flags, 0)).unwrap();
    let mut events = [EpollEvent::empty()];
    assert_eq!(
        poll.wait(&mut events, PATIENCE_MS),
        Ok(1),
        "nothing happens"
    );
}

/// Does this until it does not have to wait any more.
fn until<T>(
    stream: &mut Stream,
    mut act: impl FnMut(&mut Stream) -> io::Result<T>,
) -> io::Result<T> {
    loop {
        match act(stream) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait(stream),
            other => return other,
        }
    }
}

fn shake(stream: &mut Stream) -> io::Result<()> {
    until(stream, |stream| match stream.shake()? {
        true => Ok(()),
        false => Err(ErrorKind::WouldBlock.into()),
    })
}

fn write(stream: &mut Stream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let count = until(stream, |stream| stream.write(bytes)).unwrap();
        bytes = &bytes[count..];
    }
    until(stream, Stream::flush).unwrap();
}

fn read(stream: &mut Stream) -> io::Result<String> {
    let mut buffer = [0; 100];
    let count = until(stream, |stream| stream.read(&mut buffer))?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

#[test]
fn what_is_said_arrives_and_ends() {
    let identity = Identity::new();
    for (version, offered, spoken) in [
        (&TLS13, vec![], None),
        (&TLS13, vec![Http2, Http1], Some(Http2)),
        (&TLS13, vec![Http1], Some(Http1)),
        (&TLS12, vec![Http2, Http1], Some(Http2)),
    ] {
        let mut config = identity.server(&[version]);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let (address, serving) = serve(config, 1, answers);
        let mut stream = connect(&identity.trusted(&offered), "localhost", address);
        let early = stream.write(b"too early").unwrap_err();
        assert_eq!(early.kind(), ErrorKind::WouldBlock);
        shake(&mut stream).unwrap();
        assert_eq!(stream.protocol(), spoken);
        write(&mut stream, b"hello");
        assert_eq!(read(&mut stream).unwrap(), "HELLO");
        assert!(!stream.has_more());
        stream.close();
        assert_eq!(read(&mut stream).unwrap(), "");
        serving.join().unwrap();
    }
}

#[test]
fn who_knows_no_protocols_agrees_to_none() {
    let identity = Identity::new();
    let (address, serving) = serve(identity.server(&[&TLS13]), 1, answers);
    let mut stream = connect(&identity.trusted(&[Http2]), "localhost", address);
    shake(&mut stream).unwrap();
    assert_eq!(stream.protocol(), None);
    drop(stream);
    serving.join().unwrap();
}

#[test]
fn only_who_is_trusted_is_spoken_to() {
    let (identity, other) = (Identity::new(), Identity::new());
    let anything = Tls::new(&Trust::Anything, &[]).unwrap();
    for version in [&TLS12, &TLS13] {
        for (tls, name, refusal) in [
            (identity.trusted(&[]), "localhost", None),
            (anything.clone(), "localhost", None),
            (anything.clone(), "127.0.0.1", None),
            (identity.trusted(&[]), "example.com", Some("not valid for")),
            (identity.trusted(&[]), "127.0.0.1", Some("not valid for")),
            (
                other.trusted(&[]),
                "localhost",
                Some("invalid peer certificate"),
            ),
        ] {
            let (address, serving) = serve(identity.server(&[version]), 1, answers);
            let mut stream = connect(&tls, name, address);
            let why = shake(&mut stream).err().map(|error| error.to_string());
            let is_expected = match (&why, refusal) {
                (None, None) => true,
                (Some(why), Some(refusal)) => why.contains(refusal),
                _ => false,
            };
            assert!(is_expected, "{name}: {why:?}, expected {refusal:?}");
            drop(stream);
            serving.join().unwrap();
        }
    }
}

#[test]
fn this_machine_does_not_trust_everybody() {
    let identity = Identity::new();
    let tls = match Tls::new(&Trust::System, &[]) {
        Ok(tls) => tls,
        Err(error) => return assert!(matches!(error, TlsError::NoAuthorities { .. }), "{error}"),
    };
    let (address, serving) = serve(identity.server(&[&TLS13]), 1, answers);
    let mut stream = connect(&tls, "localhost", address);
    assert_eq!(
        shake(&mut stream).unwrap_err().kind(),
        ErrorKind::InvalidData
    );
    drop(stream);
    serving.join().unwrap();
}

#[test]
fn who_does_not_speak_tls_is_found_out() {
    let tls = Tls::new(&Trust::Anything, &[]).unwrap();
    for (said, expected) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            ErrorKind::InvalidData,
        ),
        (&b"\x16\x03\x03\x00\x7a"[..], ErrorKind::UnexpectedEof),
        (&b""[..], ErrorKind::UnexpectedEof),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = connect(&tls, "localhost", listener.local_addr().unwrap());
        let (mut socket, _) = listener.accept().unwrap();
        assert!(!stream.shake().unwrap());
        // What is not read would turn the end into a reset.
        assert!(socket.read(&mut [0; 4096]).unwrap() > 100);
        socket.write_all(said).unwrap();
        drop(socket);
        assert_eq!(shake(&mut stream).unwrap_err().kind(), expected, "{said:?}");
    }
}

#[test]
fn a_cut_is_no_end() {
    let identity = Identity::new();
    let cuts = |mut stream: Secured| {
        stream.write_all(b"half of").unwrap();
        stream.sock.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.sock.read(&mut [0; 4096]);
    };
    let (address, serving) = serve(identity.server(&[&TLS13]), 1, cuts);
    let mut stream = connect(&identity.trusted(&[]), "localhost", address);
    shake(&mut stream).unwrap();
    assert_eq!(read(&mut stream).unwrap(), "half of");
    for _ in 0..2 {
        assert_eq!(
            read(&mut stream).unwrap_err().kind(),
            ErrorKind::UnexpectedEof
        );
    }
    drop(stream);
    serving.join().unwrap();
}

#[test]
fn who_says_no_more_may_be_told_more() {
    let identity = Identity::new();
    let half_closes = |mut stream: Secured| {
        stream.conn.complete_io(&mut stream.sock).unwrap();
        stream.conn.writer().write_all(b"all").unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        let mut told = [0; 4];
        stream.read_exact(&mut told).unwrap();
        assert_eq!(&told, b"more");
    };
    let (address, serving) = serve(identity.server(&[&TLS13]), 1, half_closes);
    let mut stream = connect(&identity.trusted(&[]), "localhost", address);
    shake(&mut stream).unwrap();
    assert_eq!(read(&mut stream).unwrap(), "all");
    // The socket may stay silent now, though there is an end to be read.
    assert_eq!(read(&mut stream).unwrap(), "");
    assert!(stream.has_more());
    write(&mut stream, b"more");
    serving.join().unwrap();
}

#[test]
fn what_does_not_fit_into_the_buffer_is_there_without_the_socket() {
    let identity = Identity::new();
    let says_much = |mut stream: Secured| {
        stream.write_all(&[b'x'; 150]).unwrap();
        let _ = stream.read(&mut [0]);
    };
    let (address, serving) = serve(identity.server(&[&TLS13]), 1, says_much);
    let mut stream = connect(&identity.trusted(&[]), "localhost", address);
    shake(&mut stream).unwrap();
    assert_eq!(read(&mut stream).unwrap().len(), 100);
    assert!(stream.has_more());
    assert_eq!(stream.read(&mut [0; 100]).unwrap(), 50);
    assert!(!stream.has_more());
    drop(stream);
    serving.join().unwrap();
}

#[test]
fn much_goes_both_ways() {
    const BYTES: usize = 5_000_000;
    let identity = Identity::new();
    let echoes_late = |mut stream: Secured| {
        let mut all = vec![0; BYTES];
        stream.read_exact(&mut all).unwrap();
        stream.write_all(&all).unwrap();
    };
    let (address, serving) = serve(identity.server(&[&TLS13]), 1, echoes_late);
    let mut stream = connect(&identity.trusted(&[]), "localhost", address);
    shake(&mut stream).unwrap();
    let sent: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
    write(&mut stream, &sent);
    assert!(!stream.wants_write());
    let mut received = vec![0; BYTES];
    let mut at = 0;
    while at < BYTES {
        at += until(&mut stream, |stream| stream.read(&mut received[at..])).unwrap();
    }
    assert!(sent == received);
    serving.join().unwrap();
}

#[test]
fn later_connections_are_resumed() {
    let identity = Identity::new();
    let (address, serving) = serve(identity.server(&[&TLS13]), 2, answers);
    let tls = identity.trusted(&[Http2]);
    for is_resumed in [false, true] {
        let mut stream = connect(&tls, "localhost", address);
        shake(&mut stream).unwrap();
        write(&mut stream, b"a");
        assert_eq!(read(&mut stream).unwrap(), "A");
        assert_eq!(stream.is_resumed(), is_resumed);
        stream.close();
    }
    serving.join().unwrap();
}

#[test]
fn files_that_are_of_no_use_are_named() {
    let told = |path: PathBuf| match Tls::new(&Trust::File(path), &[]) {
        Ok(_) => "trusted".to_string(),
        Err(error) => error.to_string(),
    };
    let missing = told(PathBuf::from("/nowhere/roots.pem"));
    assert!(missing.starts_with("/nowhere/roots.pem: "), "{missing}");
    for (text, why) in [
        ("", "no certificates in it; give a PEM file"),
        ("nothing", "no certificates in it"),
        ("-----BEGIN CERTIFICATE-----\n!\n", ".pem: "),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            ".pem: ",
        ),
    ] {
        let told = with_file(text, told);
        assert!(told.contains(why), "{told}");
    }
    let tls = Tls::new(&Trust::Anything, &[]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let error = Stream::new(&tls, "no name", socket).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
