//! `heisen stress --url` over TLS and over HTTP/2.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::load::serve;
use crate::rig::{Folder, Said, heisen, run};

const CREATED: &str = "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";

/// A server of HTTP/1.1 over TLS, and its certificate.
fn secured() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_string()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::from(key));
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let stream = StreamOwned::new(session, stream.unwrap());
            std::thread::spawn(move || serve(stream, CREATED));
        }
    });
    let url = format!("https://{address}/tickets?event=42");
    (url, made.cert.pem())
}

/// A server of HTTP/2 in the clear.
fn http2() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = service_fn(async |_| {
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("ok"))))
                });
                let serving = Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move {
                    let _ = serving.await;
                });
            }
        });
    });
    format!("http://{address}/tickets")
}

fn stressed(folder: &Folder, url: &str, words: &[&str]) -> Said {
    let mut command = heisen(folder);
    command.args(["stress", "--url", url, "--json", "-", "--quiet"]);
    run(command.args(words))
}

#[test]
fn who_shows_a_certificate_that_is_trusted_is_asked() {
    let folder = Folder::new("protocols-tls");
    let (url, pem) = secured();
    let authority = folder.write("authority.pem", &pem);
    let authority = authority.to_str().unwrap();
    let request = [
        "--method",
        "POST",
        "-H",
        "x-shop: 1",
        "--body",
        "{}",
        "-n",
        "40",
    ];
    for words in [
        &["--cacert", authority][..],
        &["--insecure"],
        &["--insecure", "--burst", "--rounds", "2"],
    ] {
        let said = stressed(&folder, &url, &[&request, words].concat());
        assert_eq!(said.code, Some(0), "{words:?} {}", said.err);
        let document = said.json();
        assert_eq!(document["errors"], serde_json::json!({}), "{words:?}");
        let load = &document["load"];
        assert_eq!(
            (&load["protocol"], &load["tls"]),
            (&"http/1.1".into(), &true.into())
        );
    }
    let report = run(heisen(&folder).arg("report")).out;
    assert!(report.contains("HTTP/1.1 over TLS"), "{report}");
}

#[test]
fn who_is_not_trusted_or_speaks_otherwise_is_4_and_says_how_to_mend_it() {
    let folder = Folder::new("protocols-untrusted");
    let (url, pem) = secured();
    let (_, other) = secured();
    let right = folder.write("right.pem", &pem);
    let wrong = folder.write("wrong.pem", &other);
    for (words, expected) in [
        (&["--cacert", wrong.to_str().unwrap()][..], "--insecure"),
        (&["--cacert", wrong.to_str().unwrap()], "--cacert FILE"),
        (
            &["--cacert", right.to_str().unwrap(), "--http2"],
            "leave out --http2",
        ),
    ] {
        let said = stressed(&folder, &url, &[words, &["-n", "1"]].concat());
        assert_eq!(said.code, Some(4), "{words:?} {}", said.err);
        assert!(said.err.contains("cannot be asked"), "{}", said.err);
        assert!(said.err.contains(expected), "{}", said.err);
    }
    // A machine without authorities cannot trust anybody, and says that.
    let said = stressed(&folder, &url, &["-n", "1"]);
    assert!(matches!(said.code, Some(4 | 2)), "{}", said.err);
}

#[test]
fn http2_is_spoken_by_load_and_bursts() {
    let folder = Folder::new("protocols-http2");
    let url = http2();
    for (words, requests, connections, streams) in [
        (&["-c", "2", "--streams", "5", "-n", "300"][..], 300, 2, 5),
        (&["-c", "3", "-n", "300", "-r", "3000"], 300, 3, 10),
        (&["--burst", "40", "--rounds", "3"], 120, 1, 40),
        (
            &["--burst", "40", "--rounds", "3", "--over", "2"],
            120,
            2,
            20,
        ),
    ] {
        let said = stressed(&folder, &url, &[&["--http2"], words].concat());
        assert_eq!(said.code, Some(0), "{words:?} {}", said.err);
        let document = said.json();
        assert_eq!(document["requests"], requests, "{words:?}");
        assert_eq!(document["errors"], serde_json::json!({}), "{words:?}");
        let load = &document["load"];
        assert_eq!(
            (&load["protocol"], &load["tls"]),
            (&"h2".into(), &false.into())
        );
        assert_eq!(
            (&load["connections"], &load["streams"]),
            (&connections.into(), &streams.into()),
            "{words:?}"
        );
    }
    let report = run(heisen(&folder).arg("report")).out;
    assert!(report.contains("HTTP/2, 20 streams on each"), "{report}");
}
