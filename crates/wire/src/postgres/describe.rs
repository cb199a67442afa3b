//! Describing steps: the shape of one for recordings, and the whole draft for a director.

use model::{Access, Transaction};

use super::Session;
use super::frame::{self, Bind, Cursor, Formats};
use super::meaning::{self, Control, Meaning, Touch};
use super::shapes;
use super::statements::{Statement, UNKNOWN};
use super::value::decode;
use crate::session::{Draft, TEXT_BYTES_MAX, readable};

/// Parameters of a step that are kept.
pub const PARAMETERS_MAX: usize = 1024;

impl Session {
    /// See [`crate::session::Session::brief`].
    pub(super) fn write_shape(&self, message: &[u8], out: &mut Vec<u8>) {
        let known = |statement: Option<&Statement>, out: &mut Vec<u8>| match statement {
            Some(statement) => statement.shape(out),
            None => out.extend_from_slice(UNKNOWN),
        };
        match message.first() {
            Some(b'Q') => shapes::write(frame::query(message), out),
            Some(b'B') => {
                let name = frame::bind(message).map_or(&b""[..], |bind| bind.statement);
                known(self.statements.get(name), out);
            }
            Some(b'E') => {
                let portal = frame::executed(message).unwrap_or_default();
                out.extend_from_slice(b"FETCH ");
                known(self.portals.statement(portal, &self.statements), out);
            }
            _ => out.extend_from_slice(b"FUNCTION"),
        }
    }

    pub(super) fn describe_query(&mut self, message: &[u8]) -> Box<Draft> {
        let sql = frame::query(message);
        let meaning = meaning::of(sql);
        self.draft(&meaning, sql, Vec::new())
    }

    pub(super) fn describe_call(&mut self, message: &[u8]) -> Box<Draft> {
        let oid = Cursor(frame::body(message)).int32().unwrap_or(0);
        let touches = vec![Touch::of(Access::Unknown, "*")];
        let obscure = Some("a function call by number".to_string());
        let meaning = Meaning {
            verb: "FUNCTION".to_string(),
            touches,
            obscure,
            ..Meaning::default()
        };
        let mut draft = self.draft(&meaning, format!("function {oid}").as_bytes(), Vec::new());
        draft.shape = "FUNCTION".to_string();
        draft
    }

    pub(super) fn describe_bind(&mut self, bind: Bind<'_>) -> Box<Draft> {
        let step = self.queue.all();
        let Some(statement) = self.statements.get(bind.statement) else {
            return self.unknown_statement("");
        };
        let (parameters, formats) = parameters(bind.rest, &statement.types);
        if let Some(formats) = formats {
            self.portals.set_formats(bind.portal, formats.clone());
            self.gathered.note(step, statement.id, formats);
        }
        let meaning = meaning::of(&statement.sql);
        let sql = readable(&statement.sql);
        self.draft(&meaning, sql.as_bytes(), parameters)
    }

    /// A further Execute of a portal: its parameters are not kept.
    pub(super) fn describe_fetch(&mut self, portal: &[u8]) -> Box<Draft> {
        let Some(statement) = self.portals.statement(portal, &self.statements) else {
            return self.unknown_statement("FETCH ");
        };
        self.gathered
            .note(self.queue.all(), statement.id, self.portals.formats(portal));
        let fetched = meaning::of(&statement.sql);
        let sql = readable(&statement.sql);
        let mut draft = self.draft(&fetched, sql.as_bytes(), Vec::new());
        draft.verb = "FETCH".to_string();
        draft.shape.insert_str(0, "FETCH ");
        draft
    }

    fn unknown_statement(&mut self, before: &str) -> Box<Draft> {
        let text = String::from_utf8_lossy(UNKNOWN).into_owned();
        let touches = vec![Touch::of(Access::Unknown, "*")];
        let verb = if before.is_empty() {
            "EXECUTE"
        } else {
            "FETCH"
        };
        let meaning = Meaning {
            verb: verb.to_string(),
            shape: format!("{before}{text}"),
            touches,
            obscure: Some(text.clone()),
            ..Meaning::default()
        };
        self.draft(&meaning, text.as_bytes(), Vec::new())
    }

    fn draft(
        &mut self,
        meaning: &Meaning,
        text: &[u8],
        parameters: Vec<Option<String>>,
    ) -> Box<Draft> {
        if let Some(why) = &meaning.obscure {
            self.obscure(why);
        }
        let inside = if self.in_transaction {
            Transaction::Inside
        } else {
            Transaction::None
        };
        let transaction = match meaning.control {
            Some(Control::Begin) => Transaction::Begin,
            Some(Control::Commit) => Transaction::Commit,
            Some(Control::Rollback) => Transaction::Rollback,
            Some(Control::Whole) | None => inside,
        };
        self.in_transaction = match meaning.control {
            Some(Control::Begin) => true,
            Some(_) => false,
            None => self.in_transaction,
        };
        Box::new(Draft {
            verb: meaning.verb.clone(),
            shape: meaning.shape.clone(),
            text: readable(text),
            effects: meaning.effects(&parameters),
            parameters,
            transaction,
            noise: meaning.noise,
            session: self.process,
        })
    }
}

/// A request to cancel what another connection runs; that one's reply will tell whether it came
/// in time.
pub(super) fn describe_cancel(packet: &[u8]) -> Box<Draft> {
    let process = Cursor(packet.get(8..).unwrap_or_default()).int32();
    Box::new(Draft {
        verb: "CANCEL".to_string(),
        shape: "CANCEL".to_string(),
        text: format!("cancel process {}", process.unwrap_or(0)),
        session: process,
        ..Draft::default()
    })
}

/// The parameters of a Bind as text, and the formats of its result unless the message was cut.
fn parameters(mut rest: Cursor<'_>, types: &[u32]) -> (Vec<Option<String>>, Option<Formats>) {
    let mut parameters = Vec::new();
    let read = (|| {
        let formats = Formats::read(&mut rest)?;
        let count = usize::from(rest.int16()?);
        let mut kept = 0;
        for n in 0..count {
            let value = rest.value()?;
            if n >= PARAMETERS_MAX || kept > TEXT_BYTES_MAX * 32 {
                continue;
            }
            let oid = types.get(n).copied().unwrap_or(0);
            let text = value.map(|bytes| decode(oid, formats.is_binary(n), bytes));
            kept += text.as_ref().map_or(0, String::len);
            parameters.push(text);
        }
        Formats::read(&mut rest)
    })();
    (parameters, read)
}
