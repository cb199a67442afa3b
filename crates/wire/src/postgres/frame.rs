//! Reading the bodies of messages: a cursor that never runs past the end, and views of the few
//! messages whose fields are looked at. Everything here tolerates cut or hostile bytes.

/// A message's body after tag and length; empty when even those are missing.
#[inline]
pub fn body(message: &[u8]) -> &[u8] {
    message.get(5..).unwrap_or_default()
}

/// Reads fields from the front of bytes. `None` means the bytes ended.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    /// The next `n` bytes.
    #[inline]
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// A byte.
    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    /// A 16-bit count.
    #[inline]
    pub fn int16(&mut self) -> Option<u16> {
        self.take(2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }

    /// A 32-bit number.
    #[inline]
    pub fn int32(&mut self) -> Option<u32> {
        self.take(4)
            .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// Text up to a zero byte, which is taken too.
    #[inline]
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(0, self.0)?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    /// A value with a length before it: absent for NULL.
    #[inline]
    pub fn value(&mut self) -> Option<Option<&'a [u8]>> {
        let length = self.int32()?;
        if length == u32::MAX {
            Some(None)
        } else {
            self.take(length as usize).map(Some)
        }
    }
}

/// The text of a Query: what there is of it when the frame was cut.
#[inline]
pub fn query(message: &[u8]) -> &[u8] {
    let body = body(message);
    body.strip_suffix(b"\0").unwrap_or(body)
}

/// A Parse message.
#[derive(Debug)]
pub struct Parse<'a> {
    pub name: &'a [u8],
    pub sql: &'a [u8],
    /// Type oids of the parameters, as many as the client gave.
    pub types: Cursor<'a>,
}

/// Reads a Parse message; a cut one has the SQL that was kept.
#[inline]
pub fn parse(message: &[u8]) -> Option<Parse<'_>> {
    let mut cursor = Cursor(body(message));
    let name = cursor.text()?;
    let sql = match cursor.text() {
        Some(sql) => sql,
        None => cursor.take(cursor.0.len())?,
    };
    let count = usize::from(cursor.int16().unwrap_or(0));
    let types = Cursor(cursor.0.get(..count * 4).unwrap_or(cursor.0));
    Some(Parse { name, sql, types })
}

/// The head of a Bind message, before its formats and values.
#[derive(Debug, Clone, Copy)]
pub struct Bind<'a> {
    pub portal: &'a [u8],
    pub statement: &'a [u8],
    /// Formats, values, result formats.
    pub rest: Cursor<'a>,
}

/// Reads the head of a Bind message.
#[inline]
pub fn bind(message: &[u8]) -> Option<Bind<'_>> {
    let mut cursor = Cursor(body(message));
    let portal = cursor.text()?;
    let statement = cursor.text()?;
    Some(Bind {
        portal,
        statement,
        rest: cursor,
    })
}

/// Format codes: none means text for all, one is for all, else one for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Formats(Vec<bool>);

impl Formats {
    /// Reads a count and that many codes.
    pub fn read(cursor: &mut Cursor<'_>) -> Option<Formats> {
        let count = usize::from(cursor.int16()?);
        let codes = cursor.take(count * 2)?;
        Some(Formats(
            codes.chunks_exact(2).map(|code| code[1] == 1).collect(),
        ))
    }

    /// Whether the nth value is binary.
    pub fn is_binary(&self, n: usize) -> bool {
        match self.0.as_slice() {
            [all] => *all,
            each => each.get(n).copied().unwrap_or(false),
        }
    }
}

/// The kind (`S` statement, `P` portal) and name in a Describe or Close, or the name of an Execute.
#[inline]
pub fn kind_and_name(message: &[u8]) -> Option<(u8, &[u8])> {
    let mut cursor = Cursor(body(message));
    Some((cursor.byte()?, cursor.text()?))
}

/// The portal of an Execute.
#[inline]
pub fn executed(message: &[u8]) -> Option<&[u8]> {
    Cursor(body(message)).text()
}

/// One field of an ErrorResponse: `C` the SQLSTATE, `M` the message, `V` the severity.
pub fn error_field(message: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut cursor = Cursor(body(message));
    while let Some(field) = cursor.byte() {
        if field == 0 {
            return None;
        }
        let value = cursor.text()?;
        if field == wanted {
            return Some(value);
        }
    }
    None
}
