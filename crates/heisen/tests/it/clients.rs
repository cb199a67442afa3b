//! The stores' own tools and ordinary client libraries, through wires: nothing may break, and
//! the wires must have understood what passed.

use std::process::Command;

use crate::rig::{Stores, root, run};

/// Through the wires of `heisen up`, then all frames must have been understood.
fn through(name: &str, tools: impl FnOnce(&Stores)) {
    let stores = Stores::up(name);
    tools(&stores);
    for wire in stores.down() {
        assert_eq!(wire["not_understood"], 0, "{wire}");
    }
}

#[track_caller]
fn works(command: &mut Command) -> String {
    let said = run(command);
    assert_eq!(said.code, Some(0), "{command:?}\n{}{}", said.out, said.err);
    said.out
}

fn psql(stores: &Stores) -> Command {
    let mut command = Command::new("psql");
    command.args(["-X", "-v", "ON_ERROR_STOP=1", "-q", "-A", "-t"]);
    command.arg(postgres_url(stores));
    command
}

/// The URL the service was given, which leads through its wire.
fn postgres_url(stores: &Stores) -> String {
    let mut environ = String::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let text = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).replace('\0', "\n");
        if text.contains(&format!(":{}", stores.postgres_port())) {
            environ = text;
        }
    }
    let line = environ
        .lines()
        .find_map(|line| line.strip_prefix("DATABASE_URL="));
    line.expect("the service knows its database").to_string()
}

#[test]
fn redis_benchmark_full_default_set() {
    through("redis-benchmark", |stores| {
        let out = works(Command::new("redis-benchmark").args([
            "-p",
            stores.redis_port(),
            "-n",
            "2000",
            "-q",
        ]));
        assert!(out.contains("MSET"), "{out}");
        let pipelined = [
            "-p",
            stores.redis_port(),
            "-n",
            "20000",
            "-P",
            "16",
            "-q",
            "-t",
            "set,get,incr",
        ];
        works(Command::new("redis-benchmark").args(pipelined));
    });
}

#[test]
fn pgbench_in_all_modes() {
    through("pgbench", |stores| {
        let pgbench = |words: &[&str]| {
            works(
                Command::new(pgbench_path())
                    .args(words)
                    .arg(postgres_url(stores)),
            );
        };
        pgbench(&["-i", "-q", "-s", "1"]);
        for mode in ["simple", "extended", "prepared"] {
            pgbench(&["-M", mode, "-c", "4", "-t", "100"]);
        }
    });
}

fn pgbench_path() -> std::path::PathBuf {
    let found = lab::find::postgres()
        .unwrap()
        .postgres
        .with_file_name("pgbench");
    if found.is_file() {
        found
    } else {
        "pgbench".into()
    }
}

#[test]
fn psql_with_copy_both_ways() {
    through("psql", |stores| {
        let rows: String = (0..5000).map(|i| format!("{i}\trow {i}\n")).collect();
        let file = stores.folder.write("rows.tsv", &rows);
        let back = stores.folder.0.join("back.tsv");
        let script = format!(
            "CREATE TABLE t(id int, name text);\n\\copy t FROM '{}'\nBEGIN; UPDATE t SET name = upper(name) WHERE id < 10; COMMIT;\n\\copy (SELECT id, name FROM t ORDER BY id) TO '{}'\nSELECT count(*) FROM t;\n",
            file.display(),
            back.display()
        );
        let script = stores.folder.write("script.sql", &script);
        let out = works(psql(stores).arg("-f").arg(script));
        assert_eq!(out.trim(), "5000");
        let back = std::fs::read_to_string(back).unwrap();
        assert!(back.starts_with("0\tROW 0\n") && back.ends_with("4999\trow 4999\n"));
    });
}

#[test]
fn a_cancel_request_reaches_its_query() {
    through("cancel", |stores| {
        let said = run(Command::new("python3")
            .arg(root().join("crates/heisen/tests/it/clients/cancel.py"))
            .arg(postgres_url(stores))
            .env("PYTHONPATH", root().join("target/clients/python")));
        assert_eq!(
            (said.code, said.out.trim()),
            (Some(0), "cancelled"),
            "{}",
            said.err
        );
    });
}

#[test]
fn a_python_client_pipelines_and_transacts() {
    through("python", |stores| {
        let out = works(
            Command::new("python3")
                .arg(root().join("crates/heisen/tests/it/clients/client.py"))
                .arg(postgres_url(stores))
                .arg(stores.redis_port())
                .env("PYTHONPATH", root().join("target/clients/python")),
        );
        assert_eq!(out.trim(), "ok");
    });
}

#[test]
fn a_node_client_pipelines_and_transacts() {
    through("node", |stores| {
        let out = works(
            Command::new("node")
                .arg(root().join("crates/heisen/tests/it/clients/client.js"))
                .arg(postgres_url(stores))
                .arg(stores.redis_port())
                .env("NODE_PATH", root().join("target/clients/node/node_modules")),
        );
        assert_eq!(out.trim(), "ok");
    });
}
