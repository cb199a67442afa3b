//! Which columns of which tables a definition of data keeps unique. Read from words, not from
//! trees: dumps and migrations are full of what no parser knows, and what says UNIQUE is plain.

use std::collections::HashSet;

use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::Language;
use super::mysql;
use crate::postgres::control::{is_word, names, word};

/// More of a text between two lines that end a statement is not looked at.
const PIECE_BYTES_MAX: usize = 256 * 1024;
/// More than so many are left out.
const UNIQUES_MAX: usize = 65_536;

/// What may stand between CREATE and TABLE.
const MODIFIERS: &[&str] = &[
    "TEMP",
    "TEMPORARY",
    "UNLOGGED",
    "GLOBAL",
    "LOCAL",
    "OR",
    "REPLACE",
];

/// Columns whose values no two rows of a table share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unique {
    /// As effects name it.
    pub table: String,
    /// In the order of the definition.
    pub columns: Vec<String>,
}

/// What a text defines as unique: primary keys, UNIQUE columns and constraints, and unique indexes
/// that are of whole columns and of all rows. What is not understood is passed over.
pub fn unique(text: &str, language: Language) -> Vec<Unique> {
    let mut found = Found::default();
    for piece in pieces(text) {
        let tokens = match language {
            Language::Postgres => words(piece, &PostgreSqlDialect {}),
            Language::MySql => mysql::reworded(words(piece, &MySqlDialect {})),
            Language::Redis | Language::Http => return Vec::new(),
        };
        for statement in tokens.split(|token| *token == Token::SemiColon) {
            found.statement(statement);
        }
    }
    found.all
}

/// Parts of a text that are read apart from each other, so that what cannot be read in one hides
/// nothing in the next: each ends with a line that ends a statement, or the data of a COPY.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            end += line.len();
            let line = line.trim_end();
            if line.ends_with(';') || line == "\\." {
                break;
            }
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then(|| &piece[..piece.floor_char_boundary(PIECE_BYTES_MAX)])
    })
}

/// The words of a piece, as far as it can be read.
fn words(piece: &str, dialect: &dyn Dialect) -> Vec<Token> {
    let mut read = Vec::new();
    let end = Tokenizer::new(dialect, piece).tokenize_with_location_into_buf(&mut read);
    let read = read.into_iter().map(|read| read.token);
    let is_word = |token: &Token| !matches!(token, Token::Whitespace(_) | Token::EOF);
    let mut tokens: Vec<Token> = read.filter(is_word).collect();
    if end.is_err() {
        // The statement that cannot be read may not be taken for a whole one.
        let whole = tokens.iter().rposition(|token| *token == Token::SemiColon);
        tokens.truncate(whole.unwrap_or(0));
    }
    tokens
}

#[derive(Default)]
struct Found {
    all: Vec<Unique>,
    seen: HashSet<Unique>,
}

impl Found {
    fn statement(&mut self, tokens: &[Token]) {
        let mut at = 1;
        while MODIFIERS.contains(&word(tokens, at).as_str()) {
            at += 1;
        }
        match (word(tokens, 0).as_str(), word(tokens, at).as_str()) {
            ("CREATE", "TABLE") => self.table(&tokens[at + 1..]),
            ("CREATE", "UNIQUE") => self.index(&tokens[at + 1..]),
            ("ALTER", "TABLE") => self.alter(&tokens[at + 1..]),
            _ => {}
        }
    }

    /// `IF NOT EXISTS t (id int PRIMARY KEY, UNIQUE (a, b))`
    fn table(&mut self, tokens: &[Token]) {
        let Some(table) = names(tokens, 0).into_iter().next() else {
            return;
        };
        let opens = tokens.iter().position(|token| *token == Token::LParen);
        let Some((inside, _)) = opens.and_then(|at| bracket(&tokens[at..])) else {
            return;
        };
        for item in split(inside) {
            self.item(&table, item);
        }
    }

    /// One item of a table's definition: a constraint or a column.
    fn item(&mut self, table: &str, item: &[Token]) {
        let columns = match constraint(item) {
            Some(columns) => columns,
            None => column(item).map(|column| vec![column]),
        };
        self.add(table, columns);
    }

    /// `INDEX CONCURRENTLY i ON t (a, b)`, after UNIQUE.
    fn index(&mut self, tokens: &[Token]) {
        let on = tokens.iter().position(|token| is_word(token, "ON"));
        let Some(on) = on.filter(|_| is_at(tokens, 0, &["INDEX"])) else {
            return;
        };
        let opens = tokens[on..]
            .iter()
            .position(|token| *token == Token::LParen);
        let Some((inside, after)) = opens.and_then(|at| bracket(&tokens[on + at..])) else {
            return;
        };
        if after.iter().any(|token| is_word(token, "WHERE")) {
            return; // of some rows only
        }
        if let Some(table) = names(tokens, on + 1).into_iter().next() {
            self.add(&table, listed(inside));
        }
    }

    /// `ONLY t ADD CONSTRAINT c PRIMARY KEY (id), ADD COLUMN a int UNIQUE`
    fn alter(&mut self, tokens: &[Token]) {
        let Some(table) = names(tokens, 0).into_iter().next() else {
            return;
        };
        for action in split(tokens) {
            let Some(add) = action.iter().position(|token| is_word(token, "ADD")) else {
                continue;
            };
            let mut at = add + 1;
            while is_at(action, at, &["COLUMN", "IF", "NOT", "EXISTS"]) {
                at += 1;
            }
            self.item(&table, &action[at..]);
        }
    }

    fn add(&mut self, table: &str, columns: Option<Vec<String>>) {
        let unique = Unique {
            table: table.to_string(),
            columns: columns.unwrap_or_default(),
        };
        let is_room = self.all.len() < UNIQUES_MAX;
        if is_room && !unique.columns.is_empty() && self.seen.insert(unique.clone()) {
            self.all.push(unique);
        }
    }
}

/// The columns of a constraint on a table, if that is what this is and what it keeps unique.
fn constraint(item: &[Token]) -> Option<Option<Vec<String>>> {
    let mut at = 0;
    if is_at(item, at, &["CONSTRAINT"]) {
        at += 1;
        // MySQL lets the name be left out.
        if !is_at(item, at, &["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"]) {
            at += 1;
        }
    } else if !is_at(item, at, &["PRIMARY", "UNIQUE"]) {
        return None;
    }
    if is_at(item, at, &["PRIMARY", "UNIQUE"]) {
        let opens = item.iter().position(|token| *token == Token::LParen);
        return Some(opens.and_then(|opens| listed(bracket(&item[opens..])?.0)));
    }
    Some(None)
}

/// The column that an item defines, if it is unique by itself.
fn column(item: &[Token]) -> Option<String> {
    let name = name(item.first()?)?;
    let mut depth = 0_usize;
    let mut is_unique = false;
    for (at, token) in item.iter().enumerate().skip(1) {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            token if depth == 0 => {
                is_unique |= is_word(token, "UNIQUE")
                    || is_word(token, "PRIMARY") && is_at(item, at + 1, &["KEY"]);
            }
            _ => {}
        }
    }
    is_unique.then_some(name)
}

/// A list of columns, each with how it is ordered or how much of it is looked at. None when one
/// is an expression.
fn listed(tokens: &[Token]) -> Option<Vec<String>> {
    split(tokens)
        .map(|item| {
            let is_length = |inside: &[Token]| matches!(inside, [Token::Number(..)]);
            match item {
                [_] => {}
                [_, Token::LParen, ..] if bracket(&item[1..]).is_some_and(|b| is_length(b.0)) => {}
                [_, Token::Word(_), ..] => {}
                _ => return None,
            }
            name(item.first()?)
        })
        .collect()
}

fn name(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_some() => Some(word.value.clone()),
        Token::Word(word) => Some(word.value.to_ascii_lowercase()),
        _ => None,
    }
}

fn is_at(tokens: &[Token], at: usize, words: &[&str]) -> bool {
    tokens
        .get(at)
        .is_some_and(|token| words.iter().any(|word| is_word(token, word)))
}

/// What stands in the bracket that opens here, and what stands behind it.
fn bracket(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some((tokens.get(1..at)?, &tokens[at + 1..]));
        }
    }
    None
}

/// Parts between the commas that stand in no bracket.
fn split(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Comma
    })
}
