//! Made-up exchanges: the order of things, and what must not be understood.

use super::exchange;
use crate::http::Session;
use crate::session::{Direction, Down, Frame, Look, Scan, Session as _, Up};
use crate::testkit::Driver;

const GET: &str = "> GET /a HTTP/1.1\r\n\r\n";
const POST: &str = "> POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";

/// The last line of what is said.
fn last(pieces: &[&str]) -> String {
    exchange(pieces)
        .lines()
        .last()
        .unwrap_or_default()
        .to_string()
}

#[test]
fn what_peers_may_read_in_two_ways_is_left_alone() {
    let both = "both a content length and a transfer coding";
    let name = "a field name that peers may read in two ways";
    let value = "a field value that peers may read in two ways";
    let no_number = "a content length that is no number";
    let unknown = "a transfer coding that is not known";
    let table = [
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", both),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0", both),
        (
            "Content-Length: 3\r\nContent-Length: 4",
            "two content lengths",
        ),
        ("Content-Length: 3, 3", no_number),
        ("Content-Length: +3", no_number),
        ("Content-Length: 0x3", no_number),
        ("Content-Length: ", no_number),
        ("Content-Length: -1", no_number),
        ("Content-Length: 1234567890123456789", no_number),
        ("Transfer-Encoding: xchunked", unknown),
        ("Transfer-Encoding: identity", unknown),
        ("Transfer-Encoding: ", unknown),
        (
            "Transfer-Encoding: chunked, identity",
            "a transfer coding after chunked",
        ),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "a transfer coding after chunked",
        ),
        ("Transfer-Encoding : chunked", name),
        ("A: b\r\n folded: c", name),
        (" A: b", name),
        (": b", name),
        ("no colon", name),
        ("A: b\rContent-Length: 3", value),
        ("A: b\0c", value),
    ];
    for (fields, why) in table {
        let request = format!("> POST /a HTTP/1.1\r\n{fields}\r\n\r\nxyz");
        assert_eq!(last(&[&request]), format!("Up alien: {why}"), "{fields}");
        let response = format!("< HTTP/1.1 200 OK\r\n{fields}\r\n\r\nxyz");
        assert_eq!(
            last(&[GET, &response]),
            format!("Down alien: {why}"),
            "{fields}"
        );
    }
}

#[test]
fn what_is_no_http_is_left_alone() {
    let no_request = "Up alien: not an HTTP/1 request";
    let no_response = "Down alien: not an HTTP/1 response";
    let table: [(&[&str], &str); 14] = [
        (&["> \x16\x03\x01\x02\x00\x01"], "Up alien: TLS"),
        (
            &["> PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
            "Up alien: HTTP/2 with prior knowledge",
        ),
        (&["> *1\r\n$4\r\nPING\r\n"], no_request),
        (&["> PING\r\n"], no_request),
        (&["> GET /\r\n"], no_request),
        (&["> GET / HTTP/3.0\r\n\r\n"], no_request),
        (&["> \0\0\0\x08\x04\x52\x16\x2f"], no_request),
        (&["< SSH-2.0-OpenSSH_9.2\r\n"], no_response),
        (&[GET, "< +OK\r\n"], no_response),
        (&[GET, "< HTTP/1.1 2OO OK\r\n\r\n"], no_response),
        (&[GET, "< \x15\x03\x01\x00\x02"], "Down alien: TLS"),
        (
            &[GET, "< HTTP/1.1 099 Low\r\n\r\n"],
            "Down alien: a status below 100",
        ),
        (
            &["> POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"],
            "Up alien: a transfer coding in HTTP/1.0",
        ),
        (
            &["> POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"],
            "Up alien: a request body without an end",
        ),
    ];
    for (pieces, line) in table {
        assert_eq!(last(pieces), line, "{pieces:?}");
    }
}

#[test]
fn chunks_are_read_strictly() {
    let table = [
        ("zz\r\n", "a chunk without a size"),
        ("\r\n", "a chunk without a size"),
        ("-1\r\n", "a chunk without a size"),
        ("0x5\r\n", "a chunk size that is no number"),
        ("5\nhello", "a chunk size that is no number"),
        ("5 x\r\n", "a chunk size that is no number"),
        ("5;a=b\nhello", "a bare LF in a chunk's extension"),
        ("5\rx", "a bare CR after a chunk size"),
        ("5\r\nhello!\r\n", "a chunk that is longer than its size"),
        ("5\r\nhello\n", "a chunk that is longer than its size"),
        ("5\r\nhello\rx", "a chunk that is longer than its size"),
        ("0\r\n\n", "a bare LF in a trailer"),
        ("0\r\nA: b\n\r\n", "a bare LF in a trailer"),
        ("0\r\nA: b\rx", "a bare CR in a trailer"),
        ("0\r\n\rx", "a bare CR in a trailer"),
    ];
    for (chunks, why) in table {
        let head = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let request = format!("> {head}{chunks}");
        assert_eq!(last(&[&request]), format!("Up alien: {why}"), "{chunks:?}");
    }
    let odd = "5 \t;a=\"b;c\";d\r\nhello\r\n3;\r\n!!!\r\n000\r\nA: b\r\nC: d\r\n\r\n";
    let response = format!("< HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n{odd}");
    assert_eq!(
        last(&[GET, &response]),
        "down Ok \"200 <bytes>\" rows None code Some(\"200\") skipped 0"
    );
    let response = response.replace("gzip, ", "");
    assert_eq!(
        last(&[GET, &response]),
        "down Ok \"200 hello!!!\" rows None code Some(\"200\") skipped 0"
    );
}

#[test]
fn what_is_odd_but_clear_is_understood() {
    insta::assert_snapshot!(exchange(&[
        // Empty lines before a head, bare LF throughout, the same length twice.
        "> \r\n\nGET /bare HTTP/1.1\nHost: x\n\n",
        "< HTTP/1.1 200\nContent-Length: 2\nContent-Length: 2\n\nok",
        // No body by kind, whatever the fields say.
        "> HEAD /head HTTP/1.1\r\n\r\n",
        "< HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "> GET /not-modified HTTP/1.1\r\n\r\n",
        "< HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        // Expect without a body, and in HTTP/1.0, asks for nothing.
        "> PUT /empty HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        "< HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        "> PUT /old HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        "< HTTP/1.1 299 Fine\r\nContent-Length: 3\r\n\r\n\0\x01\x02",
    ]));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    insta::assert_snapshot!(exchange(&[
        "> HEAD /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\n\r\n",
        "< HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n",
        "< HTTP/1.1 409 No\r\nContent-Length: 4\r\n\r\nfullHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
    ]));
}

#[test]
fn a_body_that_was_not_waited_for_loses_nothing() {
    // The client did not wait for the go-ahead, and the server gave none.
    insta::assert_snapshot!(exchange(&[
        "> PUT /a HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nhi",
        "< HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        GET,
        "< HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ]));
    // Answered before the body: what comes next may be the body or a request.
    assert_eq!(
        last(&[
            "> PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
            "< HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n",
            "> hi",
        ]),
        "Up alien: a request was answered before its body was sent"
    );
}

#[test]
fn an_early_answer_is_not_given_to_the_next_request() {
    insta::assert_snapshot!(exchange(&[
        "> POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nab",
        "< HTTP/1.1 413 Too much\r\nContent-Length: 2\r\n\r\nno",
        "> cd",
        GET,
        "< HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ]));
    assert_eq!(
        last(&[
            "> GET /a HTT",
            "< HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n"
        ]),
        "Down alien: a response amid the head of a request"
    );
}

#[test]
fn a_response_that_nobody_asked_for_is_counted() {
    let mut driver = Driver::new(Session::default());
    driver.feed(
        Direction::Down,
        b"HTTP/1.1 408 Late\r\nContent-Length: 2\r\n\r\nno",
        5,
    );
    driver.feed(Direction::Up, &POST.as_bytes()[2..], 5);
    driver.feed(
        Direction::Down,
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
        5,
    );
    driver.feed(Direction::Down, b"HTTP/1.0 408 Late\r\n\r\nno length", 500);
    insta::assert_snapshot!(driver.said);
    assert_eq!(
        driver.session.not_understood(),
        (2, Some("a response that nobody asked for"))
    );
}

#[test]
fn tunnels() {
    insta::assert_snapshot!(exchange(&[
        "> CONNECT a:1 HTTP/1.1\r\n\r\n",
        "< HTTP/1.1 407 Who\r\nContent-Length: 2\r\n\r\nno",
        "> CONNECT a:1 HTTP/1.1\r\n\r\n",
        "< HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
    ]));
    assert_eq!(
        last(&["> CONNECT a:1 HTTP/1.1\r\n\r\n", "> \x16\x03\x01"]),
        "Up alien: bytes behind a CONNECT that was not answered"
    );
}

#[test]
fn streams_close_their_step_with_their_head() {
    insta::assert_snapshot!(exchange(&[
        GET,
        "< HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream ; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n",
        "< 6\r\ndata:1\r\n6;x=y\r\ndata:2\r\n",
        POST,
        "< 0\r\nA: b\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
    ]));
    let mut driver = Driver::new(Session::default());
    driver.feed(
        Direction::Up,
        b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        99,
    );
    let head =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 4\r\n\r\n";
    driver.feed(Direction::Down, head, 99);
    assert_eq!(driver.open, 1);
    driver.feed(Direction::Down, b"1\n2\nHTTP/1.1 204 No Content\r\n\r\n", 2);
    assert_eq!(driver.open, 0);
}

#[test]
fn a_long_message_tells_itself_by_its_head() {
    let mut session = Session::default();
    let head = b"POST /up HTTP/1.1\r\nContent-Length: 100000\r\n\r\n";
    assert_eq!(session.scan(Direction::Up, &head[..10]), Scan::More);
    assert!(!session.is_telling(Direction::Up));
    assert_eq!(session.scan(Direction::Up, &head[10..]), Scan::More);
    assert!(session.is_telling(Direction::Up));
    let frame = Frame {
        bytes: head,
        whole: false,
    };
    let Up::Step(Some(draft)) = session.up(frame, Look::Full) else {
        panic!("no step")
    };
    assert_eq!(draft.shape, "POST /up");
    // Now an early answer belongs to the step, and the rest of the body to no step.
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    assert!(!session.is_telling(Direction::Down));
    assert_eq!(session.scan(Direction::Down, answer), Scan::More);
    assert!(session.is_telling(Direction::Down));
    let frame = Frame {
        bytes: answer,
        whole: false,
    };
    let Down::End {
        reply: Some(reply),
        skipped: 0,
    } = session.down(frame, Look::Full)
    else {
        panic!("no end")
    };
    assert_eq!(reply.value, "200 abc");
    assert_eq!(session.scan(Direction::Down, b"0\r\n\r\nx"), Scan::End(5));
    assert_eq!(
        session.scan(Direction::Up, &[b'x'; 100_001]),
        Scan::End(100_000)
    );
    assert!(!session.is_telling(Direction::Up));
}
