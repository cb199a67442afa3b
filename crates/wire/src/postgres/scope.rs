//! The tables that columns can belong to while a statement is walked, and which columns of each
//! it mentions. Names are resolved the careful way round: a column without a table before it
//! counts for every table in sight, and whatever is not sure to be a column makes it any of them.

use std::collections::BTreeSet;

use model::Access;

use super::effects::Walk;
use super::meaning::{EFFECTS_MAX, Touch};
use super::names::is_system;
use super::predicate::Predicate;

/// Tables of which more columns are mentioned are taken to be looked at wholly.
pub const COLUMNS_MAX: usize = 128;

/// What stands in a FROM.
#[derive(Debug)]
pub struct Source {
    /// The table; none for what has no rows of its own: a subquery, a WITH query, a function.
    pub resource: Option<String>,
    /// What may stand before its columns.
    pub name: String,
    /// Its columns have other names in this statement.
    pub renamed: bool,
    /// None when it may be any.
    mentioned: Option<BTreeSet<String>>,
    /// Which touches look at it.
    touches: Vec<usize>,
}

impl Source {
    fn mention(&mut self, column: &str) {
        if is_system(column) {
            // These change with every change of the row.
            self.mentioned = None;
        }
        if let Some(mentioned) = &mut self.mentioned
            && !mentioned.contains(column)
        {
            mentioned.insert(column.to_string());
            if mentioned.len() > COLUMNS_MAX {
                self.mentioned = None;
            }
        }
    }
}

impl Walk {
    /// Begins a scope: what is pushed from here on is in sight until it ends.
    pub fn open_scope(&mut self) {
        self.scopes.push(Vec::new());
    }

    /// Ends a scope: what was looked at in it is known now.
    pub fn close_scope(&mut self) {
        for source in self.scopes.pop().unwrap_or_default() {
            let columns = source
                .mentioned
                .filter(|_| !self.is_blind())
                .map(|columns| columns.into_iter().collect::<Vec<_>>());
            for at in source.touches {
                self.touches[at].columns.clone_from(&columns);
            }
        }
    }

    /// Adds to the innermost scope.
    pub fn push_source(&mut self, resource: Option<String>, name: String, renamed: bool) {
        self.sources += 1;
        let source = Source {
            resource,
            name,
            renamed,
            mentioned: (!renamed).then(BTreeSet::new),
            touches: Vec::new(),
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(source);
        }
    }

    /// The innermost scope.
    pub fn scope(&mut self) -> &mut [Source] {
        self.scopes.last_mut().map_or(&mut [], |scope| scope)
    }

    /// So many tables that their columns are not told apart: their number times that of the
    /// columns would have no bound.
    fn is_blind(&self) -> bool {
        self.sources > EFFECTS_MAX
    }

    /// Touches the nth table of the innermost scope, whose columns are known when that ends.
    pub fn look_at(&mut self, at: usize, access: Access, predicate: &Predicate) {
        let next = self.touches.len();
        if let Some(touch) = self.touch_at(at, access, predicate) {
            self.scope()[at].touches.push(next);
            self.touches.push(touch);
        }
    }

    /// What a touch of the nth table of the innermost scope is, its columns left open.
    pub fn touch_at(&mut self, at: usize, access: Access, predicate: &Predicate) -> Option<Touch> {
        let scope = self.scope();
        let alone = scope.len() == 1;
        let source = scope.get(at)?;
        let part = if source.renamed {
            Vec::new()
        } else {
            predicate.part(&source.name, alone)
        };
        Some(Touch {
            part,
            ..Touch::of(access, source.resource.as_deref()?)
        })
    }

    /// A column, with what stands before it.
    pub fn mention(&mut self, qualifier: Option<&str>, column: &str) {
        if self.is_blind() {
            return;
        }
        let Some(qualifier) = qualifier else {
            for source in self.scopes.iter_mut().flatten() {
                if source.name == column {
                    // The whole row under the name of its table.
                    source.mentioned = None;
                }
                source.mention(column);
            }
            return;
        };
        let found = self.named_sources(qualifier, |source| source.mention(column));
        if !found {
            self.mention_all();
        }
    }

    /// `t.*`
    pub fn mention_row(&mut self, name: &str) {
        let found = self.named_sources(name, |source| source.mentioned = None);
        if !found {
            self.mention_all();
        }
    }

    /// `*`
    pub fn mention_scope(&mut self) {
        for source in self.scope() {
            source.mentioned = None;
        }
    }

    /// Something that could look at any column in sight.
    pub fn mention_all(&mut self) {
        for source in self.scopes.iter_mut().flatten() {
            source.mentioned = None;
        }
    }

    /// The sources that a name means, in the innermost scope that has any; false if none has.
    fn named_sources(&mut self, name: &str, mut each: impl FnMut(&mut Source)) -> bool {
        for scope in self.scopes.iter_mut().rev() {
            let mut found = false;
            for source in scope.iter_mut().filter(|source| source.name == name) {
                each(source);
                found = true;
            }
            if found {
                return true;
            }
        }
        false
    }
}
