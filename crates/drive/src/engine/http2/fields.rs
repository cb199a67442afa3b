//! What an answer's header fields say, as far as it is of use, and whether they are well-formed.

use super::super::answer::Garbled;
use super::hpack;

/// Headers that are about an HTTP/1.1 connection: an answer with them is malformed.
const OF_CONNECTIONS: [&[u8]; 5] = [
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"transfer-encoding",
    b"upgrade",
];

/// Of one block.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub status: Option<u16>,
    pub length: Option<u64>,
    pub location: Option<String>,
    /// The block could be read, but no answer has such fields.
    pub is_garbled: bool,
    has_named: bool,
}

impl Fields {
    /// Reads a block. What cannot be read is wrong with the connection.
    pub fn read(block: &[u8], scratch: &mut Vec<u8>, keeps: bool) -> Result<Fields, Garbled> {
        let mut fields = Fields::default();
        let mut take = |name: &[u8], value: &[u8]| {
            fields.is_garbled |= fields.take(name, value, keeps).is_err();
        };
        hpack::decode(block, scratch, &mut take)?;
        Ok(fields)
    }

    fn take(&mut self, name: &[u8], value: &[u8], keeps: bool) -> Result<(), Garbled> {
        if name.first() == Some(&b':') {
            let is_alone = self.status.is_none() && !self.has_named;
            self.status = Some(
                status(value)
                    .filter(|_| name == b":status" && is_alone)
                    .ok_or(Garbled)?,
            );
            return Ok(());
        }
        self.has_named = true;
        match name {
            b"content-length" => {
                let told = length(value).ok_or(Garbled)?;
                if self.length.replace(told).is_some_and(|known| known != told) {
                    return Err(Garbled);
                }
            }
            b"location" if keeps => {
                self.location = Some(String::from_utf8_lossy(value).into_owned());
            }
            _ => {
                let is_wrong = name.is_empty() || name.iter().any(u8::is_ascii_uppercase);
                if is_wrong || OF_CONNECTIONS.contains(&name) {
                    return Err(Garbled);
                }
            }
        }
        Ok(())
    }
}

fn status(value: &[u8]) -> Option<u16> {
    let digits: &[u8; 3] = value.try_into().ok()?;
    let is_number = digits.iter().all(u8::is_ascii_digit) && digits[0] != b'0';
    is_number.then(|| {
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
    })
}

fn length(value: &[u8]) -> Option<u64> {
    let is_number = value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_number)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[(&str, &str)], expected: Result<(Option<u16>, Option<u64>), Garbled>) {
        let mut block = Vec::new();
        for (name, value) in fields {
            hpack::encode(name, value, &mut block);
        }
        let read = Fields::read(&block, &mut Vec::new(), true).unwrap();
        let found = match read.is_garbled {
            true => Err(Garbled),
            false => Ok((read.status, read.length)),
        };
        assert_eq!(found, expected, "{fields:?}");
    }

    #[test]
    fn fields_say_what_the_answer_is() {
        let ok = (":status", "200");
        check(&[ok], Ok((Some(200), None)));
        check(&[(":status", "503"), ("x", "y")], Ok((Some(503), None)));
        check(&[ok, ("content-length", "12")], Ok((Some(200), Some(12))));
        check(
            &[("content-length", "1"), ("content-length", "1")],
            Ok((None, Some(1))),
        );
        check(&[("grpc-status", "0")], Ok((None, None)));
        for garbled in [
            &[ok, ok][..],
            &[("x", "y"), ok],
            &[(":path", "/")],
            &[(":status", "20")],
            &[(":status", "2000")],
            &[(":status", "099")],
            &[(":status", "+20")],
            &[ok, ("Server", "x")],
            &[ok, ("", "x")],
            &[ok, ("connection", "close")],
            &[ok, ("transfer-encoding", "chunked")],
            &[ok, ("content-length", "1"), ("content-length", "2")],
            &[ok, ("content-length", "-1")],
            &[ok, ("content-length", "")],
            &[ok, ("content-length", "99999999999999999999")],
        ] {
            check(garbled, Err(Garbled));
        }
    }

    #[test]
    fn where_it_leads_is_read_when_somebody_wants_it() {
        let mut block = Vec::new();
        hpack::encode(":status", "303", &mut block);
        hpack::encode("location", "/a", &mut block);
        for (keeps, expected) in [(true, Some("/a".to_string())), (false, None)] {
            let read = Fields::read(&block, &mut Vec::new(), keeps).unwrap();
            assert_eq!(read.location, expected);
        }
    }
}
