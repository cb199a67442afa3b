//! Header blocks (RFC 7541) without a dynamic table: we announce that it has no room, so a block means
//! the same whatever came before it. What we send needs none either, so a request is encoded once.

use super::super::answer::Garbled;
use super::huffman;

/// Fields that have a number, from 1 on.
const FIELDS: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// Marks in the first byte of a field, above the number that begins there.
const INDEXED: u8 = 0x80;
const LITERAL_TO_INDEX: u8 = 0x40;
const SIZE_UPDATE: u8 = 0x20;

/// In the first byte of a text: it is Huffman-coded.
const CODED: u8 = 0x80;

/// Tells each field of a block, name first. What is wrong here is wrong with the connection. The
/// scratch is for texts that have to be decoded.
pub fn decode(
    mut block: &[u8],
    scratch: &mut Vec<u8>,
    tell: &mut impl FnMut(&[u8], &[u8]),
) -> Result<(), Garbled> {
    let mut may_resize = true;
    while let Some(&first) = block.first() {
        if first & INDEXED != 0 {
            let (name, value) = known(integer(&mut block, 7)?)?;
            tell(name.as_bytes(), value.as_bytes());
        } else if first & LITERAL_TO_INDEX == 0 && first & SIZE_UPDATE != 0 {
            // To nothing, and before the first field only.
            if integer(&mut block, 5)? != 0 || !may_resize {
                return Err(Garbled);
            }
            continue;
        } else {
            // Whether it is to be put into a table that has no room makes no difference.
            let prefix = if first & LITERAL_TO_INDEX == 0 { 4 } else { 6 };
            literal(&mut block, prefix, scratch, tell)?;
        }
        may_resize = false;
    }
    Ok(())
}

fn literal(
    block: &mut &[u8],
    prefix_bits: u32,
    scratch: &mut Vec<u8>,
    tell: &mut impl FnMut(&[u8], &[u8]),
) -> Result<(), Garbled> {
    let (name, name_is_coded) = match integer(block, prefix_bits)? {
        0 => text(block)?,
        number => (known(number)?.0.as_bytes(), false),
    };
    let (value, value_is_coded) = text(block)?;
    scratch.clear();
    if name_is_coded {
        huffman::decode(name, scratch)?;
    }
    let name_bytes = scratch.len();
    if value_is_coded {
        huffman::decode(value, scratch)?;
    }
    let (name_decoded, value_decoded) = scratch.split_at(name_bytes);
    tell(
        if name_is_coded { name_decoded } else { name },
        if value_is_coded { value_decoded } else { value },
    );
    Ok(())
}

fn known(number: u32) -> Result<(&'static str, &'static str), Garbled> {
    let place = (number as usize).checked_sub(1).ok_or(Garbled)?;
    FIELDS.get(place).copied().ok_or(Garbled)
}

/// A number that begins in the lower bits of the next byte.
fn integer(block: &mut &[u8], prefix_bits: u32) -> Result<u32, Garbled> {
    let full = (1_u32 << prefix_bits) - 1;
    let mut value = u32::from(next(block)?) & full;
    if value < full {
        return Ok(value);
    }
    // None that makes sense here is longer.
    for shift in [0, 7, 14, 21] {
        let byte = next(block)?;
        value += u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Garbled)
}

/// A text as it stands there, and whether it is coded.
fn text<'a>(block: &mut &'a [u8]) -> Result<(&'a [u8], bool), Garbled> {
    let is_coded = block.first().is_some_and(|byte| byte & CODED != 0);
    let length = integer(block, 7)? as usize;
    let (text, rest) = block.split_at_checked(length).ok_or(Garbled)?;
    *block = rest;
    Ok((text, is_coded))
}

fn next(block: &mut &[u8]) -> Result<u8, Garbled> {
    let (first, rest) = block.split_first().ok_or(Garbled)?;
    *block = rest;
    Ok(*first)
}

/// Adds a field to a block: by its number where it has one, else spelled out, and never to be indexed.
pub fn encode(name: &str, value: &str, out: &mut Vec<u8>) {
    let place = |is: &dyn Fn(&(&str, &str)) -> bool| FIELDS.iter().position(is);
    if let Some(place) = place(&|field| *field == (name, value)) {
        return put_integer(INDEXED, 7, place + 1, out);
    }
    match place(&|field| field.0 == name) {
        Some(place) => put_integer(0, 4, place + 1, out),
        None => {
            out.push(0);
            put_text(name, out);
        }
    }
    put_text(value, out);
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    put_integer(0, 7, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

fn put_integer(mark: u8, prefix_bits: u32, value: usize, out: &mut Vec<u8>) {
    let full = (1_usize << prefix_bits) - 1;
    if value < full {
        return out.push(mark | value as u8);
    }
    out.push(mark | full as u8);
    let mut left = value - full;
    while left >= 0x80 {
        out.push(0x80 | (left & 0x7f) as u8);
        left >>= 7;
    }
    out.push(left as u8);
}

#[cfg(test)]
mod tests {
    use super::super::tests::hex;
    use super::*;
    use proptest::prelude::*;

    fn decoded(block: &[u8]) -> Result<String, Garbled> {
        let mut shown = String::new();
        let mut tell = |name: &[u8], value: &[u8]| {
            let [name, value] = [name, value].map(String::from_utf8_lossy);
            shown.push_str(&format!("{name}={value};"));
        };
        decode(block, &mut Vec::new(), &mut tell)?;
        Ok(shown)
    }

    #[test]
    fn examples_of_the_standard_are_read() {
        let asked = ":method=GET;:scheme=http;:path=/;:authority=www.example.com;";
        let answered = ":status=302;cache-control=private;date=Mon, 21 Oct 2013 20:13:21 GMT;\
                        location=https://www.example.com;";
        for (example, block, expected) in [
            (
                "C.2.1",
                "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
                "custom-key=custom-header;",
            ),
            (
                "C.2.2",
                "040c2f73616d706c652f70617468",
                ":path=/sample/path;",
            ),
            (
                "C.2.3",
                "100870617373776f726406736563726574",
                "password=secret;",
            ),
            ("C.2.4", "82", ":method=GET;"),
            ("C.3.1", "828684410f7777772e6578616d706c652e636f6d", asked),
            ("C.4.1", "828684418cf1e3c2e5f23a6ba0ab90f4ff", asked),
            (
                "C.5.1",
                "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a3231\
                 20474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
                answered,
            ),
            (
                "C.6.1",
                "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad17\
                 1863c78f0b97c8e9ae82ae43d3",
                answered,
            ),
            ("a table of no size", "2088", ":status=200;"),
            ("nothing", "", ""),
        ] {
            assert_eq!(decoded(&hex(block)), Ok(expected.into()), "{example}");
        }
    }

    #[test]
    fn what_is_no_block_is_garbled() {
        for (block, why) in [
            ("80", "index 0"),
            ("be", "C.3.2: index 62, the first of the dynamic table"),
            ("ff00", "index 127"),
            ("7e0161", "a name beyond the table"),
            ("21", "a table of size 1"),
            ("3fe11f", "a table of size 4096"),
            ("8820", "a size after a field"),
            ("04", "no value"),
            ("04056162", "a value that is cut"),
            ("00", "no name"),
            ("7fffffffffff7f", "a number without end"),
            ("047fffffffff0f", "a text longer than can be"),
            ("0481ff", "bad Huffman code"),
            ("ff", "a number that is cut"),
        ] {
            assert_eq!(decoded(&hex(block)), Err(Garbled), "{why}");
        }
    }

    #[test]
    fn numbers_take_as_many_bytes_as_they_need() {
        for (value, prefix_bits, expected) in [
            (10, 5, "0a"),
            (1337, 5, "1f9a0a"),
            (42, 8, "2a"),
            (31, 5, "1f00"),
        ] {
            let mut out = Vec::new();
            put_integer(0, prefix_bits, value, &mut out);
            assert_eq!(out, hex(expected), "{value}");
            assert_eq!(integer(&mut &out[..], prefix_bits), Ok(value as u32));
        }
    }

    #[test]
    fn fields_with_numbers_are_short() {
        for (name, value, bytes) in [
            (":method", "GET", 1),
            (":scheme", "https", 1),
            (":path", "/a", 4),
            ("user-agent", "x", 4),
            ("x", "y", 5),
        ] {
            let mut out = Vec::new();
            encode(name, value, &mut out);
            assert_eq!(out.len(), bytes, "{name}");
            assert_eq!(decoded(&out), Ok(format!("{name}={value};")));
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_again(name in "[a-z:-]{1,200}", value in "[ -~]{0,300}") {
            let mut out = Vec::new();
            encode(&name, &value, &mut out);
            prop_assert_eq!(decoded(&out), Ok(format!("{name}={value};")));
        }

        #[test]
        fn any_bytes_are_survived(block: Vec<u8>) {
            let _ = decoded(&block);
        }
    }
}
