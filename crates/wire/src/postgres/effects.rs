//! Which tables a parsed statement reads, writes and locks, the written one first.
//!
//! An UPDATE or DELETE is [`Access::Atomic`] when what it does depends on the row as it is then:
//! a SET expression refers to a column of the row, or WHERE asks for more than equality of
//! columns with values, or for a truth value, or for a column that SET also sets (compare and
//! set). Else it is a plain [`Access::Write`]: whatever the row was, it is overwritten.

use model::Access;
use sqlparser::ast::{
    AssignmentTarget, Delete, FromTable, Function, FunctionArguments, Insert, JoinConstraint,
    JoinOperator, LimitClause, LockClause, Merge, ObjectName, OnConflictAction, OnInsert,
    OrderByKind, Query, Select, SelectItem, SetExpr, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use super::calls::{arguments, is_harmless, parts_of, resource_of_call};
use super::expressions::mentions_row;
use super::meaning::{Meaning, Operand, Touch};
use super::names::{is_catalog, named};
use super::predicate::{self, Predicate, folded};

/// The meaning of a parsed statement.
pub fn of(statement: &Statement) -> Meaning {
    let mut walk = Walk::default();
    let verb = walk.statement(statement);
    // Written before locked before read, in the order of the text within each.
    walk.touches.sort_by_key(|touch| match touch.access {
        Access::Write | Access::Atomic => 0,
        Access::Lock | Access::Unlock => 1,
        Access::Unknown => 2,
        Access::Read => 3,
    });
    let mut meaning = Meaning {
        verb: verb.to_string(),
        touches: walk.touches,
        ..Meaning::default()
    };
    if walk.strange_call && meaning.touches.is_empty() {
        meaning.touches.push(Touch::of(Access::Unknown, "*"));
        meaning.obscure = Some("a function runs code that is not seen".to_string());
    }
    meaning.noise = meaning.touches.is_empty();
    meaning
}

/// A table in a FROM, with the names that columns of it may have before them.
struct Source {
    resource: String,
    alias: String,
}

/// A walk over one statement.
#[derive(Default)]
pub struct Walk {
    touches: Vec<Touch>,
    /// Names of WITH queries in scope.
    common: Vec<String>,
    strange_call: bool,
}

impl Walk {
    fn touch(&mut self, touch: Touch) {
        if !is_catalog(&touch.resource) && !self.touches.contains(&touch) {
            self.touches.push(touch);
        }
    }

    fn statement(&mut self, statement: &Statement) -> &'static str {
        match statement {
            Statement::Query(query) => self.query(query),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Merge(merge) => self.merge(merge),
            _ => {
                self.touch(Touch::of(Access::Unknown, "*"));
                "OTHER"
            }
        }
    }

    pub fn query(&mut self, query: &Query) -> &'static str {
        let scope = self.common.len();
        for common in query.with.iter().flat_map(|with| &with.cte_tables) {
            let recursive = query.with.as_ref().is_some_and(|with| with.recursive);
            if recursive {
                self.common.push(folded(&common.alias.name));
            }
            self.query(&common.query);
            if !recursive {
                self.common.push(folded(&common.alias.name));
            }
        }
        let verb = self.body(&query.body, &query.locks);
        if let Some(OrderByKind::Expressions(orders)) =
            query.order_by.as_ref().map(|order| &order.kind)
        {
            orders.iter().for_each(|order| self.expr(&order.expr));
        }
        if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &query.limit_clause {
            limit
                .iter()
                .chain(offset.as_ref().map(|offset| &offset.value))
                .for_each(|expr| self.expr(expr));
        }
        self.common.truncate(scope);
        verb
    }

    fn body(&mut self, body: &SetExpr, locks: &[LockClause]) -> &'static str {
        match body {
            SetExpr::Select(select) => self.select(select, locks),
            SetExpr::Query(query) => return self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, locks);
                self.body(right, locks);
            }
            SetExpr::Values(values) => {
                values
                    .rows
                    .iter()
                    .flat_map(|row| row.iter())
                    .for_each(|expr| self.expr(expr));
                return "VALUES";
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => return self.statement(statement),
            SetExpr::Table(table) => {
                let name = table
                    .table_name
                    .as_deref()
                    .unwrap_or_default()
                    .to_ascii_lowercase();
                self.touch(Touch::of(Access::Read, name));
            }
        }
        "SELECT"
    }

    fn select(&mut self, select: &Select, locks: &[LockClause]) {
        let mut sources = Vec::new();
        select
            .from
            .iter()
            .for_each(|from| self.sources(from, &mut sources));
        let predicate = predicate::of(select.selection.as_ref());
        for lock in locks {
            let of = lock.of.as_ref().map(named);
            let wanted = |source: &&Source| {
                of.as_ref()
                    .is_none_or(|of| *of == source.alias || *of == source.resource)
            };
            for source in sources.iter().filter(wanted) {
                self.source(Access::Lock, source, &predicate, sources.len() == 1);
            }
        }
        self.reads(&sources, &predicate);
        for target in select.into.iter().flat_map(|into| &into.targets) {
            self.touch(Touch::of(
                Access::Write,
                target.to_string().to_ascii_lowercase(),
            ));
        }
        self.items(&select.projection);
        select
            .selection
            .iter()
            .chain(&select.having)
            .for_each(|expr| self.expr(expr));
        if let sqlparser::ast::GroupByExpr::Expressions(exprs, _) = &select.group_by {
            exprs.iter().for_each(|expr| self.expr(expr));
        }
    }

    fn reads(&mut self, sources: &[Source], predicate: &Predicate) {
        for source in sources {
            self.source(Access::Read, source, predicate, sources.len() == 1);
        }
    }

    fn source(&mut self, access: Access, source: &Source, predicate: &Predicate, alone: bool) {
        let bare = source.resource.rsplit('.').next().unwrap_or_default();
        let part = predicate.part(&[&source.alias, bare], alone);
        self.touch(Touch {
            part,
            ..Touch::of(access, source.resource.as_str())
        });
    }

    fn items(&mut self, items: &[SelectItem]) {
        for item in items {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                self.expr(expr);
            }
        }
    }

    fn sources(&mut self, from: &TableWithJoins, into: &mut Vec<Source>) {
        self.factor(&from.relation, into);
        for join in &from.joins {
            self.factor(&join.relation, into);
            if let Some(JoinConstraint::On(expr)) = constraint(&join.join_operator) {
                self.expr(expr);
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, into: &mut Vec<Source>) {
        match factor {
            TableFactor::Table {
                name,
                args: Some(_),
                ..
            }
            | TableFactor::Function { name, .. } => {
                self.call_named(&named(name));
            }
            TableFactor::Table { name, alias, .. } => {
                let resource = named(name);
                if !self.common.contains(&resource) {
                    let alias = alias
                        .as_ref()
                        .map_or_else(|| resource.clone(), |alias| folded(&alias.name));
                    into.push(Source { resource, alias });
                }
            }
            TableFactor::Derived { subquery, .. } => {
                self.query(subquery);
            }
            TableFactor::TableFunction { expr, .. } => self.expr(expr),
            TableFactor::NestedJoin {
                table_with_joins, ..
            } => self.sources(table_with_joins, into),
            TableFactor::UNNEST { array_exprs, .. } => {
                array_exprs.iter().for_each(|expr| self.expr(expr))
            }
            _ => {}
        }
    }

    fn insert(&mut self, insert: &Insert) -> &'static str {
        let access = if insert.on.is_some() {
            Access::Atomic
        } else {
            Access::Write
        };
        if let TableObject::TableName(name) = &insert.table {
            self.touch(Touch::of(access, named(name)));
        }
        if let Some(source) = &insert.source {
            self.query(source);
        }
        if let Some(OnInsert::OnConflict(conflict)) = &insert.on
            && let OnConflictAction::DoUpdate(update) = &conflict.action
        {
            update
                .assignments
                .iter()
                .map(|set| &set.value)
                .chain(&update.selection)
                .for_each(|expr| self.expr(expr));
        }
        self.items(insert.returning.as_deref().unwrap_or_default());
        "INSERT"
    }

    fn update(&mut self, update: &Update) -> &'static str {
        let mut targets = Vec::new();
        self.sources(&update.table, &mut targets);
        let mut others = Vec::new();
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) =
            &update.from
        {
            from.iter().for_each(|from| self.sources(from, &mut others));
        }
        let predicate = predicate::of(update.selection.as_ref());
        let set: Vec<String> = update
            .assignments
            .iter()
            .flat_map(|set| set_columns(&set.target))
            .collect();
        for target in &targets {
            let own = [
                target.alias.as_str(),
                target.resource.rsplit('.').next().unwrap_or_default(),
            ];
            let computed = update
                .assignments
                .iter()
                .any(|set| mentions_row(&set.value, &own));
            let atomic = computed || predicate.is_conditional(&set);
            let access = if atomic {
                Access::Atomic
            } else {
                Access::Write
            };
            self.source(
                access,
                target,
                &predicate,
                others.is_empty() && targets.len() == 1,
            );
        }
        self.reads_beside(&others, &predicate);
        update
            .assignments
            .iter()
            .map(|set| &set.value)
            .chain(&update.selection)
            .for_each(|expr| self.expr(expr));
        self.items(update.returning.as_deref().unwrap_or_default());
        "UPDATE"
    }

    fn delete(&mut self, delete: &Delete) -> &'static str {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let (mut targets, mut others) = (Vec::new(), Vec::new());
        from.iter()
            .for_each(|from| self.sources(from, &mut targets));
        delete
            .using
            .iter()
            .flatten()
            .for_each(|from| self.sources(from, &mut others));
        let predicate = predicate::of(delete.selection.as_ref());
        let access = if predicate.is_conditional(&[]) {
            Access::Atomic
        } else {
            Access::Write
        };
        for target in &targets {
            self.source(
                access,
                target,
                &predicate,
                others.is_empty() && targets.len() == 1,
            );
        }
        self.reads_beside(&others, &predicate);
        delete.selection.iter().for_each(|expr| self.expr(expr));
        self.items(delete.returning.as_deref().unwrap_or_default());
        "DELETE"
    }

    /// Tables read to choose or compute what is written to another one.
    fn reads_beside(&mut self, others: &[Source], predicate: &Predicate) {
        for other in others {
            self.source(Access::Read, other, predicate, false);
        }
    }

    fn merge(&mut self, merge: &Merge) -> &'static str {
        let (mut targets, mut others) = (Vec::new(), Vec::new());
        self.factor(&merge.table, &mut targets);
        self.factor(&merge.source, &mut others);
        for target in &targets {
            self.touch(Touch::of(Access::Atomic, target.resource.as_str()));
        }
        self.reads_beside(&others, &Predicate::default());
        self.expr(&merge.on);
        "MERGE"
    }

    /// A call in an expression: advisory locks, sequences and notifications touch resources of
    /// their own; what a function of the user does is not seen.
    pub fn call(&mut self, function: &Function) {
        let name = named(&function.name);
        let arguments = arguments(function);
        if let Some((access, kind)) = resource_of_call(&name) {
            let key: Option<Vec<Operand>> = arguments.iter().map(|expr| parts_of(expr)).collect();
            let key = key.unwrap_or_else(|| vec![Operand::Literal("?".to_string())]);
            let many = if kind == "advisory:" { usize::MAX } else { 1 };
            let key = if key.is_empty() {
                vec![Operand::Literal("*".to_string())]
            } else {
                key
            };
            self.touch(Touch {
                key: key.into_iter().take(many).collect(),
                ..Touch::of(access, kind)
            });
        } else {
            self.call_named(&name);
        }
        arguments.into_iter().for_each(|expr| self.expr(expr));
        if let FunctionArguments::Subquery(query) = &function.args {
            self.query(query);
        }
    }

    fn call_named(&mut self, name: &str) {
        self.strange_call |= !is_harmless(name);
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

fn set_columns(target: &AssignmentTarget) -> Vec<String> {
    let last = |name: &ObjectName| name.0.last().and_then(|part| part.as_ident()).map(folded);
    match target {
        AssignmentTarget::ColumnName(name) => last(name).into_iter().collect(),
        AssignmentTarget::Tuple(names) => names.iter().filter_map(last).collect(),
    }
}
