//! The same seed, the same tally; and what a world keeps.

use super::super::Model;
use super::super::demands::Demands;
use super::super::program::Program;
use super::super::rounds::{Effort, simulate};
use super::super::tally::Tally;
use super::super::testkit::{fixed, model};
use super::super::world::World;
use super::RACY;
use ::model::DemandShape;

fn counted(seed: u64, threads: usize) -> Tally {
    let effort = Effort {
        requests: 20_000,
        rounds: 10,
    };
    simulate(
        &model(&[("reserve", RACY)], 200, 100),
        seed,
        effort,
        threads,
    )
    .1
}

#[test]
fn threads_make_no_difference_and_seeds_do() {
    let one = counted(9, 1);
    for threads in [2, 3, 7, 1_000] {
        assert_eq!(counted(9, threads), one, "{threads} threads");
    }
    assert_ne!(counted(10, 1), one);
}

fn clients(clients: u64) -> Model {
    let think = fixed(50_000);
    model(&[("reserve", RACY)], 1, 10).asked("reserve", DemandShape::Clients { clients, think })
}

/// Each client has one request at a time, however long it asks and how often that begins anew.
#[test]
fn a_world_keeps_no_more_than_is_on_its_way() {
    let model = clients(20);
    let (program, demands) = (Program::of(&model), Demands::of(&model));
    let mut world = World::new(&program, &demands);
    for round in 0..3 {
        world.run(1, round);
        let places = world.requests.capacity().max(world.queue.capacity());
        assert!(places <= 64, "{places}");
    }
    assert!(world.take_tally().requests > 50_000);
}
