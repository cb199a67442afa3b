//! Which tables a parsed statement reads, writes and locks, the written one first.

use std::collections::HashSet;

use model::Access;
use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, LimitClause, LockClause, NamedWindowExpr, OrderBy, OrderByKind,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement,
};

use super::meaning::{EFFECTS_MAX, Meaning, Touch};
use super::names::named;
use super::predicate::{self, folded};
use super::rules::Rules;
use super::scope::Source;

/// The meaning of a parsed statement to a store of these rules.
pub fn of(statement: &Statement, rules: &'static Rules) -> Meaning {
    let mut walk = Walk::new(rules);
    let verb = walk.statement(statement);
    walk.touches
        .retain(|touch| !(rules.is_catalog)(&touch.resource));
    // Written before locked before read, in the order of the text within each.
    walk.touches.sort_by_key(|touch| match touch.access {
        Access::Write | Access::Atomic => 0,
        Access::Lock | Access::Unlock => 1,
        Access::Unknown => 2,
        Access::Read => 3,
    });
    let mut meaning = Meaning {
        verb: verb.to_string(),
        ..Meaning::default()
    };
    for touch in walk.touches {
        add(&mut meaning.touches, touch);
    }
    if walk.strange_call {
        // Last, so that a step is named after what is known of it.
        add(&mut meaning.touches, Touch::of(Access::Unknown, "*"));
        meaning.obscure = Some("a function runs code that is not seen".to_string());
    }
    meaning.noise = meaning.touches.is_empty();
    meaning
}

/// Adds a touch to others, within their limit. Touches of the same kind of the same part become
/// one, of the columns of both. Known columns are kept apart from any: to set a known column may
/// be to leave the part.
pub fn add(touches: &mut Vec<Touch>, touch: Touch) {
    let same = touches.iter().position(|other| {
        other.access == touch.access
            && other.resource == touch.resource
            && other.key == touch.key
            && other.part == touch.part
            && other.columns.is_some() == touch.columns.is_some()
    });
    match same {
        Some(at) => {
            if let (Some(columns), Some(more)) = (&mut touches[at].columns, touch.columns) {
                columns.extend(more);
                columns.sort();
                columns.dedup();
            }
        }
        None if touches.len() < EFFECTS_MAX => touches.push(touch),
        None => {
            // What is left out may be anything.
            let last = touches.last_mut();
            last.into_iter()
                .for_each(|last| *last = Touch::of(Access::Unknown, "*"));
        }
    }
}

/// A walk over one statement.
pub struct Walk {
    /// Of the store that is spoken to.
    pub rules: &'static Rules,
    pub touches: Vec<Touch>,
    /// Tables in sight, those of the innermost query last.
    pub scopes: Vec<Vec<Source>>,
    /// How many there were.
    pub sources: usize,
    /// Names of WITH queries in scope.
    pub common: Vec<String>,
    /// Only whether the next SELECT has rows is asked.
    pub only_existence: bool,
    /// A function was called that could do anything.
    pub strange_call: bool,
}

impl Walk {
    fn new(rules: &'static Rules) -> Walk {
        Walk {
            rules,
            touches: Vec::new(),
            scopes: Vec::new(),
            sources: 0,
            common: Vec::new(),
            only_existence: false,
            strange_call: false,
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
                self.touches.push(Touch::of(Access::Unknown, "*"));
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
        let verb = self.body(&query.body, &query.locks, query.order_by.as_ref());
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => limit
                .iter()
                .chain(offset.as_ref().map(|offset| &offset.value))
                .for_each(|expr| self.expr(expr)),
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                self.expr(offset);
                self.expr(limit);
            }
            None => {}
        }
        let fetch = query.fetch.as_ref();
        fetch
            .and_then(|fetch| fetch.quantity.as_ref())
            .into_iter()
            .for_each(|expr| self.expr(expr));
        self.common.truncate(scope);
        verb
    }

    fn body(
        &mut self,
        body: &SetExpr,
        locks: &[LockClause],
        order: Option<&OrderBy>,
    ) -> &'static str {
        if let SetExpr::Select(select) = body {
            self.select(select, locks, order);
            return "SELECT";
        }
        let verb = match body {
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, locks, None);
                self.body(right, locks, None);
                "SELECT"
            }
            SetExpr::Values(values) => {
                values
                    .rows
                    .iter()
                    .flat_map(|row| row.iter())
                    .for_each(|expr| self.expr(expr));
                "VALUES"
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.statement(statement),
            SetExpr::Table(table) => {
                let name = table.table_name.as_deref().unwrap_or_default();
                self.touches
                    .push(Touch::of(Access::Read, name.to_ascii_lowercase()));
                "SELECT"
            }
            SetExpr::Select(_) => "SELECT",
        };
        self.ordered(order, &[]);
        verb
    }

    fn select(&mut self, select: &Select, locks: &[LockClause], order: Option<&OrderBy>) {
        let only_existence = std::mem::take(&mut self.only_existence);
        self.open_scope();
        select.from.iter().for_each(|from| self.from(from));
        let predicate = predicate::of(select.selection.as_ref());
        for lock in locks {
            let of = lock.of.as_ref().map(named);
            for at in 0..self.scope().len() {
                if of.as_ref().is_none_or(|of| *of == self.scope()[at].name) {
                    self.look_at(at, Access::Lock, &predicate);
                }
            }
        }
        for at in 0..self.scope().len() {
            self.look_at(at, Access::Read, &predicate);
        }
        for target in select.into.iter().flat_map(|into| &into.targets) {
            let name = target.to_string().to_ascii_lowercase();
            self.touches.push(Touch::of(Access::Write, name));
        }
        let is_star = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_));
        if !(only_existence && select.projection.iter().all(is_star)) {
            self.items(&select.projection);
        }
        select
            .selection
            .iter()
            .chain(&select.having)
            .chain(&select.qualify)
            .for_each(|expr| self.expr(expr));
        if let Some(Distinct::On(exprs)) = &select.distinct {
            exprs.iter().for_each(|expr| self.expr(expr));
        }
        match &select.group_by {
            GroupByExpr::Expressions(exprs, _) => exprs.iter().for_each(|expr| self.expr(expr)),
            GroupByExpr::All(_) => self.mention_scope(),
        }
        for window in &select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &window.1 {
                self.window(spec);
            }
        }
        self.ordered(order, &select.projection);
        self.close_scope();
    }

    /// ORDER BY; a name alone that the projection gives is meant as that.
    fn ordered(&mut self, order: Option<&OrderBy>, projection: &[SelectItem]) {
        match order.map(|order| &order.kind) {
            Some(OrderByKind::Expressions(orders)) => {
                let given: HashSet<String> = projection
                    .iter()
                    .filter_map(|item| match item {
                        SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
                        _ => None,
                    })
                    .collect();
                for order in orders {
                    match &order.expr {
                        Expr::Identifier(name) if given.contains(&folded(name)) => {}
                        expr => self.expr(expr),
                    }
                }
            }
            Some(OrderByKind::All(_)) => self.mention_scope(),
            None => {}
        }
    }

    /// What a SELECT or RETURNING gives.
    pub fn items(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr)
                | SelectItem::ExprWithAlias { expr, .. }
                | SelectItem::ExprWithAliases { expr, .. } => self.expr(expr),
                SelectItem::Wildcard(_) => self.mention_scope(),
                SelectItem::QualifiedWildcard(kind, _) => match kind {
                    SelectItemQualifiedWildcardKind::ObjectName(name) => {
                        let name = named(name);
                        self.mention_row(name.rsplit('.').next().unwrap_or_default());
                    }
                    SelectItemQualifiedWildcardKind::Expr(expr) => {
                        self.expr(expr);
                        self.mention_all();
                    }
                },
            }
        }
    }
}
