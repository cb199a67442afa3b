//! The Huffman code of header texts (RFC 7541, Appendix B). It is canonical: codes of one length are
//! consecutive numbers, so how many there are of each length and the order of the symbols tell all.

use super::super::answer::Garbled;

/// How many codes there are of each length in bits; the last one is the end of a text.
const COUNTS: [u32; 31] = [
    0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19,
    29, 0, 4,
];

/// Symbols in the order of their codes, without the end of a text.
const SYMBOLS: &[u8; 256] =
    b"012aceiost %-./3456789=A_bdfghlmnpru:BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz&*,;XZ!\"()?'+|#>\x00$\
      @[]~^}<`{\\\xc3\xd0\x80\x82\x83\xa2\xb8\xc2\xe0\xe2\x99\xa1\xa7\xac\xb0\xb1\xb3\xd1\xd8\
      \xd9\xe3\xe5\xe6\x81\x84\x85\x86\x88\x92\x9a\x9c\xa0\xa3\xa4\xa9\xaa\xad\xb2\xb5\xb9\xba\
      \xbb\xbd\xbe\xc4\xc6\xe4\xe8\xe9\x01\x87\x89\x8a\x8b\x8c\x8d\x8f\x93\x95\x96\x97\x98\x9b\
      \x9d\x9e\xa5\xa6\xa8\xae\xaf\xb4\xb6\xb7\xbc\xbf\xc5\xe7\xef\x09\x8e\x90\x91\x94\x9f\xab\
      \xce\xd7\xe1\xec\xed\xc7\xcf\xea\xeb\xc0\xc1\xc8\xc9\xca\xcd\xd2\xd5\xda\xdb\xee\xf0\xf2\
      \xf3\xff\xcb\xcc\xd3\xd4\xd6\xdd\xde\xdf\xf1\xf4\xf5\xf6\xf7\xf8\xfa\xfb\xfc\xfd\xfe\x02\
      \x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x17\x18\x19\x1a\x1b\x1c\
      \x1d\x1e\x1f\x7f\xdc\xf9\x0a\x0d\x16";

/// The codes of one length.
#[derive(Clone, Copy)]
struct Level {
    bits: u32,
    /// The first 32 bits of what comes after them all.
    end: u64,
    /// The first code, and the place of its symbol.
    first: u32,
    symbol: u32,
}

const LEVELS: [Level; LEVEL_COUNT] = levels();

const LEVEL_COUNT: usize = {
    let mut count = 0;
    let mut bits = 0;
    while bits < COUNTS.len() {
        count += (COUNTS[bits] > 0) as usize;
        bits += 1;
    }
    count
};

const fn levels() -> [Level; LEVEL_COUNT] {
    let none = Level {
        bits: 0,
        end: 0,
        first: 0,
        symbol: 0,
    };
    let mut levels = [none; LEVEL_COUNT];
    let (mut at, mut bits, mut first, mut symbol) = (0, 0, 0, 0);
    while bits < COUNTS.len() {
        let count = COUNTS[bits];
        if count > 0 {
            let length = bits as u32;
            levels[at] = Level {
                bits: length,
                end: ((first + count) as u64) << (32 - length),
                first,
                symbol,
            };
            at += 1;
        }
        first = (first + count) << 1;
        symbol += count;
        bits += 1;
    }
    levels
}

/// For each next byte, the symbol whose code it begins with and how long that is; longer ones have none.
/// Nearly all texts are made of these.
const SHORT: [(u8, u32); 256] = short();

const fn short() -> [(u8, u32); 256] {
    let mut short = [(0, 0); 256];
    let mut next = 0;
    while next < short.len() {
        let mut at = 0;
        while LEVELS[at].end <= (next as u64) << 24 {
            at += 1;
        }
        let level = LEVELS[at];
        if level.bits <= 8 {
            let place = level.symbol + (next as u32 >> (8 - level.bits)) - level.first;
            short[next] = (SYMBOLS[place as usize], level.bits);
        }
        next += 1;
    }
    short
}

/// Adds what these bytes mean.
pub fn decode(mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Garbled> {
    // Bits not yet used stand at the upper end.
    let (mut bits, mut count) = (0_u64, 0_u32);
    loop {
        if count < 32 {
            refill(&mut bytes, &mut bits, &mut count);
        }
        let (symbol, length) = SHORT[(bits >> 56) as usize];
        if (1..=count).contains(&length) {
            out.push(symbol);
            bits <<= length;
            count -= length;
            continue;
        }
        // What is beyond the end reads as ones, as the padding does.
        let beyond = u64::MAX.checked_shr(count).unwrap_or(0);
        let next = ((bits | beyond) >> 32) as u32;
        let level = LEVELS.iter().find(|level| u64::from(next) < level.end);
        let level = level.ok_or(Garbled)?;
        if level.bits > count {
            let is_padding = count < 8 && next == u32::MAX;
            return if is_padding { Ok(()) } else { Err(Garbled) };
        }
        let place = level.symbol + (next >> (32 - level.bits)) - level.first;
        out.push(*SYMBOLS.get(place as usize).ok_or(Garbled)?);
        bits <<= level.bits;
        count -= level.bits;
    }
}

/// Adds bits, so that there is a whole code as long as there are bytes.
fn refill(bytes: &mut &[u8], bits: &mut u64, count: &mut u32) {
    if let Some((four, rest)) = bytes.split_first_chunk::<4>() {
        *bits |= u64::from(u32::from_be_bytes(*four)) << (32 - *count);
        *count += 32;
        *bytes = rest;
        return;
    }
    for byte in std::mem::take(bytes) {
        *bits |= u64::from(*byte) << (56 - *count);
        *count += 8;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::hex;
    use super::*;
    use proptest::prelude::*;

    fn decoded(bytes: &[u8]) -> Result<Vec<u8>, Garbled> {
        let mut out = Vec::new();
        decode(bytes, &mut out).map(|()| out)
    }

    /// The code of a symbol and its length, read off the levels.
    fn code(symbol: u8) -> (u32, u32) {
        let place = SYMBOLS.iter().position(|known| *known == symbol).unwrap() as u32;
        let level = LEVELS.iter().rev().find(|level| level.symbol <= place);
        let level = level.unwrap();
        (level.first + place - level.symbol, level.bits)
    }

    fn encoded(text: &[u8]) -> Vec<u8> {
        let bits = text.iter().flat_map(|symbol| {
            let (code, bits) = code(*symbol);
            (0..bits).rev().map(move |at| code >> at & 1)
        });
        let mut bits: Vec<u32> = bits.collect();
        bits.resize(bits.len().next_multiple_of(8), 1);
        let bytes = bits.chunks(8);
        bytes
            .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | *bit as u8))
            .collect()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (symbol, expected) in [
            (b'0', (0x0, 5)),
            (b' ', (0x14, 6)),
            (b'&', (0xf8, 8)),
            (b'\\', (0x7fff0, 19)),
            (b'\n', (0x3fff_fffc, 30)),
            (0x16, (0x3fff_fffe, 30)),
            (0xff, (0x3ff_ffee, 26)),
            (0xf9, (0xfff_fffe, 28)),
        ] {
            assert_eq!(code(symbol), expected, "{symbol}");
        }
    }

    #[test]
    fn examples_of_the_standard_are_read() {
        for (code, expected) in [
            ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"),
            ("a8eb10649cbf", "no-cache"),
            ("25a849e95ba97d7f", "custom-key"),
            ("25a849e95bb8e8b4bf", "custom-value"),
            ("6402", "302"),
            ("aec3771a4b", "private"),
            (
                "d07abe941054d444a8200595040b8166e082a62d1bff",
                "Mon, 21 Oct 2013 20:13:21 GMT",
            ),
            (
                "9d29ad171863c78f0b97c8e9ae82ae43d3",
                "https://www.example.com",
            ),
            ("", ""),
        ] {
            assert_eq!(decoded(&hex(code)), Ok(expected.into()), "{expected}");
        }
    }

    #[test]
    fn what_is_no_text_is_garbled() {
        for (code, why) in [
            ("ff", "eight bits of padding"),
            ("07ff", "padding of more than seven bits"),
            ("00", "padding that is not ones"),
            ("ffffffff", "the end of a text, spelled out"),
            ("fffffffc", "the end of a text, spelled out"),
        ] {
            assert_eq!(decoded(&hex(code)), Err(Garbled), "{why}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_again(text: Vec<u8>) {
            prop_assert_eq!(decoded(&encoded(&text)), Ok(text));
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            if let Ok(text) = decoded(&bytes) {
                prop_assert_eq!(encoded(&text), bytes);
            }
        }
    }
}
