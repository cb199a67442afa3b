//! Incidents: what went wrong before, and on which edge.

use model::Incident;

use super::links;
use super::names::Names;
use crate::error::Problems;
use crate::raw::RawSpec;

/// The incidents. Whether there is such an edge is checked later, when edges are known.
pub fn check(raw: &RawSpec, names: &Names<'_>, problems: &mut Problems) -> Vec<Incident> {
    let mut incidents = Vec::new();
    for incident in raw.incidents.iter().flatten() {
        let Some((from, to)) = links::ends(&incident.edge, problems) else {
            continue;
        };
        for name in [&from, &to] {
            names.target_exists(name, problems);
        }
        incidents.push(Incident {
            edge: (from.value, to.value),
            date: incident.date.as_ref().map(|date| date.0.value.clone()),
            note: incident.note.value.clone(),
        });
    }
    incidents
}
