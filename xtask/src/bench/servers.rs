//! Private servers and proxies for measuring: on free ports of this machine, in a temporary
//! folder, ended and removed when dropped.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{built, find, must, output};

const READY_MAX: Duration = Duration::from_secs(20);

/// A child that ends with us.
pub struct Server {
    child: Child,
    pub port: u16,
}

/// A program that ends with us, however we end.
pub fn tied(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]).arg(program);
    command
}

impl Server {
    pub fn start(command: &mut Command, port: u16) -> Result<Server, String> {
        let name = format!("{command:?}");
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = quiet.spawn().map_err(|error| format!("{name}: {error}"))?;
        let mut server = Server { child, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(format!("{name} ended at once: {status}"));
            }
            if began.elapsed() > READY_MAX {
                return Err(format!("{name} is not ready after {READY_MAX:?}"));
            }
            std::thread::yield_now();
        }
        Ok(server)
    }

    /// CPU time used so far by all its threads, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let nanoseconds = tasks.into_iter().flatten().flatten().filter_map(|task| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<f64>().ok()
        });
        nanoseconds.sum::<f64>() / 1e9
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first: PostgreSQL has children of its own to end.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if began.elapsed() > Duration::from_secs(5) {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::yield_now();
        }
    }
}

/// A folder that is removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Result<Folder, String> {
        let made = output(Command::new("mktemp").args(["-d", "-t", "heisen-bench-XXXXXX"]))?;
        Ok(Folder(PathBuf::from(made.trim())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    Ok(listener
        .local_addr()
        .map_err(|error| error.to_string())?
        .port())
}

pub fn redis() -> Result<Server, String> {
    let port = free_port()?;
    let port_text = port.to_string();
    let words = [
        "--port",
        &port_text,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ];
    Server::start(tied("redis-server").args(words), port)
}

pub fn postgres(folder: &Folder) -> Result<Server, String> {
    let initdb = find("initdb").ok_or("initdb is missing")?;
    let postgres = initdb.with_file_name("postgres");
    let data = folder.0.join("data");
    must(Command::new("chmod").arg("755").arg(&folder.0))?;
    fs::create_dir(&data).map_err(|error| error.to_string())?;
    let is_root = output(Command::new("id").arg("-u"))?.trim() == "0";
    let as_server = |program: &Path| {
        if is_root {
            let mut command = tied("--reuid=postgres");
            command
                .args(["--regid=postgres", "--clear-groups"])
                .arg(program);
            command
        } else {
            tied(program)
        }
    };
    if is_root {
        must(Command::new("chown").arg("postgres").arg(&data))?;
    }
    output(as_server(&initdb).arg("-D").arg(&data).args([
        "-A",
        "trust",
        "-U",
        "bench",
        "--no-sync",
    ]))?;
    let port = free_port()?;
    let mut command = as_server(&postgres);
    command.arg("-D").arg(&data).args([
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
    ]);
    command.args(["-c", "fsync=off", "-c", "unix_socket_directories="]);
    let server = Server::start(&mut command, port)?;
    let ready = Instant::now();
    while psql(port, "SELECT 1").is_err() {
        if ready.elapsed() > READY_MAX {
            return Err("PostgreSQL takes no commands".to_string());
        }
    }
    let pgbench = find("pgbench").ok_or("pgbench is missing")?;
    let port_text = port.to_string();
    let words = [
        "-h",
        "127.0.0.1",
        "-p",
        &port_text,
        "-U",
        "bench",
        "-i",
        "-q",
        "-s",
        "1",
        "postgres",
    ];
    output(Command::new(pgbench).args(words))?;
    Ok(server)
}

fn psql(port: u16, sql: &str) -> Result<String, String> {
    let words = [
        "-h",
        "127.0.0.1",
        "-p",
        &port.to_string(),
        "-U",
        "bench",
        "-c",
        sql,
        "postgres",
    ];
    output(Command::new("psql").args(words))
}

/// With its usual number of threads, one for each core, or with so many.
pub fn haproxy(
    folder: &Folder,
    name: &str,
    upstream: u16,
    threads: Option<u16>,
) -> Result<Server, String> {
    let port = free_port()?;
    let file = folder.0.join(format!("haproxy-{name}-{port}.cfg"));
    let threads = threads.map_or(String::new(), |n| format!("  nbthread {n}\n"));
    let text = format!(
        "global\n  maxconn 1000\n{threads}defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  \
         timeout server 60s\nlisten through\n  bind 127.0.0.1:{port}\n  server one 127.0.0.1:{upstream}\n"
    );
    fs::write(&file, text).map_err(|error| error.to_string())?;
    let haproxy = find("haproxy").ok_or("haproxy is missing")?;
    Server::start(tied(haproxy).args(["-db", "-f"]).arg(file), port)
}

pub fn heisen(
    folder: &Folder,
    protocol: &str,
    upstream: u16,
    record: bool,
) -> Result<Server, String> {
    let port = free_port()?;
    let mut command = tied(built("heisen"));
    command
        .current_dir(&folder.0)
        .args(["proxy", protocol, &format!("127.0.0.1:{upstream}")]);
    command.args(["--quiet", "--listen", &port.to_string()]);
    if record {
        command.arg("--record");
    }
    Server::start(&mut command, port)
}
