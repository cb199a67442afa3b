//! MySQL's own functions and catalogue.

use std::collections::HashSet;
use std::sync::LazyLock;

use model::Access;

use crate::postgres::builtins;
use crate::postgres::rules::{Called, Rules};

/// MySQL's ways.
pub const MYSQL: Rules = Rules {
    is_catalog,
    is_harmless,
    resource_of_call,
};

/// Functions that touch nothing others see, beside those that PostgreSQL has by the same name.
const HARMLESS: &str = "
    if ifnull isnull values value default interval binary

    bit_count conv crc32 format oct rand truncate

    bin compress concat_ws elt export_set field find_in_set from_base64 hex insert instr lcase
    load_file locate make_set mid ord quote regexp_like regexp_substr regexp_instr
    regexp_replace space strcmp substring_index to_base64 ucase uncompress unhex weight_string

    adddate addtime convert_tz curdate curtime date_format date_sub datediff day dayname
    dayofmonth dayofweek dayofyear from_days from_unixtime get_format hour last_day makedate
    maketime microsecond minute month monthname period_add period_diff quarter sec_to_time second
    str_to_date subdate subtime sysdate time_format time_to_sec timediff timestampadd
    timestampdiff to_days to_seconds unix_timestamp utc_date utc_time utc_timestamp week weekday
    weekofyear year yearweek

    aes_decrypt aes_encrypt md5 sha sha1 sha2 random_bytes password old_password uuid uuid_short
    uuid_to_bin bin_to_uuid is_uuid inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6

    group_concat std json_arrayagg json_objectagg

    benchmark charset coercibility collation connection_id database schema found_rows
    last_insert_id row_count session_user sleep system_user user version match signed unsigned
    is_free_lock is_used_lock
";

fn is_harmless(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> =
        LazyLock::new(|| HARMLESS.split_ascii_whitespace().collect());
    NAMES.contains(name) || builtins::is_harmless(name)
}

fn is_catalog(resource: &str) -> bool {
    let schemas = [
        "information_schema.",
        "performance_schema.",
        "mysql.",
        "sys.",
    ];
    resource == "dual" || schemas.iter().any(|schema| resource.starts_with(schema))
}

/// Named locks are what others call advisory ones.
fn resource_of_call(name: &str) -> Option<Called> {
    let (access, keys) = match name {
        "get_lock" => (Access::Lock, 1),
        "release_lock" => (Access::Unlock, 1),
        "release_all_locks" => (Access::Unlock, 0),
        _ => return None,
    };
    Some(Called {
        access,
        kind: "advisory:",
        keys,
    })
}
