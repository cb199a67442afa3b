//! The texts of described steps, filled as one request would fill them, and as others would.

use model::{Operation, Template, Variable};
use predict::swarm::ARGUMENTS_MAX;

/// One way to fill the holes of an operation's steps.
#[derive(Debug, Clone)]
pub struct Filling {
    /// What differs from the first filling: an argument by its bit, or what is drawn.
    pub argument: Option<u8>,
    args: Vec<(String, String)>,
    drawn: &'static str,
}

/// Two draws of what nobody else has.
const DRAWN: [&str; 2] = [
    "00000000-0000-4000-8000-00000000000a",
    "00000000-0000-4000-8000-00000000000b",
];

/// The usual filling, then one in which what is drawn is another, then one for each argument.
/// `places` are those of the operation's arguments among all.
pub fn of(operation: &Operation, places: &[usize]) -> Vec<Filling> {
    let args: Vec<(String, String)> = operation
        .args
        .iter()
        .map(|(name, values)| (name.clone(), values.first().map_or("1".into(), super::text)))
        .collect();
    let usual = Filling {
        argument: None,
        args,
        drawn: DRAWN[0],
    };
    let mut all = vec![usual.clone()];
    all.push(Filling {
        drawn: DRAWN[1],
        ..usual.clone()
    });
    for (at, place) in places.iter().enumerate() {
        let mut varied = usual.clone();
        if let Some((_, value)) = varied.args.get_mut(at).filter(|_| *place < ARGUMENTS_MAX) {
            *value = another(value);
            varied.argument = Some(1 << place);
            all.push(varied);
        }
    }
    all
}

impl Filling {
    pub fn fill(&self, template: &Template) -> String {
        template.expand(|hole| match hole {
            Variable::Argument(name) => {
                let known = self.args.iter().find(|(known, _)| known == name);
                known.map_or_else(|| "1".to_string(), |(_, value)| value.clone())
            }
            Variable::Now => self.drawn.len().to_string(),
            _ => self.drawn.to_string(),
        })
    }
}

/// A value of the same kind that is never the same.
fn another(value: &str) -> String {
    match value.parse::<i64>() {
        Ok(number) => number.wrapping_add(1_000_003).to_string(),
        Err(_) => format!("{value}-other"),
    }
}
