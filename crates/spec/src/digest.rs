//! A short name for a text: equal texts, equal names, on every machine and in every version.

use std::hash::Hasher;

use model::StableHasher;

/// The hash of its bytes, as 16 hexadecimal digits.
pub fn digest(text: &str) -> String {
    let mut hasher = StableHasher::default();
    hasher.write(text.as_bytes());
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (text, expected) in [
            ("", "cbf29ce484222325"),
            ("a", "af63dc4c8601ec8c"),
            ("foobar", "85944171f73967e8"),
        ] {
            assert_eq!(digest(text), expected, "{text}");
        }
    }
}
