//! Expressions: finding the subqueries and calls inside, and whether one depends on the row that
//! is updated. Rare kinds of expressions are not entered.

use sqlparser::ast::Expr;

use super::calls::arguments;
use super::effects::Walk;
use super::names::is_default;
use super::predicate::folded;

impl Walk {
    /// Walks an expression for what it touches.
    pub fn expr(&mut self, mut expr: &Expr) {
        // Long chains lean to the left: follow them in a loop, not on the stack.
        while let Expr::BinaryOp { left, right, .. } = expr {
            self.expr(right);
            expr = left;
        }
        match expr {
            Expr::Subquery(query)
            | Expr::Exists {
                subquery: query, ..
            } => {
                self.query(query);
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr);
                self.query(subquery);
            }
            Expr::Function(function) => self.call(function),
            _ => inner(expr).into_iter().for_each(|inner| self.expr(inner)),
        }
    }
}

/// The expressions directly inside of one, subqueries and arguments of functions apart.
fn inner(expr: &Expr) -> Vec<&Expr> {
    if let Some(only) = inner_one(expr) {
        return vec![only];
    }
    if let Some(both) = inner_two(expr) {
        return both.to_vec();
    }
    match expr {
        Expr::Between {
            expr, low, high, ..
        } => vec![expr, low, high],
        Expr::InList { expr, list, .. } => list.iter().chain([&**expr]).collect(),
        Expr::Tuple(list) => list.iter().collect(),
        Expr::Array(array) => array.elem.iter().collect(),
        Expr::Case {
            operand,
            conditions,
            else_result,
            ..
        } => {
            let cases = conditions
                .iter()
                .flat_map(|case| [&case.condition, &case.result]);
            cases
                .chain(operand.as_deref())
                .chain(else_result.as_deref())
                .collect()
        }
        _ => Vec::new(),
    }
}

fn inner_one(expr: &Expr) -> Option<&Expr> {
    Some(match expr {
        Expr::Nested(e)
        | Expr::IsFalse(e)
        | Expr::IsNotFalse(e)
        | Expr::IsTrue(e)
        | Expr::IsNotTrue(e)
        | Expr::IsNull(e)
        | Expr::IsNotNull(e)
        | Expr::UnaryOp { expr: e, .. }
        | Expr::Cast { expr: e, .. }
        | Expr::Collate { expr: e, .. }
        | Expr::Extract { expr: e, .. }
        | Expr::Ceil { expr: e, .. }
        | Expr::Floor { expr: e, .. }
        | Expr::JsonAccess { value: e, .. }
        | Expr::CompoundFieldAccess { root: e, .. }
        | Expr::Substring { expr: e, .. }
        | Expr::Trim { expr: e, .. } => e,
        _ => return None,
    })
}

fn inner_two(expr: &Expr) -> Option<[&Expr; 2]> {
    Some(match expr {
        Expr::BinaryOp {
            left: a, right: b, ..
        }
        | Expr::IsDistinctFrom(a, b)
        | Expr::IsNotDistinctFrom(a, b)
        | Expr::AnyOp {
            left: a, right: b, ..
        }
        | Expr::AllOp {
            left: a, right: b, ..
        }
        | Expr::Like {
            expr: a,
            pattern: b,
            ..
        }
        | Expr::ILike {
            expr: a,
            pattern: b,
            ..
        }
        | Expr::SimilarTo {
            expr: a,
            pattern: b,
            ..
        }
        | Expr::AtTimeZone {
            timestamp: a,
            time_zone: b,
        }
        | Expr::Position { expr: a, r#in: b } => [a, b],
        _ => return None,
    })
}

/// Whether an expression depends on a column of the row, whose table has one of the names.
/// A subquery has rows of its own.
pub fn mentions_row(mut expr: &Expr, names: &[&str]) -> bool {
    while let Expr::BinaryOp { left, right, .. } = expr {
        if mentions_row(right, names) {
            return true;
        }
        expr = left;
    }
    match expr {
        Expr::Identifier(name) => !is_default(name),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., table, _] => names.contains(&folded(table).as_str()),
            _ => true,
        },
        Expr::Function(function) => arguments(function)
            .into_iter()
            .any(|e| mentions_row(e, names)),
        _ => inner(expr).into_iter().any(|e| mentions_row(e, names)),
    }
}
