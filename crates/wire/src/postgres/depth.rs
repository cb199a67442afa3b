//! Whether a statement may be given to the parser. What is deep costs it stack, and brackets in
//! brackets cost it time that doubles with each level, so hostile texts are not parsed at all.

use sqlparser::tokenizer::Token;

use super::control;

/// Deeper brackets are not parsed: the parser may try each level twice.
pub const BRACKETS_MAX: usize = 12;
/// Longer runs of tokens without a comma are not parsed: they become trees as deep as they are
/// long, and a deep tree costs stack.
pub const RUN_TOKENS_MAX: usize = 1024;
/// More UNION, INTERSECT and EXCEPT are not parsed, for the same reason.
pub const UNIONS_MAX: usize = 100;

/// How deep the trees of one open bracket can be.
#[derive(Default, Clone, Copy)]
struct Level {
    /// Tokens since the last comma.
    run: usize,
    /// The deepest bracket since then.
    inner: usize,
    /// The deepest before that comma.
    before: usize,
}

impl Level {
    fn depth(self) -> usize {
        self.before.max(self.run + self.inner)
    }
}

/// Whether the tree that the parser would build stays within the stack.
pub fn is_shallow(tokens: &[Token]) -> bool {
    let mut levels = vec![Level::default()];
    let mut unions = 0;
    for token in tokens {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => levels.push(Level::default()),
            Token::RParen | Token::RBracket | Token::RBrace if levels.len() > 1 => {
                let closed = levels.pop().unwrap_or_default().depth();
                if let Some(level) = levels.last_mut() {
                    level.inner = level.inner.max(closed);
                }
            }
            Token::Comma => {
                if let Some(level) = levels.last_mut() {
                    *level = Level {
                        before: level.depth(),
                        ..Level::default()
                    };
                }
            }
            _ => {
                let set = ["UNION", "INTERSECT", "EXCEPT"];
                unions += usize::from(set.iter().any(|word| control::is_word(token, word)));
                if let Some(level) = levels.last_mut() {
                    level.run += 1;
                }
            }
        }
        let depth: usize = levels.iter().map(|level| level.depth()).sum();
        if levels.len() > BRACKETS_MAX || depth > RUN_TOKENS_MAX || unions > UNIONS_MAX {
            return false;
        }
    }
    true
}
