//! Backends and their state, with a real PostgreSQL and a real Redis.

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{backend, fresh_run, open, residue, runtime, service, system, until_none};
use lab::state::StateClient;
use lab::{Lab, Place};
use model::{BackendSource, Protocol, StateCommand};

fn command(target: &str, command: &str) -> StateCommand {
    StateCommand {
        target: target.to_string(),
        command: command.to_string(),
    }
}

/// A folder with setup files; it goes when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(fresh_run("setup"));
        std::fs::create_dir_all(&path).unwrap();
        for (name, text) in files {
            std::fs::write(path.join(name), text).unwrap();
        }
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn provide(files: &[&str]) -> BackendSource {
    BackendSource::Provide {
        setup: files.iter().map(PathBuf::from).collect(),
    }
}

const SCHEMA: &str = "CREATE TABLE events (id int PRIMARY KEY, sold int NOT NULL);\n\
    CREATE TABLE orders (id serial PRIMARY KEY, event int);\n\
    INSERT INTO events SELECT n, 0 FROM generate_series(1, 50) n;\n";

async fn check(
    state: &mut StateClient,
    target: &str,
    line: &str,
    expected: Result<Option<&str>, &str>,
) {
    let found = state.ask(&command(target, line)).await;
    let found = found.as_ref().map(Option::as_deref).map_err(String::as_str);
    assert_eq!(found, expected, "{line}");
}

async fn questions(state: &mut StateClient) {
    check(state, "db", "SELECT count(*) FROM events", Ok(Some("50"))).await;
    check(
        state,
        "db",
        "UPDATE events SET sold = 1; SELECT sum(sold) FROM events",
        Ok(Some("50")),
    )
    .await;
    check(state, "db", "SELECT NULL", Ok(None)).await;
    check(state, "db", "SELECT 1 WHERE false", Ok(None)).await;
    check(state, "db", "SELECT 2 > 1", Ok(Some("t"))).await;
    check(
        state,
        "db",
        "SELECT sold FROM event",
        Err("`SELECT sold FROM event` on db: relation \"event\" does not exist (42P01)"),
    )
    .await;
    // A transaction that failed must not swallow the next question.
    assert!(
        state
            .ask(&command("db", "BEGIN; SELECT 1/0"))
            .await
            .is_err()
    );
    check(state, "db", "SELECT 1", Ok(Some("1"))).await;
    check(state, "cache", "GET inv:42", Ok(Some("10"))).await;
    check(state, "cache", "GET none", Ok(None)).await;
    check(
        state,
        "cache",
        "MGET inv:42 none",
        Ok(Some("[\"10\",null]")),
    )
    .await;
    check(state, "cache", "EVAL \"return 7\" 0", Ok(Some("7"))).await;
    check(
        state,
        "cache",
        "SET k 'x",
        Err("`SET k 'x` on cache: a ' is not closed"),
    )
    .await;
    let wrong = state
        .ask(&command("cache", "LPUSH inv:42 x"))
        .await
        .unwrap_err();
    assert!(wrong.contains("WRONGTYPE"), "{wrong}");
    check(
        state,
        "bank",
        "GET /",
        Err("`GET /` on bank: nothing of that name runs here"),
    )
    .await;
}

async fn lost_connections(state: &mut StateClient) {
    let _ = state
        .ask(&command(
            "db",
            "SELECT pg_terminate_backend(pg_backend_pid())",
        ))
        .await;
    check(state, "db", "SELECT 1", Ok(Some("1"))).await;
    let _ = state
        .ask(&command("cache", "CLIENT KILL TYPE normal SKIPME no"))
        .await;
    check(state, "cache", "GET inv:42", Ok(Some("10"))).await;
}

/// What trials do between them: each reset finds the state as the trial before left it.
async fn reset_a_hundred_times(state: &mut StateClient) {
    let reset = [
        command("db", "TRUNCATE orders; UPDATE events SET sold = 0"),
        command("cache", "SET inv:42 10"),
    ];
    for _ in 0..100 {
        let spoil = command("db", "INSERT INTO orders (event) VALUES (42)");
        state.run(&[spoil]).await.unwrap();
        state.run(&[command("cache", "DECR inv:42")]).await.unwrap();
        state.run(&reset).await.unwrap();
        check(state, "db", "SELECT count(*) FROM orders", Ok(Some("0"))).await;
        check(state, "cache", "GET inv:42", Ok(Some("10"))).await;
    }
}

/// What is sent at once is answered as if it had been sent one by one.
async fn many_at_once(state: &mut StateClient) {
    let questions = [
        command("db", "SELECT 1"),
        command("cache", "GET inv:42"),
        command("db", "SELECT sold FROM event"),
        command("db", "BEGIN; SELECT 1/0"),
        command("nobody", "GET x"),
        command("cache", "LPUSH inv:42 x"),
        command("db", "SELECT 2"),
        command("cache", "GET none"),
    ];
    let answers = state.ask_all(&questions).await;
    let shown: Vec<&str> = answers
        .iter()
        .map(|answer| match answer {
            Ok(value) => value.as_deref().unwrap_or("nothing"),
            Err(why) => why.split(": ").nth(1).unwrap_or(why),
        })
        .collect();
    assert_eq!(shown[..2], ["1", "10"]);
    assert!(shown[2].starts_with("relation \"event\""), "{shown:?}");
    assert!(shown[3].starts_with("division by zero"), "{shown:?}");
    assert_eq!(shown[4], "nothing of that name runs here");
    assert!(shown[5].contains("WRONGTYPE"), "{shown:?}");
    assert_eq!(shown[6..], ["2", "nothing"]);
    // The whole answers are there too.
    let whole = state.ask_all_whole(&questions[..2]).await;
    assert_eq!(whole[0], Ok(serde_json::json!([{ "?column?": "1" }])));
    assert_eq!(whole[1], Ok(serde_json::json!("10")));
}

/// A list that succeeded once and is sent at once from then on ends at its first failure too, and
/// outlives a lost connection.
async fn lists_that_were_proven(state: &mut StateClient, places: &[Place]) {
    let reset = [
        command("db", "BEGIN; UPDATE events SET sold = 0"),
        command("db", "SELECT 1 / count(*) FROM orders"),
        command("db", "COMMIT"),
        command("cache", "SET inv:42 10"),
        command("cache", "DEL other"),
    ];
    let one = command("db", "INSERT INTO orders (event) VALUES (42)");
    state.run(std::slice::from_ref(&one)).await.unwrap();
    for _ in 0..3 {
        state.run(&reset).await.unwrap();
    }
    let spoil = [
        command("db", "TRUNCATE orders"),
        command("cache", "SET inv:42 3"),
        command("db", "UPDATE events SET sold = 7"),
    ];
    state.run(&spoil).await.unwrap();
    assert_eq!(
        state.run(&reset).await.unwrap_err().to_string(),
        "`SELECT 1 / count(*) FROM orders` on db: division by zero (22012)"
    );
    check(state, "cache", "GET inv:42", Ok(Some("3"))).await;
    check(state, "db", "SELECT sum(sold) FROM events", Ok(Some("350"))).await;

    state.run(std::slice::from_ref(&one)).await.unwrap();
    let mut other = StateClient::connect(places, &[]).await.unwrap();
    let kill = [
        command(
            "db",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'heisen' AND pid <> pg_backend_pid()",
        ),
        command("cache", "CLIENT KILL TYPE normal SKIPME yes"),
    ];
    other.run(&kill).await.unwrap();
    state.run(&reset).await.unwrap();
    check(state, "cache", "GET inv:42", Ok(Some("10"))).await;
    check(state, "db", "SELECT sum(sold) FROM events", Ok(Some("0"))).await;
}

#[test]
fn backends_are_provided_asked_reset_and_removed() {
    let folder = Folder::new(&[
        ("schema.sql", SCHEMA),
        ("keys", "# seats\nSET inv:42 10\n\n"),
    ]);
    let run = fresh_run("backends");
    let ports: Vec<u16> = runtime().block_on(async {
        let mut lab = open(&run).await;
        let backends = vec![
            backend("db", Protocol::Postgres, provide(&["schema.sql"])),
            backend("cache", Protocol::Redis, provide(&["keys"])),
        ];
        let places = lab.provide(&system(&folder.0, backends)).await.unwrap();
        let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
        assert_eq!(names, ["db", "cache"]);
        assert_eq!(
            places[0].url_at("127.0.0.1", 9),
            "postgres://postgres@127.0.0.1:9/postgres"
        );
        assert_eq!(places[1].url_at("127.0.0.1", 9), "redis://127.0.0.1:9/0");
        // One that runs already is reached by its address, and is the same.
        let at = backend("again", Protocol::Redis, BackendSource::At(places[1].url()));
        let again = lab.provide(&system(&folder.0, vec![at])).await.unwrap();
        assert!(!again[0].provided && again[0].port == places[1].port);
        let mut state = StateClient::connect(&places, &[]).await.unwrap();
        questions(&mut state).await;
        lost_connections(&mut state).await;
        reset_a_hundred_times(&mut state).await;
        many_at_once(&mut state).await;
        lists_that_were_proven(&mut state, &places).await;
        lab.close().await.unwrap();
        places.iter().map(|place| place.port).collect()
    });
    assert_eq!(residue(&run, &run, &ports, &[]), Vec::<String>::new());
}

#[test]
fn a_lock_that_is_held_is_named_and_not_waited_for_for_ever() {
    let run = fresh_run("locks");
    runtime().block_on(async {
        let folder = Folder::new(&[("schema.sql", SCHEMA)]);
        let mut lab = open(&run).await;
        let db = backend("db", Protocol::Postgres, provide(&["schema.sql"]));
        let places = lab.provide(&system(&folder.0, vec![db])).await.unwrap();
        let mut holder = StateClient::connect(&places, &[]).await.unwrap();
        let mut state = StateClient::connect(&places, &[]).await.unwrap();
        holder
            .ask(&command("db", "BEGIN; SELECT sold FROM events FOR UPDATE"))
            .await
            .unwrap();
        // Shorter than the usual limit, which the same mechanism keeps.
        state
            .run(&[command("db", "SET statement_timeout = 50")])
            .await
            .unwrap();
        let why = state
            .ask(&command("db", "TRUNCATE events"))
            .await
            .unwrap_err();
        assert_eq!(
            why,
            "`TRUNCATE events` on db: canceling statement due to statement timeout (57014); \
             a connection of the system probably holds a lock in a transaction it left open"
        );
        holder.run(&[command("db", "ROLLBACK")]).await.unwrap();
        check(
            &mut state,
            "db",
            "SELECT count(*) FROM events",
            Ok(Some("50")),
        )
        .await;
        lab.close().await.unwrap();
    });
}

#[test]
fn services_are_asked_over_http() {
    let run = fresh_run("http");
    runtime().block_on(async {
        let mut lab = open(&run).await;
        let port = lab.reserve_port().await.unwrap();
        let started = lab.start(service(0, port, "100077")).await.unwrap();
        let services = [("inventory".to_string(), started.address.clone())];
        let mut state = StateClient::connect(&[], &services).await.unwrap();
        for _ in 0..3 {
            check(&mut state, "inventory", "GET /healthz", Ok(Some("fine"))).await;
        }
        let echo = state.ask(&command("inventory", "POST /echo {\"seats\": 10}")).await.unwrap().unwrap();
        assert!(echo.starts_with("POST /echo HTTP/1.1\n") && echo.ends_with("{\"seats\": 10}"), "{echo}");
        assert!(echo.contains("content-type: application/json"), "{echo}");
        check(
            &mut state,
            "inventory",
            "GET /nowhere",
            Err("`GET /nowhere` on inventory: answered 404: no such page"),
        )
        .await;
        check(
            &mut state,
            "inventory",
            "healthz",
            Err("`healthz` on inventory: write a method and a path, such as `POST /reset {\"seats\": 10}`"),
        )
        .await;
        lab.close().await.unwrap();
    });
}

#[test]
fn backends_that_cannot_be_had_say_why() {
    let run = fresh_run("refused");
    let folder = Folder::new(&[
        (
            "wrong.sql",
            "CREATE TABLE a (x int);\n\nCREATE TABLE b (x int, y itn);\n",
        ),
        ("wrong.keys", "SET a 1\nSETT b 2\n"),
    ]);
    let text = runtime().block_on(async {
        let mut lab = open(&run).await;
        let closed = lab.reserve_port().await.unwrap();
        let mut text = String::new();
        for (name, protocol, source) in [
            (
                "bank",
                Protocol::Http,
                BackendSource::Stub("mappings".into()),
            ),
            ("bank", Protocol::Http, provide(&[])),
            (
                "db",
                Protocol::Postgres,
                BackendSource::At("localhost".to_string()),
            ),
            (
                "cache",
                Protocol::Redis,
                BackendSource::At(format!("redis://127.0.0.1:{closed}")),
            ),
            ("db", Protocol::Postgres, provide(&["missing.sql"])),
            ("db", Protocol::Postgres, provide(&["wrong.sql"])),
            ("cache", Protocol::Redis, provide(&["wrong.keys"])),
        ] {
            let error = lab
                .provide(&system(&folder.0, vec![backend(name, protocol, source)]))
                .await
                .unwrap_err();
            text.push_str(&format!("{error}\n"));
        }
        lab.close().await.unwrap();
        text.replace(&closed.to_string(), "PORT")
            .replace(&folder.0.display().to_string(), "FOLDER")
    });
    insta::assert_snapshot!(text);
    until_none(Duration::from_secs(2), || residue(&run, &run, &[], &[])).unwrap();
}

#[test]
fn places_can_be_made_for_tests_of_others() {
    let place = Place::provided("db", Protocol::Tcp, 7, None, "");
    assert_eq!(place.url(), "tcp://127.0.0.1:7");
}
