//! A disposable PostgreSQL: made in the run's folder, tuned to forget, gone with the run.

mod initdb;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model::Protocol;

use crate::backends::Site;
use crate::error::LabError;
use crate::find::{self, PostgresBinaries};
use crate::journal::FOLDER_PREFIX;
use crate::local::{self, Launch, Log, ServerUser, how};
use crate::place::Place;
use crate::state::sql::Sql;

/// How long the server may take to accept a connection; it takes about 100 ms.
const SERVER_MS_MAX: u64 = 20_000;
/// Between two looks.
const LOOK_MS: u64 = 5;
/// How many ports are tried when somebody else is faster.
const PORT_TRIES_MAX: u32 = 5;
/// How long the setup files may take.
const SETUP_MS_MAX: u64 = 120_000;
/// A longer path of a Unix socket is refused by the system, so none is made then.
const SOCKET_FOLDER_BYTES_MAX: usize = 85;

/// What makes a server fast that nobody needs after a crash.
const SETTINGS: [&str; 14] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=32MB",
    "huge_pages=off",
    "jit=off",
    // Small enough for a memory that it may live in.
    "max_wal_size=512MB",
    "checkpoint_timeout=1h",
    // Its segments are files in the data folder, and go with it when the server is killed.
    "dynamic_shared_memory_type=mmap",
    "logging_collector=off",
    "log_destination=stderr",
];

/// Where one server lives.
struct Home {
    backend: String,
    binaries: PostgresBinaries,
    user: Option<ServerUser>,
    folder: PathBuf,
    log: PathBuf,
}

/// Makes, starts and sets up a server.
pub async fn provide(
    site: &Site,
    backend: &str,
    setup: &[(String, String)],
) -> Result<Place, LabError> {
    let binaries = find::postgres().map_err(|missing| LabError::Missing {
        backend: backend.to_string(),
        missing,
    })?;
    let home = Home {
        backend: backend.to_string(),
        binaries,
        user: local::server_user(),
        folder: site.data.join(local::file_name(backend)),
        log: local::log_path(&site.folder, backend),
    };
    local::make_for_server(&home.folder, home.user.as_ref())?;
    home.make_data(site).await?;
    let (place, sql) = home.serve(site).await?;
    for (file, text) in setup {
        set_up(backend, &sql, file, text).await?;
    }
    Ok(place)
}

impl Home {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn launch(&self, program: &Path, words: Vec<OsString>) -> Launch {
        Launch {
            name: self.backend.clone(),
            program: program.to_path_buf(),
            words,
            env: Vec::new(),
            folder: self.folder.clone(),
            log: Log::begin(self.log.clone()),
            user: self.user.as_ref().map(|user| user.ids),
        }
    }

    async fn serve(&self, site: &Site) -> Result<(Place, Sql), LabError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let port = site.ports.reserve()?;
            let launch = self.launch(
                &self.binaries.postgres,
                self.server_words(&site.folder, port),
            );
            let pid = site.crew.start(&launch).await?;
            let place = Place::provided(
                &self.backend,
                Protocol::Postgres,
                port,
                Some("postgres"),
                "/postgres",
            );
            let deadline = Instant::now() + Duration::from_millis(SERVER_MS_MAX);
            loop {
                let connected = Sql::connect(&place).await;
                if let Some(status) = site.crew.ended(pid) {
                    if tries < PORT_TRIES_MAX && launch.log.says_port_taken() {
                        break;
                    }
                    return Err(self.failed(&launch, how(status)));
                }
                match connected {
                    Ok(sql) => return Ok((place, sql)),
                    Err(why) if Instant::now() > deadline => {
                        let seconds = SERVER_MS_MAX / 1000;
                        return Err(self.failed(
                            &launch,
                            format!("took no connection within {seconds} s: {why}"),
                        ));
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(LOOK_MS)).await,
                }
            }
        }
    }

    fn server_words(&self, run_folder: &Path, port: u16) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![
            "-D".into(),
            self.data().into(),
            "-p".into(),
            port.to_string().into(),
        ];
        // The cluster's name stands in the title of every process of the server, which is how
        // those are found whose server was killed.
        let run = run_folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or(FOLDER_PREFIX);
        let sockets = if self.folder.as_os_str().len() <= SOCKET_FOLDER_BYTES_MAX {
            self.folder.display().to_string()
        } else {
            String::new()
        };
        let own = [
            format!("cluster_name={run}"),
            format!("unix_socket_directories={sockets}"),
        ];
        for setting in SETTINGS
            .iter()
            .map(|setting| (*setting).to_string())
            .chain(own)
        {
            words.push("-c".into());
            words.push(setting.into());
        }
        words
    }

    fn failed(&self, launch: &Launch, how: String) -> LabError {
        LabError::Backend {
            backend: self.backend.clone(),
            command: launch.shown(),
            how,
            log: launch.log.introduced(),
        }
    }
}

async fn set_up(backend: &str, sql: &Sql, file: &str, text: &str) -> Result<(), LabError> {
    let failed = |line: Option<usize>, why: String| LabError::Setup {
        backend: backend.to_string(),
        file: file.to_string(),
        line: line.map_or(String::new(), |line| format!(":{line}")),
        why,
    };
    let patience = Duration::from_millis(SETUP_MS_MAX);
    match tokio::time::timeout(patience, sql.batch(text)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err((position, why))) => Err(failed(position.map(|at| line_of(text, at)), why)),
        Err(_) => Err(failed(
            None,
            format!("it took more than {} s", SETUP_MS_MAX / 1000),
        )),
    }
}

/// The line of a character, both from 1.
fn line_of(text: &str, character: usize) -> usize {
    1 + text
        .chars()
        .take(character.saturating_sub(1))
        .filter(|c| *c == '\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn positions_become_lines() {
        let text = "é;\nSELECT 1;\n\nx";
        for (character, line) in [(0, 1), (1, 1), (3, 1), (4, 2), (14, 3), (15, 4), (999, 4)] {
            assert_eq!(line_of(text, character), line, "{character}");
        }
    }
}
