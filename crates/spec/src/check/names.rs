//! The names of a spec: what they may look like, and what there is to refer to.

use model::Protocol;
use model::described::CLIENTS;

use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{RawScenarioStep, RawSpec, RawTraffic};
use crate::read::Entries;
use crate::suggest;

/// A name is no longer than this.
const NAME_CHARS_MAX: usize = 64;
/// Each gets a wire for each service and lane.
const BACKENDS_MAX: usize = 64;
/// Each runs in replicas.
const SERVICES_MAX: usize = 64;
/// Pairs of operations are tried against each other.
const OPERATIONS_MAX: usize = 1_000;
/// Each is checked in full whenever the spec is read.
pub const VARIANTS_MAX: usize = 64;
/// Nobody chooses among more.
const LOADS_MAX: usize = 100;
/// What the own keys of an invariant and of a step are called, and those outside in an edge; a
/// backend or service of that name could not be asked.
const RESERVED_TARGETS: [&str; 8] = [
    "responses",
    "expect",
    "json",
    "work",
    "takes",
    "decides",
    "background",
    CLIENTS,
];
/// Holes with a meaning of their own.
const RESERVED_ARGUMENTS: [&str; 5] = ["port", "replica", "variant", "uuid", "now"];

/// Everything that can be referred to, whether or not it could be read in full.
pub struct Names<'a> {
    /// Backends, and what each speaks if that could be read.
    pub backends: Vec<(&'a str, Option<Protocol>)>,
    /// Services.
    pub services: Vec<&'a str>,
    /// Operations.
    pub operations: Vec<&'a str>,
    /// Variants, in order.
    pub variants: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// Collects the names and checks how they are written.
    pub fn of(raw: &'a RawSpec, problems: &mut Problems) -> Names<'a> {
        well_formed(&raw.system, "system", &[], problems);
        few(
            raw.backends.as_ref().map_or(&[], |entries| &entries.list),
            "backends",
            BACKENDS_MAX,
            problems,
        );
        few(&raw.services.list, "services", SERVICES_MAX, problems);
        few(&raw.operations.list, "operations", OPERATIONS_MAX, problems);
        few(
            raw.variants.as_ref().map_or(&[], |entries| &entries.list),
            "variants",
            VARIANTS_MAX,
            problems,
        );
        let mut backends = Vec::new();
        for (name, backend) in raw.backends.iter().flat_map(|entries| &entries.list) {
            well_formed(name, "backend", &RESERVED_TARGETS, problems);
            let protocol = backend
                .as_ref()
                .map(|backend| backend.protocol.value.into());
            backends.push((name.value.as_str(), protocol));
        }
        for name in raw.services.names() {
            well_formed(name, "service", &RESERVED_TARGETS, problems);
            if backends.iter().any(|(backend, _)| *backend == name.value) {
                problems.add(
                    name.span,
                    format!("`{}` is both a backend and a service", name.value),
                    "",
                    "give one of them another name: commands and schedules tell them apart by name",
                );
            }
        }
        of_invariants(raw, problems);
        for name in raw.operations.names() {
            well_formed(name, "operation", RawTraffic::KEYS, problems);
        }
        for name in raw.variants.iter().flat_map(|entries| entries.names()) {
            well_formed(name, "variant", &[], problems);
        }
        of_loads(raw, problems);
        Names {
            backends,
            services: raw
                .services
                .names()
                .map(|name| name.value.as_str())
                .collect(),
            operations: raw
                .operations
                .names()
                .map(|name| name.value.as_str())
                .collect(),
            variants: raw
                .variants
                .iter()
                .flat_map(|entries| entries.names())
                .map(|name| name.value.as_str())
                .collect(),
        }
    }

    /// Backends and services.
    pub fn targets(&self) -> Vec<&'a str> {
        self.backends
            .iter()
            .map(|(name, _)| *name)
            .chain(self.services.iter().copied())
            .collect()
    }

    /// Whether there is such a backend or service.
    pub fn has_target(&self, name: &str) -> bool {
        self.services.contains(&name) || self.backends.iter().any(|(backend, _)| *backend == name)
    }

    /// What a target speaks; services speak HTTP.
    pub fn protocol_of(&self, target: &str) -> Option<Protocol> {
        match self.backends.iter().find(|(name, _)| *name == target) {
            Some((_, protocol)) => *protocol,
            None => self.services.contains(&target).then_some(Protocol::Http),
        }
    }

    /// Tells that a name is no backend or service; returns whether it is one.
    pub fn target_exists(&self, name: &Spot<String>, problems: &mut Problems) -> bool {
        let exists = self.has_target(&name.value);
        if !exists {
            let help = suggest::help(&name.value, "backends and services", &self.targets());
            problems.add(
                name.span,
                format!("there is no backend or service `{}`", name.value),
                "",
                help,
            );
        }
        exists
    }

    /// Tells that a name is no operation; returns whether it is one.
    pub fn operation_exists(&self, name: &Spot<String>, problems: &mut Problems) -> bool {
        let exists = self.operations.contains(&name.value.as_str());
        if !exists {
            let help = suggest::help(&name.value, "operations", &self.operations);
            problems.add(
                name.span,
                format!("there is no operation `{}`", name.value),
                "",
                help,
            );
        }
        exists
    }
}

/// Names of invariants, those of variants too.
fn of_invariants(raw: &RawSpec, problems: &mut Problems) {
    let variants = raw.variants.iter().flat_map(|variants| variants.iter());
    let theirs = variants.filter_map(|(_, variant)| variant.invariants.as_ref());
    for name in raw.invariants.iter().chain(theirs).flat_map(Entries::names) {
        well_formed(name, "invariant", &[], problems);
    }
}

/// Names of loads and their scenarios, and what operations cannot be called where there are some.
fn of_loads(raw: &RawSpec, problems: &mut Problems) {
    let Some(loads) = &raw.loads else {
        return;
    };
    few(&loads.list, "loads", LOADS_MAX, problems);
    for (name, load) in &loads.list {
        well_formed(name, "load", &[], problems);
        for name in load.iter().flat_map(|load| load.scenarios.names()) {
            well_formed(name, "scenario", &[], problems);
        }
    }
    for name in raw.operations.names() {
        if RawScenarioStep::KEYS.contains(&name.value.as_str()) {
            well_formed(name, "operation", RawScenarioStep::KEYS, problems);
        }
    }
}

/// Whether a name is written as names are: it becomes part of file names and of schedules.
pub fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty()
        && name.len() <= NAME_CHARS_MAX
        && !name.starts_with('-')
        && name.chars().all(good)
}

/// Whether an argument's name can stand in a hole.
pub fn is_argument(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.chars().all(good)
}

/// Tells of an argument whose name cannot be used.
pub fn argument(name: &Spot<String>, problems: &mut Problems) {
    if RESERVED_ARGUMENTS.contains(&name.value.as_str()) {
        let message = format!("an argument cannot be called `{}`", name.value);
        let help = format!(
            "`${{{}}}` has a meaning of its own; take another name",
            name.value
        );
        problems.add(name.span, message, "reserved", help);
    } else if !is_argument(&name.value) {
        let message = format!("`{}` is no name for an argument", name.value);
        problems.add(name.span, message, "", "use letters, digits, `-` and `_`");
    }
}

/// Tells of the first entry that is one too many.
fn few<T>(entries: &[(Spot<String>, T)], noun: &str, most: usize, problems: &mut Problems) {
    if let Some((extra, _)) = entries.get(most) {
        let message = format!(
            "there are {} {noun}; at most {most} can be had",
            entries.len()
        );
        problems.add(
            extra.span,
            message,
            "one too many",
            "split the system into several specs",
        );
    }
}

/// `a backend`, `an operation`.
fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

fn well_formed(name: &Spot<String>, noun: &str, reserved: &[&str], problems: &mut Problems) {
    if reserved.contains(&name.value.as_str()) {
        let message = format!("{} cannot be called `{}`", with_article(noun), name.value);
        problems.add(
            name.span,
            message,
            "reserved",
            "the word has a meaning of its own; take another name",
        );
        return;
    }
    if is_name(&name.value) {
        return;
    }
    let tame: String = name
        .value
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .take(NAME_CHARS_MAX)
        .collect();
    let tame = tame.trim_matches('-');
    let mut help =
        format!("use lower-case letters, digits and `-`, at most {NAME_CHARS_MAX} of them");
    if is_name(tame) {
        help.push_str(&format!(", such as `{tame}`"));
    }
    problems.add(
        name.span,
        format!("`{}` is no name for {}", name.value, with_article(noun)),
        "",
        help,
    );
}
