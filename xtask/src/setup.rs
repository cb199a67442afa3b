//! Installs what is missing, through apt where that is possible; else says exactly what to
//! install.

use std::path::Path;
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

/// GNU's, which tells a program's peak memory; shells have one that does not.
const TO_PREDICT: &[Need] = &[Need {
    program: "time",
    package: "time",
}];

const TO_LOAD: &[Need] = &[
    Need {
        program: "nginx",
        package: "nginx-light",
    },
    Need {
        program: "wrk",
        package: "wrk",
    },
    Need {
        program: "hey",
        package: "hey",
    },
];

/// For which purpose things are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Run,
    Test,
    Measure,
    Predict,
    Load,
}

/// Installs what is missing for a purpose.
pub fn install(purpose: Purpose) -> Result<(), String> {
    let mut needs: Vec<&Need> = TO_RUN.iter().collect();
    match purpose {
        Purpose::Run => {}
        Purpose::Test => needs.extend(TO_TEST),
        Purpose::Measure => needs.extend(TO_TEST.iter().chain(TO_MEASURE)),
        Purpose::Predict => needs.extend(TO_PREDICT),
        Purpose::Load => needs.extend(TO_PREDICT.iter().chain(TO_LOAD)),
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

/// A library that the tests drive through wires or that targets are made with, in a folder of the
/// build's own.
struct Library {
    package: &'static str,
    /// What it is installed as; a folder that lacks it is filled again.
    module: &'static str,
}

const PYTHON_CLIENTS: &[Library] = &[
    Library {
        package: "redis==5.2.1",
        module: "redis",
    },
    Library {
        package: "psycopg[binary]==3.2.3",
        module: "psycopg",
    },
    Library {
        package: "Django==5.2.19",
        module: "django",
    },
    Library {
        package: "waitress==3.0.2",
        module: "waitress",
    },
];
const NODE_CLIENTS: &[Library] = &[
    Library {
        package: "ioredis@5.4.1",
        module: "ioredis",
    },
    Library {
        package: "pg@8.13.1",
        module: "pg",
    },
];

fn lacks(folder: &Path, libraries: &[Library]) -> bool {
    let mut libraries = libraries.iter();
    libraries.any(|library| !folder.join(library.module).is_dir())
}

fn packages(libraries: &[Library]) -> impl Iterator<Item = &'static str> {
    libraries.iter().map(|library| library.package)
}

fn clients() -> Result<(), String> {
    let folder = root().join("target/clients");
    let (python, node) = (folder.join("python"), folder.join("node"));
    if lacks(&python, PYTHON_CLIENTS) {
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
            // Else what is there already is complained of.
            "--upgrade",
        ]);
        must(
            command
                .arg("--root-user-action=ignore")
                .arg("--target")
                .arg(&python)
                .args(packages(PYTHON_CLIENTS)),
        )?;
    }
    if lacks(&node.join("node_modules"), NODE_CLIENTS) {
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
        must(command.arg(&node).args(packages(NODE_CLIENTS)))?;
    }
    Ok(())
}
