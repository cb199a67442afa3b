//! Asks a store which racer waits for which: the only proof that an order cannot be had because
//! the store itself keeps it from happening.

use lab::Lab;
use model::{Protocol, Schedule, StateCommand};
use serde_json::Value;

use crate::directors::{Blocked, Steering, Waiting};
use crate::stage::Stage;

/// Asks PostgreSQL about the steps that wait there while another racer is held, and tells the
/// director.
pub(crate) async fn ask<L: Lab>(
    stage: &mut Stage<L>,
    schedule: &Schedule,
    director: &dyn Steering,
) {
    let waiting = director.waiting(std::time::Instant::now());
    let mut targets: Vec<&str> = waiting.iter().map(|step| step.target.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    let mut found = Vec::new();
    for target in targets {
        if stage.system.protocol_of(target) != Some(Protocol::Postgres) {
            continue;
        }
        let here: Vec<&Waiting> = waiting
            .iter()
            .filter(|step| step.target == target)
            .collect();
        let command = question(target, &here);
        // No answer is no evidence: the order is then given up by time, or not at all.
        let Ok(answer) = stage.state().ask_whole(&command).await else {
            continue;
        };
        let sessions = director.sessions(target);
        let holder = |session: u32| {
            let mut all = sessions.iter();
            all.find(|(_, theirs)| *theirs == session)
                .map(|(racer, _)| *racer)
        };
        for (session, by) in pairs(&answer) {
            let step = here.iter().find(|step| step.session == session);
            if let (Some(step), Some(holder)) = (step, holder(by))
                && step.racer != holder
            {
                found.push(Blocked {
                    racer: step.racer,
                    holder,
                    evidence: evidence(schedule, step, holder),
                });
            }
        }
    }
    if !found.is_empty() {
        director.blocked(found);
    }
}

fn question(target: &str, waiting: &[&Waiting]) -> StateCommand {
    let sessions: Vec<String> = waiting
        .iter()
        .map(|step| step.session.to_string())
        .collect();
    StateCommand {
        target: target.to_string(),
        command: format!(
            "SELECT pid AS waits, unnest(pg_blocking_pids(pid)) AS for FROM unnest(ARRAY[{}]) AS pid",
            sessions.join(",")
        ),
    }
}

/// Who waits, and for whom.
fn pairs(answer: &Value) -> Vec<(u32, u32)> {
    let rows = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |row: &Value, name: &str| row.get(name)?.as_str()?.parse().ok();
    rows.iter()
        .filter_map(|row| Some((number(row, "waits")?, number(row, "for")?)))
        .collect()
}

fn evidence(schedule: &Schedule, step: &Waiting, holder: usize) -> String {
    let name = |racer: usize| {
        let racer = schedule.racers.get(racer);
        racer.map_or("another racer", |racer| racer.name.as_str())
    };
    format!(
        "{}'s `{}` waits for a lock that {} has (pg_blocking_pids)",
        name(step.racer),
        step.step,
        name(holder)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_answer_is_read() {
        let answer = json!([{ "waits": "71", "for": "70" }, { "waits": "x", "for": null }]);
        assert_eq!(pairs(&answer), [(71, 70)]);
        assert_eq!(pairs(&Value::Null), []);
    }
}
