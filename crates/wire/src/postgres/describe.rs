//! Describing steps: the shape of one for recordings, and the whole draft for a director.

use model::{Access, Effect, Transaction};

use super::Session;
use super::frame::{self, Bind, Cursor, Formats};
use super::meaning::{self, Control, EFFECTS_MAX, Meaning, Operand, Touch};
use super::memory::{self, Change};
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

    pub(super) fn draft(
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
        let begins = matches!(meaning.control, Some(Control::Begin | Control::Whole));
        if begins && !self.in_transaction {
            self.memory.forget_level();
        }
        self.in_transaction = match meaning.control {
            Some(Control::Begin) => true,
            Some(_) => false,
            None => self.in_transaction,
        };
        let mut draft = Box::new(Draft {
            verb: meaning.verb.clone(),
            shape: meaning.shape.clone(),
            text: readable(text),
            effects: meaning.effects(&parameters),
            parameters,
            transaction,
            isolation: None,
            commits: Vec::new(),
            noise: meaning.noise,
            session: self.process,
        });
        for change in &meaning.changes {
            match change {
                Change::Execute(name, values) => self.execute(name, values, &mut draft),
                change => self.remember(change),
            }
        }
        draft.isolation = if begins || transaction != Transaction::None {
            Some(self.memory.level())
        } else {
            self.memory.raised()
        };
        draft.commits = self.uncommitted.take(transaction, &draft.effects);
        draft
    }

    /// Takes what a text that nobody looks at changes.
    pub(super) fn remember_all(&mut self, sql: &[u8]) {
        if memory::is_change(sql) {
            let meaning = meaning::of(sql);
            let changes = meaning.changes.iter();
            changes.for_each(|change| self.remember(change));
        }
    }

    fn remember(&mut self, change: &Change) {
        self.memory.take(change);
        // Statements of the protocol have their names in the same place.
        match change {
            Change::Prepare(name, _) | Change::Deallocate(Some(name)) => {
                self.statements.remove(name.as_bytes());
            }
            Change::Deallocate(None) => self.statements.clear(),
            Change::Level(_) | Change::Default(_) | Change::Execute(..) | Change::Autocommit(_) => {
            }
        }
    }

    /// EXECUTE is what it runs, with the values it gives.
    fn execute(&mut self, name: &str, values: &[Operand], draft: &mut Draft) {
        let found = self.memory.prepared(name).or_else(|| {
            let statement = self.statements.get(name.as_bytes())?;
            (!name.is_empty()).then(|| meaning::of(&statement.sql))
        });
        let Some(found) = found.filter(|found| found.changes.is_empty()) else {
            draft.effects.push(Effect::of(Access::Unknown, "*"));
            return self.obscure("EXECUTE of what is not seen");
        };
        if let Some(why) = &found.obscure {
            self.obscure(why);
        }
        let values: Vec<Option<String>> = values
            .iter()
            .map_while(|value| match value {
                Operand::Literal(null) if null == "NULL" => Some(None),
                value => value.fill(&draft.parameters).map(Some),
            })
            .collect();
        let alone = draft.effects.is_empty();
        draft.effects.extend(found.effects(&values));
        if draft.effects.len() > EFFECTS_MAX {
            // What is left out may be anything.
            draft.effects.truncate(EFFECTS_MAX - 1);
            draft.effects.push(Effect::of(Access::Unknown, "*"));
        }
        if alone && draft.verb == "EXECUTE" {
            draft.verb.clone_from(&found.verb);
            draft.noise = found.noise;
        }
        draft.noise &= found.noise;
        if draft.parameters.is_empty() {
            draft.parameters = values;
        }
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
