//! How many were inside the same window at once: between the moment at which somebody looked at
//! something that is shared and the moment at which the same request set it.
//!
//! A lane's requests are not told apart on its wires. Which steps look and which set is learned of one
//! request by itself, and a step that sets is matched with the latest such look before it in its lane
//! that has no match yet. Any other matching has more open windows at every moment: what is counted is
//! the least that can have been.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::{Access, Effect, LaneId, ReplyKind};

use crate::directors::Touch;

/// Only so many places are looked at, those first that are looked at most.
const PLACES_MAX: usize = 50;

/// What happened at one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Windows by how many were inside at once while they were open, themselves included.
    pub windows: BTreeMap<u32, u64>,
}

impl Overlap {
    /// The most that were inside at once.
    pub fn peak(&self) -> u32 {
        self.windows.keys().next_back().copied().unwrap_or(0)
    }

    /// Takes in what happened there another time.
    pub fn add(&mut self, other: &Overlap) {
        for (inside, windows) in &other.windows {
            *self.windows.entry(*inside).or_default() += windows;
        }
    }
}

/// Which steps of a request look at something that a later one sets, by target and shape.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    looks: HashSet<(String, String)>,
    sets: HashSet<(String, String)>,
}

impl Pairs {
    /// Learns them from the steps of requests that were made one after the other.
    pub fn learn(&mut self, touches: &[Touch]) {
        for (nth, set) in touches.iter().enumerate() {
            for look in &touches[..nth] {
                let is_pair = look.step.target == set.step.target
                    && look.step.effects.iter().any(|one| {
                        let mut others = set.step.effects.iter();
                        looks_at(one.access)
                            && others.any(|other| sets(other.access) && other.meets(one))
                    });
                if is_pair {
                    self.looks.insert(shape(look));
                    self.sets.insert(shape(set));
                }
            }
        }
    }
}

fn shape(touch: &Touch) -> (String, String) {
    (touch.step.target.clone(), touch.step.shape.clone())
}

/// The windows of each place: `cache inv:42`.
pub fn overlaps(touches: &[Touch], pairs: &Pairs) -> BTreeMap<String, Overlap> {
    let is_known = |touch: &&Touch| {
        let shape = shape(touch);
        pairs.looks.contains(&shape) || pairs.sets.contains(&shape)
    };
    let touches: Vec<&Touch> = touches.iter().filter(is_known).collect();
    let touches = &touches[..];
    let mut looks: HashMap<(&str, &str, String), (&Effect, u64)> = HashMap::new();
    for (target, effect) in effects(touches, looks_at) {
        let key = (target, effect.resource.as_str(), effect.part_text());
        looks.entry(key).or_insert((effect, 0)).1 += 1;
    }
    let mut places: Vec<_> = looks
        .into_iter()
        .filter(|(_, (_, count))| *count > 1)
        .collect();
    places.sort_by(|(a_key, (_, a)), (b_key, (_, b))| b.cmp(a).then_with(|| a_key.cmp(b_key)));
    places.truncate(PLACES_MAX);
    let windows =
        |((target, resource, part), (effect, _)): ((&str, &str, String), (&Effect, u64))| {
            let name = match part.is_empty() {
                true => format!("{target} {resource}"),
                false => format!("{target} {resource} {part}"),
            };
            let overlap = overlap(&windows_at(touches, target, effect));
            (!overlap.windows.is_empty()).then_some((name, overlap))
        };
    places.into_iter().filter_map(windows).collect()
}

fn effects<'a>(
    touches: &'a [&'a Touch],
    is_wanted: impl Fn(Access) -> bool,
) -> impl Iterator<Item = (&'a str, &'a Effect)> {
    touches.iter().flat_map(move |touch| {
        let effects = touch.step.effects.iter();
        let wanted: Vec<_> = effects
            .filter(|effect| is_wanted(effect.access))
            .map(|effect| (touch.step.target.as_str(), effect))
            .collect();
        wanted
    })
}

/// What looks and sets in one step has no window. A lock that is taken on what is then set is looked at.
fn looks_at(access: Access) -> bool {
    matches!(access, Access::Read | Access::Lock)
}

fn sets(access: Access) -> bool {
    matches!(access, Access::Write | Access::Atomic)
}

/// The windows at what this effect looks at: from the reply to the look until the step that sets.
fn windows_at(touches: &[&Touch], target: &str, place: &Effect) -> Vec<(u64, u64)> {
    // In the order of what happens: replies to looks, and steps that set.
    let mut moments: Vec<(u64, LaneId, bool)> = Vec::new();
    for touch in touches.iter().filter(|touch| touch.step.target == target) {
        let here = |is_wanted: fn(Access) -> bool| {
            let mut effects = touch.step.effects.iter();
            effects.any(|effect| is_wanted(effect.access) && effect.meets(place))
        };
        let came = touch.replied.filter(|(_, kind)| *kind != ReplyKind::Cut);
        if here(sets) {
            moments.push((touch.asked_us, touch.lane, false));
        } else if let Some((replied_us, _)) = came
            && here(looks_at)
        {
            moments.push((replied_us, touch.lane, true));
        }
    }
    moments.sort_unstable();
    let mut open: HashMap<LaneId, Vec<u64>> = HashMap::new();
    let mut windows = Vec::new();
    for (at_us, lane, is_look) in moments {
        let of_lane = open.entry(lane).or_default();
        match is_look {
            true => of_lane.push(at_us),
            false => windows.extend(of_lane.pop().map(|from_us| (from_us, at_us))),
        }
    }
    windows
}

/// For each window the most that were open at once while it was.
fn overlap(windows: &[(u64, u64)]) -> Overlap {
    // Whoever leaves at the moment at which another comes was not beside it.
    let mut moments: Vec<(u64, bool, usize)> = Vec::new();
    for (nth, (from_us, to_us)) in windows.iter().enumerate() {
        moments.push((*from_us, true, nth));
        moments.push(((*to_us).max(from_us + 1), false, nth));
    }
    moments.sort_unstable();
    let mut inside: Vec<usize> = Vec::new();
    let mut most = vec![0_u32; windows.len()];
    for (_, comes, nth) in moments {
        match comes {
            true => {
                inside.push(nth);
                let count = inside.len() as u32;
                inside
                    .iter()
                    .for_each(|of| most[*of] = most[*of].max(count));
            }
            false => inside.retain(|of| *of != nth),
        }
    }
    let mut overlap = Overlap::default();
    for most in most {
        *overlap.windows.entry(most).or_default() += 1;
    }
    overlap
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::contention::testkit::touch;

    fn told(touches: &[Touch]) -> Vec<(String, Vec<(u32, u64)>)> {
        let mut pairs = Pairs::default();
        pairs.learn(touches);
        let all = overlaps(touches, &pairs).into_iter();
        all.map(|(name, overlap)| (name, overlap.windows.into_iter().collect()))
            .collect()
    }

    #[test]
    fn whoever_looks_before_another_has_set_is_inside_with_it() {
        use Access::{Atomic, Read, Write};
        let get = |lane, us| touch(lane, Read, "inv:42", us);
        let set = |lane, us| touch(lane, Write, "inv:42", us);
        let name = || "cache inv:42".to_string();
        for (touches, expected) in [
            // One after the other.
            (
                vec![get(0, 10), set(0, 20), get(1, 30), set(1, 40)],
                vec![(1, 2)],
            ),
            (
                vec![get(0, 10), get(1, 15), set(0, 20), set(1, 40)],
                vec![(2, 2)],
            ),
            // Of one lane, whoever they are.
            (
                vec![get(0, 10), get(0, 15), set(0, 20), set(0, 40)],
                vec![(2, 2)],
            ),
            // One looks and goes: of two looks in one lane the later is the one that set.
            (
                vec![get(0, 10), get(0, 15), set(0, 20), get(1, 30), set(1, 40)],
                vec![(1, 2)],
            ),
            (
                vec![
                    get(0, 10),
                    get(1, 11),
                    get(2, 12),
                    set(0, 20),
                    set(1, 30),
                    set(2, 40),
                ],
                vec![(3, 3)],
            ),
        ] {
            assert_eq!(told(&touches), [(name(), expected)], "{touches:?}");
        }
        // What looks and sets at once, what is only looked at, and what is looked at once.
        let count = |lane, us| touch(lane, Atomic, "inv:42", us);
        assert_eq!(told(&[count(0, 1), count(1, 1), count(0, 2)]), []);
        assert_eq!(told(&[get(0, 1), get(1, 1)]), []);
        assert_eq!(told(&[get(0, 1), set(0, 5), set(1, 6)]), []);
    }

    #[test]
    fn what_no_request_pairs_is_no_window() {
        let alone = [
            touch(0, Access::Write, "a", 1),
            touch(0, Access::Read, "a", 2),
        ];
        let mut pairs = Pairs::default();
        pairs.learn(&alone);
        let twice = [&alone[..], &alone].concat();
        assert_eq!(overlaps(&twice, &pairs), BTreeMap::new());
    }

    #[test]
    fn what_never_answered_opens_nothing() {
        let mut lost = touch(0, Access::Read, "a", 10);
        lost.replied = None;
        let seen = [
            lost,
            touch(1, Access::Read, "a", 11),
            touch(0, Access::Write, "a", 20),
            touch(1, Access::Write, "a", 30),
        ];
        assert_eq!(told(&seen), [("cache a".to_string(), vec![(1, 1)])]);
    }
}
