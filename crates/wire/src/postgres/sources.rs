//! What stands in a FROM: tables, joins, subqueries and functions.

use sqlparser::ast::{
    FunctionArg, FunctionArgExpr, JoinConstraint, JoinOperator, ObjectName, TableAlias,
    TableFactor, TableWithJoins,
};

use super::effects::Walk;
use super::names::{named, plain_name};
use super::predicate::folded;

impl Walk {
    /// Adds the tables of a FROM to the innermost scope, and walks what is in it.
    pub fn from(&mut self, from: &TableWithJoins) {
        self.factor(&from.relation);
        for join in &from.joins {
            self.factor(&join.relation);
            match constraint(&join.join_operator) {
                Some(JoinConstraint::On(expr)) => self.expr(expr),
                Some(JoinConstraint::Using(columns)) => {
                    for column in columns.iter().filter_map(plain_name) {
                        self.mention(None, &column);
                    }
                }
                Some(JoinConstraint::None) => {}
                // The columns that both happen to have.
                Some(JoinConstraint::Natural) | None => self.mention_scope(),
            }
        }
    }

    /// Adds one table, or what stands in the place of one.
    pub fn factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table {
                name,
                args: Some(args),
                alias,
                ..
            } => self.function(name, &args.args, alias.as_ref()),
            TableFactor::Function {
                name, args, alias, ..
            } => self.function(name, args, alias.as_ref()),
            TableFactor::Table { name, alias, .. } => self.table(name, alias.as_ref()),
            TableFactor::Derived {
                subquery, alias, ..
            } => {
                self.query(subquery);
                self.no_table(alias.as_ref(), String::new());
            }
            TableFactor::TableFunction { expr, alias } => {
                self.expr(expr);
                self.no_table(alias.as_ref(), String::new());
            }
            TableFactor::UNNEST {
                array_exprs, alias, ..
            } => {
                array_exprs.iter().for_each(|expr| self.expr(expr));
                self.no_table(alias.as_ref(), "unnest".to_string());
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                let before = self.scope().len();
                self.from(table_with_joins);
                if alias.is_some() {
                    // A name for the whole join hides those of its tables.
                    self.mention_scope();
                    for source in &mut self.scope()[before..] {
                        source.name.clear();
                        source.renamed = true;
                    }
                    self.no_table(alias.as_ref(), String::new());
                }
            }
            _ => {
                self.mention_all();
                self.no_table(None, String::new());
            }
        }
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) {
        let resource = named(name);
        let is_common = name.0.len() == 1 && self.common.contains(&resource);
        let bare = resource.rsplit('.').next().unwrap_or_default().to_string();
        let shown = alias.map_or(bare, |alias| folded(&alias.name));
        let renamed = alias.is_some_and(|alias| !alias.columns.is_empty());
        self.push_source((!is_common).then_some(resource), shown, renamed);
    }

    /// A function in the place of a table, which may look at the tables before it.
    fn function(&mut self, name: &ObjectName, args: &[FunctionArg], alias: Option<&TableAlias>) {
        let name = named(name);
        let exprs: Vec<_> = args
            .iter()
            .filter_map(|argument| match argument {
                FunctionArg::Named { arg, .. }
                | FunctionArg::ExprNamed { arg, .. }
                | FunctionArg::Unnamed(arg) => match arg {
                    FunctionArgExpr::Expr(expr) => Some(expr),
                    _ => None,
                },
            })
            .collect();
        self.called(&name, &exprs);
        exprs.into_iter().for_each(|expr| self.expr(expr));
        self.no_table(alias, name);
    }

    fn no_table(&mut self, alias: Option<&TableAlias>, or: String) {
        let name = alias.map_or(or, |alias| folded(&alias.name));
        self.push_source(None, name, false);
    }
}

fn constraint(join: &JoinOperator) -> Option<&JoinConstraint> {
    match join {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::CrossJoin(on) => Some(on),
        _ => None,
    }
}
