//! What all trials of an isolation stand on: the stage, how racers start and are judged, and what
//! was learned of how long trials take.

use std::collections::HashMap;
use std::time::Duration;

use lab::Lab;
use model::{OrderLine, RacerPlan, Schedule, Setup};

use crate::context::Context;
use crate::error::HuntError;
use crate::isolate::serial::{self, Serial};
use crate::judging::Oracles;
use crate::phase::{self, Typical};
use crate::stage::Stage;
use crate::trial::{self, Control, Racers, TrialDone, TrialPlan};

/// The ground of an isolation.
pub(crate) struct Ground<'a, L: Lab> {
    pub stage: &'a mut Stage<L>,
    pub context: &'a Context,
    /// Racers start within this span.
    pub spread: Duration,
    /// What is waited for after answers of these operations.
    settling: &'a HashMap<String, Duration>,
    /// Whether the spec's invariants judge too.
    pub invariants: bool,
    pub typical: Typical,
    pairs: Vec<(Vec<RacerPlan>, Setup, Serial)>,
}

impl<'a, L: Lab> Ground<'a, L> {
    pub fn new(
        stage: &'a mut Stage<L>,
        context: &'a Context,
        spread: Duration,
        settling: &'a HashMap<String, Duration>,
        invariants: bool,
    ) -> Ground<'a, L> {
        Ground {
            stage,
            context,
            spread,
            settling,
            invariants,
            typical: Typical::default(),
            pairs: Vec::new(),
        }
    }

    /// Finds out what these racers do one after another, unless it is known. Returns its place.
    pub async fn serial(
        &mut self,
        racers: &[RacerPlan],
        setup: &Setup,
    ) -> Result<usize, HuntError> {
        let known =
            |(known, from, _): &(Vec<RacerPlan>, Setup, Serial)| known == racers && from == setup;
        if let Some(at) = self.pairs.iter().position(known) {
            return Ok(at);
        }
        let schedule = self.schedule("one after another", racers, setup, &[]);
        let serial = serial::run(self.stage, &schedule, self.invariants, self.context).await?;
        if serial.reference.varying() > 0 {
            let names: Vec<&str> = racers
                .iter()
                .map(|racer| racer.operation.as_str())
                .collect();
            self.context.warn(format!(
                "{}: {} values differ between equal sequential runs and are not compared",
                names.join(" and "),
                serial.reference.varying()
            ));
        }
        self.pairs.push((racers.to_vec(), setup.clone(), serial));
        Ok(self.pairs.len() - 1)
    }

    /// What was found out.
    pub fn known(&self, serial: usize) -> &Serial {
        &self.pairs[serial].2
    }

    /// All that was found out.
    pub fn all_serial(&self) -> impl Iterator<Item = &Serial> {
        self.pairs.iter().map(|(_, _, serial)| serial)
    }

    /// A schedule of this system.
    pub fn schedule(
        &self,
        name: &str,
        racers: &[RacerPlan],
        setup: &Setup,
        order: &[OrderLine],
    ) -> Schedule {
        let racing = racers.iter();
        let known = racing.filter_map(|racer| self.settling.get(&racer.operation));
        Schedule {
            name: name.to_string(),
            setup: setup.clone(),
            racers: racers.to_vec(),
            order: order.to_vec(),
            oracle: None,
            settle: known.max().copied().unwrap_or_default(),
        }
    }

    /// Clients for the racers of a schedule.
    pub fn racers(&self, schedule: &Schedule) -> Result<Racers, HuntError> {
        Racers::new(self.stage, schedule)
    }

    /// Runs one trial.
    pub async fn trial(
        &mut self,
        schedule: &Schedule,
        racers: &Racers,
        serial: usize,
        control: Control,
        number: u64,
    ) -> Result<TrialDone, HuntError> {
        let oracles = Oracles {
            only: None,
            invariants: self.invariants,
            reference: Some(&self.pairs[serial].2.reference),
            wrong_alone: &self.pairs[serial].2.wrong,
        };
        let plan = TrialPlan {
            schedule,
            control,
            spread: self.spread,
            stuck: self.typical.stuck(),
            oracles: &oracles,
        };
        let done = trial::run(self.stage, racers, &plan, number, self.context).await?;
        phase::stop_if_died(self.stage)?;
        Ok(done)
    }
}
