//! Where the spec is, and its bytes as text.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::SpecErrors;
use crate::yaml::TEXT_BYTES_MAX;

/// What a spec is called when only its folder is named.
pub const SPEC_FILE: &str = "heisen.yaml";

/// The spec's path: the file that is named, `heisen.yaml` in the folder that is named, or
/// `heisen.yaml` in the working directory.
pub fn find(argument: Option<&Path>) -> Result<PathBuf, SpecErrors> {
    let Some(path) = argument else {
        let path = PathBuf::from(SPEC_FILE);
        if path.is_file() {
            return Ok(path);
        }
        let message = "there is no such file in the working directory".to_string();
        return Err(SpecErrors::of_path(
            &path,
            message,
            "name the spec or its folder; the README shows how one is written",
        ));
    };
    if path.is_file() {
        return Ok(path.to_path_buf());
    }
    if path.is_dir() {
        let inside = path.join(SPEC_FILE);
        if inside.is_file() {
            return Ok(inside);
        }
        let message = format!("the folder has no {SPEC_FILE}");
        let other = inside.with_extension("yml");
        let help = if other.is_file() {
            format!("name the file: {}", other.display())
        } else {
            "name the spec itself; the README shows how one is written".to_string()
        };
        return Err(SpecErrors::of_path(path, message, &help));
    }
    let message = "there is no such file or folder".to_string();
    Err(SpecErrors::of_path(
        path,
        message,
        "check the path; it is looked for from the working directory",
    ))
}

/// The text of a file, no more of it than a spec may have.
pub fn text_of(path: &Path) -> Result<String, SpecErrors> {
    let failed = |error: std::io::Error| {
        let help = match error.kind() {
            ErrorKind::NotFound => "check the path; it is looked for from the working directory",
            ErrorKind::PermissionDenied => "let this user read it",
            _ => "name a file that can be read",
        };
        SpecErrors::of_path(path, format!("cannot be read: {error}"), help)
    };
    let length = fs::metadata(path).map_err(failed)?.len();
    let too_large = || {
        let message = format!("is larger than the {TEXT_BYTES_MAX} bytes that are read");
        SpecErrors::of_path(
            path,
            message,
            "move data into the files named under `setup:`",
        )
    };
    if length > TEXT_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path)
        .map_err(failed)?
        .take(TEXT_BYTES_MAX as u64 + 1);
    file.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("is no text: byte {at} is not UTF-8");
        SpecErrors::of_path(path, message, "save it as UTF-8")
    })
}
