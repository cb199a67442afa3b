//! Makes the data folder of a disposable PostgreSQL.
//!
//! `initdb` starts servers of its own, and has no option that keeps their shared memory out of
//! `/dev/shm`, where it would stay if they were killed. They do read the sample configuration, so
//! they are given another one.

use std::ffi::OsString;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Home;
use crate::backends::Site;
use crate::error::LabError;
use crate::local::{self, how};

/// How long `initdb` may take; it takes about a second.
const INITDB_MS_MAX: u64 = 60_000;
/// How many lines of `initdb` are searched for what it says.
const LOG_LINES: usize = 50;
/// The configuration a new server starts from.
const SAMPLE: &str = "postgresql.conf.sample";
/// Its segments are files in the data folder then, and go with it.
const OWN_SAMPLE_LINE: &str = "\ndynamic_shared_memory_type = mmap\n";

impl Home {
    pub(super) async fn make_data(&self, site: &Site) -> Result<(), LabError> {
        let inputs = self.inputs(site).await?;
        // Not every system knows C.UTF-8; plain C has the same order, and upper() only of ASCII.
        for locale in ["C.UTF-8", "C"] {
            let mut words = self.words(&[
                "--no-sync",
                "--auth=trust",
                "--encoding=UTF8",
                "--username=postgres",
            ]);
            words.push(format!("--locale={locale}").into());
            if let Some(inputs) = &inputs {
                words.extend(["-L".into(), inputs.into()]);
            }
            let Err((log, error)) = self.initdb(site, words).await? else {
                return Ok(());
            };
            if locale == "C" || !log.contains("locale") {
                return Err(error);
            }
        }
        Ok(())
    }

    /// A folder with `initdb`'s input files and our own sample; none when it does not tell where
    /// they are.
    async fn inputs(&self, site: &Site) -> Result<Option<PathBuf>, LabError> {
        let told = match self.initdb(site, self.words(&["--show"])).await? {
            Ok(told) => told,
            Err(_) => return Ok(None),
        };
        let found = told
            .lines()
            .find_map(|line| line.strip_prefix("share_path="))
            .map(Path::new)
            .filter(|path| path.join(SAMPLE).is_file());
        let Some(original) = found else {
            return Ok(None);
        };
        let folder = self.folder.join("inputs");
        local::make_for_server(&folder, self.user.as_ref())?;
        link_all(original, &folder).map_err(LabError::file("write", &folder))?;
        Ok(Some(folder))
    }

    fn words(&self, options: &[&str]) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["-D".into(), self.data().into()];
        words.extend(options.iter().map(OsString::from));
        words
    }

    /// Runs it: what it wrote, and what is wrong if it failed.
    async fn initdb(
        &self,
        site: &Site,
        words: Vec<OsString>,
    ) -> Result<Result<String, (String, LabError)>, LabError> {
        let launch = self.launch(&self.binaries.initdb, words);
        let pid = site.crew.start(&launch).await?;
        site.crew
            .wait(pid, Duration::from_millis(INITDB_MS_MAX))
            .await;
        let log = launch.log.tail(LOG_LINES);
        let why = match site.crew.ended(pid) {
            Some(status) if status.success() => return Ok(Ok(log)),
            Some(status) => how(status),
            None => format!("did not end within {} s", INITDB_MS_MAX / 1000),
        };
        Ok(Err((log, self.failed(&launch, why))))
    }
}

fn link_all(original: &Path, folder: &Path) -> std::io::Result<()> {
    for entry in original.read_dir()? {
        let entry = entry?;
        if entry.file_name() != SAMPLE {
            symlink(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    let text = std::fs::read_to_string(original.join(SAMPLE))? + OWN_SAMPLE_LINE;
    let own = folder.join(SAMPLE);
    std::fs::write(&own, text)?;
    // The mask of whoever started heisen may have taken bits away.
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o644))
}
