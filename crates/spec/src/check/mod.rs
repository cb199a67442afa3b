//! Raw types -> the checked system: every name is looked up, every text read further. All
//! variants are checked, so that a spec that loads for one loads for all.

mod amounts;
mod backends;
mod calls;
mod expect;
mod holes;
mod incidents;
mod invariants;
mod links;
mod loads;
mod merge;
mod names;
mod operations;
mod reach;
mod reads;
mod services;
mod state;
mod steps;
mod traffic;
mod words;

use std::path::PathBuf;

use model::{System, Variant};

use crate::error::Problems;
use crate::raw::RawSpec;
use crate::suggest;
pub use amounts::within;
use merge::Form;
use names::Names;
pub use names::{is_argument, is_name};

/// Where a spec comes from.
pub struct Origin {
    /// The folder that its relative paths start in.
    pub folder: PathBuf,
    /// Hash of its text.
    pub digest: String,
}

/// Builds the system in the form that `variant` asks for, the first when nothing is asked.
/// What is returned is whole only if no problem was added.
pub fn system(
    raw: &RawSpec,
    origin: &Origin,
    variant: Option<&str>,
    problems: &mut Problems,
) -> Option<System> {
    let names = Names::of(raw, problems);
    if names.variants.len() > names::VARIANTS_MAX {
        return None;
    }
    let chosen = choose(raw, &names, variant, problems);
    let forms: Vec<Option<&str>> = match names.variants.as_slice() {
        [] => vec![None],
        variants => variants.iter().map(|name| Some(*name)).collect(),
    };
    // Files that feed them are looked at once and not for each variant.
    let loads = loads::check(raw, &names, &origin.folder, problems);
    let mut systems: Vec<System> = forms
        .iter()
        .map(|form| build(raw, &names, origin, *form, problems))
        .collect();
    if problems.count() == 0 {
        reach::check(raw, &systems, problems);
    }
    let index = forms.iter().position(|form| *form == chosen)?;
    let system = systems.swap_remove(index);
    Some(System { loads, ..system })
}

/// The variant that is asked for, the first when none is.
fn choose<'a>(
    raw: &'a RawSpec,
    names: &Names<'a>,
    asked: Option<&str>,
    problems: &mut Problems,
) -> Option<&'a str> {
    let Some(asked) = asked else {
        return names.variants.first().copied();
    };
    let found = names.variants.iter().find(|name| **name == asked).copied();
    match raw
        .variants
        .iter()
        .flat_map(|variants| variants.names())
        .next()
    {
        _ if found.is_some() => {}
        Some(first) => {
            let message = format!("there is no variant `{asked}`");
            problems.add(
                first.span,
                message,
                "",
                suggest::help(asked, "variants", &names.variants),
            );
        }
        None => {
            let message =
                format!("variant `{asked}` is asked for, but the spec has no `variants:`");
            let help = format!("add `variants: {{ {asked}: {{}} }}`, or ask for none");
            problems.add(raw.system.span, message, "", help);
        }
    }
    found
}

/// One form of the system, without its loads.
fn build(
    raw: &RawSpec,
    names: &Names<'_>,
    origin: &Origin,
    variant: Option<&str>,
    problems: &mut Problems,
) -> System {
    let form = Form::of(raw, variant, problems);
    System {
        name: raw.system.value.clone(),
        folder: origin.folder.clone(),
        digest: origin.digest.clone(),
        backends: backends::check(raw, &origin.folder, problems),
        services: services::check(&form, names, problems),
        operations: operations::check(raw, &form, names, problems),
        reset: state::check(form.reset, "`reset`", names, problems),
        near_limit: state::check(form.near_limit, "`near_limit`", names, problems),
        state: state::check(
            raw.state.as_deref().unwrap_or(&[]),
            "`state`",
            names,
            problems,
        ),
        invariants: invariants::check(form.invariants, names, problems),
        variants: names
            .variants
            .iter()
            .map(|name| Variant {
                name: (*name).to_string(),
            })
            .collect(),
        variant: variant.map(str::to_string),
        traffic: traffic::check(raw, names, problems),
        incidents: incidents::check(raw, names, problems),
        links: links::check(raw, form.edges, names, problems),
        outages: links::outages(raw, names, problems),
        loads: Vec::new(),
    }
}
