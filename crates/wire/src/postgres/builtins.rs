//! PostgreSQL's own functions, and those of the extensions that come with it, that touch nothing
//! others see. What is not here could be the user's own and do anything.

use std::collections::HashSet;
use std::sync::LazyLock;

/// In small letters, by kind.
const HARMLESS: &str = "
    count sum avg min max every bool_and bool_or bit_and bit_or bit_xor array_agg string_agg
    any_value corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2
    regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp variance var_pop var_samp
    mode percentile_cont percentile_disc grouping range_agg range_intersect_agg xmlagg

    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
    nth_value

    coalesce nullif greatest least num_nulls num_nonnulls row array any all some

    abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd
    cosh cot cotd degrees div erf erfc exp factorial floor gamma gcd lcm ln lgamma log log10
    min_scale mod pi pow power radians random random_normal round scale setseed sign sin sind sinh
    sqrt tan tand tanh trim_scale trunc width_bucket bit_count get_bit set_bit get_byte set_byte

    ascii bit_length btrim casefold char_length character_length chr concat concat_ws convert
    convert_from convert_to crc32 crc32c decode encode format initcap left length lower lpad ltrim
    md5 normalize octet_length overlay parse_ident position quote_ident quote_literal
    quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches
    regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat replace
    reverse right rpad rtrim sha224 sha256 sha384 sha512 split_part starts_with string_to_array
    string_to_table strpos substr substring to_ascii to_bin to_hex to_oct translate trim
    unicode_assigned unistr upper
    like notlike textcat

    age clock_timestamp current_date current_time current_timestamp date_add date_bin date_part
    date_subtract date_trunc extract isfinite justify_days justify_hours justify_interval
    localtime localtimestamp make_date make_interval make_time make_timestamp make_timestamptz
    now overlaps statement_timestamp timeofday timezone to_char to_date to_number to_timestamp
    transaction_timestamp

    bool boolean int2 int4 int8 smallint int integer bigint float4 float8 real numeric decimal
    money text varchar bpchar char name date time timetz timestamp timestamptz interval uuid json
    jsonb bytea bit varbit inet cidr macaddr macaddr8 oid regclass xml point line lseg box path
    polygon circle int4range int8range numrange tsrange tstzrange daterange int4multirange
    int8multirange nummultirange tsmultirange tstzmultirange datemultirange multirange

    array_append array_cat array_dims array_fill array_length array_lower array_ndims
    array_position array_positions array_prepend array_remove array_replace array_reverse
    array_sample array_shuffle array_sort array_to_json array_to_string array_upper cardinality
    trim_array unnest generate_series generate_subscripts

    isempty lower_inc lower_inf upper_inc upper_inf range_merge row_to_json to_json to_jsonb

    abbrev broadcast family host hostmask inet_merge inet_same_family masklen netmask network
    set_masklen area center diagonal diameter height isclosed isopen npoints pclose popen radius
    slope width bound_box isparallel isperp ishorizontal isvertical

    to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery
    array_to_tsvector tsvector_to_array get_current_ts_config numnode querytree setweight strip
    ts_debug ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite
    tsquery_phrase

    xmlcomment xmlconcat xmlelement xmlexists xmlforest xmlparse xmlpi xmlroot xmlserialize
    xmltable xmltext xml_is_well_formed xpath xpath_exists

    gen_random_uuid uuidv4 uuidv7 uuid_extract_timestamp uuid_extract_version uuid_generate_v1
    uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil uuid_ns_dns
    uuid_ns_url crypt gen_salt digest hmac encrypt decrypt gen_random_bytes hashtext
    hashtextextended hashint4 hashint8 hash_array hash_record

    similarity word_similarity strict_word_similarity show_trgm unaccent levenshtein
    levenshtein_less_equal soundex difference metaphone dmetaphone dmetaphone_alt daitch_mokotoff
    hstore hstore_to_json hstore_to_jsonb akeys avals skeys svals subpath nlevel lca text2ltree
    ltree2text cube_distance earth_distance ll_to_earth earth_box cosine_distance l2_distance
    l1_distance inner_product

    col_description current_catalog current_database current_query current_role current_schema
    current_schemas current_setting current_user currval format_type has_any_column_privilege
    has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege
    has_function_privilege has_language_privilege has_parameter_privilege has_schema_privilege
    has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege
    has_type_privilege inet_client_addr inet_client_port inet_server_addr inet_server_port
    lastval obj_description row_security_active session_user set_config shobj_description
    system_user to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc
    to_regprocedure to_regrole to_regtype txid_current txid_current_if_assigned
    txid_current_snapshot txid_snapshot_xmax txid_snapshot_xmin txid_snapshot_xip
    txid_visible_in_snapshot txid_status user version makeaclitem aclexplode acldefault
";

/// Whole families, by what their names begin with: names that begin with `pg_` are PostgreSQL's
/// own by its rules, and those of PostGIS compute.
const FAMILIES: &[&str] = &["pg_", "json_", "jsonb_", "information_schema.", "st_"];

/// Whether a function is known to touch nothing shared.
pub fn is_harmless(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> =
        LazyLock::new(|| HARMLESS.split_ascii_whitespace().collect());
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    NAMES.contains(name) || FAMILIES.iter().any(|family| name.starts_with(family))
}
