//! Statements that write: INSERT, UPDATE, DELETE and MERGE.
//!
//! An UPDATE or DELETE is [`Access::Atomic`] when what it does depends on the row as it is then:
//! a SET expression refers to a column of the row, or WHERE asks for more than equality of
//! columns with values, or for a truth value, or for a column that SET also sets (compare and
//! set), or for only some of the rows (LIMIT). Else it is a plain [`Access::Write`]: whatever the
//! row was, it is overwritten.
//!
//! An INSERT is [`Access::Atomic`] when it tolerates a row that is there already: ON CONFLICT, and
//! MySQL's IGNORE, REPLACE and ON DUPLICATE KEY UPDATE. One that is a [`Access::Write`] fails then.

use model::Access;
use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Expr, FromTable, Insert, Merge,
    MergeAction, MergeInsertKind, MergeUpdateKind, ObjectName, OnConflict, OnConflictAction,
    OnInsert, SetExpr, TableObject, Update, UpdateTableFromKind,
};

use super::calls::arguments;
use super::effects::Walk;
use super::expressions::mentions_row;
use super::meaning::{Operand, Touch};
use super::names::{named, plain_name};
use super::predicate::{self, Predicate, column, folded, operand};

/// Columns of an inserted row that are looked at for its part.
const PART_COLUMNS_MAX: usize = 64;

impl Walk {
    pub fn insert(&mut self, insert: &Insert) -> &'static str {
        let TableObject::TableName(name) = &insert.table else {
            self.touches.push(Touch::of(Access::Unknown, "*"));
            return "INSERT";
        };
        let resource = named(name);
        let access = if insert.on.is_some() || insert.ignore || insert.replace_into {
            Access::Atomic
        } else {
            Access::Write
        };
        self.touches.push(Touch {
            part: inserted(insert),
            ..Touch::of(access, resource.as_str())
        });
        self.assigned(&insert.assignments);
        if let Some(source) = &insert.source {
            self.query(source);
        }
        self.open_scope();
        let bare = resource.rsplit('.').next().unwrap_or_default().to_string();
        let alias = insert.table_alias.as_ref();
        let shown = alias.map_or(bare, |alias| folded(&alias.alias));
        self.push_source(Some(resource), shown, false);
        self.push_source(None, "excluded".to_string(), false);
        match &insert.on {
            Some(OnInsert::OnConflict(conflict)) => {
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    self.assigned(&update.assignments);
                    update.selection.iter().for_each(|expr| self.expr(expr));
                }
            }
            Some(OnInsert::DuplicateKeyUpdate(set)) => self.assigned(set),
            Some(_) | None => {}
        }
        self.items(insert.returning.as_deref().unwrap_or_default());
        self.close_scope();
        if insert.replace_into {
            "REPLACE"
        } else {
            "INSERT"
        }
    }

    pub fn update(&mut self, update: &Update) -> &'static str {
        self.open_scope();
        self.from(&update.table);
        let targets = self.scope().len();
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) =
            &update.from
        {
            from.iter().for_each(|from| self.from(from));
        }
        let predicate = predicate::of(update.selection.as_ref());
        let set = set_columns(&update.assignments);
        for at in 0..targets {
            let own = self.scope()[at].name.clone();
            if targets > 1 && !is_set(&update.assignments, &own) {
                // `UPDATE a JOIN b ON ... SET a.x = 1`
                self.look_at(at, Access::Read, &predicate);
                continue;
            }
            let computed = update
                .assignments
                .iter()
                .any(|set| mentions_row(&set.value, &own));
            let chosen = update.limit.is_some() || predicate.is_conditional(&set);
            let access = if computed || chosen {
                Access::Atomic
            } else {
                Access::Write
            };
            let touch = self.touch_at(at, access, &predicate);
            self.touches.extend(touch.map(|touch| Touch {
                columns: Some(set.clone()),
                ..touch
            }));
        }
        self.look_beside(targets, &predicate);
        self.assigned(&update.assignments);
        let orders = update.order_by.iter().map(|order| &order.expr);
        update
            .selection
            .iter()
            .chain(orders)
            .for_each(|expr| self.expr(expr));
        self.items(update.returning.as_deref().unwrap_or_default());
        self.close_scope();
        "UPDATE"
    }

    pub fn delete(&mut self, delete: &Delete) -> &'static str {
        self.open_scope();
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        from.iter().for_each(|from| self.from(from));
        let targets = self.scope().len();
        delete
            .using
            .iter()
            .flatten()
            .for_each(|from| self.from(from));
        let predicate = predicate::of(delete.selection.as_ref());
        let access = if delete.limit.is_some() || predicate.is_conditional(&[]) {
            Access::Atomic
        } else {
            Access::Write
        };
        let named: Vec<String> = delete.tables.iter().map(named).collect();
        for at in 0..targets {
            let own = &self.scope()[at];
            let is_meant = |name: &String| *name == own.name || Some(name) == own.resource.as_ref();
            if !named.is_empty() && !named.iter().any(is_meant) {
                // `DELETE a FROM a JOIN b ON ...`
                self.look_at(at, Access::Read, &predicate);
                continue;
            }
            let touch = self.touch_at(at, access, &predicate);
            self.touches.extend(touch);
        }
        self.look_beside(targets, &predicate);
        delete.selection.iter().for_each(|expr| self.expr(expr));
        self.items(delete.returning.as_deref().unwrap_or_default());
        self.close_scope();
        "DELETE"
    }

    pub fn merge(&mut self, merge: &Merge) -> &'static str {
        self.open_scope();
        self.factor(&merge.table);
        let targets = self.scope().len();
        self.factor(&merge.source);
        let nothing = Predicate::default();
        for at in 0..targets {
            let touch = self.touch_at(at, Access::Atomic, &nothing);
            self.touches.extend(touch);
        }
        self.look_beside(targets, &nothing);
        self.expr(&merge.on);
        for clause in &merge.clauses {
            clause.predicate.iter().for_each(|expr| self.expr(expr));
            match &clause.action {
                MergeAction::Update(update) => match &update.kind {
                    MergeUpdateKind::Set(set) => self.assigned(set),
                    MergeUpdateKind::Wildcard => self.mention_scope(),
                },
                MergeAction::Insert(insert) => match &insert.kind {
                    MergeInsertKind::Values(values) => values
                        .rows
                        .iter()
                        .flat_map(|row| row.iter())
                        .for_each(|expr| self.expr(expr)),
                    MergeInsertKind::Row | MergeInsertKind::Wildcard => self.mention_scope(),
                },
                MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => {}
            }
        }
        self.close_scope();
        "MERGE"
    }

    /// Tables after the written ones, read to choose or compute what is written.
    fn look_beside(&mut self, targets: usize, predicate: &Predicate) {
        for at in targets..self.scope().len() {
            self.look_at(at, Access::Read, predicate);
        }
    }

    fn assigned(&mut self, assignments: &[Assignment]) {
        assignments.iter().for_each(|set| self.expr(&set.value));
    }
}

/// The columns of an inserted row whose values are written out, the same in all rows, in the
/// order of their names.
///
/// With ON CONFLICT another row may be met than the one that would be inserted. All that is known
/// of that one is what decides the conflict, unless it is set to something else. MySQL's statements
/// do not say which columns decide: there they are all that are not set to something else, though
/// the row that is met may differ from the given one in some of them.
fn inserted(insert: &Insert) -> Vec<(String, Operand)> {
    if !insert.assignments.is_empty() {
        return assigned_part(insert);
    }
    let Some(SetExpr::Values(values)) = insert.source.as_ref().map(|source| &*source.body) else {
        return Vec::new();
    };
    let mut part: Vec<(String, Operand)> = Vec::new();
    for (n, name) in insert.columns.iter().take(PART_COLUMNS_MAX).enumerate() {
        let mut rows = values.rows.iter().map(|row| row.get(n).and_then(operand));
        if let (Some(name), Some(Some(value))) = (plain_name(name), rows.next())
            && is_known(insert, &name)
            && rows.all(|other| other.as_ref() == Some(&value))
        {
            part.push((name, value));
        }
    }
    part.sort_by(|a, b| a.0.cmp(&b.0));
    part
}

/// As `inserted`, of `INSERT INTO t SET a = 1`.
fn assigned_part(insert: &Insert) -> Vec<(String, Operand)> {
    let values = insert.assignments.iter().take(PART_COLUMNS_MAX);
    let mut part: Vec<(String, Operand)> = values
        .filter_map(|set| Some((targets(&set.target).last()?, operand(&set.value)?)))
        .filter(|(name, _)| is_known(insert, name))
        .collect();
    part.sort_by(|a, b| a.0.cmp(&b.0));
    part
}

/// Whether a row that the INSERT makes or meets has the given value in a column.
fn is_known(insert: &Insert, name: &str) -> bool {
    match &insert.on {
        None => true,
        Some(OnInsert::OnConflict(conflict)) => is_decided_by(conflict, name),
        Some(OnInsert::DuplicateKeyUpdate(set)) => set.iter().all(|set| keeps(set, name)),
        Some(_) => false,
    }
}

/// Whether an assignment leaves a column as the row that would be inserted has it.
fn keeps(set: &Assignment, name: &str) -> bool {
    !targets(&set.target).any(|target| target == name) || is_excluded(&set.value, name)
}

fn is_decided_by(conflict: &OnConflict, name: &str) -> bool {
    let Some(ConflictTarget::Columns(columns)) = &conflict.conflict_target else {
        return false;
    };
    columns.iter().any(|column| folded(column) == name)
        && match &conflict.action {
            OnConflictAction::DoNothing => true,
            OnConflictAction::DoUpdate(update) => {
                update.assignments.iter().all(|set| keeps(set, name))
            }
        }
}

/// `EXCLUDED.name`, or `VALUES(name)` to MySQL: for a column that decides the conflict, the value
/// that the row has.
fn is_excluded(value: &Expr, name: &str) -> bool {
    if let Expr::Function(function) = value {
        let is_values = plain_name(&function.name).as_deref() == Some("values");
        let own = |expr: &&Expr| column(expr).is_some_and(|(_, column)| column == name);
        return is_values && arguments(function).first().is_some_and(own);
    }
    column(value).is_some_and(|(qualifier, column)| {
        qualifier.as_deref() == Some("excluded") && column == name
    })
}

/// Whether an assignment sets a column of a table, or of one that it does not name.
fn is_set(assignments: &[Assignment], own: &str) -> bool {
    assignments.iter().any(|set| match &set.target {
        AssignmentTarget::ColumnName(name) => match name.0.as_slice() {
            [.., table, _] => table.as_ident().map(folded).as_deref() == Some(own),
            _ => true,
        },
        AssignmentTarget::Tuple(_) => true,
    })
}

/// The columns that are set, each once, in the order of their names.
fn set_columns(assignments: &[Assignment]) -> Vec<String> {
    let mut set: Vec<String> = assignments
        .iter()
        .flat_map(|set| targets(&set.target))
        .collect();
    set.sort();
    set.dedup();
    set
}

/// The columns on the left of an assignment. `a.b` is the field `b` of the column `a` to
/// PostgreSQL and the column `b` to others: both names count.
fn targets(target: &AssignmentTarget) -> impl Iterator<Item = String> {
    let names: &[ObjectName] = match target {
        AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
        AssignmentTarget::Tuple(names) => names,
    };
    names
        .iter()
        .flat_map(|name| &name.0)
        .filter_map(|part| part.as_ident().map(folded))
}
