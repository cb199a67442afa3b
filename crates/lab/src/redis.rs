//! A disposable Redis: nothing on disk, gone with the run.

use std::time::{Duration, Instant};

use model::Protocol;

use crate::backends::Site;
use crate::error::LabError;
use crate::find;
use crate::local::{self, Launch, Log, how};
use crate::place::Place;
use crate::state::cache::Cache;

/// How long the server may take to answer; it takes about 20 ms.
const SERVER_MS_MAX: u64 = 10_000;
/// Between two looks.
const LOOK_MS: u64 = 2;
/// How many ports are tried when somebody else is faster.
const PORT_TRIES_MAX: u32 = 5;

/// Starts and sets up a server; each line of a setup file that is not empty and does not begin
/// with `#` is a command.
pub async fn provide(
    site: &Site,
    backend: &str,
    setup: &[(String, String)],
) -> Result<Place, LabError> {
    let program = find::redis().map_err(|missing| LabError::Missing {
        backend: backend.to_string(),
        missing,
    })?;
    let folder = site.folder.join(local::file_name(backend));
    local::make_for_server(&folder, None)?;
    let mut launch = Launch {
        name: backend.to_string(),
        program,
        words: Vec::new(),
        env: Vec::new(),
        folder,
        log: Log::begin(local::log_path(&site.folder, backend)),
        user: None,
    };
    let (place, mut cache) = serve(site, backend, &mut launch).await?;
    for (file, text) in setup {
        set_up(backend, &mut cache, file, text).await?;
    }
    Ok(place)
}

async fn serve(
    site: &Site,
    backend: &str,
    launch: &mut Launch,
) -> Result<(Place, Cache), LabError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let port = site.ports.reserve()?;
        let text = port.to_string();
        let words = [
            "--port",
            &text,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
            "--dir",
            ".",
        ];
        launch.words = words.map(Into::into).to_vec();
        launch.log = Log::begin(launch.log.path.clone());
        let pid = site.crew.start(launch).await?;
        let failed = |how: String| LabError::Backend {
            backend: backend.to_string(),
            command: launch.shown(),
            how,
            log: launch.log.introduced(),
        };
        let place = Place::provided(backend, Protocol::Redis, port, None, "/0");
        let deadline = Instant::now() + Duration::from_millis(SERVER_MS_MAX);
        loop {
            let connected = Cache::connect(&place).await;
            if let Some(status) = site.crew.ended(pid) {
                if tries < PORT_TRIES_MAX && launch.log.says_port_taken() {
                    break;
                }
                return Err(failed(how(status)));
            }
            match connected {
                Ok(cache) => return Ok((place, cache)),
                Err(why) if Instant::now() > deadline => {
                    let seconds = SERVER_MS_MAX / 1000;
                    return Err(failed(format!(
                        "took no connection within {seconds} s: {why}"
                    )));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(LOOK_MS)).await,
            }
        }
    }
}

async fn set_up(backend: &str, cache: &mut Cache, file: &str, text: &str) -> Result<(), LabError> {
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        cache.ask(line).await.map_err(|fault| LabError::Setup {
            backend: backend.to_string(),
            file: file.to_string(),
            line: format!(":{}", number + 1),
            why: fault.why,
        })?;
    }
    Ok(())
}
