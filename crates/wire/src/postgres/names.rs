//! Names of tables as resources.

use sqlparser::ast::{Ident, ObjectName};

use super::predicate::folded;

/// A table's name as a resource: in small letters unless quoted, without the `public` schema.
pub fn resource_name(parts: &[(&str, bool)]) -> String {
    let fold = |part: &(&str, bool)| {
        if part.1 {
            part.0.to_string()
        } else {
            part.0.to_ascii_lowercase()
        }
    };
    let mut names: Vec<String> = parts.iter().map(fold).collect();
    if names.len() > 1 && names[0] == "public" {
        names.remove(0);
    }
    names.join(".")
}

/// Whether a resource is PostgreSQL's own catalogue.
pub fn is_catalog(resource: &str) -> bool {
    resource.starts_with("pg_") || resource.starts_with("information_schema.")
}

/// As `resource_name`, of a parsed name.
pub fn named(name: &ObjectName) -> String {
    let parts: Vec<(&str, bool)> = name
        .0
        .iter()
        .filter_map(|part| part.as_ident())
        .map(|ident| (ident.value.as_str(), ident.quote_style.is_some()))
        .collect();
    resource_name(&parts)
}

/// The one identifier that a name is, in small letters unless quoted.
pub fn plain_name(name: &ObjectName) -> Option<String> {
    match name.0.as_slice() {
        [part] => part.as_ident().map(folded),
        _ => None,
    }
}

/// Whether every row has this column without being asked. All but `tableoid` change with every
/// change of the row, so they tell versions of it and not rows.
pub fn is_system(column: &str) -> bool {
    matches!(column, "ctid" | "xmin" | "xmax" | "cmin" | "cmax")
}

/// Whether an identifier stands for a default rather than a column.
pub fn is_default(name: &Ident) -> bool {
    name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default")
}
