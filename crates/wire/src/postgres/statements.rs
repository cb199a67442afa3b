//! Prepared statements and portals of one connection, by name: what a Bind or Execute means is
//! only known from the Parse before it. Bounded: the oldest is forgotten and its executions are
//! described as an unknown statement; nothing is ever refused.

use std::collections::{BTreeMap, HashMap};

use super::frame::{Cursor, Formats, Parse};
use super::{shape, shapes};

/// Named statements kept for one connection.
pub const STATEMENTS_MAX: usize = 4096;
/// Bytes of their SQL and names.
pub const STATEMENT_BYTES_MAX: usize = 1 << 20;
/// Named portals kept for one connection.
pub const PORTALS_MAX: usize = 1024;
/// Longer names of portals are not kept.
pub const NAME_BYTES_MAX: usize = 256;
/// Parameters and columns whose types are kept.
pub const TYPES_MAX: usize = 2048;

/// What is shown when the Parse was not seen or was forgotten.
pub const UNKNOWN: &[u8] = b"unknown statement";

/// What is known of a prepared statement.
#[derive(Debug, Default)]
pub struct Statement {
    /// Never 0 for a statement that was parsed.
    pub id: u32,
    pub sql: Vec<u8>,
    /// Type oids of parameters and of columns.
    pub types: Vec<u32>,
    pub columns: Vec<u32>,
    /// Filled for named ones, which are executed many times.
    shape: Vec<u8>,
}

impl Statement {
    /// Appends its shape.
    pub fn shape(&self, out: &mut Vec<u8>) {
        if self.shape.is_empty() {
            shapes::write(&self.sql, out);
        } else {
            out.extend_from_slice(&self.shape);
        }
    }
}

type Names<T> = HashMap<Box<[u8]>, T, foldhash::fast::RandomState>;

/// The statements of a connection.
#[derive(Debug, Default)]
pub struct Statements {
    unnamed: Statement,
    named: Names<Statement>,
    /// Names by id, that is, by age.
    ages: BTreeMap<u32, Box<[u8]>>,
    bytes: usize,
    ids: u32,
}

impl Statements {
    /// Takes a Parse.
    pub fn set(&mut self, parse: &Parse<'_>) {
        self.ids = self.ids.wrapping_add(1).max(1);
        if parse.name.is_empty() {
            let unnamed = &mut self.unnamed;
            unnamed.id = self.ids;
            unnamed.sql.clear();
            unnamed.sql.extend_from_slice(parse.sql);
            unnamed.columns.clear();
            read_types(parse.types, &mut unnamed.types);
            return;
        }
        self.remove(parse.name);
        let mut statement = Statement {
            id: self.ids,
            sql: parse.sql.to_vec(),
            ..Statement::default()
        };
        read_types(parse.types, &mut statement.types);
        shape::write(&statement.sql, &mut statement.shape);
        self.bytes += cost(parse.name, &statement);
        self.ages.insert(statement.id, parse.name.into());
        self.named.insert(parse.name.into(), statement);
        while self.named.len() > STATEMENTS_MAX || self.bytes > STATEMENT_BYTES_MAX {
            let Some((_, oldest)) = self.ages.pop_first() else {
                return;
            };
            self.remove(&oldest);
        }
    }

    /// Takes a Close.
    pub fn remove(&mut self, name: &[u8]) {
        if name.is_empty() {
            self.unnamed.id = 0;
        } else if let Some(gone) = self.named.remove(name) {
            self.bytes = self.bytes.saturating_sub(cost(name, &gone));
            self.ages.remove(&gone.id);
        }
    }

    /// Forgets all that have a name.
    pub fn clear(&mut self) {
        self.named.clear();
        self.ages.clear();
        self.bytes = 0;
    }

    /// By name; the unnamed one has the empty name.
    #[inline]
    pub fn get(&self, name: &[u8]) -> Option<&Statement> {
        let found = if name.is_empty() {
            Some(&self.unnamed)
        } else {
            self.named.get(name)
        };
        found.filter(|statement| statement.id != 0)
    }

    /// By id, as long as it was not replaced.
    pub fn by_id(&self, id: u32) -> Option<&Statement> {
        if id == 0 {
            return None;
        }
        if id == self.unnamed.id {
            return Some(&self.unnamed);
        }
        self.named.get(self.ages.get(&id)?)
    }

    /// As `by_id`, to add what a description says.
    pub fn by_id_mut(&mut self, id: u32) -> Option<&mut Statement> {
        if id == 0 {
            return None;
        }
        if id == self.unnamed.id {
            return Some(&mut self.unnamed);
        }
        self.named.get_mut(self.ages.get(&id)?)
    }

    /// How many named ones are kept, and their bytes.
    #[cfg(test)]
    pub fn size(&self) -> (usize, usize) {
        (self.named.len(), self.bytes)
    }
}

/// What a named statement is counted for: its types and shape grow with its SQL.
fn cost(name: &[u8], statement: &Statement) -> usize {
    2 * name.len() + statement.sql.len() + statement.shape.len()
}

/// Reads oids until the bytes end.
pub fn read_types(mut from: Cursor<'_>, into: &mut Vec<u32>) {
    into.clear();
    while let Some(oid) = from.int32() {
        if into.len() >= TYPES_MAX {
            return;
        }
        into.push(oid);
    }
}

/// Which statement each portal runs, by the statement's id.
#[derive(Debug, Default)]
pub struct Portals {
    /// Of the unnamed portal: the name of its statement, and the id when that is unnamed too.
    statement: Vec<u8>,
    statement_id: u32,
    formats: Formats,
    named: Names<(u32, Formats)>,
}

impl Portals {
    /// Takes a Bind to the unnamed portal: copies a name, looks nothing up.
    #[inline]
    pub fn set_unnamed(&mut self, statement: &[u8], statements: &Statements) {
        self.statement.clear();
        self.statement
            .extend_from_slice(&statement[..statement.len().min(NAME_BYTES_MAX)]);
        self.statement_id = statements.unnamed.id;
    }

    /// Takes a Bind to a named portal.
    pub fn set_named(&mut self, portal: &[u8], statement: &[u8], statements: &Statements) {
        let id = statements.get(statement).map_or(0, |found| found.id);
        if portal.len() > NAME_BYTES_MAX {
            return;
        }
        if self.named.len() >= PORTALS_MAX && !self.named.contains_key(portal) {
            // Portals end with their transaction; so many in one is no case to keep an order for.
            self.named.clear();
        }
        self.named.insert(portal.into(), (id, Formats::default()));
    }

    /// The statement that a portal runs.
    pub fn statement<'s>(
        &self,
        portal: &[u8],
        statements: &'s Statements,
    ) -> Option<&'s Statement> {
        if !portal.is_empty() {
            return statements.by_id(self.named.get(portal)?.0);
        }
        let found = statements.get(&self.statement)?;
        (!self.statement.is_empty() || found.id == self.statement_id).then_some(found)
    }

    /// Remembers the form of a portal's result, for a further Execute of it.
    pub fn set_formats(&mut self, portal: &[u8], formats: Formats) {
        if portal.is_empty() {
            self.formats = formats;
        } else if let Some(named) = self.named.get_mut(portal) {
            named.1 = formats;
        }
    }

    /// The form of a portal's result.
    pub fn formats(&self, portal: &[u8]) -> Formats {
        let named = self.named.get(portal).map(|named| &named.1);
        named.unwrap_or(&self.formats).clone()
    }

    /// Takes a Close.
    pub fn remove(&mut self, portal: &[u8]) {
        self.named.remove(portal);
    }

    /// The transaction is over, and its portals with it.
    #[inline]
    pub fn clear(&mut self) {
        if !self.named.is_empty() {
            self.named.clear();
        }
    }

    /// How many named ones are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.named.len()
    }
}
