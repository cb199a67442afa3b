//! What MySQL writes in its own way, put in words that the walk over trees knows.

use sqlparser::tokenizer::Token;

use crate::postgres::control::is_word;

/// The same text:
/// - names are in small letters and those in backticks keep a quote, so that no name is taken for
///   a keyword and both ways of writing give one resource. Tables whose names differ in nothing
///   but their capitals are taken for one;
/// - strings in double quotes are strings;
/// - the nth `?` is the nth parameter;
/// - `LOCK IN SHARE MODE` is `FOR SHARE`;
/// - `a MOD b` is `a % b`;
/// - tables of an UPDATE that commas part are joined, and `DELETE FROM t USING ...` deletes from
///   the `t` that is among those behind it;
/// - `UPDATE IGNORE` and the like say nothing of what is touched, nor does `INTO @variable`.
pub fn reworded(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut asked = 0_usize;
    let mut updated = Updated::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let rest = &tokens[at..];
        let next = |n: usize, word| rest.get(n).is_some_and(|token| is_word(token, word));
        if is_word(token, "LOCK") && next(0, "IN") && next(1, "SHARE") && next(2, "MODE") {
            kept.extend(["FOR", "SHARE"].map(Token::make_keyword));
            at += 3;
            continue;
        }
        if is_manner(token, &kept) {
            continue;
        }
        if is_word(token, "INTO") && rest.first().is_some_and(is_variable) {
            at += variables(rest);
            continue;
        }
        if updated.parts_tables(token, &kept) {
            kept.push(Token::make_keyword("JOIN"));
            continue;
        }
        if is_word(token, "MOD") && rest.first() != Some(&Token::LParen) {
            kept.push(Token::Mod);
            continue;
        }
        if is_word(token, "FROM") && kept.last().is_some_and(|last| is_word(last, "DELETE")) {
            let names = using(rest);
            kept.extend(rest[..names].iter().map(plain));
            at += names + usize::from(names > 0);
        }
        kept.push(match plain(token) {
            Token::Placeholder(mark) if mark == "?" => {
                asked += 1;
                Token::Placeholder(format!("${asked}"))
            }
            token => token,
        });
    }
    kept
}

/// A name or a value, as others write it.
fn plain(token: &Token) -> Token {
    match token {
        Token::Word(word) if word.quote_style.is_some() => {
            let mut word = word.clone();
            word.value = word.value.to_lowercase();
            Token::Word(word)
        }
        Token::DoubleQuotedString(text) => Token::SingleQuotedString(text.clone()),
        token => token.clone(),
    }
}

/// How many tokens stand between `DELETE FROM` and USING; none where they are not names alone.
fn using(tokens: &[Token]) -> usize {
    let is_name = |token: &&Token| match token {
        Token::Word(_) => !is_word(token, "USING"),
        token => matches!(token, Token::Period | Token::Comma | Token::Mul),
    };
    let names = tokens.iter().take_while(is_name).count();
    let ends = tokens.get(names).is_some_and(|end| is_word(end, "USING"));
    if ends { names } else { 0 }
}

/// Whether the tables of an UPDATE are being named.
#[derive(Default)]
struct Updated {
    is_naming: bool,
    depth: usize,
}

impl Updated {
    /// Takes the next token; whether it is a comma between two of them.
    fn parts_tables(&mut self, token: &Token, before: &[Token]) -> bool {
        match token {
            Token::LParen => self.depth += 1,
            Token::RParen => self.depth = self.depth.saturating_sub(1),
            Token::Comma => return self.is_naming && self.depth == 0,
            Token::SemiColon => *self = Updated::default(),
            token if is_word(token, "UPDATE") => {
                let starts = matches!(before.last(), None | Some(Token::SemiColon));
                self.is_naming |= starts;
            }
            token if is_word(token, "SET") => self.is_naming = false,
            _ => {}
        }
        false
    }
}

/// How an UPDATE or DELETE is to be gone about.
fn is_manner(token: &Token, before: &[Token]) -> bool {
    let among = |words: &[&str], token: &Token| words.iter().any(|word| is_word(token, word));
    among(&["LOW_PRIORITY", "QUICK", "IGNORE"], token)
        && before
            .last()
            .is_some_and(|before| among(&["UPDATE", "DELETE"], before))
}

fn is_variable(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.value.starts_with('@'))
}

/// How many tokens a list of variables is.
fn variables(tokens: &[Token]) -> usize {
    let mut at = 1;
    while tokens.get(at) == Some(&Token::Comma) && tokens.get(at + 1).is_some_and(is_variable) {
        at += 2;
    }
    at
}
