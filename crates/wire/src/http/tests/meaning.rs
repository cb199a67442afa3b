//! Shapes, GraphQL operations, drafts and replies, as tables.

use model::{Access, ReplyKind};

use crate::http::{Session, encode, graphql, shape};
use crate::session::{Direction, Draft};
use crate::testkit::Driver;

fn shape_of(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut out = Vec::new();
    shape::path(path.as_bytes(), &mut out);
    shape::query(query.as_bytes(), &mut out);
    String::from_utf8(out).expect("text")
}

fn draft_of(request: &str) -> Draft {
    let mut driver = Driver::new(Session::default());
    driver.feed(Direction::Up, request.as_bytes(), usize::MAX);
    assert_eq!(driver.steps.len(), 1, "{request}: {}", driver.said);
    // What recordings count by is what people see.
    assert!(
        driver
            .said
            .contains(&format!("brief {:?}", driver.steps[0].shape)),
        "{}",
        driver.said
    );
    driver.steps.remove(0)
}

#[test]
fn values_in_paths_and_queries_become_holes() {
    let table = [
        ("/", "/"),
        ("*", "*"),
        ("/orders", "/orders"),
        ("/orders/17", "/orders/{}"),
        ("/orders/17/", "/orders/{}/"),
        ("//17", "//{}"),
        ("/orders/-3/12.50/2024-05-01/1,2,3", "/orders/{}/{}/{}/{}"),
        ("/v1/oauth2/s3/page2/a1b2", "/v1/oauth2/s3/page2/a1b2"),
        ("/u/3f0c1d9e-7a0b-4f52-9d1e-0b6a5c4d3e2f", "/u/{}"),
        ("/u/3F0C1D9E-7A0B-4F52-9D1E-0B6A5C4D3E2F/x", "/u/{}/x"),
        (
            "/u/3f0c1d9e-7a0b-4f52-9d1e-0b6a5c4d3e2g",
            "/u/3f0c1d9e-7a0b-4f52-9d1e-0b6a5c4d3e2g",
        ),
        ("/doc/507f1f77bcf86cd799439011", "/doc/{}"),
        ("/doc/deadbeefdeadbeef", "/doc/deadbeefdeadbeef"),
        ("/doc/deadbee1", "/doc/deadbee1"),
        ("/x/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/x/{}"),
        ("/m/ann@shop.example", "/m/{}"),
        ("/m/ann%40shop1.example", "/m/{}"),
        ("/m/@types/@", "/m/@types/@"),
        ("/orders/17.json", "/orders/{}.json"),
        ("/orders/order-17", "/orders/order-{}"),
        ("/orders/evt_9f86d081884c7d65.xml", "/orders/evt_{}.xml"),
        ("/r/report-2024-05-01", "/r/report-{}"),
        ("/r/covid-19-cases", "/r/covid-19-cases"),
        ("/a?b=2&a=1&c", "/a?a=&b=&c="),
        ("/a?id=1&id=2&&=", "/a?=&id="),
        ("/a?1700000000", "/a?{}="),
        (
            "/g?query={a}&operationName=GetA",
            "/g?operationName=&query= GetA",
        ),
        ("/g?operationName=no%20name", "/g?operationName="),
    ];
    for (target, shape) in table {
        assert_eq!(shape_of(target), shape, "{target}");
    }
}

#[test]
fn graphql_operations_are_told_from_other_json() {
    let table = [
        (
            r#"{"operationName":"Buy","query":"mutation Other { x }"}"#,
            Some("Buy"),
        ),
        (
            r#" { "query" : "mutation Buy($id: ID!) { buy }" }"#,
            Some("Buy"),
        ),
        (
            r#"{"query":"query A {a} query B {b}","variables":{"x":[1,{"y":"}"}]},"operationName":"B"}"#,
            Some("B"),
        ),
        (
            r#"{"query":"\n  # why\n  subscription\n  Sold { x }","operationName":null}"#,
            Some("Sold"),
        ),
        (r#"{"query":"{ events(first: 3) { id } }"}"#, Some("events")),
        (
            r#"{"query":"mutation($id: ID!) { buy(id: $id) }"}"#,
            Some("buy"),
        ),
        (
            r#"{"query":"fragment F on A { b { c } } query Q { a { ...F } }"}"#,
            Some("Q"),
        ),
        (r#"{"variables":{"a":1},"query":"query Q { a"#, Some("Q")),
        (
            r#"{"extensions":{"persistedQuery":{}},"operationName":"Q"}"#,
            Some("Q"),
        ),
        (r#"{"query":"shoes"}"#, None),
        (r#"{"query":"query"}"#, None),
        (r#"{"query":"querying { a }"}"#, None),
        (r#"{"query":"fragment F on A { b }"}"#, None),
        (r#"{"quantity":1,"operationName":"No"}"#, None),
        (r#"{"operationName":"not a name"}"#, None),
        (r#"{"id":"1"}"#, None),
        (r#"{"query":3}"#, None),
        (r#"{"query"#, None),
        ("[]", None),
        ("{}", None),
        ("", None),
        ("\"", None),
        (r#"{"variables":{"a":"\"#, None),
    ];
    for (body, operation) in table {
        let found = graphql::operation(body.as_bytes()).map(|name| String::from_utf8_lossy(name));
        assert_eq!(found.as_deref(), operation, "{body}");
    }
}

#[test]
fn methods_say_how_they_touch() {
    let table = [
        ("GET", Access::Read),
        ("HEAD", Access::Read),
        ("OPTIONS", Access::Read),
        ("PUT", Access::Write),
        ("DELETE", Access::Write),
        ("POST", Access::Atomic),
        ("PATCH", Access::Atomic),
        ("PURGE", Access::Unknown),
    ];
    for (method, access) in table {
        let draft = draft_of(&format!("{method} /a/1%2F2?x=1 HTTP/1.1\r\n\r\n"));
        assert_eq!(draft.verb, method);
        assert_eq!(draft.effects[0].access, access, "{method}");
        assert_eq!(draft.effects[0].resource, "/a/1%2F2");
        assert_eq!(draft.effects.len(), 1);
    }
}

#[test]
fn a_probe_is_noise() {
    for (request, noise) in [
        ("GET /health", true),
        ("HEAD /healthz", true),
        ("GET /health/db?full=1", true),
        ("GET /healthcheck", true),
        ("GET /ready", true),
        ("GET /readyz", true),
        ("GET /livez", true),
        ("GET /metrics", true),
        ("POST /health", false),
        ("GET /healthcare/patients/4", false),
        ("GET /already", false),
        ("GET /a/health", false),
        ("GET /", false),
    ] {
        assert_eq!(
            draft_of(&format!("{request} HTTP/1.1\r\n\r\n")).noise,
            noise,
            "{request}"
        );
    }
}

#[test]
fn query_values_are_the_parameters() {
    let draft = draft_of("GET /a?z=two+words&a=%7b1%7D&flag&=&b=%4&c=a%2Bb=c HTTP/1.1\r\n\r\n");
    let values: Vec<_> = draft.parameters.iter().map(Option::as_deref).collect();
    let expected = [
        Some("two words"),
        Some("{1}"),
        None,
        Some(""),
        Some("%4"),
        Some("a+b=c"),
    ];
    assert_eq!(values, expected);
    assert_eq!(draft.shape, "GET /a?=&a=&b=&c=&flag=&z=");
}

#[test]
fn a_host_in_the_target_is_no_part_of_the_shape() {
    for (target, path) in [
        ("http://127.0.0.1:8123/a/1?b=2", "/a/1"),
        ("HTTPS://x", "/"),
        ("http://x?b=2", ""),
        ("a:443", "a:443"),
    ] {
        let draft = draft_of(&format!("GET {target} HTTP/1.1\r\n\r\n"));
        assert_eq!(draft.effects[0].resource, path, "{target}");
        assert_eq!(draft.text, format!("GET {target}"));
    }
}

#[test]
fn texts_show_the_start_of_the_body() {
    let post = |fields: &str, body: &str| {
        draft_of(&format!("POST /g HTTP/1.1\r\n{fields}\r\n\r\n{body}")).text
    };
    assert_eq!(post("Content-Length: 7", "{\"a\":1}"), "POST /g {\"a\":1}");
    assert_eq!(post("Content-Length: 3", "\0\x01\x02"), "POST /g <3 bytes>");
    assert_eq!(
        post("Content-Length: 3\r\nContent-Encoding: gzip", "abc"),
        "POST /g <3 bytes>"
    );
    let chunks = "3\r\n{\"q\r\n4;x\r\nuery\r\nD\r\n\":\"query Q{a\"\r\n1\r\n}\r\n0\r\n\r\n";
    let draft = draft_of(&format!(
        "POST /g HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
    ));
    assert_eq!(draft.text, "POST /g {\"query\":\"query Q{a\"}");
    assert_eq!(draft.shape, "POST /g Q");
}

#[test]
fn statuses_say_how_it_went() {
    for (status, kind) in [
        (200, ReplyKind::Ok),
        (302, ReplyKind::Ok),
        (204, ReplyKind::Empty),
        (404, ReplyKind::Empty),
        (400, ReplyKind::Error),
        (409, ReplyKind::Error),
        (503, ReplyKind::Error),
    ] {
        let mut driver = Driver::new(Session::default());
        driver.feed(Direction::Up, b"GET / HTTP/1.1\r\n\r\n", 99);
        driver.feed(Direction::Down, &encode::response(status, &[], b"{}"), 99);
        let body = if status == 204 { "" } else { " {}" };
        let line =
            format!("down {kind:?} \"{status}{body}\" rows None code Some(\"{status}\") skipped 0");
        assert_eq!(driver.said.lines().last(), Some(&*line));
    }
}
