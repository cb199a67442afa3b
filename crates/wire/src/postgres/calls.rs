//! Calls of functions: those that touch a resource of their own (advisory locks, sequences,
//! notifications), those that touch nothing others see, and all others, which could do anything.

use model::Access;
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    OrderByExpr, WindowFrameBound, WindowSpec, WindowType,
};

use super::effects::Walk;
use super::meaning::{Operand, Touch};
use super::names::{named, resource_name};
use super::predicate::operand;
use super::rules::Called;

impl Walk {
    /// A call in an expression, with all that is in it.
    pub fn call(&mut self, function: &Function) {
        let name = named(&function.name);
        let exprs = arguments(function);
        self.called(&name, &exprs);
        exprs.into_iter().for_each(|expr| self.expr(expr));
        match &function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => {
                self.query(query);
            }
            FunctionArguments::List(list) => {
                list.args.iter().for_each(|arg| self.wildcard(&name, arg));
                list.clauses.iter().for_each(|clause| self.clause(clause));
            }
        }
        function.filter.iter().for_each(|expr| self.expr(expr));
        self.orders(&function.within_group);
        if let Some(WindowType::WindowSpec(spec)) = &function.over {
            self.window(spec);
        }
    }

    /// What a call touches: advisory locks, sequences and notifications are resources of their
    /// own; what a function of the user does is not seen.
    pub fn called(&mut self, name: &str, arguments: &[&Expr]) {
        let Some(Called { access, kind, keys }) = (self.rules.resource_of_call)(name) else {
            self.strange_call |= !(self.rules.is_harmless)(name);
            return;
        };
        let arguments = arguments.iter().take(keys);
        let key: Option<Vec<Operand>> = arguments.map(|expr| parts_of(expr)).collect();
        let mut key = key.unwrap_or_else(|| vec![Operand::Literal("?".to_string())]);
        if key.is_empty() {
            key.push(Operand::Literal("*".to_string()));
        }
        if let ("", Some(Operand::Literal(sequence))) = (kind, key.first_mut()) {
            *sequence = sequence_name(sequence);
        }
        self.touches.push(Touch {
            key,
            ..Touch::of(access, kind)
        });
    }

    /// `count(*)` looks at no column; `f(t.*)` at all of `t`.
    fn wildcard(&mut self, name: &str, argument: &FunctionArg) {
        let (FunctionArg::Named { arg, .. }
        | FunctionArg::ExprNamed { arg, .. }
        | FunctionArg::Unnamed(arg)) = argument;
        match arg {
            FunctionArgExpr::Expr(_) => {}
            FunctionArgExpr::Wildcard if name == "count" => {}
            FunctionArgExpr::QualifiedWildcard(of) => {
                let of = named(of);
                self.mention_row(of.rsplit('.').next().unwrap_or_default());
            }
            FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => {
                self.mention_scope();
            }
        }
    }

    fn clause(&mut self, clause: &FunctionArgumentClause) {
        match clause {
            FunctionArgumentClause::OrderBy(orders) => self.orders(orders),
            FunctionArgumentClause::Where(expr) | FunctionArgumentClause::Limit(expr) => {
                self.expr(expr);
            }
            FunctionArgumentClause::Having(bound) => self.expr(&bound.1),
            FunctionArgumentClause::IgnoreOrRespectNulls(_)
            | FunctionArgumentClause::Separator(_)
            | FunctionArgumentClause::JsonNullClause(_)
            | FunctionArgumentClause::JsonReturningClause(_) => {}
            FunctionArgumentClause::OnOverflow(_) => self.mention_all(),
        }
    }

    fn orders(&mut self, orders: &[OrderByExpr]) {
        orders.iter().for_each(|order| self.expr(&order.expr));
    }

    /// What stands in OVER or WINDOW.
    pub fn window(&mut self, spec: &WindowSpec) {
        spec.partition_by.iter().for_each(|expr| self.expr(expr));
        self.orders(&spec.order_by);
        let frame = spec.window_frame.iter();
        let bounds = frame.flat_map(|frame| [Some(&frame.start_bound), frame.end_bound.as_ref()]);
        for bound in bounds.flatten() {
            if let WindowFrameBound::Preceding(Some(expr))
            | WindowFrameBound::Following(Some(expr)) = bound
            {
                self.expr(expr);
            }
        }
    }
}

/// The arguments of a call that are expressions.
pub fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else {
        return Vec::new();
    };
    list.args
        .iter()
        .filter_map(|argument| match argument {
            FunctionArg::Named { arg, .. }
            | FunctionArg::ExprNamed { arg, .. }
            | FunctionArg::Unnamed(arg) => match arg {
                FunctionArgExpr::Expr(expr) => Some(expr),
                _ => None,
            },
        })
        .collect()
}

/// What a function of PostgreSQL touches.
pub fn resource_of_call(name: &str) -> Option<Called> {
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    let (access, kind, keys) = match name {
        "nextval" => (Access::Atomic, "", 1),
        "setval" => (Access::Write, "", 1),
        "pg_notify" => (Access::Write, "channel:", 1),
        _ if name.starts_with("pg_advisory_unlock") => (Access::Unlock, "advisory:", usize::MAX),
        _ if name.starts_with("pg_advisory_") || name.starts_with("pg_try_advisory_") => {
            (Access::Lock, "advisory:", usize::MAX)
        }
        _ => return None,
    };
    Some(Called { access, kind, keys })
}

/// A key of an advisory lock: a value, or a function of a value.
pub fn parts_of(expr: &Expr) -> Option<Operand> {
    if let Expr::Function(function) = expr {
        let arguments = arguments(function);
        let [argument] = arguments.as_slice() else {
            return None;
        };
        return Some(Operand::Call(
            named(&function.name),
            Box::new(operand(argument)?),
        ));
    }
    if let Expr::Cast { expr, .. } | Expr::Nested(expr) = expr {
        return parts_of(expr);
    }
    operand(expr)
}

/// A sequence's name as a resource, from the text that names it: `public."Orders_id_seq"`.
fn sequence_name(text: &str) -> String {
    let parts: Vec<(&str, bool)> = text
        .split('.')
        .map(|part| {
            let inner = part
                .strip_prefix('"')
                .and_then(|part| part.strip_suffix('"'));
            (inner.unwrap_or(part), inner.is_some())
        })
        .collect();
    resource_name(&parts)
}
