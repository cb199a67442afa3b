//! Backends: what they speak and where they come from.

use std::path::{Path, PathBuf};

use model::{Backend, BackendSource, Protocol};

use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{RawBackend, RawSpec};

/// The backends that are right.
pub fn check(raw: &RawSpec, folder: &Path, problems: &mut Problems) -> Vec<Backend> {
    let entries = raw.backends.iter().flat_map(|entries| entries.iter());
    entries
        .filter_map(|(name, backend)| {
            let protocol = backend.protocol.value.into();
            let source = source(name, backend, protocol, folder, problems)?;
            if let (Some(setup), false) = (
                &backend.setup,
                matches!(source, BackendSource::Provide { .. }),
            ) {
                problems.add(
                    setup.span,
                    format!(
                        "`setup` of backend `{}` is for a provided one only",
                        name.value
                    ),
                    "",
                    "put what prepares this one into `reset`",
                );
            }
            Some(Backend {
                name: name.value.clone(),
                protocol,
                source,
            })
        })
        .collect()
}

fn source(
    name: &Spot<String>,
    backend: &RawBackend,
    protocol: Protocol,
    folder: &Path,
    problems: &mut Problems,
) -> Option<BackendSource> {
    match (&backend.provide, &backend.at, &backend.stub) {
        (Some(provide), None, None) => {
            if Protocol::from(provide.value) != protocol {
                let message = format!(
                    "backend `{}` speaks {protocol}, which is not what is provided",
                    name.value
                );
                let help = match protocol {
                    Protocol::Postgres | Protocol::Redis => format!("write `provide: {protocol}`, or change `protocol`"),
                    Protocol::Http => "an HTTP backend is one that runs (`at: http://...`) or a stand-in (`stub: folder/`)".into(),
                    Protocol::Tcp => "a TCP backend is one that runs: `at: tcp://127.0.0.1:7000`".into(),
                };
                problems.add(provide.span, message, "", help);
                return None;
            }
            Some(BackendSource::Provide {
                setup: setup(name, backend, protocol, folder, problems),
            })
        }
        (None, Some(at), None) => {
            url(name, at, protocol, problems).then(|| BackendSource::At(at.value.clone()))
        }
        (None, None, Some(stub)) => stand_in(name, stub, protocol, folder, problems),
        (None, None, None) => Some(BackendSource::Described),
        _ => {
            let message = format!("backend `{}` comes from more than one place", name.value);
            problems.add(
                name.span,
                message,
                "",
                "keep one of `provide`, `at` and `stub`",
            );
            None
        }
    }
}

fn setup(
    name: &Spot<String>,
    backend: &RawBackend,
    protocol: Protocol,
    folder: &Path,
    problems: &mut Problems,
) -> Vec<PathBuf> {
    let Some(setup) = &backend.setup else {
        return Vec::new();
    };
    if protocol != Protocol::Postgres {
        let message = format!(
            "backend `{}` speaks {protocol}; only a provided PostgreSQL has `setup`",
            name.value
        );
        problems.add(
            setup.span,
            message,
            "",
            "put the commands that prepare it into `reset`",
        );
        return Vec::new();
    }
    for file in &setup.values {
        let path = folder.join(&file.value);
        if !path.is_file() {
            let message = format!("there is no file `{}`", file.value);
            let help = format!(
                "files of `setup` are looked for from the spec's folder: {}",
                path.display()
            );
            problems.add(file.span, message, "", help);
        }
    }
    setup
        .values
        .iter()
        .map(|file| PathBuf::from(&file.value))
        .collect()
}

fn stand_in(
    name: &Spot<String>,
    stub: &Spot<String>,
    protocol: Protocol,
    folder: &Path,
    problems: &mut Problems,
) -> Option<BackendSource> {
    if protocol != Protocol::Http {
        let message = format!(
            "backend `{}` speaks {protocol}; stand-ins answer HTTP only",
            name.value
        );
        problems.add(
            stub.span,
            message,
            "",
            "use `provide` or `at`, or write `protocol: http`",
        );
        return None;
    }
    let path = folder.join(&stub.value);
    if !path.is_dir() {
        let help = format!(
            "mappings are looked for from the spec's folder: {}",
            path.display()
        );
        problems.add(
            stub.span,
            format!("there is no folder `{}`", stub.value),
            "",
            help,
        );
        return None;
    }
    Some(BackendSource::Stub(PathBuf::from(&stub.value)))
}

/// Whether a URL fits the protocol.
fn url(
    name: &Spot<String>,
    at: &Spot<String>,
    protocol: Protocol,
    problems: &mut Problems,
) -> bool {
    let (scheme, rest) = at.value.split_once("://").unwrap_or(("", &at.value));
    let (fits, example) = match protocol {
        Protocol::Tcp => (scheme == "tcp", "tcp://127.0.0.1:7000"),
        Protocol::Http => (scheme == "http", "http://127.0.0.1:8080"),
        Protocol::Redis => (scheme == "redis", "redis://127.0.0.1:6379/0"),
        Protocol::Postgres => (
            matches!(scheme, "postgres" | "postgresql"),
            "postgres://user:password@127.0.0.1:5432/name",
        ),
    };
    if matches!(scheme, "https" | "rediss") {
        let message = format!(
            "backend `{}` is reached through TLS, into which wires cannot look",
            name.value
        );
        problems.add(
            at.span,
            message,
            "",
            format!("give a plain address, such as {example}"),
        );
        return false;
    }
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    let address = authority.rsplit('@').next().unwrap_or("");
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (address, None),
    };
    let port_fits = match port {
        Some(port) => port.parse::<u16>().is_ok_and(|port| port > 0),
        None => protocol != Protocol::Tcp,
    };
    let plain = !at.value.contains(char::is_whitespace) && !at.value.contains("${");
    if fits && port_fits && plain && !host.is_empty() {
        return true;
    }
    let message = format!(
        "`{}` is no address of a backend that speaks {protocol}",
        at.value
    );
    problems.add(at.span, message, "", format!("write it like {example}"));
    false
}
