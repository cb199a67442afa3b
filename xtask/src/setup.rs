//! Installs what is missing, through apt where that is possible; else says exactly what to
//! install.

use std::process::Command;

use crate::shell::{find, has, must, output, root};

/// A program heisen or its tests need, and the Debian package it is in.
struct Need {
    program: &'static str,
    package: &'static str,
}

const TO_RUN: &[Need] = &[
    Need {
        program: "redis-server",
        package: "redis-server",
    },
    Need {
        program: "initdb",
        package: "postgresql",
    },
];

const TO_TEST: &[Need] = &[
    Need {
        program: "redis-benchmark",
        package: "redis-tools",
    },
    Need {
        program: "pgbench",
        package: "postgresql-contrib",
    },
    Need {
        program: "psql",
        package: "postgresql-client",
    },
    Need {
        program: "python3",
        package: "python3",
    },
    Need {
        program: "node",
        package: "nodejs",
    },
    Need {
        program: "npm",
        package: "npm",
    },
];

const TO_MEASURE: &[Need] = &[Need {
    program: "haproxy",
    package: "haproxy",
}];

/// For which purpose things are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Run,
    Test,
    Measure,
}

/// Installs what is missing for a purpose.
pub fn install(purpose: Purpose) -> Result<(), String> {
    let mut needs: Vec<&Need> = TO_RUN.iter().collect();
    if purpose != Purpose::Run {
        needs.extend(TO_TEST);
    }
    if purpose == Purpose::Measure {
        needs.extend(TO_MEASURE);
    }
    let missing: Vec<&str> = needs
        .iter()
        .filter(|need| find(need.program).is_none())
        .map(|need| need.package)
        .collect();
    if !missing.is_empty() {
        apt(&missing)?;
    }
    if purpose == Purpose::Test {
        clients()?;
    }
    Ok(())
}

fn apt(packages: &[&str]) -> Result<(), String> {
    let by_hand = format!(
        "these are missing: {0}\n  on Debian or Ubuntu: apt-get install {0}",
        packages.join(" ")
    );
    if !has("apt-get") {
        return Err(by_hand);
    }
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let may_sudo = has("sudo") && output(Command::new("sudo").args(["-n", "true"])).is_ok();
    if !is_root && !may_sudo {
        return Err(by_hand);
    }
    eprintln!("installing {}", packages.join(" "));
    let apt_get = |words: &[&str]| {
        let mut command = Command::new(if is_root { "env" } else { "sudo" });
        // No server is to be started here: heisen starts its own.
        command
            .args([
                "DEBIAN_FRONTEND=noninteractive",
                "RUNLEVEL=1",
                "apt-get",
                "-qq",
            ])
            .args(words);
        must(command.stdout(std::process::Stdio::null()))
    };
    apt_get(&["update"])?;
    apt_get(&[&["install", "-y", "--no-install-recommends"], packages].concat())
        .map_err(|error| format!("{error}\n{by_hand}"))
}

/// Client libraries that the tests drive through wires, in folders of the build's own.
const PYTHON_CLIENTS: &[&str] = &["redis==5.2.1", "psycopg[binary]==3.2.3"];
const NODE_CLIENTS: &[&str] = &["ioredis@5.4.1", "pg@8.13.1"];

fn clients() -> Result<(), String> {
    let folder = root().join("target/clients");
    let (python, node) = (folder.join("python"), folder.join("node"));
    if !python.join("psycopg").is_dir() || !python.join("redis").is_dir() {
        eprintln!("installing client libraries for Python");
        let pip = output(Command::new("python3").args(["-m", "pip", "--version"]));
        if pip.is_err() {
            apt(&["python3-pip"])?;
        }
        let mut command = Command::new("python3");
        command.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        must(
            command
                .arg("--root-user-action=ignore")
                .arg("--target")
                .arg(&python)
                .args(PYTHON_CLIENTS),
        )?;
    }
    if !node.join("node_modules/pg").is_dir() || !node.join("node_modules/ioredis").is_dir() {
        eprintln!("installing client libraries for Node");
        std::fs::create_dir_all(&node).map_err(|error| format!("{}: {error}", node.display()))?;
        let mut command = Command::new("npm");
        command.args([
            "install",
            "--silent",
            "--no-fund",
            "--no-audit",
            "--no-save",
            "--prefix",
        ]);
        must(command.arg(&node).args(NODE_CLIENTS))?;
    }
    Ok(())
}
