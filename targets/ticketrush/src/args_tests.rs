use super::*;

const STORES: [(&str, &str); 2] = [
    ("DATABASE_URL", "postgres://shop@127.0.0.1:5432/shop"),
    ("REDIS_URL", "redis://127.0.0.1:6379/0"),
];

/// A command line, more variables, and what the message must say.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

fn parse_with(line: &str, more: &[(&str, &str)]) -> Result<Command, String> {
    let variables: Vec<_> = STORES.iter().chain(more).copied().collect();
    parse(line.split_whitespace().map(str::to_owned), |name| {
        let found = variables.iter().rev().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn settings(line: &str, more: &[(&str, &str)]) -> Settings {
    match parse_with(line, more) {
        Ok(Command::Serve(settings)) => *settings,
        other => panic!("expected settings, got {other:?}"),
    }
}

#[test]
fn reads_both_spellings_of_an_option() {
    for line in [
        "serve --variant row-lock --port 8001",
        "serve --port=8001 --variant=row-lock",
    ] {
        let settings = settings(line, &[]);
        assert_eq!(settings.port, 8001);
        assert_eq!(settings.variant, Variant::RowLock);
        assert!(settings.peers.is_empty());
    }
}

#[test]
fn reads_the_peers_and_the_own_place() {
    let more = [
        ("PEERS", "http://127.0.0.1:1, http://127.0.0.1:2/"),
        ("REPLICA", "1"),
    ];
    let settings = settings("serve --variant partitioned --port 2", &more);
    assert_eq!(settings.peers.len(), 2);
    assert_eq!(settings.replica, 1);
}

#[test]
fn asks_for_help_anywhere() {
    for line in ["--help", "-h", "serve --help", "serve --port 1 -h"] {
        assert!(matches!(parse_with(line, &[]), Ok(Command::Help)), "{line}");
    }
}

#[test]
fn says_what_is_wrong() {
    let peers = ("PEERS", "http://127.0.0.1:1");
    let cases: [Case; 11] = [
        ("", &[], "a command is missing"),
        ("sell", &[], "unknown command `sell`"),
        ("serve --port 1", &[], "`--variant` is missing"),
        ("serve --variant racy", &[], "`--port` is missing"),
        ("serve --variant racy --port", &[], "`--port` needs a value"),
        ("serve --variant racy --port 0", &[], "is not a port"),
        (
            "serve --variant fast --port 1",
            &[],
            "unknown variant `fast`",
        ),
        ("serve --verbose", &[], "unknown argument `--verbose`"),
        (
            "serve --variant racy --port 1",
            &[("REDIS_URL", "")],
            "REDIS_URL is missing",
        ),
        (
            "serve --variant racy --port 1",
            &[peers],
            "REPLICA is missing",
        ),
        (
            "serve --variant racy --port 1",
            &[peers, ("REPLICA", "1")],
            "from 0 to 0",
        ),
    ];
    for (line, more, expected) in cases {
        let message = parse_with(line, more).expect_err(line);
        assert!(message.contains(expected), "{line}: {message}");
    }
}
