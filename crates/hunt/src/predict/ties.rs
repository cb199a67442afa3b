//! What differs between requests of one operation: a step is described several times, each time with
//! another value in one place, and where its effects differ they are tied to that value.

use model::Effect;
use predict::swarm::{DeedTies, Tie};
use predict::template::common;

/// Effects of one step as one other value makes them, and what that value is of.
pub struct Varied<'a> {
    /// An argument, by its bit; none is what is drawn anew for each request.
    pub argument: Option<u8>,
    pub effects: &'a [Effect],
}

/// The ties of each effect.
pub fn of(effects: &[Effect], varied: &[Varied<'_>]) -> Vec<DeedTies> {
    let ties = effects.iter().enumerate().map(|(at, effect)| {
        let mut ties = DeedTies {
            resource: effect.resource.clone(),
            ..DeedTies::default()
        };
        let mut part: Vec<(String, Tie)> = effect
            .part
            .iter()
            .map(|(column, _)| (column.clone(), Tie::default()))
            .collect();
        for other in varied {
            let Some(theirs) = other.effects.get(at) else {
                continue;
            };
            if theirs.resource != effect.resource {
                tie(&mut ties.named, other.argument);
                ties.resource = common(&ties.resource, &theirs.resource);
            }
            for ((column, value), (known, is)) in effect.part.iter().zip(&mut part) {
                let their = theirs.part.iter().find(|(name, _)| name == known);
                debug_assert_eq!(column, known);
                if their.is_some_and(|(_, their)| their != value) {
                    tie(is, other.argument);
                }
            }
        }
        ties.part = part;
        ties
    });
    ties.collect()
}

fn tie(tie: &mut Tie, argument: Option<u8>) {
    match argument {
        Some(bit) => tie.arguments |= bit,
        None => tie.fresh = true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Access;

    fn effect(resource: &str, part: &[(&str, &str)]) -> Effect {
        Effect {
            part: part
                .iter()
                .map(|(column, value)| ((*column).into(), (*value).into()))
                .collect(),
            ..Effect::of(Access::Write, resource)
        }
    }

    #[test]
    fn what_differs_is_tied_to_what_was_varied() {
        let base = [
            effect("inv:42", &[]),
            effect("orders", &[("id", "a"), ("event", "42")]),
        ];
        let other_event = [
            effect("inv:43", &[]),
            effect("orders", &[("id", "a"), ("event", "43")]),
        ];
        let other_draw = [
            effect("inv:42", &[]),
            effect("orders", &[("id", "b"), ("event", "42")]),
        ];
        let ties = of(
            &base,
            &[
                Varied {
                    argument: Some(1),
                    effects: &other_event,
                },
                Varied {
                    argument: None,
                    effects: &other_draw,
                },
            ],
        );
        let (keyed, fresh) = (
            Tie {
                arguments: 1,
                fresh: false,
            },
            Tie {
                arguments: 0,
                fresh: true,
            },
        );
        assert_eq!(
            (ties[0].resource.as_str(), ties[0].named),
            ("inv:4*", keyed)
        );
        assert_eq!(
            ties[1].part,
            [("id".to_string(), fresh), ("event".to_string(), keyed)]
        );
    }
}
