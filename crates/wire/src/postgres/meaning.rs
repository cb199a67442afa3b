//! What an SQL text means: its verb, which resources it touches and how, where it stands in a
//! transaction. Only looked at when a director attends or a text is to be described, and remembered
//! by text without its values, since systems send the same statements over and over.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use model::effect::CUT;
use model::{Access, Effect};
use sqlparser::ast::Statement;
use sqlparser::dialect::{Dialect, PostgreSqlDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::memory::Change;
use super::rules::POSTGRES;
use super::values::{self, Lexis};
use super::{control, depth, dialect, effects, shape};
use crate::session::readable;

/// Texts remembered by each thread.
pub const MEANINGS_MAX: usize = 1024;
/// Longer texts are not remembered.
pub const REMEMBERED_BYTES_MAX: usize = 4096;
/// A bound value in a part is cut here.
pub const PART_VALUE_BYTES_MAX: usize = 64;
/// Effects of one text that are kept.
pub const EFFECTS_MAX: usize = 64;

/// What a text means.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Meaning {
    pub verb: String,
    pub shape: String,
    pub touches: Vec<Touch>,
    pub control: Option<Control>,
    /// What the session is told to remember or to use again.
    pub changes: Vec<Change>,
    pub noise: bool,
    /// Why some of it was not understood.
    pub obscure: Option<String>,
}

/// How a statement moves its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    Begin,
    Commit,
    Rollback,
    /// Several statements that open a transaction and end it.
    Whole,
}

/// An effect whose parameters are not filled in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    pub access: Access,
    pub resource: String,
    /// Completes the name of the resource: the key of an advisory lock.
    pub key: Vec<Operand>,
    /// Columns that are equal to a value, in the order of their names.
    pub part: Vec<(String, Operand)>,
    /// See [`Effect::columns`].
    pub columns: Option<Vec<String>>,
}

/// A value in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    Literal(String),
    /// The nth parameter, from 0.
    Parameter(usize),
    /// A function of a value: `hashtext($1)`.
    Call(String, Box<Operand>),
}

impl Touch {
    /// Of a whole resource.
    pub fn of(access: Access, resource: impl Into<String>) -> Touch {
        Touch {
            access,
            resource: resource.into(),
            key: Vec::new(),
            part: Vec::new(),
            columns: None,
        }
    }

    fn effect(&self, parameters: &[Option<String>]) -> Effect {
        let mut resource = self.resource.clone();
        for (at, operand) in self.key.iter().enumerate() {
            if at > 0 {
                resource.push(',');
            }
            resource.push_str(&operand.fill(parameters).unwrap_or_else(|| "?".to_string()));
        }
        let filled = self
            .part
            .iter()
            .filter_map(|(column, operand)| Some((column.clone(), operand.fill(parameters)?)));
        Effect {
            access: self.access,
            resource,
            part: filled.collect(),
            columns: self.columns.clone(),
        }
    }
}

impl Operand {
    /// Its value; none when the parameters are not known.
    pub fn fill(&self, parameters: &[Option<String>]) -> Option<String> {
        match self {
            Operand::Literal(value) => Some(cut(value)),
            Operand::Parameter(n) => Some(
                parameters
                    .get(*n)?
                    .as_deref()
                    .map_or_else(|| "NULL".to_string(), cut),
            ),
            Operand::Call(name, operand) => Some(format!("{name}({})", operand.fill(parameters)?)),
        }
    }
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(PART_VALUE_BYTES_MAX / 2) {
        Some(_) if value.len() > PART_VALUE_BYTES_MAX => {
            let mut end = PART_VALUE_BYTES_MAX;
            while !value.is_char_boundary(end) {
                end -= 1;
            }
            format!("{}{CUT}", &value[..end])
        }
        _ => value.to_string(),
    }
}

impl Meaning {
    /// The effects with these parameters.
    pub fn effects(&self, parameters: &[Option<String>]) -> Vec<Effect> {
        self.touches
            .iter()
            .map(|touch| touch.effect(parameters))
            .collect()
    }
}

/// Meanings by their texts; the oldest is forgotten first.
#[derive(Default)]
pub struct Remembered {
    meanings: HashMap<Box<[u8]>, Arc<Meaning>, foldhash::fast::RandomState>,
    order: VecDeque<Box<[u8]>>,
}

thread_local! {
    static REMEMBERED: RefCell<Remembered> = RefCell::default();
}

/// What `sql` means, remembered or found out.
pub fn of(sql: &[u8]) -> Arc<Meaning> {
    REMEMBERED.with_borrow_mut(|remembered| remembered.meaning(sql, Lexis::Postgres, find_out))
}

impl Remembered {
    /// What `sql` means, remembered or found out: of it, or of a text like it with other values.
    pub fn meaning(
        &mut self,
        sql: &[u8],
        lexis: Lexis,
        find_out: impl Fn(&[u8]) -> Meaning,
    ) -> Arc<Meaning> {
        if sql.len() > REMEMBERED_BYTES_MAX {
            return Arc::new(find_out(sql));
        }
        if let Some(marked) = values::marked(sql, lexis)
            && let Some(meaning) = marked.filled(&self.of(&marked.text, &find_out))
        {
            return Arc::new(meaning);
        }
        self.of(sql, &find_out)
    }

    fn of(&mut self, sql: &[u8], find_out: &impl Fn(&[u8]) -> Meaning) -> Arc<Meaning> {
        if let Some(meaning) = self.meanings.get(sql) {
            return Arc::clone(meaning);
        }
        if self.order.len() >= MEANINGS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.meanings.remove(&oldest);
        }
        let meaning = Arc::new(find_out(sql));
        self.order.push_back(sql.into());
        self.meanings.insert(sql.into(), Arc::clone(&meaning));
        meaning
    }
}

/// How many texts this thread remembers.
#[cfg(test)]
pub fn remembered() -> usize {
    REMEMBERED.with_borrow(|remembered| remembered.meanings.len().max(remembered.order.len()))
}

/// What `sql` means, found out.
pub fn find_out(sql: &[u8]) -> Meaning {
    match tokens(sql, &PostgreSqlDialect {}) {
        Ok(tokens) => all_of(&tokens, shape::of(sql), one),
        Err(why) => not_read(shape::of(sql), why),
    }
}

/// The words of a text, without what stands between them.
pub fn tokens(sql: &[u8], dialect: &dyn Dialect) -> Result<Vec<Token>, String> {
    let text = String::from_utf8_lossy(sql);
    let tokens = Tokenizer::new(dialect, &text).tokenize();
    let mut tokens = tokens.map_err(|why| why.to_string())?;
    tokens.retain(|token| !matches!(token, Token::Whitespace(_) | Token::EOF));
    Ok(tokens)
}

/// The meaning of a text whose words could not be told apart.
pub fn not_read(shape: String, why: String) -> Meaning {
    let meaning = Meaning {
        verb: first_word(&shape),
        shape,
        ..Meaning::default()
    };
    obscured(meaning, why)
}

/// The meaning of all statements of a text, each as `one` has it.
pub fn all_of(tokens: &[Token], shape: String, one: impl Fn(&[Token]) -> Meaning) -> Meaning {
    let mut all = Meaning {
        shape,
        noise: true,
        ..Meaning::default()
    };
    for statement in tokens.split(|token| *token == Token::SemiColon) {
        if !statement.is_empty() {
            merge(&mut all, one(statement));
        }
    }
    if all.verb.is_empty() {
        // Drivers ping with a text that says nothing.
        all.verb = "EMPTY".to_string();
    }
    all
}

fn first_word(shape: &str) -> String {
    let end = shape
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(shape.len());
    shape[..end.min(32)].to_ascii_uppercase()
}

/// A meaning with an effect on anything, for the reason given.
pub fn obscured(mut meaning: Meaning, why: String) -> Meaning {
    meaning.touches.push(Touch::of(Access::Unknown, "*"));
    meaning.noise = false;
    meaning.obscure = Some(readable(why.as_bytes()));
    meaning
}

/// The meaning of one statement, without its shape.
pub fn one(tokens: &[Token]) -> Meaning {
    control::of(tokens).unwrap_or_else(|| parsed(tokens))
}

/// As `one`, of a statement that the parser knows: one that stands within another. Others could
/// stand within each other as deep as the text is long.
pub fn parsed(tokens: &[Token]) -> Meaning {
    match parse(tokens) {
        Ok(statement) => effects::of(&statement, &POSTGRES),
        Err(why) => not_parsed(tokens, why),
    }
}

/// The meaning of a statement that the parser does not know.
pub fn not_parsed(tokens: &[Token], why: String) -> Meaning {
    let first = tokens.first().map(|token| first_word(&token.to_string()));
    let meaning = Meaning {
        verb: first.unwrap_or_default(),
        ..Meaning::default()
    };
    obscured(meaning, why)
}

/// The tree of one statement.
pub fn parse(tokens: &[Token]) -> Result<Statement, String> {
    if !depth::is_shallow(tokens) {
        return Err("nested too deeply".to_string());
    }
    parse_with(&PostgreSqlDialect {}, dialect::reworded(tokens))
}

/// The tree of one statement that is known to be shallow.
pub fn parse_with(dialect: &dyn Dialect, tokens: Vec<Token>) -> Result<Statement, String> {
    let mut parser = Parser::new(dialect).with_tokens(tokens);
    let statement = parser.parse_statement().map_err(|why| why.to_string())?;
    match parser.peek_token().token {
        Token::EOF => Ok(statement),
        other => Err(format!("unexpected {other}")),
    }
}

/// How much a statement says about what its text is for.
fn weight(meaning: &Meaning) -> u8 {
    let executes = |change: &Change| matches!(change, Change::Execute(..));
    if !meaning.touches.is_empty() || meaning.changes.iter().any(executes) {
        2
    } else {
        u8::from(meaning.control.is_some())
    }
}

/// Adds a statement to those before it. The verb is that of the first one that does something.
fn merge(all: &mut Meaning, next: Meaning) {
    if all.verb.is_empty() || weight(&next) > weight(all) {
        all.verb = next.verb;
    }
    for touch in next.touches {
        effects::add(&mut all.touches, touch);
    }
    for change in next.changes {
        if all.changes.len() < EFFECTS_MAX {
            all.changes.push(change);
        } else {
            effects::add(&mut all.touches, Touch::of(Access::Unknown, "*"));
        }
    }
    all.noise &= next.noise;
    all.obscure = all.obscure.take().or(next.obscure);
    all.control = match (all.control, next.control) {
        (Some(Control::Begin), Some(Control::Commit | Control::Rollback)) => Some(Control::Whole),
        (before, now) => now.or(before),
    };
}
