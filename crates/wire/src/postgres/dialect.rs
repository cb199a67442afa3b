//! What PostgreSQL knows and the parser does not, put in words that it does.

use sqlparser::tokenizer::Token;

use super::control::is_word;

/// The same statement for the parser:
/// - `FOR NO KEY UPDATE` and `FOR KEY SHARE` lock as well as `FOR UPDATE` and `FOR SHARE` do;
/// - each table in `FOR UPDATE OF a, b` has a clause of its own;
/// - `ONLY` leaves out tables that inherit, which are resources of their own;
/// - the target of `ON CONFLICT` is a list of columns, or nothing.
pub fn reworded(tokens: &[Token]) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut locked = false;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let next = |n: usize, word| tokens.get(at + n).is_some_and(|token| is_word(token, word));
        let after = |words: &[&str]| {
            let last = kept.last();
            last.is_some_and(|last| words.iter().any(|word| is_word(last, word)))
        };
        let is = |word| is_word(token, word);
        let no_key = is("NO") && next(0, "KEY") && next(1, "UPDATE");
        let key = is("KEY") && (next(0, "SHARE") || next(0, "UPDATE"));
        if after(&["FOR"]) && (no_key || key) {
            continue;
        }
        let named = matches!(tokens.get(at), Some(Token::Word(_) | Token::LParen));
        if is("ONLY") && named && !after(&["ROW", "ROWS"]) {
            continue;
        }
        if is("OF") && after(&["UPDATE", "SHARE"]) {
            locked = true;
        } else if locked && *token == Token::Comma {
            kept.extend(["FOR", "UPDATE", "OF"].map(Token::make_keyword));
            continue;
        } else {
            locked &= matches!(token, Token::Word(_) | Token::Period);
        }
        let conflict = is("CONFLICT") && after(&["ON"]);
        kept.push(token.clone());
        if conflict && tokens.get(at) == Some(&Token::LParen) {
            at += target(&tokens[at..], &mut kept);
        }
    }
    kept
}

/// Takes the target of an ON CONFLICT and what is asked of its index; gives how much of the
/// tokens that was. Expressions are left out: they say nothing of columns.
fn target(tokens: &[Token], kept: &mut Vec<Token>) -> usize {
    let mut depth = 0_usize;
    let closes = tokens.iter().position(|token| {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    let Some(closes) = closes else {
        return 0;
    };
    let is_list = tokens[1..closes].iter().enumerate().all(|(n, token)| {
        if n % 2 == 0 {
            matches!(token, Token::Word(_))
        } else {
            *token == Token::Comma
        }
    });
    if is_list {
        kept.extend_from_slice(&tokens[..=closes]);
    }
    let rest = &tokens[closes + 1..];
    let asks = rest.first().is_some_and(|token| is_word(token, "WHERE"));
    let until_do = rest.iter().position(|token| is_word(token, "DO"));
    closes + 1 + if asks { until_do.unwrap_or(0) } else { 0 }
}
