//! Expressions: finding the columns, subqueries and calls inside, and whether one depends on the
//! row that is updated. Kinds of expressions that no store here has are not entered.

use sqlparser::ast::{AccessExpr, Expr, SetExpr, Subscript};

use super::calls::arguments;
use super::effects::Walk;
use super::names::is_default;
use super::predicate::folded;

impl Walk {
    /// Walks an expression for what it touches and mentions.
    pub fn expr(&mut self, mut expr: &Expr) {
        // Long chains lean to the left: follow them in a loop, not on the stack.
        while let Expr::BinaryOp { left, right, .. } = expr {
            self.expr(right);
            expr = left;
        }
        match expr {
            Expr::Identifier(name) if is_default(name) => {}
            Expr::Identifier(name) => self.mention(None, &folded(name)),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, name] => self.mention(Some(&folded(table)), &folded(name)),
                _ => self.mention_all(),
            },
            Expr::CompoundFieldAccess { root, access_chain } => self.field(root, access_chain),
            Expr::Subquery(query) => {
                self.query(query);
            }
            Expr::Exists { subquery, .. } => {
                // What it would give is not looked at, except by EXCEPT and the like.
                self.only_existence =
                    subquery.with.is_none() && matches!(*subquery.body, SetExpr::Select(_));
                self.query(subquery);
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr);
                self.query(subquery);
            }
            Expr::Function(function) => self.call(function),
            _ => match inner(expr) {
                Some(inner) => inner.into_iter().for_each(|inner| self.expr(inner)),
                None => self.mention_all(),
            },
        }
    }

    /// `tags[1]`, `(orders).note`, `orders.tags[1]`.
    fn field(&mut self, root: &Expr, chain: &[AccessExpr]) {
        match (root, chain.first()) {
            (Expr::Identifier(table), Some(AccessExpr::Dot(Expr::Identifier(name)))) => {
                self.mention(Some(&folded(table)), &folded(name));
            }
            _ => self.expr(root),
        }
        for access in chain {
            match access {
                AccessExpr::Subscript(Subscript::Index { index }) => self.expr(index),
                AccessExpr::Subscript(Subscript::Slice {
                    lower_bound,
                    upper_bound,
                    ..
                }) => lower_bound
                    .iter()
                    .chain(upper_bound)
                    .for_each(|bound| self.expr(bound)),
                AccessExpr::Dot(Expr::Identifier(_)) => {}
                AccessExpr::Dot(_) => self.mention_all(),
            }
        }
    }
}

/// The expressions directly inside of one, subqueries and arguments of functions apart. None when
/// it is of a kind that is not entered.
fn inner(expr: &Expr) -> Option<Vec<&Expr>> {
    if let Some(only) = inner_one(expr) {
        return Some(vec![only]);
    }
    if let Some(both) = inner_two(expr) {
        return Some(both.to_vec());
    }
    if let Some(texts) = inner_of_text(expr) {
        return Some(texts);
    }
    Some(match expr {
        Expr::Value(_) | Expr::TypedString(_) => Vec::new(),
        Expr::Between {
            expr, low, high, ..
        } => vec![expr, low, high],
        Expr::InList { expr, list, .. } => list.iter().chain([&**expr]).collect(),
        Expr::Tuple(list) => list.iter().collect(),
        Expr::GroupingSets(lists) | Expr::Cube(lists) | Expr::Rollup(lists) => {
            lists.iter().flatten().collect()
        }
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
        _ => return None,
    })
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
        | Expr::IsUnknown(e)
        | Expr::IsNotUnknown(e)
        | Expr::IsNormalized { expr: e, .. }
        | Expr::IsJson { expr: e, .. }
        | Expr::UnaryOp { expr: e, .. }
        | Expr::Cast { expr: e, .. }
        | Expr::Collate { expr: e, .. }
        | Expr::Extract { expr: e, .. }
        | Expr::Ceil { expr: e, .. }
        | Expr::Floor { expr: e, .. }
        | Expr::Convert { expr: e, .. }
        | Expr::Prefixed { value: e, .. } => e,
        Expr::Interval(interval) => &interval.value,
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
        | Expr::AtTimeZone {
            timestamp: a,
            time_zone: b,
        }
        | Expr::RLike {
            expr: a,
            pattern: b,
            ..
        }
        | Expr::Position { expr: a, r#in: b } => [a, b],
        _ => return None,
    })
}

fn inner_of_text(expr: &Expr) -> Option<Vec<&Expr>> {
    Some(match expr {
        Expr::Like {
            expr: a,
            pattern: b,
            escape_char: c,
            ..
        }
        | Expr::ILike {
            expr: a,
            pattern: b,
            escape_char: c,
            ..
        }
        | Expr::SimilarTo {
            expr: a,
            pattern: b,
            escape_char: c,
            ..
        } => [&**a, b].into_iter().chain(c.as_deref()).collect(),
        Expr::Substring {
            expr,
            substring_from: from,
            substring_for: many,
            ..
        } => [&**expr]
            .into_iter()
            .chain(from.as_deref())
            .chain(many.as_deref())
            .collect(),
        Expr::Trim {
            expr,
            trim_what: what,
            trim_characters: characters,
            ..
        } => [&**expr]
            .into_iter()
            .chain(what.as_deref())
            .chain(characters.iter().flatten())
            .collect(),
        Expr::Overlay {
            expr,
            overlay_what: what,
            overlay_from: from,
            overlay_for: many,
        } => [&**expr, what, from]
            .into_iter()
            .chain(many.as_deref())
            .collect(),
        _ => return None,
    })
}

/// Whether an expression depends on a column of the row of a table. A subquery has rows of its
/// own.
pub fn mentions_row(mut expr: &Expr, own: &str) -> bool {
    while let Expr::BinaryOp { left, right, .. } = expr {
        if mentions_row(right, own) {
            return true;
        }
        expr = left;
    }
    match expr {
        Expr::Identifier(name) => !is_default(name),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., table, _] => folded(table) == own,
            _ => true,
        },
        Expr::Function(function) => arguments(function)
            .into_iter()
            .any(|e| mentions_row(e, own)),
        Expr::Subquery(_) | Expr::Exists { .. } => false,
        Expr::InSubquery { expr, .. } | Expr::CompoundFieldAccess { root: expr, .. } => {
            mentions_row(expr, own)
        }
        _ => inner(expr).is_none_or(|inner| inner.into_iter().any(|e| mentions_row(e, own))),
    }
}
