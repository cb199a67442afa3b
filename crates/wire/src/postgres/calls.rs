//! Calls of functions: those that touch a resource of their own (advisory locks, sequences,
//! notifications), those that touch nothing others see, and all others, which could do anything.

use model::Access;
use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::meaning::Operand;
use super::names::named;
use super::predicate::operand;

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

/// What a call touches, and what stands before the name of that.
pub fn resource_of_call(name: &str) -> Option<(Access, &'static str)> {
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    Some(match name {
        "nextval" => (Access::Atomic, ""),
        "setval" => (Access::Write, ""),
        "pg_notify" => (Access::Write, "channel:"),
        _ if name.starts_with("pg_advisory_unlock") => (Access::Unlock, "advisory:"),
        _ if name.starts_with("pg_advisory_") || name.starts_with("pg_try_advisory_") => {
            (Access::Lock, "advisory:")
        }
        _ => return None,
    })
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

/// Functions that touch nothing others see, so that a statement of only these is noise. What is
/// not here could be the user's own and do anything.
const HARMLESS: &[&str] = &[
    "abs",
    "array_agg",
    "array_append",
    "array_length",
    "array_position",
    "array_remove",
    "array_to_string",
    "avg",
    "bool_and",
    "bool_or",
    "btrim",
    "cardinality",
    "ceil",
    "char_length",
    "clock_timestamp",
    "coalesce",
    "col_description",
    "concat",
    "concat_ws",
    "count",
    "current_catalog",
    "current_database",
    "current_date",
    "current_query",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_time",
    "current_timestamp",
    "current_user",
    "currval",
    "date_part",
    "date_trunc",
    "decode",
    "digest",
    "encode",
    "every",
    "exp",
    "extract",
    "floor",
    "format",
    "format_type",
    "gen_random_uuid",
    "generate_series",
    "generate_subscripts",
    "greatest",
    "hashtext",
    "inet_client_addr",
    "inet_server_addr",
    "inet_server_port",
    "initcap",
    "lastval",
    "least",
    "left",
    "length",
    "ln",
    "localtime",
    "localtimestamp",
    "log",
    "lower",
    "lpad",
    "ltrim",
    "make_interval",
    "max",
    "md5",
    "min",
    "mod",
    "now",
    "nullif",
    "num_nonnulls",
    "obj_description",
    "octet_length",
    "position",
    "power",
    "quote_ident",
    "quote_literal",
    "quote_nullable",
    "random",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "session_user",
    "set_config",
    "sha256",
    "shobj_description",
    "sign",
    "split_part",
    "sqrt",
    "statement_timestamp",
    "string_agg",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "sum",
    "timeofday",
    "timezone",
    "transaction_timestamp",
    "translate",
    "trim",
    "trunc",
    "txid_current",
    "unnest",
    "upper",
    "user",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "version",
];

/// Whether a function is known to touch nothing shared.
pub fn is_harmless(name: &str) -> bool {
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    let families = ["pg_", "json", "to_", "has_", "information_schema."];
    HARMLESS.contains(&name) || families.iter().any(|family| name.starts_with(family))
}
