//! What was predicted is tried first, in the order of its ranking. Which suspects there are is up to
//! learning: a prediction only orders them, and what it named that learning did not find is told.

use model::schedule::wildcard;
use model::{Boundary, Hazard, Label, Suspect};

/// A race that was predicted, as far as suspects can be told by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// Who races; names of recorded requests are none of the spec's operations.
    operations: Vec<String>,
    /// `cache inv:*`.
    resource: String,
    label: Label,
}

impl Aim {
    /// The races of a prediction that are to be expected, in the order of its ranking.
    pub fn all(boundaries: &[Boundary]) -> Vec<Aim> {
        let open = boundaries.iter().filter(|boundary| boundary.is_open());
        open.filter_map(|boundary| match boundary.hazard {
            Hazard::Race(label) => Some(Aim {
                operations: boundary.operations.clone(),
                resource: boundary.resource.clone(),
                label,
            }),
            _ => None,
        })
        .collect()
    }

    /// How well a suspect fits: the same operations and label count beside the resource, which must.
    fn fits(&self, suspect: &Suspect) -> Option<u8> {
        let is_same = wildcard(&self.resource, &suspect.resource)
            || wildcard(&suspect.resource, &self.resource);
        let sorted = |all: &[String]| {
            let mut all = all.to_vec();
            all.sort();
            all
        };
        let operations = sorted(&self.operations) == sorted(&suspect.operations);
        is_same.then(|| 2 * u8::from(operations) + u8::from(self.label == suspect.label))
    }
}

/// Orders suspects by the aims they fit, best fits first; others keep their order behind them. Returns
/// what no suspect fits.
pub fn order(suspects: &mut Vec<Suspect>, aims: &[Aim]) -> Vec<String> {
    let mut ordered: Vec<Suspect> = Vec::with_capacity(suspects.len());
    let mut missing = Vec::new();
    for aim in aims {
        let best = suspects
            .iter()
            .filter_map(|suspect| aim.fits(suspect))
            .max();
        let Some(best) = best else {
            let known = ordered.iter().any(|suspect| aim.fits(suspect).is_some());
            if !known {
                missing.push(format!("{} of {}", aim.label.as_str(), aim.resource));
            }
            continue;
        };
        let (fitting, others): (Vec<_>, Vec<_>) = std::mem::take(suspects)
            .into_iter()
            .partition(|suspect| aim.fits(suspect) == Some(best));
        ordered.extend(fitting);
        *suspects = others;
    }
    ordered.append(suspects);
    for (rank, suspect) in ordered.iter_mut().enumerate() {
        suspect.id = format!("S{}", rank + 1);
    }
    *suspects = ordered;
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Setup;

    fn suspect(operations: [&str; 2], resource: &str, label: Label) -> Suspect {
        Suspect {
            id: String::new(),
            operations: operations.map(str::to_string).to_vec(),
            resource: resource.into(),
            label,
            why: String::new(),
            guard: None,
            racers: vec![],
            setup: Setup::default(),
            orders: vec![],
        }
    }

    fn aim(operations: [&str; 2], resource: &str, label: Label) -> Aim {
        Aim {
            operations: operations.map(str::to_string).to_vec(),
            resource: resource.into(),
            label,
        }
    }

    #[test]
    fn what_was_predicted_comes_first_in_its_order() {
        let mut suspects = vec![
            suspect(["buy", "buy"], "db orders", Label::LostUpdate),
            suspect(["buy", "show"], "cache inv:42", Label::ReadSkew),
            suspect(["buy", "buy"], "cache inv:42", Label::CheckThenAct),
            suspect(["pay", "buy"], "db accounts", Label::WriteSkew),
        ];
        let aims = [
            aim(["buy", "pay"], "db accounts", Label::LostUpdate),
            aim(["buy", "buy"], "cache inv:*", Label::CheckThenAct),
            aim(["buy", "buy"], "queue jobs", Label::LostUpdate),
        ];
        let missing = order(&mut suspects, &aims);
        let names: Vec<(&str, &str)> = suspects
            .iter()
            .map(|suspect| (suspect.id.as_str(), suspect.resource.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("S1", "db accounts"),
                ("S2", "cache inv:42"),
                ("S3", "db orders"),
                ("S4", "cache inv:42"),
            ]
        );
        assert_eq!(missing, ["lost update of queue jobs"]);
    }
}
