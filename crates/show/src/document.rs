//! The one machine-readable document of a run: `--json FILE|-`.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// What every document begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHead {
    /// The verb.
    pub command: String,
    /// heisen's version.
    pub version: String,
    /// The seed.
    pub seed: u64,
    /// The spec's path, when there is one.
    pub spec: Option<String>,
    /// When the run began, RFC 3339.
    pub started: String,
    /// How long it took.
    pub wall_ms: u64,
    /// The verdict.
    pub verdict: String,
    /// The run's id.
    pub run: String,
}

/// A document: the head's keys in their order, then the command's own in theirs. The head wins
/// over a key of the same name.
pub fn document(head: &DocumentHead, own: Map<String, Value>) -> Value {
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_string(), value);
    put("command", json!(head.command));
    put("version", json!(head.version));
    put("seed", json!(head.seed));
    put("spec", json!(head.spec));
    put("started", json!(head.started));
    put("wall_ms", json!(head.wall_ms));
    put("verdict", json!(head.verdict));
    put("run", json!(head.run));
    for (key, value) in own {
        all.entry(key).or_insert(value);
    }
    Value::Object(all)
}

/// Where a document goes. Opened before the run, so that a bad path fails at once and not at
/// the end.
#[derive(Debug)]
pub enum DocumentTarget {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf, File),
}

/// Why a document could not be written.
#[derive(Debug)]
pub struct DocumentError {
    target: String,
    source: io::Error,
}

impl DocumentTarget {
    /// Reads what `--json` was given: a path, or `-` for standard output.
    pub fn open(given: &str) -> Result<DocumentTarget, DocumentError> {
        if given == "-" {
            return Ok(DocumentTarget::Stdout);
        }
        let path = PathBuf::from(given);
        match File::create(&path) {
            Ok(file) => Ok(DocumentTarget::File(path, file)),
            Err(source) => Err(DocumentError {
                target: given.to_string(),
                source,
            }),
        }
    }

    /// Whether standard output is taken, so that nothing else may be printed there.
    pub fn is_stdout(&self) -> bool {
        matches!(self, DocumentTarget::Stdout)
    }

    /// Writes the document, with a newline at its end.
    pub fn write(self, document: &Value) -> Result<(), DocumentError> {
        let text = pretty(document);
        let (target, done) = match self {
            DocumentTarget::Stdout => {
                let mut out = io::stdout().lock();
                let done = out.write_all(text.as_bytes()).and_then(|()| out.flush());
                (Path::new("-").to_path_buf(), done)
            }
            DocumentTarget::File(path, mut file) => {
                let done = file.write_all(text.as_bytes()).and_then(|()| file.flush());
                (path, done)
            }
        };
        done.map_err(|source| DocumentError {
            target: target.display().to_string(),
            source,
        })
    }
}

/// Two spaces of indent, keys in the order they were put in.
fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DocumentError { target, source } = self;
        write!(
            f,
            "the JSON document cannot be written to `{target}`: {source}; give a path that can be written, or `-` for standard output"
        )
    }
}

impl std::error::Error for DocumentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Value {
        let head = DocumentHead {
            command: "replay".to_string(),
            version: "0.1.0".to_string(),
            seed: u64::MAX,
            spec: None,
            started: "2026-11-21T11:42:07Z".to_string(),
            wall_ms: 6400,
            verdict: "REPRODUCED".to_string(),
            run: "20261121-114207-7f3a".to_string(),
        };
        let Value::Object(own) =
            json!({ "n": 300, "k": 300, "catch": "oversell.yaml", "verdict": "mine" })
        else {
            unreachable!()
        };
        document(&head, own)
    }

    #[test]
    fn keys_keep_their_order() {
        insta::assert_snapshot!(pretty(&example()));
    }

    #[test]
    fn a_document_is_written_whole_or_its_path_is_refused_at_once() {
        let folder = std::env::temp_dir().join(format!("heisen-show-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("document.json");
        let target = DocumentTarget::open(&path.to_string_lossy()).unwrap();
        assert!(!target.is_stdout());
        target.write(&example()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), example());
        assert!(text.ends_with("}\n"));

        assert!(DocumentTarget::open("-").unwrap().is_stdout());
        let error = DocumentTarget::open("/nowhere/document.json").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the JSON document cannot be written to `/nowhere/document.json`: No such file or directory (os error 2); give a path that can be written, or `-` for standard output"
        );
    }
}
