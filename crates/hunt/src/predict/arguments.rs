//! Arguments of all operations: an argument of one name means one thing, whoever has it.

use model::{Operation, System};
use predict::swarm::{ARGUMENTS_MAX, Argument};

/// All arguments, by name, in the order of the spec. How many values one takes is said by the traffic
/// of operations that have it as their first; others take as many as the spec lists.
pub fn of(system: &System) -> Vec<Argument> {
    let mut all: Vec<Argument> = Vec::new();
    for operation in &system.operations {
        let demands = &system.traffic.demands;
        let demand = demands
            .iter()
            .find(|demand| demand.operation == operation.name);
        for (at, (name, values)) in operation.args.iter().enumerate() {
            let said = demand.filter(|_| at == 0);
            let argument = Argument {
                name: name.clone(),
                values: said
                    .map_or(1, |demand| demand.keys)
                    .max(values.len() as u64),
                skew: said.map_or(0.0, |demand| demand.skew),
            };
            match all.iter_mut().find(|known| known.name == *name) {
                Some(known) => {
                    known.values = known.values.max(argument.values);
                    known.skew = known.skew.max(argument.skew);
                }
                None => all.push(argument),
            }
        }
    }
    all.truncate(ARGUMENTS_MAX);
    all
}

/// Where the arguments of an operation stand among all; beyond the last are those that are not told
/// apart.
pub fn places(system: &System, operation: &Operation) -> Vec<usize> {
    let all = of(system);
    let place = |name: &String| {
        let known = all.iter().position(|argument| argument.name == *name);
        known.unwrap_or(ARGUMENTS_MAX)
    };
    operation.args.iter().map(|(name, _)| place(name)).collect()
}
