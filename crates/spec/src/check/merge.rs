//! A variant applied to the spec: one form of the system, still raw.

use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{RawInvariant, RawLimits, RawService, RawServiceChange, RawSpec, RawVariant};
use crate::read::{Entries, Pair, Text};
use crate::suggest;

/// What differs between variants.
pub struct Form<'a> {
    /// Services, with the variant's changes.
    pub services: Vec<FormService<'a>>,
    /// `reset`.
    pub reset: &'a [Pair],
    /// `near_limit`.
    pub near_limit: &'a [Pair],
    /// `invariants`.
    pub invariants: Option<&'a Entries<RawInvariant>>,
}

/// A service of one form.
pub struct FormService<'a> {
    pub name: &'a Spot<String>,
    pub run: &'a Spot<String>,
    pub replicas: Option<&'a Spot<u64>>,
    pub ready: Option<&'a Spot<String>>,
    pub env: Vec<(&'a Spot<String>, &'a Text)>,
    pub limits: Option<&'a RawLimits>,
}

impl<'a> Form<'a> {
    /// The spec in the form of a variant. Changes to services that do not exist are told.
    pub fn of(raw: &'a RawSpec, variant: Option<&str>, problems: &mut Problems) -> Form<'a> {
        let change = variant.and_then(|wanted| {
            let variants = raw.variants.as_ref()?;
            variants
                .iter()
                .find(|(name, _)| name.value == wanted)
                .map(|(_, variant)| variant)
        });
        let changes = change.and_then(|change| change.services.as_ref());
        if let Some(changes) = changes {
            tell_unknown(raw, changes, problems);
        }
        let services = raw.services.iter().map(|(name, service)| {
            let change = changes.and_then(|changes| {
                changes
                    .iter()
                    .find(|(changed, _)| changed.value == name.value)
                    .map(|(_, change)| change)
            });
            FormService::of(name, service, change)
        });
        let pairs = |of_spec: &'a Option<Vec<Pair>>,
                     of_variant: fn(&RawVariant) -> &Option<Vec<Pair>>| {
            let changed: Option<&'a Vec<Pair>> =
                change.and_then(|change| of_variant(change).as_ref());
            changed.or(of_spec.as_ref()).map_or(&[][..], Vec::as_slice)
        };
        Form {
            services: services.collect(),
            reset: pairs(&raw.reset, |variant| &variant.reset),
            near_limit: pairs(&raw.near_limit, |variant| &variant.near_limit),
            invariants: change
                .and_then(|change| change.invariants.as_ref())
                .or(raw.invariants.as_ref()),
        }
    }
}

impl<'a> FormService<'a> {
    fn of(
        name: &'a Spot<String>,
        service: &'a RawService,
        change: Option<&'a RawServiceChange>,
    ) -> FormService<'a> {
        let mut env: Vec<(&Spot<String>, &Text)> =
            service.env.iter().flat_map(|env| env.iter()).collect();
        for (key, value) in change
            .and_then(|change| change.env.as_ref())
            .iter()
            .flat_map(|env| env.iter())
        {
            match env.iter_mut().find(|(known, _)| known.value == key.value) {
                Some(entry) => *entry = (key, value),
                None => env.push((key, value)),
            }
        }
        FormService {
            name,
            run: change
                .and_then(|change| change.run.as_ref())
                .unwrap_or(&service.run),
            replicas: change
                .and_then(|change| change.replicas.as_ref())
                .or(service.replicas.as_ref()),
            ready: change
                .and_then(|change| change.ready.as_ref())
                .or(service.ready.as_ref()),
            env,
            limits: change
                .and_then(|change| change.limits.as_ref())
                .or(service.limits.as_ref()),
        }
    }
}

fn tell_unknown(raw: &RawSpec, changes: &Entries<RawServiceChange>, problems: &mut Problems) {
    let known: Vec<&str> = raw
        .services
        .names()
        .map(|name| name.value.as_str())
        .collect();
    for name in changes.names() {
        if !known.contains(&name.value.as_str()) {
            let help = suggest::help(&name.value, "services", &known);
            problems.add(
                name.span,
                format!("there is no service `{}` to change", name.value),
                "",
                help,
            );
        }
    }
}
