//! `heisen check`: is the spec right, and what does it describe?

use std::fmt::Write;

use model::{BackendSource, System};
use serde_json::json;

use crate::arguments::{Common, SpecOptions};
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::run;

pub fn run(options: &SpecOptions, common: &Common) -> Result<Exit, Failure> {
    let (system, path) = super::load(options.spec.as_deref(), options.variant.as_deref(), common)?;
    if let Some(target) = run::document_target(common)? {
        let document = json!({
            "command": "check",
            "version": env!("CARGO_PKG_VERSION"),
            "spec": path.display().to_string(),
            "verdict": "OK",
            "system": system.name,
            "digest": system.digest,
            "variant": system.variant,
            "edges": system.edges().iter().map(|edge| format!("{} -> {}", edge.from, edge.to)).collect::<Vec<_>>(),
            "operations": system.operations.iter().map(|o| &o.name).collect::<Vec<_>>(),
        });
        let stdout_is_taken = target.is_stdout();
        target.write(&document).map_err(Failure::usage)?;
        if stdout_is_taken {
            return Ok(Exit::Done);
        }
    }
    put!("{}: OK\n\n{}", path.display(), describe(&system));
    Ok(Exit::Done)
}

fn describe(system: &System) -> String {
    let mut out = String::new();
    let mut line = |key: &str, value: String| {
        let _ = writeln!(out, "  {key:<11} {value}");
    };
    line("system", system.name.clone());
    if let Some(variant) = &system.variant {
        let names: Vec<&str> = system.variants.iter().map(|v| v.name.as_str()).collect();
        line("variant", format!("{variant} (of {})", names.join(", ")));
    }
    for backend in &system.backends {
        let source = match &backend.source {
            BackendSource::Provide { .. } => "a disposable one".to_string(),
            BackendSource::At(url) => format!("at {url}"),
            BackendSource::Described => "only described".to_string(),
            BackendSource::Stub(folder) => format!("stub in {}", folder.display()),
        };
        line(
            "backend",
            format!("{}: {}, {source}", backend.name, backend.protocol),
        );
    }
    for service in &system.services {
        line(
            "service",
            format!("{} x {}", service.name, service.replicas),
        );
    }
    for edge in system.edges() {
        line(
            "edge",
            format!("{} -> {} ({})", edge.from, edge.to, edge.protocol),
        );
    }
    for operation in &system.operations {
        line(
            "operation",
            format!(
                "{}: {} {}",
                operation.name, operation.method, operation.service
            ),
        );
    }
    let names: Vec<&str> = system.invariants.iter().map(|i| i.name.as_str()).collect();
    line(
        "invariants",
        if names.is_empty() {
            "none".to_string()
        } else {
            names.join(", ")
        },
    );
    out
}
