//! Writing messages: for the answers heisen gives instead of a backend, and for tests.

/// Appends a tagged message whose body `write` writes.
pub fn message(out: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let length_at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = u32::try_from(out.len() - length_at).unwrap_or(u32::MAX);
    out[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

fn count(out: &mut Vec<u8>, many: usize) {
    out.extend_from_slice(&u16::try_from(many).unwrap_or(u16::MAX).to_be_bytes());
}

/// ErrorResponse with severity ERROR.
pub fn error(out: &mut Vec<u8>, sqlstate: &str, why: &str) {
    message(out, b'E', |out| {
        for (field, value) in [
            (b'S', "ERROR"),
            (b'V', "ERROR"),
            (b'C', sqlstate),
            (b'M', why),
        ] {
            out.push(field);
            text(out, value);
        }
        out.push(0);
    });
}

/// ReadyForQuery; the status is `I` idle, `T` in a transaction, `E` in a failed one.
pub fn ready(out: &mut Vec<u8>, status: u8) {
    message(out, b'Z', |out| out.push(status));
}

/// CommandComplete, such as `UPDATE 1`.
pub fn complete(out: &mut Vec<u8>, tag: &str) {
    message(out, b'C', |out| text(out, tag));
}

/// RowDescription with names and type oids, all in text form.
pub fn columns(out: &mut Vec<u8>, columns: &[(&str, u32)]) {
    message(out, b'T', |out| {
        count(out, columns.len());
        for (name, oid) in columns {
            text(out, name);
            out.extend_from_slice(&[0; 6]); // no table, no column of it
            out.extend_from_slice(&oid.to_be_bytes());
            out.extend_from_slice(&[0xff; 2]); // of no fixed size
            out.extend_from_slice(&[0xff; 4]); // no modifier
            out.extend_from_slice(&[0; 2]); // text
        }
    });
}

/// DataRow.
pub fn row(out: &mut Vec<u8>, values: &[Option<&[u8]>]) {
    message(out, b'D', |out| {
        count(out, values.len());
        for value in values {
            match value {
                None => out.extend_from_slice(&[0xff; 4]),
                Some(value) => {
                    let length = u32::try_from(value.len()).unwrap_or(u32::MAX - 1);
                    out.extend_from_slice(&length.to_be_bytes());
                    out.extend_from_slice(value);
                }
            }
        }
    });
}

/// A message without a body: `1` ParseComplete, `2` BindComplete, `3` CloseComplete, `n` NoData.
pub fn bare(out: &mut Vec<u8>, tag: u8) {
    message(out, tag, |_| {});
}
