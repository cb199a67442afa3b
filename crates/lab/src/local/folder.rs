//! The run's temporary folder: logs, data of disposable servers, and a line that says whose it is.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use nix::unistd::{Uid, User, geteuid};

use super::crew::Crew;
use crate::error::LabError;
use crate::journal::FOLDER_PREFIX;
use crate::recover;

/// Users that servers run as when heisen runs as root, the first that exists.
const SERVER_USERS: [&str; 2] = ["postgres", "nobody"];

/// A folder in memory. A disk's file system takes milliseconds to make and forget the files of a
/// `TRUNCATE`, which most trials begin with.
const MEMORY: &str = "/dev/shm";

/// With less room in it, or less memory to be had, data goes to a disk.
const MEMORY_BYTES_MIN: u64 = 1 << 30;

/// Where runs' folders may be, the preferred one first.
fn on_disk() -> Vec<PathBuf> {
    let mut all = vec![
        std::env::temp_dir(),
        PathBuf::from("/tmp"),
        PathBuf::from("/var/tmp"),
    ];
    all.dedup();
    all
}

/// Everywhere runs' folders may be.
pub fn temporary_folders() -> Vec<PathBuf> {
    let mut all = on_disk();
    all.push(PathBuf::from(MEMORY));
    all
}

/// The user that a server must run as which refuses to run as root; none when heisen does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUser {
    /// Its name.
    pub name: String,
    /// Its number and its group's.
    pub ids: (u32, u32),
}

/// That user.
pub fn server_user() -> Option<ServerUser> {
    if !geteuid().is_root() {
        return None;
    }
    SERVER_USERS.iter().find_map(|name| {
        let user = User::from_name(name).ok()??;
        (user.uid != Uid::from_raw(0)).then(|| ServerUser {
            name: (*name).to_string(),
            ids: (user.uid.as_raw(), user.gid.as_raw()),
        })
    })
}

/// Makes the run's folder, its intent journalled, where a server's user can enter it.
pub fn make(crew: &Crew, run: &str) -> Result<PathBuf, LabError> {
    let name = format!("{FOLDER_PREFIX}{run}");
    let user = server_user();
    let mut blocked = None;
    let places = on_disk();
    let place = places.iter().find(|place| {
        let barrier = user.as_ref().and_then(|_| barrier(place));
        let open = barrier.is_none() && place.is_dir();
        blocked = blocked.take().or(barrier);
        open
    });
    let Some(place) = place else {
        let user = user.map(|user| user.name).unwrap_or_default();
        let path = blocked
            .or_else(|| places.first().cloned())
            .unwrap_or_default();
        return Err(LabError::Unreachable { user, path });
    };
    let folder = place.join(name);
    make_for_run(crew, &folder)?;
    make_one(&folder.join("logs"), 0o700)?;
    Ok(folder)
}

/// Makes another folder of the run, in memory, if there is room; who names a folder for temporary
/// files wants everything there.
pub fn make_in_memory(crew: &Crew, run: &str) -> Option<PathBuf> {
    let memory = Path::new(MEMORY);
    if std::env::var_os("TMPDIR").is_some() || barrier(memory).is_some() || !has_room(memory) {
        return None;
    }
    let folder = memory.join(format!("{FOLDER_PREFIX}{run}"));
    make_for_run(crew, &folder).ok()?;
    Some(folder)
}

fn has_room(memory: &Path) -> bool {
    let in_memory = statfs(memory).is_ok_and(|found| {
        let free = found.blocks_available() * found.block_size().unsigned_abs();
        found.filesystem_type() == TMPFS_MAGIC && free >= MEMORY_BYTES_MIN
    });
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    in_memory && available.is_some_and(|kib| kib * 1024 >= MEMORY_BYTES_MIN)
}

/// Makes a folder of the run, its intent journalled first.
fn make_for_run(crew: &Crew, folder: &Path) -> Result<(), LabError> {
    crew.note_folder(folder)?;
    // Others may pass through, to the data that is theirs, but see nothing.
    make_one(
        folder,
        if server_user().is_some() {
            0o711
        } else {
            0o700
        },
    )?;
    let owner = folder.join(recover::OWNER_FILE);
    std::fs::write(&owner, recover::owner_line()).map_err(LabError::file("write", &owner))
}

/// Makes a folder that only the server's user may enter.
pub fn make_for_server(folder: &Path, user: Option<&ServerUser>) -> Result<(), LabError> {
    make_one(folder, 0o700)?;
    if let Some(user) = user {
        chown(folder, Some(user.ids.0), Some(user.ids.1))
            .map_err(LabError::file("give away", folder))?;
    }
    Ok(())
}

fn make_one(folder: &Path, mode: u32) -> Result<(), LabError> {
    DirBuilder::new()
        .mode(mode)
        .create(folder)
        .map_err(LabError::file("create", folder))?;
    // The mask of whoever started heisen may have taken bits away.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode))
        .map_err(LabError::file("create", folder))
}

/// The first folder on the way that not everybody may pass.
fn barrier(folder: &Path) -> Option<PathBuf> {
    let real = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let mut way: Vec<&Path> = real.ancestors().collect();
    way.reverse();
    way.into_iter()
        .find(|step| !step.metadata().is_ok_and(|meta| meta.mode() & 0o001 != 0))
        .map(Path::to_path_buf)
}

/// Where the output of something called `name` goes.
pub fn log_path(folder: &Path, name: &str) -> PathBuf {
    folder.join("logs").join(format!("{}.log", file_name(name)))
}

/// A name as part of a path.
pub fn file_name(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect()
}
