//! What `heisen stress` gives out while it goes on, and what its evidence says of it later.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::load::server;
use crate::rig::{Folder, heisen, run, said};

const FINE: &str = "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";

fn stress(folder: &Folder, url: &str) -> Command {
    let mut command = heisen(folder);
    command.args(["stress", "--url", url, "--json", "-"]);
    command.args(["--method", "POST", "-H", "x-shop: 1", "--body", "{}"]);
    command
}

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.0.join(name)).unwrap()
}

/// Rows of a table without anything quoted, under the head's names.
fn column(table: &str, name: &str) -> Vec<String> {
    let mut rows = table.strip_suffix("\r\n").unwrap().split("\r\n");
    let head: Vec<&str> = rows.next().unwrap().split(',').collect();
    let place = head.iter().position(|known| *known == name).unwrap();
    let rows = rows.map(|row| {
        let fields: Vec<&str> = row.split(',').collect();
        assert_eq!(fields.len(), head.len(), "{row}");
        fields[place].to_string()
    });
    rows.collect()
}

fn sum(table: &str, name: &str) -> u64 {
    let column = column(table, name);
    column
        .iter()
        .map(|field| field.parse::<u64>().unwrap())
        .sum()
}

#[test]
fn seconds_add_up_to_the_document() {
    let folder = Folder::new("outputs-csv");
    let (fine, failing) = (
        server(FINE),
        server("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"),
    );
    for (url, words) in [
        (&fine, &["-n", "500", "-c", "5"][..]),
        (&fine, &["-d", "2s", "-r", "300", "--threads", "2"]),
        (&failing, &["-d", "2s", "-r", "100"]),
        (&failing, &["--burst", "20", "--rounds", "4"]),
    ] {
        let mut command = stress(&folder, url);
        let said = run(command.args(["--csv", "live.csv", "--quiet"]).args(words));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let (document, table) = (said.json(), read(&folder, "live.csv"));
        assert_eq!(sum(&table, "requests"), document["requests"], "{table}");
        let errors = document["errors"].as_object().unwrap();
        let errors: u64 = errors.values().filter_map(Value::as_u64).sum();
        assert_eq!(sum(&table, "errors"), errors, "{table}");
        let seconds = column(&table, "second");
        assert!(seconds.windows(2).all(|pair| pair[0] != pair[1]), "{table}");
        assert_eq!(column(&table, "violations_so_far")[0], "", "no oracle");
        // The same from evidence.
        let again = run(heisen(&folder).args(["report", "--csv", "again.csv"]));
        assert_eq!(again.code, Some(0), "{}", again.err);
        assert_eq!(read(&folder, "again.csv"), table);
    }
    let paged = run(heisen(&folder).args(["report", "--page", "load.html"]));
    assert_eq!(paged.code, Some(0), "{}", paged.err);
    let page = read(&folder, "load.html");
    for expected in [
        "Latency over time",
        "status 503",
        "<td>4 bursts of 20 requests",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
}

/// Answers a null token to everybody.
const SERVICE: &str = "
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        body = b'{\"token\": null}'
        self.send_response(200)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
";

const SPEC: &str = "system: shop\nservices:\n  a:\n    run: python3 ${spec}/service.py ${port}\n    ready: port\n    replicas: 2\noperations:\n  register: { request: GET a / }\ninvariants:\n  no-null: { responses: register, json: /token, expect: \"is not null\" }\n";

#[test]
fn wrong_answers_are_counted_as_they_come_and_each_has_its_line() {
    let folder = Folder::new("outputs-wrong");
    folder.write("service.py", SERVICE);
    let here = folder.0.display().to_string();
    folder.write("heisen.yaml", &SPEC.replace("${spec}", &here));
    let mut command = heisen(&folder);
    command.args(["stress", "-n", "300", "-c", "4", "--direct", "--json", "-"]);
    let said = run(command.args(["--csv", "wrong.csv", "--audit", "wrong.jsonl"]));
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let (document, table) = (said.json(), read(&folder, "wrong.csv"));
    assert_eq!(
        document["violations"], 300,
        "all, not only those that are kept"
    );
    let so_far = column(&table, "violations_so_far");
    assert_eq!(so_far.last().unwrap(), "300", "{table}");
    let lines = read(&folder, "wrong.jsonl");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers: BTreeSet<u64> = lines
        .iter()
        .filter_map(|line| line["number"].as_u64())
        .collect();
    assert!(numbers.into_iter().eq(0..300), "each once");
    let lanes: BTreeSet<u64> = lines
        .iter()
        .filter_map(|line| line["lane"].as_u64())
        .collect();
    assert!(lanes.into_iter().eq(1..=2));
    for line in &lines {
        assert_eq!(
            (&line["operation"], &line["status"]),
            (&"register".into(), &200.into())
        );
        let time = |key: &str| line[key].as_u64().unwrap();
        assert!(time("due_us") <= time("sent_us") && time("sent_us") <= time("ended_us"));
    }
    let paged = run(heisen(&folder).args(["report", "--page", "wrong.html"]));
    assert_eq!(paged.code, Some(0), "{}", paged.err);
    let page = read(&folder, "wrong.html");
    assert!(page.contains("Violations: 300") && page.contains("no-null"));
    // Bursts too, each phase by itself.
    let mut command = heisen(&folder);
    command.args(["stress", "--burst", "20", "--rounds", "3", "--window", "0s"]);
    command.args(["--spread", "10ms", "--direct", "--json", "-", "--quiet"]);
    let said = run(command.args(["--csv", "bursts.csv", "--audit", "bursts.jsonl"]));
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let table = read(&folder, "bursts.csv");
    assert_eq!(sum(&table, "requests"), 120, "{table}");
    let so_far = column(&table, "violations_so_far");
    assert_eq!(so_far.last().unwrap(), "6", "{table}");
    let phases: BTreeSet<String> = column(&table, "phase").into_iter().collect();
    assert!(phases.iter().eq(["bursts", "spread over 10 ms"]), "{table}");
    let lines = read(&folder, "bursts.jsonl");
    let numbers: BTreeSet<(String, u64)> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter_map(|line| {
            Some((
                line["phase"].as_str()?.to_string(),
                line["number"].as_u64()?,
            ))
        })
        .collect();
    assert_eq!(numbers.len(), 120);
    let again = run(heisen(&folder).args(["report", "--csv", "again.csv"]));
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(read(&folder, "again.csv"), table);
}

#[test]
fn a_log_of_requests_is_bounded_and_says_so() {
    let folder = Folder::new("outputs-audit");
    let url = server(FINE);
    for words in [&["-n", "500"][..], &["--burst", "50", "--rounds", "10"]] {
        let mut command = stress(&folder, &url);
        command.args(["--audit", "some.jsonl", "--audit-max", "120", "--quiet"]);
        let said = run(command.args(words));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let text = read(&folder, "some.jsonl");
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 121);
        assert_eq!(lines[120], serde_json::json!({ "left_out": 380 }));
        assert_eq!(lines[0]["operation"], "POST /tickets?event=42");
    }
}

/// A load that goes on until it is interrupted.
struct Loading {
    child: Child,
    address: String,
}

impl Loading {
    fn start(command: &mut Command) -> Loading {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("metrics on ") {
            line.clear();
            assert_ne!(err.read_line(&mut line).unwrap(), 0, "it ended");
        }
        let address = line.trim().trim_start_matches("metrics on http://");
        let address = address.strip_suffix("/metrics").unwrap().to_string();
        // Whatever is said later is not read, and must not stop it.
        std::thread::spawn(move || err.read_to_string(&mut String::new()));
        Loading { child, address }
    }

    fn ask(&self, request: &[u8], then: Option<Shutdown>) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // Who is rude may be hung up on.
        let _ = stream.write_all(request);
        if let Some(then) = then {
            let _ = stream.shutdown(then);
        }
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    fn scrape(&self) -> String {
        self.ask(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n", None)
    }

    fn value(&self, name: &str) -> f64 {
        let page = self.scrape();
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        let line = page.lines().find(|line| line.starts_with(name));
        let (_, value) = line
            .unwrap_or_else(|| panic!("{page}"))
            .rsplit_once(' ')
            .unwrap();
        value.parse().unwrap()
    }
}

#[test]
fn metrics_are_answered_while_it_goes_on_and_to_the_rude_too() {
    let folder = Folder::new("outputs-metrics");
    let url = server(FINE);
    let loading =
        Loading::start(stress(&folder, &url).args(["-d", "60s", "-r", "200", "--metrics"]));
    assert!(loading.address.starts_with("127.0.0.1:"));
    // The run's end bounds this: nobody would answer then.
    while loading.value("heisen_requests_total ") == 0.0 {
        std::thread::yield_now();
    }
    assert!(loading.value("heisen_request_duration_seconds_count ") > 0.0);
    assert!(loading.value("heisen_request_duration_seconds{quantile=\"0.99\"} ") > 0.0);
    assert!(loading.value("heisen_generator_lateness_seconds ") > 0.0);
    assert_eq!(loading.value("heisen_violations_total "), 0.0);
    assert!(
        loading
            .scrape()
            .contains("content-type: text/plain; version=0.0.4")
    );
    loading.ask(&[0xff; 100_000], None);
    loading.ask(b"GET /metr", Some(Shutdown::Both));
    let half = loading.ask(b"\x16\x03\x01", Some(Shutdown::Write));
    assert!(half.starts_with("HTTP/1.1 400"), "{half}");
    assert!(loading.value("heisen_requests_total ") > 0.0);
    let pid = loading.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let address = loading.address;
    let said = said(&loading.child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{}", said.err);
    assert!(TcpStream::connect(address).is_err(), "it ends with the run");
    let errors = said.json()["errors"].as_object().map(|errors| errors.len());
    assert_eq!(errors, Some(0), "{}", said.out);
}

#[test]
fn what_cannot_be_given_out_is_told_before_the_run() {
    let folder = Folder::new("outputs-refused");
    let url = server(FINE);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for words in [
        &["--csv", "nowhere/x.csv"][..],
        &["--audit", "nowhere/x.jsonl"],
        &["--metrics", &port],
        &["--audit-max", "3"],
    ] {
        let said = run(stress(&folder, &url).args(["-n", "1"]).args(words));
        assert_eq!(said.code, Some(2), "{words:?} {}", said.err);
    }
    let runs = std::fs::read_dir(folder.0.join(".heisen/runs"));
    assert!(runs.is_err(), "none of them has begun");
}
