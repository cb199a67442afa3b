//! What a WHERE says about which rows are meant: the columns it makes equal to a value, and
//! whether it says anything beyond that.

use sqlparser::ast::{BinaryOperator, Expr, Ident, UnaryOperator, Value};

use super::meaning::Operand;
use super::names::is_system;

/// `column = value`.
#[derive(Debug, Clone)]
pub struct Equality {
    /// The table or alias before the column, in small letters.
    pub qualifier: Option<String>,
    pub column: String,
    pub operand: Operand,
    /// The value is TRUE or FALSE: a condition on the row's state, never a key.
    boolean: bool,
}

/// A WHERE taken apart.
#[derive(Debug, Default)]
pub struct Predicate {
    pub equalities: Vec<Equality>,
    /// Something else than equality with a value, or with a column of another table, is asked.
    pub more: bool,
}

/// Takes a WHERE apart along its ANDs.
pub fn of(selection: Option<&Expr>) -> Predicate {
    let mut predicate = Predicate::default();
    let mut left = selection.into_iter().collect::<Vec<_>>();
    while let Some(expr) = left.pop() {
        match expr {
            Expr::Nested(inner) => left.push(inner),
            Expr::BinaryOp {
                left: a,
                op: BinaryOperator::And,
                right: b,
            } => left.extend([&**b, &**a]),
            Expr::BinaryOp {
                left: a,
                op: BinaryOperator::Eq,
                right: b,
            } => match equality(a, b).or_else(|| equality(b, a)) {
                Some(equality) => predicate.equalities.push(equality),
                // `1 = 1` asks nothing of the row.
                None => {
                    let columns = column(a).is_some() && column(b).is_some();
                    let values = operand(a).is_some() && operand(b).is_some();
                    predicate.more |= !columns && !values;
                }
            },
            Expr::InList {
                expr,
                list,
                negated: false,
            } => {
                predicate.more |=
                    column(expr).is_none() || !list.iter().all(|value| operand(value).is_some());
            }
            Expr::AnyOp {
                left: a,
                compare_op: BinaryOperator::Eq,
                right: b,
                ..
            } => {
                predicate.more |= column(a).is_none() || operand(b).is_none();
            }
            _ => predicate.more = true,
        }
    }
    predicate
}

impl Predicate {
    /// The part of a table: its columns with their values, in the order of their names. Columns
    /// without a qualifier belong to it only when it is `alone`.
    pub fn part(&self, name: &str, alone: bool) -> Vec<(String, Operand)> {
        let mine = self
            .equalities
            .iter()
            .filter(|equality| !is_system(&equality.column))
            .filter(|equality| match &equality.qualifier {
                Some(qualifier) => qualifier == name,
                None => alone,
            });
        let mut part: Vec<_> = mine
            .map(|e| (e.column.clone(), e.operand.clone()))
            .collect();
        part.sort_by(|a, b| a.0.cmp(&b.0));
        part.dedup();
        part
    }

    /// Whether rows are chosen by more than the values of keys: by another comparison, by a
    /// truth value, or by a column that the statement also sets (compare and set).
    pub fn is_conditional(&self, set: &[String]) -> bool {
        self.more
            || self
                .equalities
                .iter()
                .any(|e| e.boolean || is_system(&e.column) || set.contains(&e.column))
    }
}

fn equality(left: &Expr, right: &Expr) -> Option<Equality> {
    let (qualifier, column) = column(left)?;
    let boolean = matches!(right, Expr::Value(value) if matches!(value.value, Value::Boolean(_)));
    Some(Equality {
        qualifier,
        column,
        operand: operand(right)?,
        boolean,
    })
}

/// A column and the table or alias before it.
pub fn column(expr: &Expr) -> Option<(Option<String>, String)> {
    match expr {
        Expr::Nested(inner) => column(inner),
        Expr::Identifier(name) => Some((None, folded(name))),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., table, name] => Some((Some(folded(table)), folded(name))),
            _ => None,
        },
        _ => None,
    }
}

/// A name as PostgreSQL reads it: in small letters unless quoted.
pub fn folded(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_ascii_lowercase(),
    }
}

/// A literal or a parameter, through casts.
pub fn operand(expr: &Expr) -> Option<Operand> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => operand(inner),
        Expr::TypedString(typed) => literal(&typed.value.value),
        Expr::Value(value) => literal(&value.value),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => match operand(expr)? {
            Operand::Literal(value) => Some(Operand::Literal(format!("-{value}"))),
            _ => None,
        },
        _ => None,
    }
}

fn literal(value: &Value) -> Option<Operand> {
    let text = match value {
        Value::Placeholder(name) => {
            let number: usize = name.strip_prefix('$')?.parse().ok()?;
            return Some(Operand::Parameter(number.checked_sub(1)?));
        }
        Value::Number(text, _) => text.clone(),
        Value::SingleQuotedString(text)
        | Value::EscapedStringLiteral(text)
        | Value::UnicodeStringLiteral(text)
        | Value::NationalStringLiteral(text) => text.clone(),
        Value::DollarQuotedString(text) => text.value.clone(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Null => "NULL".to_string(),
        _ => return None,
    };
    Some(Operand::Literal(text))
}
