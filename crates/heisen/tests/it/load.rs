//! `heisen stress --url`: load on a server without a spec.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::rig::{Folder, heisen, run};

/// A server that answers each request of each connection.
pub fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || serve(stream, answer));
        }
    });
    format!("http://{address}/tickets?event=42")
}

pub fn serve(mut stream: impl Read + Write, answer: &str) {
    let mut asked = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        asked.extend_from_slice(&buffer[..count]);
        while let Some(end) = asked.windows(6).position(|bytes| bytes == b"\r\n\r\n{}") {
            let head = String::from_utf8_lossy(&asked[..end]).into_owned();
            asked.drain(..end + 6);
            let is_right = head.starts_with("POST /tickets?event=42 HTTP/1.1\r\n")
                && head.contains("\r\ncontent-length: 2\r\n")
                && head.contains("\r\nx-shop: 1");
            let answer = if is_right {
                answer
            } else {
                "HTTP/1.1 400 No\r\n\r\n"
            };
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

#[test]
fn any_server_can_be_asked() {
    let folder = Folder::new("load-url");
    let url = server("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
    for (words, pace) in [
        (&["-n", "500", "-c", "5"][..], "closed"),
        (&["-n", "500", "-r", "2000", "-c", "9"], "even"),
        (
            &["-n", "500", "-r", "2000", "--arrivals", "random"],
            "random",
        ),
    ] {
        let mut command = heisen(&folder);
        command.args(["stress", "--url", &url, "--json", "-", "--quiet"]);
        command.args(["--method", "post", "-H", "x-shop: 1", "--body", "{}"]);
        let said = run(command.args(words));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let document = said.json();
        assert_eq!(document["verdict"], "MEASURED");
        assert_eq!(document["requests"], 500);
        assert_eq!(document["errors"], serde_json::json!({}));
        assert_eq!(document["load"]["pace"], pace);
        for quantile in ["mean", "p50", "p95", "p999", "max"] {
            let time = document["latency_us"][quantile].as_f64();
            assert!(time > Some(0.0), "{quantile}");
        }
        assert!(document["generator"]["used_us_per_request"].as_f64() > Some(0.0));
    }
    let report = run(heisen(&folder).arg("report")).out;
    assert!(report.contains("500, "), "{report}");
    assert!(report.contains("per second at random"), "{report}");
}

#[test]
fn bursts_on_any_server_tell_their_skew() {
    let folder = Folder::new("load-bursts");
    let url = server("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
    for words in [
        &["--burst", "30", "--rounds", "3"][..],
        &["-n", "30", "--burst", "--rounds", "3", "--release", "whole"],
    ] {
        let mut command = heisen(&folder);
        command.args(["stress", "--url", &url, "--json", "-", "--quiet"]);
        command.args(["--method", "POST", "-H", "x-shop: 1", "--body", "{}"]);
        let said = run(command.args(words));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let document = said.json();
        assert_eq!(
            (&document["requests"], &document["rounds"]),
            (&90.into(), &3.into())
        );
        assert_eq!(document["errors"], serde_json::json!({}));
        assert!(document["burst_skew_us"]["max"].as_u64() > Some(0));
    }
    let report = run(heisen(&folder).arg("report")).out;
    assert!(
        report.contains("3 bursts of 30 requests at once, each sent whole"),
        "{report}"
    );
    let both = run(heisen(&folder).args(["stress", "--url", &url, "--burst", "3", "-n", "4"]));
    assert_eq!(both.code, Some(2), "{}", both.err);
    let none = run(heisen(&folder).args(["stress", "--url", &url, "--burst"]));
    assert_eq!(none.code, Some(2), "{}", none.err);
}

#[test]
fn errors_are_counted_by_class() {
    let folder = Folder::new("load-errors");
    let url = server("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n");
    let mut command = heisen(&folder);
    command.args([
        "stress", "--url", &url, "-n", "20", "--json", "-", "--quiet",
    ]);
    command.args(["--method", "POST", "-H", "x-shop: 1", "--body", "{}"]);
    let said = run(&mut command);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(
        said.json()["errors"],
        serde_json::json!({ "status 503": 20 })
    );
}

#[test]
fn who_is_not_there_is_4_and_named() {
    let folder = Folder::new("load-nobody");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let said = run(heisen(&folder).args(["stress", "--url", &address, "-n", "1"]));
    assert_eq!(said.code, Some(4), "{}", said.err);
    assert!(
        said.err.contains(&format!("{address} cannot be asked")),
        "{}",
        said.err
    );
    for words in [
        &["--url", "http://127.0.0.1/", "-H", "no header"][..],
        &["--url", "http://127.0.0.1/", "--insecure"],
        &["--url", "http://127.0.0.1/", "--streams", "3"],
        &["--url", "http://127.0.0.1/", "--http2", "--over", "3"],
        &["--url", "https://127.0.0.1/", "--cacert", "nowhere.pem"],
        &["--http2"],
        &["--url", "http://127.0.0.1/", "--direct"],
        &["--method", "POST"],
    ] {
        let said = run(heisen(&folder).arg("stress").args(words));
        assert_eq!(said.code, Some(2), "{words:?} {}", said.err);
    }
}
