//! What the integration tests share: running heisen, a private folder, private servers.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A folder of the test's own, removed at its end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("heisen-it-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// heisen, with its evidence in the folder.
pub fn heisen(folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heisen"));
    command
        .current_dir(&folder.0)
        .stdin(Stdio::null())
        .env_remove("NO_COLOR");
    command
}

/// What a heisen said and how it ended.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn run(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    said(&output)
}

pub fn said(output: &Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Said {
    /// The document that `--json -` printed.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}\nstdout: {}\nstderr: {}", self.out, self.err))
    }
}

/// A program that runs until it is dropped, and its first line.
pub struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    pub first_line: String,
}

impl Running {
    /// Starts it and waits for its first line.
    pub fn start(command: &mut Command) -> Running {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        out.read_line(&mut first_line).unwrap();
        Running {
            child,
            out,
            first_line,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{name}"), &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for its end.
    pub fn wait(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        let _ = self.out.read_to_string(&mut rest);
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("INT");
            let _ = self.child.wait();
        }
    }
}

/// A spec whose backends are to be had directly and through a wire: heisen itself provides the
/// servers, and an idle program stands for the service.
pub const STORES: &str = r#"
system: stores
backends:
  db: { protocol: postgres, provide: postgres }
  cache: { protocol: redis, provide: redis }
services:
  client:
    run: python3 -m http.server --bind 127.0.0.1 ${port}
    replicas: 1
    ready: port
    env: { DATABASE_URL: "${db.url}", REDIS_URL: "${cache.url}" }
operations:
  look: { request: GET client / }
"#;

/// A running `heisen up` of [`STORES`], and where its wires listen.
pub struct Stores {
    pub up: Running,
    pub postgres: String,
    pub redis: String,
    pub folder: Folder,
}

impl Stores {
    pub fn up(name: &str) -> Stores {
        let folder = Folder::new(name);
        folder.write("heisen.yaml", STORES);
        let up = Running::start(heisen(&folder).args(["up", "--quiet"]));
        assert!(up.first_line.starts_with("up"), "{}", up.first_line);
        let address = |edge: &str| wire_address(&folder, edge);
        let (postgres, redis) = (address("client -> db"), address("client -> cache"));
        Stores {
            up,
            postgres,
            redis,
            folder,
        }
    }

    pub fn postgres_port(&self) -> &str {
        self.postgres.rsplit_once(':').unwrap().1
    }

    pub fn redis_port(&self) -> &str {
        self.redis.rsplit_once(':').unwrap().1
    }

    /// Takes it down and gives the wires' last words.
    pub fn down(self) -> Vec<serde_json::Value> {
        self.up.signal("INT");
        let (code, rest) = self.up.wait();
        assert_eq!(code, Some(0), "{rest}");
        events(&self.folder, "wire_closed")
    }
}

/// Where the wire of an edge listens, from the evidence of the run that goes on.
fn wire_address(folder: &Folder, edge: &str) -> String {
    let found = events(folder, "wire_opened")
        .into_iter()
        .find(|event| event["edge"] == edge);
    found.unwrap_or_else(|| panic!("no wire {edge}"))["address"]
        .as_str()
        .unwrap()
        .to_string()
}

/// The events of a kind in the newest evidence.
pub fn events(folder: &Folder, kind: &str) -> Vec<serde_json::Value> {
    try_events(folder, kind).expect("a run with evidence")
}

/// As `events`; none while there is no evidence.
pub fn try_events(folder: &Folder, kind: &str) -> Option<Vec<serde_json::Value>> {
    let runs = store::runs(&folder.0.join(".heisen")).ok()?;
    let recorded = store::Recorded::open(&runs.first()?.path).ok()?;
    let events = recorded.events().map_while(Result::ok);
    let bodies = events.filter_map(|event| {
        let event = serde_json::to_value(event.kind).unwrap();
        event.get(kind).cloned()
    });
    Some(bodies.collect())
}
