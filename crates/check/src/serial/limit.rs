//! Where an operation that is made again and again comes to its end.

use std::collections::BTreeSet;

use model::{Attempt, Outcome};

use super::compare::anywhere;
use super::normal::places;

/// How often an operation was answered as at first, when two answers in a row then told otherwise:
/// one may be an accident.
pub fn limit(answers: &[Attempt]) -> Option<usize> {
    let (first, later) = answers.split_first()?;
    let usual = kind(first).filter(|_| is_success(first))?;
    let at = later
        .iter()
        .position(|answer| kind(answer).as_ref() != Some(&usual))?;
    let (then, after) = (kind(&later[at])?, later.get(at + 1)?);
    (kind(after)? == then).then_some(at + 1)
}

fn is_success(attempt: &Attempt) -> bool {
    matches!(attempt.outcome, Outcome::Answered { status, .. } if status < 400)
}

/// What sort of answer it is, whatever its values: status, where it leads to, and what it has.
fn kind(attempt: &Attempt) -> Option<(u16, String, BTreeSet<String>)> {
    let Outcome::Answered {
        status, location, ..
    } = &attempt.outcome
    else {
        return None;
    };
    let has = places(&[("", attempt)], &[]);
    let has = has.iter().map(|place| anywhere(&place.path)).collect();
    // A fresh order's page has another number than the last one's.
    let leads = location.iter().flat_map(|location| location.chars());
    let leads = leads.filter(|c| !c.is_ascii_digit()).collect();
    Some((*status, leads, has))
}

#[cfg(test)]
mod tests {
    use model::LaneId;

    use super::*;

    fn answers(told: &[(u16, &str)]) -> Vec<Attempt> {
        let answer = |(status, said): &(u16, &str)| {
            let location = said.starts_with('/').then(|| said.to_string());
            let body = if location.is_some() { "" } else { said };
            Attempt {
                racer: "A".to_string(),
                operation: "buy".to_string(),
                lane: LaneId(0),
                sent_us: 0,
                ended_us: 1,
                outcome: Outcome::Answered {
                    status: *status,
                    location,
                    body: body.to_string(),
                },
            }
        };
        told.iter().map(answer).collect()
    }

    #[test]
    fn the_limit_is_where_answers_become_others_and_stay_so() {
        const SOLD: (u16, &str) = (409, "{\"error\":\"sold out\"}");
        for (told, times) in [
            (
                &[(201, "{\"left\":2}"), (201, "{\"left\":1}"), SOLD, SOLD][..],
                Some(2),
            ),
            (&[(201, "{\"left\":0}"), SOLD, SOLD], Some(1)),
            // Not yet sure.
            (&[(201, "{\"left\":0}"), SOLD], None),
            (&[(201, "{}"), (503, ""), (201, "{}"), (201, "{}")], None),
            // One path for everything, and 200 to errors.
            (
                &[
                    (200, "{\"data\":{\"id\":1}}"),
                    (200, "{\"errors\":[{\"message\":\"no\"}]}"),
                    (200, "{\"errors\":[{\"message\":\"no\"}]}"),
                ],
                Some(1),
            ),
            // 302 to success and refusal alike.
            (
                &[
                    (302, "/orders/9"),
                    (302, "/orders/10"),
                    (302, "/sorry"),
                    (302, "/sorry"),
                ],
                Some(2),
            ),
            // Lists grow, and that is no limit.
            (&[(200, "[1]"), (200, "[1,2]"), (200, "[1,2,3]")], None),
            // Wrong from the start.
            (&[(404, ""), (410, ""), (410, "")], None),
            (&[], None),
        ] {
            assert_eq!(limit(&answers(told)), times, "{told:?}");
        }
    }
}
