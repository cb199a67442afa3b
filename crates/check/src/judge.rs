//! Applies the invariants to what a trial left behind.

use model::{Attempt, Invariant, Judgement, Outcome, Probe, System, TrialHistory, Violation};
use serde_json::Value;

use crate::expect::holds;

/// Judges one trial. With `oracle`, only that invariant is asked.
pub fn judge(system: &System, history: &TrialHistory, oracle: Option<&str>) -> Judgement {
    let mut judgement = Judgement::default();
    for invariant in &system.invariants {
        if oracle.is_some_and(|name| name != invariant.name) {
            continue;
        }
        match &invariant.probe {
            Probe::State(_) => by_state(invariant, history, &mut judgement),
            Probe::Responses { operation } => {
                let attempts = history
                    .attempts
                    .iter()
                    .filter(|a| a.operation == *operation);
                attempts
                    .for_each(|attempt| by_response(system, invariant, attempt, &mut judgement));
            }
        }
    }
    judgement
}

fn by_state(invariant: &Invariant, history: &TrialHistory, judgement: &mut Judgement) {
    let observation = history
        .observations
        .iter()
        .find(|o| o.invariant == invariant.name);
    let value = match observation.map(|observation| &observation.value) {
        Some(Ok(value)) => value.clone(),
        Some(Err(why)) => return judgement.undecided.push(says(invariant, why.clone())),
        None => {
            return judgement
                .undecided
                .push(says(invariant, "was not asked".to_string()));
        }
    };
    let value = match &invariant.pointer {
        Some(pointer) => value.as_deref().and_then(|text| at(text, pointer)),
        None => value,
    };
    settle(invariant, value.as_deref(), "", judgement);
}

fn by_response(
    system: &System,
    invariant: &Invariant,
    attempt: &Attempt,
    judgement: &mut Judgement,
) {
    let Outcome::Answered { status, body, .. } = &attempt.outcome else {
        return;
    };
    // A refusal has another shape; the rule speaks of what was promised to the client.
    if !system
        .operation(&attempt.operation)
        .is_none_or(|o| o.is_accepted(*status))
    {
        return;
    }
    let value = match &invariant.pointer {
        Some(pointer) => at(body, pointer),
        None => Some(body.clone()),
    };
    let who = format!("{} got {status} {body}: ", attempt.racer);
    settle(invariant, value.as_deref(), &who, judgement);
}

fn settle(invariant: &Invariant, value: Option<&str>, who: &str, judgement: &mut Judgement) {
    match holds(&invariant.expect, value) {
        Ok(true) => {}
        Ok(false) => {
            let shown = value.unwrap_or("null");
            let place = match (&invariant.pointer, &invariant.probe) {
                (Some(pointer), _) => pointer,
                (None, Probe::State(asked)) => &asked.command,
                (None, Probe::Responses { .. }) => "the answer",
            };
            judgement
                .violations
                .push(says(invariant, format!("{who}{place} is {shown}")));
        }
        Err(why) => judgement
            .undecided
            .push(says(invariant, format!("{who}{why}"))),
    }
}

fn says(invariant: &Invariant, saw: String) -> Violation {
    Violation {
        oracle: invariant.name.clone(),
        saw,
    }
}

/// The value a JSON pointer leads to, as text; none when there is nothing or null.
fn at(text: &str, pointer: &str) -> Option<String> {
    let json: Value = serde_json::from_str(text).ok()?;
    match json.pointer(pointer)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Expect, LaneId, Observation, StateCommand, UnknownWhy};

    fn system(invariant: Invariant) -> System {
        System {
            name: "s".into(),
            folder: ".".into(),
            digest: String::new(),
            backends: vec![],
            services: vec![],
            operations: vec![],
            reset: vec![],
            near_limit: vec![],
            state: vec![],
            invariants: vec![invariant],
            variants: vec![],
            variant: None,
            traffic: model::Traffic::default(),
            incidents: vec![],
            links: vec![],
            outages: vec![],
            loads: vec![],
        }
    }

    fn by_sql(value: Result<Option<&str>, &str>) -> Judgement {
        let probe = Probe::State(StateCommand {
            target: "db".into(),
            command: "SELECT".into(),
        });
        let invariant = Invariant {
            name: "i".into(),
            probe,
            pointer: None,
            expect: Expect::True,
        };
        let value = value.map(|v| v.map(String::from)).map_err(String::from);
        let observations = vec![Observation {
            invariant: "i".into(),
            value,
        }];
        judge(
            &system(invariant),
            &TrialHistory {
                observations,
                ..TrialHistory::default()
            },
            None,
        )
    }

    #[test]
    fn state_is_right_wrong_or_unknown() {
        assert_eq!(by_sql(Ok(Some("t"))), Judgement::default());
        assert_eq!(by_sql(Ok(Some("f"))).violations[0].saw, "SELECT is f");
        assert_eq!(by_sql(Ok(None)).violations.len(), 1);
        assert_eq!(
            by_sql(Err("no connection")).undecided[0].saw,
            "no connection"
        );
    }

    fn by_answer(outcome: Outcome) -> Judgement {
        let invariant = Invariant {
            name: "token".into(),
            probe: Probe::Responses {
                operation: "register".into(),
            },
            pointer: Some("/token".into()),
            expect: Expect::NotStartsWith("null.".into()),
        };
        let attempt = Attempt {
            racer: "A".into(),
            operation: "register".into(),
            lane: LaneId(0),
            sent_us: 0,
            ended_us: 1,
            outcome,
        };
        let history = TrialHistory {
            attempts: vec![attempt],
            ..TrialHistory::default()
        };
        judge(&system(invariant), &history, None)
    }

    #[test]
    fn answers_are_judged_only_when_they_promise_something() {
        let answered = |status, body: &str| {
            by_answer(Outcome::Answered {
                status,
                location: None,
                body: body.into(),
            })
            .violations
            .len()
        };
        assert_eq!(answered(201, r#"{"token":"null.ab"}"#), 1);
        assert_eq!(answered(201, r#"{"token":"7.ab"}"#), 0);
        // (an operation the system does not know counts as accepted)
        assert_eq!(answered(409, r#"{"token":"null.ab"}"#), 1);
        assert_eq!(
            by_answer(Outcome::Unknown(UnknownWhy::TimedOut)),
            Judgement::default()
        );
    }
}
