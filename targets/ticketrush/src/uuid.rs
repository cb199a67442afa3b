//! UUIDs as text: checked when a client brings one, drawn from the system otherwise.

use std::fs::File;
use std::io::{self, Read};

const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// The UUID in lower case, if the text is one in the usual 8-4-4-4-12 form.
pub fn canonical(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let shaped = groups.len() == GROUPS.len()
        && groups.iter().zip(GROUPS).all(|(group, length)| {
            group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    shaped.then(|| text.to_ascii_lowercase())
}

/// A new random UUID (version 4).
pub fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(version_4(bytes))
}

fn version_4(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_the_usual_form() {
        let good = "6F9619FF-8B86-D011-B42D-00C04FC964FF";
        assert_eq!(canonical(good), Some(good.to_lowercase()));
        for bad in [
            "",
            "42",
            "6f9619ff8b86d011b42d00c04fc964ff",
            "6f9619ff-8b86-d011-b42d-00c04fc964fg",
            "6f9619ff-8b86-d011-b42d-00c04fc964f",
            "6f9619ff-8b86-d011-b42d-00c04fc964ff-",
            "6f9619ff-8b86-d011-b42d-00c04fc96é",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn marks_version_and_kind() {
        assert_eq!(
            version_4([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(version_4([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn draws_different_ones() -> io::Result<()> {
        let (one, other) = (random()?, random()?);
        assert_ne!(one, other);
        assert_eq!(canonical(&one), Some(one));
        Ok(())
    }
}
