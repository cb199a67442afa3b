//! A variant applied to the spec: one form of the system, still raw.

use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{
    RawEdge, RawInvariant, RawLimits, RawOperation, RawOperationChange, RawService,
    RawServiceChange, RawSpec, RawStep, RawVariant,
};
use crate::read::{Entries, Pair, Text};
use crate::suggest;

/// What differs between variants.
pub struct Form<'a> {
    /// Services, with the variant's changes.
    pub services: Vec<FormService<'a>>,
    /// Operations, with the variant's changes.
    pub operations: Vec<FormOperation<'a>>,
    /// Edges that behave otherwise.
    pub edges: Option<&'a Entries<RawEdge>>,
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
    pub run: Option<&'a Spot<String>>,
    pub replicas: Option<&'a Spot<u64>>,
    pub ready: Option<&'a Spot<String>>,
    pub env: Vec<(&'a Spot<String>, &'a Text)>,
    pub limits: Option<&'a RawLimits>,
    pub slots: Option<&'a Spot<u64>>,
}

/// An operation of one form.
pub struct FormOperation<'a> {
    pub name: &'a Spot<String>,
    pub raw: &'a RawOperation,
    pub steps: &'a [RawStep],
    pub limit: Option<&'a Spot<u64>>,
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
        let changed_services = change.and_then(|change| change.services.as_ref());
        let changed_operations = change.and_then(|change| change.operations.as_ref());
        tell_unknown(&raw.services, changed_services, "service", problems);
        tell_unknown(&raw.operations, changed_operations, "operation", problems);
        let services = raw
            .services
            .iter()
            .map(|(name, service)| FormService::of(name, service, entry(changed_services, name)));
        let operations = raw.operations.iter().map(|(name, operation)| {
            FormOperation::of(name, operation, entry(changed_operations, name))
        });
        let pairs = |of_spec: &'a Option<Vec<Pair>>,
                     of_variant: fn(&RawVariant) -> &Option<Vec<Pair>>| {
            let changed: Option<&'a Vec<Pair>> =
                change.and_then(|change| of_variant(change).as_ref());
            changed.or(of_spec.as_ref()).map_or(&[][..], Vec::as_slice)
        };
        Form {
            services: services.collect(),
            operations: operations.collect(),
            edges: change.and_then(|change| change.edges.as_ref()),
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
                .or(service.run.as_ref()),
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
            slots: change
                .and_then(|change| change.slots.as_ref())
                .or(service.slots.as_ref()),
        }
    }
}

impl<'a> FormOperation<'a> {
    fn of(
        name: &'a Spot<String>,
        raw: &'a RawOperation,
        change: Option<&'a RawOperationChange>,
    ) -> FormOperation<'a> {
        FormOperation {
            name,
            raw,
            steps: change
                .and_then(|change| change.steps.as_deref())
                .or(raw.steps.as_deref())
                .unwrap_or(&[]),
            limit: change
                .and_then(|change| change.limit.as_ref())
                .or(raw.limit.as_ref()),
        }
    }
}

/// What a variant changes of the one with this name.
fn entry<'a, T>(changes: Option<&'a Entries<T>>, name: &Spot<String>) -> Option<&'a T> {
    let mut entries = changes?.iter();
    let (_, change) = entries.find(|(changed, _)| changed.value == name.value)?;
    Some(change)
}

fn tell_unknown<T, C>(
    all: &Entries<T>,
    changes: Option<&Entries<C>>,
    noun: &str,
    problems: &mut Problems,
) {
    let Some(changes) = changes else { return };
    let known: Vec<&str> = all.names().map(|name| name.value.as_str()).collect();
    for name in changes.names() {
        if !known.contains(&name.value.as_str()) {
            let help = suggest::help(&name.value, &format!("{noun}s"), &known);
            problems.add(
                name.span,
                format!("there is no {noun} `{}` to change", name.value),
                "",
                help,
            );
        }
    }
}
