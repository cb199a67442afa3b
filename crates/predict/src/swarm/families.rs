//! Families: things of one kind that requests share, such as the rows of a table or the keys
//! `inv:*`, and which member a request's arguments lead to.

use std::collections::BTreeMap;

use super::choice::Choice;
use super::model::{ARGUMENTS_MAX, DeedTies, Exchange, Model};
use crate::footprint::Deed;

/// Values of the arguments of one request.
pub type Keys = [u32; ARGUMENTS_MAX];

/// Things of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// `cache inv:*`.
    pub name: String,
    /// The backend or service that has them.
    pub target: String,
    /// Arguments that say which is meant, with the step that each value makes and how many values
    /// have a place; more share them.
    pub strides: Vec<(usize, u32, u32)>,
    /// How many there are.
    pub members: u32,
    /// Locks of a service's own are in each of so many replicas; what is shared is there once.
    pub replicas: u16,
    /// How likely two requests mean the same.
    pub same: f64,
}

/// Which members a deed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The one that the request's arguments say.
    Keyed,
    /// All of them, or one that nobody can tell.
    Whole,
    /// One that nobody else has.
    Private,
}

impl Family {
    /// The member that a request means.
    #[inline]
    pub fn member(&self, keys: &Keys) -> u32 {
        let strides = self.strides.iter();
        strides
            .map(|(argument, stride, values)| match keys[*argument] {
                key if key < *values => key * stride,
                key => key % values * stride,
            })
            .sum()
    }
}

/// The families of a model, and where each deed is in them.
#[derive(Debug, Clone, Default)]
pub struct Families {
    pub all: Vec<Family>,
    groups: BTreeMap<(String, String), Group>,
}

/// A group before it is a family.
#[derive(Debug, Clone, Default)]
struct Group {
    place: usize,
    /// The column that tells rows apart, of a table.
    column: Option<String>,
    /// Arguments that all who are tied to any are tied to.
    arguments: u8,
}

impl Families {
    pub fn of(model: &Model, choices: &[Choice]) -> Families {
        let mut ties: BTreeMap<(String, String), Vec<(&Deed, &DeedTies)>> = BTreeMap::new();
        for exchange in model.operations.iter().flat_map(|o| &o.exchanges) {
            for (deed, tie) in deeds(exchange) {
                let name = (deed.target.clone(), tie.resource.clone());
                ties.entry(name).or_default().push((deed, tie));
            }
        }
        let mut families = Families::default();
        for (name, tied) in ties {
            let (column, arguments) = chooses(&tied);
            let place = families.all.len();
            families.all.push(family(&name, arguments, choices));
            let group = Group {
                place,
                column,
                arguments,
            };
            families.groups.insert(name, group);
        }
        families
    }

    /// The family of a deed, and which of its members it is about.
    pub fn place(&self, deed: &Deed, ties: &DeedTies) -> Option<(usize, At)> {
        let name = (deed.target.clone(), ties.resource.clone());
        let group = self.groups.get(&name)?;
        if ties.named.fresh {
            return Some((group.place, At::Private));
        }
        if ties.named.arguments != 0 {
            return Some((group.place, At::Keyed));
        }
        let at = match &group.column {
            // One thing by a name of its own.
            None if ties.part.is_empty() => At::Whole,
            None => match ties.part.iter().any(|(_, tie)| tie.fresh) {
                true => At::Private,
                false => At::Whole,
            },
            Some(column) => match ties.part.iter().find(|(known, _)| known == column) {
                Some((_, tie)) if tie.fresh => At::Private,
                Some((_, tie)) if tie.arguments & group.arguments == group.arguments => At::Keyed,
                _ => At::Whole,
            },
        };
        Some((group.place, at))
    }
}

/// The deeds of an exchange that are about something in particular.
pub fn deeds(exchange: &Exchange) -> impl Iterator<Item = (&Deed, &DeedTies)> {
    let all = exchange.footprint.deeds.iter().zip(&exchange.ties);
    all.filter(|(deed, _)| !deed.is_snapshot())
}

/// What tells the members apart: the column of a table that is tied to arguments most often, those
/// that are looked at by it counted twice, and the arguments.
fn chooses(tied: &[(&Deed, &DeedTies)]) -> (Option<String>, u8) {
    let common = |masks: &mut dyn Iterator<Item = u8>| {
        let common = masks
            .filter(|mask| *mask != 0)
            .reduce(|one, other| one & other);
        common.unwrap_or(0)
    };
    let named = common(&mut tied.iter().map(|(_, ties)| ties.named.arguments));
    if named != 0 {
        return (None, named);
    }
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for (deed, ties) in tied {
        for (column, tie) in &ties.part {
            if tie.arguments != 0 {
                *counts.entry(column).or_default() += 1 + u32::from(deed.looks);
            }
        }
    }
    let most = counts.iter().max_by_key(|(_, count)| **count);
    let Some((column, _)) = most else {
        return (None, 0);
    };
    let of_column = |ties: &DeedTies| {
        let tie = ties.part.iter().find(|(known, _)| known == column);
        tie.map_or(0, |(_, tie)| tie.arguments)
    };
    let arguments = common(&mut tied.iter().map(|(_, ties)| of_column(ties)));
    (Some((*column).to_string()), arguments)
}

/// More members than this share places: what is one of so many hardly meets.
pub const MEMBERS_MAX: u64 = 1 << 16;

fn family((target, resource): &(String, String), arguments: u8, choices: &[Choice]) -> Family {
    let mut strides = Vec::new();
    let (mut members, mut same) = (1u64, 1.0);
    for (at, choice) in choices.iter().enumerate().take(ARGUMENTS_MAX) {
        if arguments & (1 << at) == 0 {
            continue;
        }
        let places = choice.values().clamp(1, MEMBERS_MAX / members);
        strides.push((at, members as u32, places as u32));
        members *= places;
        same *= choice.same();
    }
    Family {
        name: format!("{target} {resource}"),
        target: target.clone(),
        strides,
        members: members as u32,
        replicas: 1,
        same,
    }
}
