//! Finds the servers that can be provided, on this machine, and says how to get what is missing.

use std::fmt;
use std::path::{Path, PathBuf};

/// PostgreSQL's two programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresBinaries {
    /// Makes a data folder.
    pub initdb: PathBuf,
    /// The server.
    pub postgres: PathBuf,
}

/// A server that is not installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `PostgreSQL (initdb and postgres)`.
    pub what: &'static str,
    /// Where it was looked for.
    pub looked: Vec<String>,
    /// How to install it, per system.
    pub install: &'static [(&'static str, &'static str)],
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} not found; looked in ", self.what)?;
        f.write_str(&self.looked.join(", "))?;
        f.write_str("; install it: ")?;
        for (i, (system, command)) in self.install.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}`{command}` on {system}")?;
        }
        f.write_str("; or name one that runs already with `at:`")
    }
}

impl std::error::Error for Missing {}

/// Looks for `initdb` and `postgres`: on PATH, then where packages put them, newest first.
pub fn postgres() -> Result<PostgresBinaries, Missing> {
    let mut folders = path_folders();
    let on_path = folders.len();
    folders.extend(numbered(Path::new("/usr/lib/postgresql"), "bin"));
    folders.extend(numbered(Path::new("/usr/pgsql"), "bin"));
    folders.extend(["/usr/local/pgsql/bin", "/usr/libexec/postgresql"].map(PathBuf::from));
    for cellar in ["/opt/homebrew/opt", "/usr/local/opt"] {
        folders.extend(numbered(&Path::new(cellar).join("postgresql"), "bin"));
    }
    both_in(&folders).ok_or_else(|| Missing {
        what: "PostgreSQL (initdb and postgres)",
        looked: looked(
            on_path,
            &[
                "/usr/lib/postgresql/*/bin",
                "/usr/pgsql-*/bin",
                "/usr/local/pgsql/bin",
                "/opt/homebrew/opt/postgresql@*/bin",
            ],
        ),
        install: &[
            ("Debian and Ubuntu", "apt install postgresql"),
            ("Fedora", "dnf install postgresql-server"),
            ("macOS", "brew install postgresql@17"),
        ],
    })
}

/// Looks for `redis-server`, or `valkey-server`, which speaks the same.
pub fn redis() -> Result<PathBuf, Missing> {
    let mut folders = path_folders();
    let on_path = folders.len();
    folders.extend(
        [
            "/usr/local/bin",
            "/usr/bin",
            "/usr/sbin",
            "/opt/homebrew/bin",
        ]
        .map(PathBuf::from),
    );
    ["redis-server", "valkey-server"]
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| is_program(path))
        .ok_or_else(|| Missing {
            what: "Redis (redis-server or valkey-server)",
            looked: looked(
                on_path,
                &["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"],
            ),
            install: &[
                ("Debian and Ubuntu", "apt install redis-server"),
                ("Fedora", "dnf install valkey"),
                ("macOS", "brew install redis"),
            ],
        })
}

/// Whether this is a file somebody may execute.
pub(crate) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The folders of PATH.
pub(crate) fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

fn looked(on_path: usize, places: &[&str]) -> Vec<String> {
    let mut all = vec![format!("the {on_path} folders of PATH")];
    all.extend(places.iter().map(|place| (*place).to_string()));
    all
}

/// The first folder with both programs; a link is followed first, because `postgres` finds its
/// libraries from where it really is.
fn both_in(folders: &[PathBuf]) -> Option<PostgresBinaries> {
    folders.iter().find_map(|folder| {
        let [initdb, postgres] = ["initdb", "postgres"].map(|name| folder.join(name));
        (is_program(&initdb) && is_program(&postgres)).then(|| PostgresBinaries {
            initdb: initdb.canonicalize().unwrap_or(initdb),
            postgres: postgres.canonicalize().unwrap_or(postgres),
        })
    })
}

/// `PREFIX/15/bin`, `PREFIX-15/bin` and `PREFIX@15/bin`, the highest number first.
fn numbered(prefix: &Path, below: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    let name = prefix
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    let number = |text: &str| text.split('.').next().and_then(|n| n.parse::<u32>().ok());
    for (folder, beside) in [(Some(prefix), false), (prefix.parent(), true)] {
        let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
        for entry in entries.into_iter().flatten().flatten() {
            let entry_name = entry.file_name().to_string_lossy().into_owned();
            let version = if beside {
                entry_name
                    .strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix(['-', '@']))
                    .and_then(number)
            } else {
                number(&entry_name)
            };
            found.extend(version.map(|version| (version, entry.path().join(below))));
        }
    }
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first() {
        let root = std::env::temp_dir().join(format!("heisen-find-{}", std::process::id()));
        for folder in [
            "pg/9.6/bin",
            "pg/15/bin",
            "pg/16/bin",
            "pg-17/bin",
            "pg@14/bin",
            "pgx/1/bin",
            "pg/none/bin",
        ] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let found: Vec<String> = numbered(&root.join("pg"), "bin")
            .iter()
            .map(|path| path.strip_prefix(&root).unwrap().display().to_string())
            .collect();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(
            found,
            [
                "pg-17/bin",
                "pg/16/bin",
                "pg/15/bin",
                "pg@14/bin",
                "pg/9.6/bin"
            ]
        );
    }

    #[test]
    fn missing_servers_say_how_to_get_them() {
        let missing = Missing {
            what: "Redis (redis-server or valkey-server)",
            looked: looked(7, &["/usr/local/bin", "/usr/bin"]),
            install: &[
                ("Debian and Ubuntu", "apt install redis-server"),
                ("macOS", "brew install redis"),
            ],
        };
        insta::assert_snapshot!(missing.to_string());
    }
}
