use super::*;

#[test]
fn reads_base_urls() {
    for (url, expected) in [
        ("http://127.0.0.1:8001", "127.0.0.1:8001"),
        ("http://shop-2.local:80/", "shop-2.local:80"),
    ] {
        let peer: Peer = url.parse().expect(url);
        assert_eq!(peer.to_string(), expected);
    }
    for url in [
        "",
        "127.0.0.1:80",
        "https://a:1",
        "http://a",
        "http://a:b",
        "http://a:1/x",
    ] {
        assert!(url.parse::<Peer>().is_err(), "{url}");
    }
}

#[test]
fn waits_until_the_answer_is_whole() {
    let whole = b"HTTP/1.1 409 Conflict\r\nContent-Type: x\r\nContent-Length: 4\r\n\r\nfull";
    for length in 0..whole.len() {
        let parsed = parse_answer(&whole[..length]).expect("nothing wrong so far");
        assert_eq!(parsed, None, "{length} bytes");
    }
    let expected = PeerAnswer {
        status: 409,
        body: b"full".to_vec(),
    };
    assert_eq!(parse_answer(whole).expect("a good answer"), Some(expected));
}

#[test]
fn refuses_what_is_no_answer() {
    for bad in [
        "SSH-2.0\r\n\r\n",
        "HTTP/1.1 abc\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ] {
        assert!(parse_answer(bad.as_bytes()).is_err(), "{bad}");
    }
}
