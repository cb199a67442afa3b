//! The heads of resource columns.

use super::contended::Resource;
use crate::text::{cells, clean};

/// A longer name of a resource takes two lines.
const HEAD_CELLS_MAX: usize = 14;

/// Heads of the first resources' columns: name, and the part where there is one.
pub fn heads(contended: &[Resource], shown: usize) -> Vec<Vec<String>> {
    let heads: Vec<Vec<String>> = contended
        .iter()
        .take(shown)
        .map(|resource| head(resource, contended))
        .collect();
    let lines = heads.iter().map(Vec::len).max().unwrap_or(1);
    let line = |place: usize| {
        let texts = heads.iter().map(|head| head.get(place).cloned());
        texts.map(Option::unwrap_or_default).collect()
    };
    (0..lines).map(line).collect()
}

/// `cache inv:42`, and under it `name=checking`; what all parts of a resource have in common is
/// left out.
fn head(resource: &Resource, contended: &[Resource]) -> Vec<String> {
    let name = clean(&format!("{} {}", resource.target, resource.name));
    let mut head = if cells(&name) <= HEAD_CELLS_MAX {
        vec![name]
    } else {
        vec![clean(&resource.target), clean(&resource.name)]
    };
    let is_same = |other: &&Resource| other.name == resource.name && *other != resource;
    let others: Vec<&Resource> = contended.iter().filter(is_same).collect();
    let tells = |pair: &&(String, String)| {
        others.is_empty() || others.iter().any(|other| !other.part.contains(pair))
    };
    let pairs = resource.part.iter().filter(tells);
    let texts: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !texts.is_empty() {
        head.push(clean(&texts.join(", ")));
    }
    head
}
