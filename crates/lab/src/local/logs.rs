//! What processes wrote, read from the end and never more than a little.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

/// How much of a log is read.
const LOG_READ_BYTES_MAX: u64 = 64 << 10;
/// How many lines a user who asks for a log gets.
pub const LOG_LINES_MAX: usize = 200;
/// How many lines an error message has.
const LOG_LINES_IN_ERRORS: usize = 20;
/// Where a line in an error message is cut.
const LOG_LINE_CHARS_MAX: usize = 300;

/// What one process wrote: a log file from where it began, since a restart writes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The file.
    pub path: PathBuf,
    from: u64,
}

impl Log {
    /// The log of a process about to be started.
    pub fn begin(path: PathBuf) -> Log {
        let from = path.metadata().map_or(0, |meta| meta.len());
        Log { path, from }
    }

    /// The last lines; empty when there are none.
    pub fn tail(&self, lines: usize) -> String {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(
                end.saturating_sub(LOG_READ_BYTES_MAX).max(self.from),
            ))?;
            file.take(LOG_READ_BYTES_MAX).read_to_end(&mut bytes)
        });
        if read.is_err() {
            return String::new();
        }
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// The last lines as they stand below an error message.
    pub fn introduced(&self) -> String {
        let text = self.tail(LOG_LINES_IN_ERRORS);
        if text.trim().is_empty() {
            return "; it wrote nothing".to_string();
        }
        let mut out = "\nlast lines it wrote:".to_string();
        for line in text.lines() {
            let cut: String = line.chars().take(LOG_LINE_CHARS_MAX).collect();
            out.push_str("\n  | ");
            out.push_str(cut.trim_end());
        }
        out
    }

    /// Whether the process said that its port is taken, in the words of the usual languages.
    pub fn says_port_taken(&self) -> bool {
        let text = self.tail(LOG_LINES_IN_ERRORS).to_ascii_lowercase();
        [
            "address already in use",
            "address in use",
            "eaddrinuse",
            "only one usage of each socket",
        ]
        .iter()
        .any(|words| text.contains(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_what_this_process_wrote_is_read() {
        let path = std::env::temp_dir().join(format!("heisen-logs-{}", std::process::id()));
        let long: String = (0..100_000).map(|i| format!("line {i}\n")).collect();
        let first = Log::begin(path.clone());
        std::fs::write(&path, long + "bind: Address already in use\n").unwrap();
        assert_eq!(first.tail(2), "line 99999\nbind: Address already in use");
        assert!(first.tail(usize::MAX).len() <= 64 << 10);
        assert!(first.says_port_taken());
        assert!(
            first
                .introduced()
                .starts_with("\nlast lines it wrote:\n  | line 99981\n")
        );
        let second = Log::begin(path.clone());
        assert_eq!(second.introduced(), "; it wrote nothing");
        let mut file = File::options().append(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, b"ready\n").unwrap();
        assert_eq!(second.tail(5), "ready");
        assert!(!second.says_port_taken());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(second.tail(5), "");
    }
}
