//! What services do of their own accord: heartbeats, looks at a table of jobs. It belongs to no
//! request, so nobody learns it as one's step or holds it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use lab::Lab;
use model::{LaneId, Schedule, SeenStep, Setup};

use crate::conductor::OwnStep;
use crate::context::Context;
use crate::directors::{Ordered, Steering};
use crate::error::HuntError;
use crate::stage::Stage;
use crate::trial;

/// Nothing is asked of the system for so long.
const WATCHED: Duration = Duration::from_millis(300);

/// What a lane does so often meanwhile is regular; less could be what a start leaves behind.
const TIMES_MIN: usize = 3;

/// Watches the system while nobody asks anything of it, and leaves alone what comes all the same.
pub(crate) async fn learn<L: Lab>(
    stage: &mut Stage<L>,
    setup: &Setup,
    context: &Context,
) -> Result<HashSet<OwnStep>, HuntError> {
    trial::prepare_state(stage, setup).await?;
    let nobody = Schedule {
        name: "nobody".to_string(),
        setup: setup.clone(),
        racers: Vec::new(),
        order: Vec::new(),
        oracle: None,
        settle: Duration::ZERO,
    };
    let director = Arc::new(Ordered::new(&nobody));
    let conductor = stage.conductor();
    conductor.hand_to(director.clone());
    tokio::time::sleep(WATCHED).await;
    conductor.rest();
    let regular = regular(&director.take_log());
    let names: BTreeSet<&str> = regular.iter().map(|own| own.name.as_str()).collect();
    for name in names {
        context.warn(format!(
            "`{name}` comes again and again without any request: it is set aside, also where a request makes it"
        ));
    }
    conductor.leave_alone(regular.clone());
    Ok(regular)
}

fn regular(steps: &[SeenStep]) -> HashSet<OwnStep> {
    let mut times: HashMap<(LaneId, OwnStep), usize> = HashMap::new();
    for SeenStep { step, .. } in steps.iter().filter(|seen| seen.step.is_shared()) {
        *times.entry((step.lane, OwnStep::of(step))).or_default() += 1;
    }
    let often = times.into_iter().filter(|(_, times)| *times >= TIMES_MIN);
    often.map(|((_, own), _)| own).collect()
}

#[cfg(test)]
mod tests {
    use model::Step;

    use super::*;
    use crate::testkit::step;

    #[test]
    fn what_one_lane_does_again_and_again_is_regular() {
        let ping = || Step {
            noise: true,
            ..step(0, 0, "PING", "")
        };
        let steps = [
            [step(0, 0, "SET", "alive"), step(0, 1, "SET", "alive")],
            [step(0, 2, "SET", "alive"), step(0, 3, "GET", "jobs")],
            [step(0, 4, "GET", "jobs"), step(1, 0, "GET", "jobs")],
            [ping(), ping()],
            [ping(), ping()],
        ];
        let seen = steps.into_iter().flatten().map(|step| SeenStep {
            step,
            reply: None,
            asked_us: 0,
            passed_us: 0,
            replied_us: 0,
        });
        let regular = regular(&seen.collect::<Vec<_>>());
        let names: Vec<&str> = regular.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names, ["cache SET alive"]);
    }
}
