//! Any model at all, made of exchanges at random: nothing panics, nothing goes on for ever, and the
//! same seed makes the same tally however it is run.

use ::model::{
    Breaker, DemandShape, Distribution, Latency, Link, Outage, OutageKind, Persona, Retry, Traffic,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::time::Duration;

use super::super::demands::Demands;
use super::super::model::{Argument, Model, Role};
use super::super::program::Program;
use super::super::search::{SwarmPlan, predict};
use super::super::tally::Tally;
use super::super::testkit::{model, service};
use super::super::world::World;

/// So much happens in a round of these tests at most.
const HAPPENINGS_MAX: u64 = 3_000;

const LINES: [&str; 18] = [
    "db BEGIN",
    "db+ SELECT events{event}",
    "db+ SELECT events{event} serializable",
    "db+ INCR events{event} repeatable",
    "db+ LOCK events{event} decides",
    "db+ UPDATE events",
    "db+ INSERT orders fresh once",
    "db COMMIT",
    "db UPDATE events{event} conditional",
    "cache GET inv:{event} decides",
    "cache GET inv:{event}",
    "cache SET inv:{event} on-miss PX 5",
    "cache DECR inv:{event} background",
    "cache SETNX lock:{event} PX 3",
    "cache DEL lock:{event} lock",
    "inventory LOCK mutex",
    "inventory UNLOCK mutex",
    "inventory CALL two",
];

fn some_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        3 => (0u64..200).prop_map(Duration::from_millis),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
        1 => Just(Duration::from_nanos(1)),
    ]
}

fn some_latency() -> impl Strategy<Value = Latency> {
    prop_oneof![
        4 => (0u64..20_000).prop_map(|us| Latency::Drawn(Distribution::Fixed(us))),
        1 => Just(Latency::Drawn(Distribution::Fixed(u64::MAX))),
        1 => Just(Latency::Measured(vec![])),
        1 => Just(Latency::Measured(vec![0, u64::MAX])),
        1 => Just(Latency::Drawn(Distribution::Uniform(9, 3))),
        1 => (0.0f64..60.0)
            .prop_map(|sigma| Latency::Drawn(Distribution::Lognormal { median_us: 900, sigma })),
    ]
}

fn some_count() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..60, 1 => Just(0), 1 => Just(1), 1 => Just(u64::MAX)]
}

fn few() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0u64), Just(1), Just(2), 3u64..40]
}

fn some_shape() -> impl Strategy<Value = DemandShape> {
    prop_oneof![
        (few(), some_duration())
            .prop_map(|(requests, window)| DemandShape::Burst { requests, window }),
        (few(), some_latency())
            .prop_map(|(clients, think)| DemandShape::Clients { clients, think }),
        (
            prop_oneof![Just("one"), Just("two"), Just("none")],
            proptest::option::of(some_duration())
        )
            .prop_map(|(operation, redelivery)| DemandShape::After {
                operation: operation.into(),
                redelivery,
            }),
    ]
}

fn some_link() -> impl Strategy<Value = Link> {
    let target = || {
        prop_oneof![
            Just("db"),
            Just("cache"),
            Just("inventory"),
            Just("elsewhere")
        ]
    };
    let retry = (
        proptest::option::of(0u64..4),
        some_duration(),
        prop_oneof![
            Just(0.0),
            Just(1.0),
            Just(2.0),
            Just(-3.0),
            Just(f64::NAN),
            Just(f64::INFINITY)
        ],
        proptest::option::of(some_duration()),
        any::<bool>(),
    );
    let retry = retry.prop_map(|(times, wait, factor, cap, jitter)| Retry {
        times,
        wait,
        factor,
        cap,
        jitter,
    });
    let breaker =
        (0u64..4, some_duration()).prop_map(|(failures, open)| Breaker { failures, open });
    let from = prop_oneof![Just("inventory"), Just("clients"), Just("other")];
    let behaviour = (
        proptest::option::of(0u64..4),
        proptest::option::of(some_duration()),
        proptest::option::of(retry),
        proptest::option::of(breaker),
    );
    (from, target(), behaviour).prop_map(|(from, to, (pool, timeout, retry, breaker))| Link {
        from: from.into(),
        to: to.into(),
        latency: None,
        pool,
        timeout,
        retry,
        breaker,
    })
}

fn some_outage() -> impl Strategy<Value = Outage> {
    let target = prop_oneof![Just("db"), Just("cache"), Just("inventory"), Just("other")];
    let kind = prop_oneof![Just(OutageKind::Refuse), Just(OutageKind::Hang)];
    (target, some_duration(), some_duration(), kind).prop_map(|(target, from, lasts, kind)| {
        Outage {
            target: target.into(),
            from,
            lasts,
            kind,
        }
    })
}

type Odd = (Vec<Latency>, u64, u64, f64, u16, Option<u64>, Option<u64>);

/// Exchanges, and what else is odd about them.
fn some_model() -> impl Strategy<Value = Model> {
    let lines = || vec(0..LINES.len(), 0..9);
    let persona = (0..Persona::ALL.len()).prop_map(|at| Persona::ALL[at].1);
    let odd = (
        vec(some_latency(), 1..6),
        prop_oneof![9 => 0u64..5, 1 => Just(70_000), 1 => Just(u64::MAX)],
        prop_oneof![9 => 1u64..5, 1 => Just(70_000)],
        prop_oneof![3 => Just(0.0f64), 1 => Just(1.0), 1 => Just(f64::NAN)],
        prop_oneof![1u16..4, Just(0), Just(40)],
        proptest::option::of(some_count()),
        proptest::option::of(some_count()),
    );
    let traffic = (vec(some_shape(), 2), vec((persona, 0.0f64..2.0), 0..3));
    let edges = (
        vec(some_link(), 0..3),
        vec(some_outage(), 0..3),
        any::<bool>(),
    );
    (lines(), lines(), odd, traffic, edges)
        .prop_map(|(one, two, odd, traffic, edges)| odd_model(&[one, two], odd, traffic, edges))
}

fn odd_model(
    lines: &[Vec<usize>; 2],
    odd: Odd,
    (shapes, personas): (Vec<DemandShape>, Vec<(Persona, f64)>),
    (links, outages, is_served): (Vec<Link>, Vec<Outage>, bool),
) -> Model {
    let (latencies, values, others, skew, replicas, slots, limit) = odd;
    let told = |at: usize| -> Vec<&str> { lines[at].iter().map(|line| LINES[*line]).collect() };
    let (one, two) = (told(0), told(1));
    let mut model = model(&[("one", &one), ("two", &two)], 1, 1);
    let of_operations = model.operations.iter_mut();
    let all = of_operations.flat_map(|operation| &mut operation.exchanges);
    for (exchange, latency) in all.zip(latencies.iter().cycle()) {
        exchange.takes = latency.clone();
    }
    for operation in &mut model.operations {
        operation.limit = limit;
        operation.arguments = vec![0, 1, 9];
    }
    let argument = |values| Argument {
        name: "event".into(),
        values,
        skew,
    };
    model.arguments = vec![argument(values), argument(others)];
    model.services = match is_served {
        true => vec![service("inventory", replicas), service("other", 1)],
        false => vec![],
    };
    model
        .services
        .iter_mut()
        .for_each(|service| service.slots = slots);
    model.traffic = Traffic {
        personas,
        ..model.traffic
    };
    for (demand, shape) in model.traffic.demands.iter_mut().zip(shapes) {
        demand.shape = shape;
    }
    (model.links, model.outages) = (links, outages);
    model
}

fn run(model: &Model, rounds: &[u64]) -> Tally {
    let (program, demands) = (Program::of(model), Demands::of(model));
    let mut world = World::new(&program, &demands);
    world.happenings_max = HAPPENINGS_MAX;
    for round in rounds {
        world.run(3, *round);
        world.assert_empty();
    }
    world.take_tally()
}

impl World<'_> {
    /// Nothing of a round is left.
    fn assert_empty(&self) {
        assert_eq!(
            (self.requests.len(), self.times.len(), self.free.len()),
            (0, 0, 0)
        );
        assert_eq!((self.queue.len(), self.agents.len()), (0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_model_runs_to_an_end_and_rounds_are_independent(model in some_model()) {
        let both = run(&model, &[0, 1, 2]);
        let mut apart = run(&model, &[2]);
        apart.add(&run(&model, &[1]));
        apart.add(&run(&model, &[0]));
        prop_assert_eq!(&both, &apart);
        for operation in &both.operations {
            let ended = operation.done + operation.refused + operation.turned_away + operation.failed;
            prop_assert!(ended <= operation.requests);
        }
        for window in &both.windows {
            prop_assert!(window.raced + window.turned_away <= window.closed + both.requests);
        }
    }
}

#[test]
fn bursts_of_nothing_are_predicted_too() {
    let plan = SwarmPlan {
        seed: 1,
        threads: 3,
        requests: 50,
        share: f64::NAN,
        searches: true,
    };
    let empty = Model {
        operations: vec![],
        services: vec![],
        ..model(&[], 0, 0)
    };
    assert!(predict(&empty, &plan).boundaries.is_empty());
    let mut huge = model(
        &[("one", &["cache GET inv:{event}", "cache SET inv:{event}"])],
        30,
        u64::MAX,
    );
    huge.services[0].replicas = u16::MAX;
    assert_eq!(predict(&huge, &plan).boundaries.len(), 1);
}

#[test]
fn what_is_cut_short_is_counted() {
    // Each is followed by itself, twice.
    let mut model = model(&[("one", &["cache DECR a takes=0ms"])], 1, 1);
    let again = ::model::Demand {
        shape: DemandShape::After {
            operation: "one".into(),
            redelivery: None,
        },
        ..model.traffic.demands[0].clone()
    };
    model.traffic.demands.extend([again.clone(), again]);
    let tally = run(&model, &[0]);
    assert_eq!((tally.rounds_cut, tally.rounds), (1, 1));
}

#[test]
fn a_call_of_what_is_not_there_is_an_exchange_like_others() {
    let mut model = model(&[("one", &["inventory CALL nobody"])], 5, 1);
    assert_eq!(
        model.operations[0].exchanges[0].role,
        Role::Call(usize::MAX)
    );
    assert_eq!(run(&model, &[0]).operations[0].done, 5);
    model.operations[0].service = "nowhere".into();
    assert_eq!(run(&model, &[0]).operations[0].done, 5);
}
