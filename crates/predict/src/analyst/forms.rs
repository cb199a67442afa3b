//! Names of keys, paths and locks in which values stand (`inv:42`, `/events/42`, `advisory:7`):
//! the form that all of them have (`inv:*`), and the values as parts, so that two such names are
//! about the same thing where their values are equal. Tables have their parts already.

use std::collections::{HashMap, HashSet};

use model::{Effect, Protocol, Step};

/// A place in a name that has more values than this is open.
const FIXED_VALUES_MAX: usize = 8;
/// Places of a name that are looked at; what stands after them is open.
const PLACES_MAX: usize = 16;
/// Sorts of names that are learned; those of further sorts keep the words they have.
const SORTS_MAX: usize = 4096;

/// Which places of which names are open.
#[derive(Default)]
pub struct Forms {
    values: HashMap<Sort, Vec<HashSet<String>>>,
}

/// Backend, number of pieces, and the first piece.
type Sort = (String, usize, String);

impl Forms {
    /// Takes the names of one more step into account.
    pub fn learn(&mut self, step: &Step) {
        for effect in step.effects.iter().filter(|effect| has_form(step, effect)) {
            let pieces = pieces(&effect.resource);
            let sort = sort(&step.target, &pieces);
            if self.values.len() >= SORTS_MAX && !self.values.contains_key(&sort) {
                continue;
            }
            let places = self.values.entry(sort).or_default();
            places.resize_with(pieces.len().min(PLACES_MAX), HashSet::new);
            for (place, piece) in places.iter_mut().zip(pieces) {
                if place.len() <= FIXED_VALUES_MAX && !place.contains(piece) {
                    place.insert(piece.to_string());
                }
            }
        }
    }

    /// The effect with its name's form, and the values in its part.
    pub fn of(&self, step: &Step, effect: &Effect) -> Effect {
        if !has_form(step, effect) {
            return effect.clone();
        }
        let pieces = pieces(&effect.resource);
        let places = self.values.get(&sort(&step.target, &pieces));
        let mut formed = effect.clone();
        formed.resource = String::new();
        for (at, piece) in pieces.iter().enumerate() {
            if at >= PLACES_MAX {
                formed.part.push((format!("*{at}"), pieces[at..].concat()));
                formed.resource.push('*');
                break;
            }
            let place = places.and_then(|places| places.get(at));
            let has_many = place.is_some_and(|values| values.len() > FIXED_VALUES_MAX);
            if is_value(piece) || at > 0 && has_many && !is_mark(piece) {
                formed.part.push((format!("*{at}"), (*piece).to_string()));
                formed.resource.push('*');
            } else {
                formed.resource.push_str(piece);
            }
        }
        formed
    }
}

/// Tables are named by their code; everything else may be named by values.
fn has_form(step: &Step, effect: &Effect) -> bool {
    step.protocol != Protocol::Postgres || effect.resource.contains(':')
}

fn sort(target: &str, pieces: &[&str]) -> Sort {
    let first = pieces.first().copied().unwrap_or_default();
    let first = if is_value(first) { "*" } else { first };
    (target.to_string(), pieces.len(), first.to_string())
}

/// Words and what stands between them.
fn pieces(name: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for outer in split_around(name, |c| {
        !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'))
    }) {
        match is_value(outer) {
            true => found.push(outer),
            // `inv_42`, but not within `0af7-6519`.
            false => found.extend(split_around(outer, |c| matches!(c, '-' | '_' | '.'))),
        }
    }
    found
}

fn split_around(text: &str, is_mark: fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split_inclusive(is_mark).flat_map(move |piece| {
        let mark = piece
            .char_indices()
            .next_back()
            .filter(|(_, c)| is_mark(*c));
        let (word, mark) = piece.split_at(mark.map_or(piece.len(), |(at, _)| at));
        [word, mark].into_iter().filter(|piece| !piece.is_empty())
    })
}

fn is_mark(piece: &str) -> bool {
    !piece.chars().any(char::is_alphanumeric)
}

/// A number, a long hexadecimal word, an address: never a word of the code.
fn is_value(piece: &str) -> bool {
    let digits = piece.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = |c: u8| c.is_ascii_hexdigit() || c == b'-';
    !piece.is_empty()
        && (digits == piece.len()
            || piece.contains('@')
            || piece.len() >= 8 && digits >= 2 && piece.bytes().all(is_hex)
            || piece.len() >= 16 && digits >= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let many = |text: &str| {
            (0..20)
                .map(|n| format!("{text}{}", char::from(b'a' + n)))
                .collect()
        };
        let one = |text: &str| vec![text.to_string()];
        for (names, expected) in [
            (one("inv:42"), "inv:* [*2=42]"),
            (one("inv_42"), "inv_* [*2=42]"),
            (one("stock"), "stock []"),
            (one("/events/42/seats"), "/events/*/seats [*3=42]"),
            (one("advisory:hashtext(7)"), "advisory:hashtext(*) [*4=7]"),
            (
                one("s:6f2b1c1e-8a9d-4f7e-9d2c-1a2b3c4d5e6f"),
                "s:* [*2=6f2b1c1e-8a9d-4f7e-9d2c-1a2b3c4d5e6f]",
            ),
            (one("cart:ann@example.com"), "cart:* [*2=ann@example.com]"),
            (many("cart:"), "cart:* [*2=a]"),
            (one("cart:ann"), "cart:ann []"),
            (one("a:b:c:d:e:f:g:h:i:j"), "a:b:c:d:e:f:g:h:* [*16=i:j]"),
        ] {
            let mut forms = Forms::default();
            let steps: Vec<Step> = names.iter().map(|name| step(name)).collect();
            steps.iter().for_each(|step| forms.learn(step));
            let formed = forms.of(&steps[0], &steps[0].effects[0]);
            let part: Vec<String> = formed
                .part
                .iter()
                .map(|(c, v)| format!("{c}={v}"))
                .collect();
            assert_eq!(
                format!("{} [{}]", formed.resource, part.join(" ")),
                expected
            );
        }
    }

    fn step(name: &str) -> Step {
        let line = format!("cache GET {name}");
        super::super::testkit::seen(&line).step
    }
}
