use super::Dialect;
use super::raw::skipped;

/// What a statement does to the database, as far as its text tells. Whether a transaction has to be open, what a read-only
/// session refuses, and what a replica may be asked all follow from it.
///
/// It is an allow-list: a statement reads if it is known to, and everything else may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It may write, for example by a function that is not known to only read. SQLite can be asked.
    MayWrite,
    /// It locks what it reads, so it needs a transaction.
    Locks,
    /// It writes.
    Writes,
    /// It commits the open transaction by itself, as statements that change tables do on MySQL.
    Commits,
}

/// What a piece of SQL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// A quoted name.
    Name,
    /// A text, a number or a sign.
    Other,
    Open,
    Close,
    Dot,
    Comma,
}

/// The tokens of a statement.
struct Tokens<'t> {
    all: Vec<Token<'t>>,
    /// Where a text ends, or what a comment hides, depends on the settings of the server.
    unclear: bool,
}

impl Effect {
    /// What SQL of a user's does; none where it begins or ends a transaction.
    pub fn of(dialect: Dialect, text: &str) -> Option<Effect> {
        let tokens = Tokens::of(dialect, text);
        let all = &tokens.all[..];
        let start = all.iter().position(|token| *token != Token::Open).unwrap_or(all.len());
        let rest = &all[start..];
        if controls(rest, dialect) {
            return None;
        }
        let effect = match dialect {
            Dialect::Sqlite => on_sqlite(rest, text),
            Dialect::Postgres => on_a_server(rest, false),
            Dialect::Mysql(_) => on_a_server(rest, true),
        };
        Some(if tokens.unclear { effect.max(Effect::MayWrite) } else { effect })
    }

    /// What a call of a function does that a user names.
    pub(super) fn of_function(dialect: Dialect, name: &str) -> Effect {
        let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
        // Those of SQLite are all built in.
        match dialect == Dialect::Sqlite || only_reads(name) {
            true => Effect::Reads,
            false => Effect::MayWrite,
        }
    }
}

impl<'t> Token<'t> {
    fn is(self, word: &str) -> bool {
        matches!(self, Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn is_any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

impl<'t> Tokens<'t> {
    fn of(dialect: Dialect, text: &'t str) -> Tokens<'t> {
        let mysql = matches!(dialect, Dialect::Mysql(_));
        let (mut all, mut unclear, mut rest) = (Vec::new(), false, text);
        while let Some(next) = rest.chars().next() {
            // MySQL runs what is in such a comment.
            if mysql && let Some(hidden) = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!")) {
                unclear = true;
                rest = hidden.trim_start_matches(|char: char| char.is_ascii_digit());
                continue;
            }
            let length = skipped(rest, dialect);
            if length > 0 {
                let comment = rest.starts_with("--") || rest.starts_with("/*") || rest.starts_with('#');
                if !comment {
                    all.push(if rest.starts_with(['"', '`']) { Token::Name } else { Token::Other });
                    // Whether a backslash is one depends on the settings of the server.
                    unclear |= ["\\'", "\\\""].iter().any(|escape| rest[..length].contains(escape));
                }
                rest = &rest[length..];
                continue;
            }
            let word = rest.find(|char: char| {
                !(char.is_alphanumeric() || matches!(char, '_' | '$') || !char.is_ascii())
            });
            let word = &rest[..word.unwrap_or(rest.len())];
            rest = &rest[word.len().max(next.len_utf8())..];
            all.push(match next {
                // What may stand before a statement.
                ';' | '\u{feff}' if all.is_empty() => continue,
                _ if word.starts_with(|char: char| char.is_ascii_digit()) => Token::Other,
                _ if !word.is_empty() => Token::Word(word),
                '(' => Token::Open,
                ')' => Token::Close,
                '.' => Token::Dot,
                ',' => Token::Comma,
                next if next.is_whitespace() => continue,
                _ => Token::Other,
            });
        }
        Tokens { all, unclear }
    }
}

/// Whether a statement begins or ends a transaction or a savepoint.
fn controls(tokens: &[Token<'_>], dialect: Dialect) -> bool {
    let (first, second) = (tokens.first(), tokens.get(1));
    let (Some(first), second) = (first, second.copied().unwrap_or(Token::Other)) else { return false };
    match dialect {
        _ if first.is_any(&["begin", "commit", "rollback", "savepoint", "release"]) => true,
        Dialect::Sqlite => first.is("end"),
        Dialect::Postgres => {
            first.is_any(&["end", "abort"])
                || (first.is_any(&["start", "prepare"]) && second.is("transaction"))
        }
        Dialect::Mysql(_) => {
            first.is("xa")
                || (first.is("start") && second.is("transaction"))
                || (first.is("set") && tokens.iter().any(|token| token.is("autocommit")))
        }
    }
}

fn on_sqlite(tokens: &[Token<'_>], text: &str) -> Effect {
    let Some(first) = tokens.first() else { return Effect::Reads };
    // No function of SQLite's writes.
    if first.is_any(&["select", "values", "explain"]) {
        return Effect::Reads;
    }
    if first.is_any(&["insert", "replace", "update", "delete", "create", "drop", "alter"]) {
        return Effect::Writes;
    }
    let text = text.to_ascii_lowercase();
    let writes = ["insert", "replace", "update", "delete"].iter().any(|verb| text.contains(verb));
    if first.is("with") && !writes { Effect::Reads } else { Effect::MayWrite }
}

fn on_a_server(tokens: &[Token<'_>], mysql: bool) -> Effect {
    let Some((first, rest)) = tokens.split_first() else { return Effect::Reads };
    if first.is_any(&["select", "values", "table"]) {
        return read(rest);
    }
    if first.is("with") {
        return with(rest);
    }
    if first.is("explain") || (mysql && first.is_any(&["describe", "desc"])) {
        return explained(rest, mysql);
    }
    if first.is("show") {
        return Effect::Reads;
    }
    if mysql && commits(*first, rest.first().copied().unwrap_or(Token::Other)) {
        return Effect::Commits;
    }
    Effect::Writes
}

/// EXPLAIN runs nothing, unless it is to say how long it took.
fn explained(tokens: &[Token<'_>], mysql: bool) -> Effect {
    if !tokens.iter().any(|token| token.is_any(&["analyze", "analyse"])) {
        return Effect::Reads;
    }
    let verbs = [
        "select", "values", "table", "with", "insert", "update", "delete", "merge", "replace", "create",
        "execute", "refresh", "declare",
    ];
    match tokens.iter().position(|token| token.is_any(&verbs)) {
        Some(at) => on_a_server(&tokens[at..], mysql),
        None => Effect::MayWrite,
    }
}

/// A statement with common table expressions: what follows them says what it does, and each of them may write.
fn with(tokens: &[Token<'_>]) -> Effect {
    let verbs = ["insert", "update", "delete", "merge", "replace"];
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            token if depth == 1 && begins(tokens, at) && token.is_any(&verbs[..4]) => return Effect::Writes,
            token if depth == 0 && token.is_any(&verbs) => return Effect::Writes,
            token if depth == 0 && token.is_any(&["select", "values", "table"]) => {
                // The names of the expressions, which may have a list of columns, are not functions.
                return expressions(&tokens[..at]).max(read(&tokens[at + 1..]));
            }
            _ => {}
        }
    }
    Effect::MayWrite
}

/// Whether a token is the first one of a common table expression.
fn begins(tokens: &[Token<'_>], at: usize) -> bool {
    match tokens[..at] {
        [.., before, Token::Open] => before.is_any(&["as", "materialized"]),
        _ => false,
    }
}

/// What the common table expressions before a statement do.
fn expressions(tokens: &[Token<'_>]) -> Effect {
    let (mut depth, mut begins, mut effect) = (0_usize, 0, Effect::Reads);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => {
                if depth == 0 {
                    begins = at;
                }
                depth += 1;
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    effect = effect.max(read(&tokens[begins..at]));
                }
            }
            _ => {}
        }
    }
    effect
}

/// What a query does, of which these are the tokens behind its first word.
fn read(tokens: &[Token<'_>]) -> Effect {
    let mut effect = Effect::Reads;
    // What follows the list of DISTINCT ON is no alias.
    let listed = tokens
        .windows(3)
        .any(|three| three[0].is("distinct") && three[1].is("on") && three[2] == Token::Open);
    for (at, token) in tokens.iter().enumerate() {
        let word = match token {
            Token::Word(word) => *word,
            // Of a quoted name it is not known which function it is.
            Token::Name => "",
            _ => continue,
        };
        let before = |distance: usize| match at.checked_sub(distance) {
            Some(at) => tokens.get(at).copied().unwrap_or(Token::Other),
            None => Token::Other,
        };
        let after = tokens.get(at + 1).copied().unwrap_or(Token::Other);
        if before(1) == Token::Dot {
            // A column, unless it is called.
            if after == Token::Open && !(before(2).is("pg_catalog") && only_reads(word)) {
                effect = effect.max(Effect::MayWrite);
            }
            continue;
        }
        let locks = token.is_any(&["update", "share"]) && before(1).is_any(&["for", "key"])
            || token.is("share") && before(1).is("in");
        let verb = token.is_any(&["insert", "update", "delete", "merge", "into"])
            || token.is("next") && after.is("value");
        // Not the columns of an alias.
        let called = after == Token::Open && !before(1).is("as") && (listed || before(1) != Token::Close);
        if locks {
            effect = effect.max(Effect::Locks);
        } else if verb || (called && !only_reads(word) && !is_any_of(word, &BEFORE_PARENTHESES)) {
            effect = effect.max(Effect::MayWrite);
        }
    }
    effect
}

/// Whether a statement commits by itself on MySQL.
fn commits(first: Token<'_>, second: Token<'_>) -> bool {
    if first.is_any(&["create", "drop"]) {
        return !second.is("temporary");
    }
    if first.is("analyze") {
        return second.is_any(&["table", "local", "no_write_to_binlog"]);
    }
    if first.is("load") {
        return second.is("index");
    }
    first.is_any(&[
        "alter",
        "rename",
        "truncate",
        "grant",
        "revoke",
        "optimize",
        "repair",
        "check",
        "cache",
        "flush",
        "install",
        "uninstall",
        "reset",
        "lock",
        "unlock",
    ])
}

/// Whether a function is known to write nothing.
fn only_reads(name: &str) -> bool {
    is_any_of(name, &ONLY_READ)
}

/// Whether a word is in a list that is sorted.
fn is_any_of(word: &str, list: &[&str]) -> bool {
    let word = word.to_ascii_lowercase();
    list.binary_search(&word.as_str()).is_ok()
}

/// Words that may stand before a parenthesis and are no functions.
const BEFORE_PARENTHESES: [&str; 72] = [
    "against",
    "all",
    "and",
    "any",
    "array",
    "as",
    "between",
    "by",
    "case",
    "columns",
    "cross",
    "cube",
    "distinct",
    "div",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "fetch",
    "filter",
    "for",
    "from",
    "group",
    "groups",
    "having",
    "ilike",
    "in",
    "index",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "key",
    "lateral",
    "like",
    "limit",
    "materialized",
    "not",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "path",
    "range",
    "recursive",
    "regexp",
    "rlike",
    "rollup",
    "row",
    "rows",
    "select",
    "sets",
    "similar",
    "some",
    "table",
    "then",
    "to",
    "union",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
    "within",
    "xor",
];

/// Functions and types of PostgreSQL and MySQL that write nothing.
const ONLY_READ: [&str; 463] = [
    "abs",
    "acos",
    "adddate",
    "addtime",
    "age",
    "any_value",
    "array_agg",
    "array_append",
    "array_cat",
    "array_dims",
    "array_fill",
    "array_length",
    "array_lower",
    "array_ndims",
    "array_position",
    "array_positions",
    "array_prepend",
    "array_remove",
    "array_replace",
    "array_to_json",
    "array_to_string",
    "array_upper",
    "ascii",
    "asin",
    "atan",
    "atan2",
    "avg",
    "bigint",
    "binary",
    "bit",
    "bit_and",
    "bit_count",
    "bit_length",
    "bit_or",
    "bit_xor",
    "bool",
    "bool_and",
    "bool_or",
    "boolean",
    "btrim",
    "cardinality",
    "cast",
    "cbrt",
    "ceil",
    "ceiling",
    "char",
    "char_length",
    "character",
    "character_length",
    "chr",
    "clock_timestamp",
    "coalesce",
    "col_description",
    "concat",
    "concat_ws",
    "connection_id",
    "convert",
    "convert_from",
    "convert_to",
    "convert_tz",
    "corr",
    "cos",
    "cot",
    "count",
    "covar_pop",
    "covar_samp",
    "crc32",
    "cume_dist",
    "curdate",
    "current_database",
    "current_date",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_time",
    "current_timestamp",
    "current_user",
    "currval",
    "curtime",
    "database",
    "date",
    "date_add",
    "date_bin",
    "date_format",
    "date_part",
    "date_sub",
    "date_trunc",
    "datediff",
    "daterange",
    "datetime",
    "day",
    "dayname",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "dec",
    "decimal",
    "decode",
    "degrees",
    "dense_rank",
    "double",
    "elt",
    "encode",
    "every",
    "exp",
    "extract",
    "family",
    "field",
    "find_in_set",
    "first_value",
    "float",
    "float4",
    "float8",
    "floor",
    "format",
    "format_type",
    "found_rows",
    "from_base64",
    "from_days",
    "from_unixtime",
    "gcd",
    "gen_random_uuid",
    "generate_series",
    "generate_subscripts",
    "greatest",
    "group_concat",
    "grouping",
    "has_column_privilege",
    "has_schema_privilege",
    "has_table_privilege",
    "hex",
    "host",
    "hour",
    "if",
    "ifnull",
    "inet6_aton",
    "inet6_ntoa",
    "inet_aton",
    "inet_ntoa",
    "initcap",
    "instr",
    "int",
    "int2",
    "int4",
    "int4range",
    "int8",
    "int8range",
    "integer",
    "isempty",
    "isfinite",
    "isnull",
    "json_agg",
    "json_array",
    "json_array_elements",
    "json_array_elements_text",
    "json_array_length",
    "json_arrayagg",
    "json_build_array",
    "json_build_object",
    "json_compact",
    "json_contains",
    "json_contains_path",
    "json_depth",
    "json_detailed",
    "json_each",
    "json_each_text",
    "json_exists",
    "json_extract",
    "json_extract_path",
    "json_extract_path_text",
    "json_insert",
    "json_keys",
    "json_length",
    "json_loose",
    "json_merge_patch",
    "json_merge_preserve",
    "json_object",
    "json_object_agg",
    "json_object_keys",
    "json_objectagg",
    "json_overlaps",
    "json_populate_record",
    "json_populate_recordset",
    "json_query",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_search",
    "json_set",
    "json_strip_nulls",
    "json_table",
    "json_to_record",
    "json_to_recordset",
    "json_type",
    "json_typeof",
    "json_unquote",
    "json_valid",
    "json_value",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_array_length",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_object_agg",
    "jsonb_object_keys",
    "jsonb_path_exists",
    "jsonb_path_match",
    "jsonb_path_query",
    "jsonb_path_query_array",
    "jsonb_path_query_first",
    "jsonb_populate_record",
    "jsonb_populate_recordset",
    "jsonb_pretty",
    "jsonb_set",
    "jsonb_set_lax",
    "jsonb_strip_nulls",
    "jsonb_to_record",
    "jsonb_to_recordset",
    "jsonb_typeof",
    "justify_days",
    "justify_hours",
    "justify_interval",
    "lag",
    "last_day",
    "last_insert_id",
    "last_value",
    "lastval",
    "lcase",
    "lcm",
    "lead",
    "least",
    "left",
    "length",
    "levenshtein",
    "ln",
    "localtime",
    "localtimestamp",
    "locate",
    "log",
    "log10",
    "log2",
    "lower",
    "lower_inc",
    "lower_inf",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_time",
    "make_timestamp",
    "make_timestamptz",
    "makedate",
    "maketime",
    "masklen",
    "match",
    "max",
    "md5",
    "microsecond",
    "mid",
    "min",
    "minute",
    "mod",
    "mode",
    "money",
    "month",
    "monthname",
    "nchar",
    "network",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "numeric",
    "numrange",
    "nvarchar",
    "nvl",
    "nvl2",
    "obj_description",
    "octet_length",
    "ord",
    "overlay",
    "percent_rank",
    "percentile_cont",
    "percentile_disc",
    "period_add",
    "period_diff",
    "pg_backend_pid",
    "pg_blocking_pids",
    "pg_column_size",
    "pg_current_wal_insert_lsn",
    "pg_current_wal_lsn",
    "pg_database_size",
    "pg_encoding_to_char",
    "pg_get_constraintdef",
    "pg_get_expr",
    "pg_get_functiondef",
    "pg_get_indexdef",
    "pg_get_serial_sequence",
    "pg_get_userbyid",
    "pg_get_viewdef",
    "pg_indexes_size",
    "pg_is_in_recovery",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "pg_postmaster_start_time",
    "pg_relation_size",
    "pg_size_pretty",
    "pg_sleep",
    "pg_stat_get_activity",
    "pg_table_is_visible",
    "pg_table_size",
    "pg_total_relation_size",
    "pg_typeof",
    "pg_wal_lsn_diff",
    "phraseto_tsquery",
    "pi",
    "plainto_tsquery",
    "position",
    "pow",
    "power",
    "quarter",
    "quote",
    "quote_ident",
    "quote_literal",
    "quote_nullable",
    "radians",
    "rand",
    "random",
    "range_merge",
    "rank",
    "real",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
    "regexp_split_to_array",
    "regexp_split_to_table",
    "regexp_substr",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row_count",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "schema",
    "sec_to_time",
    "second",
    "session_user",
    "sha1",
    "sha2",
    "sha256",
    "sha512",
    "sign",
    "signed",
    "similarity",
    "sin",
    "sleep",
    "smallint",
    "soundex",
    "space",
    "split_part",
    "sqrt",
    "starts_with",
    "statement_timestamp",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "str_to_date",
    "strcmp",
    "string_agg",
    "string_to_array",
    "strpos",
    "subdate",
    "substr",
    "substring",
    "substring_index",
    "subtime",
    "sum",
    "sysdate",
    "system_user",
    "tan",
    "text",
    "time",
    "time_format",
    "time_to_sec",
    "timediff",
    "timeofday",
    "timestamp",
    "timestampadd",
    "timestampdiff",
    "timestamptz",
    "timetz",
    "tinyint",
    "to_base64",
    "to_char",
    "to_date",
    "to_days",
    "to_hex",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_regclass",
    "to_regtype",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "transaction_timestamp",
    "translate",
    "trim",
    "trunc",
    "truncate",
    "try_cast",
    "ts_headline",
    "ts_rank",
    "ts_rank_cd",
    "tsrange",
    "tstzrange",
    "ucase",
    "unaccent",
    "unhex",
    "unix_timestamp",
    "unnest",
    "unsigned",
    "upper",
    "upper_inc",
    "upper_inf",
    "user",
    "utc_date",
    "utc_time",
    "utc_timestamp",
    "uuid",
    "uuid_generate_v4",
    "uuid_short",
    "var_pop",
    "var_samp",
    "varbinary",
    "varbit",
    "varchar",
    "variance",
    "version",
    "websearch_to_tsquery",
    "week",
    "weekday",
    "weekofyear",
    "width_bucket",
    "word_similarity",
    "year",
    "yearweek",
];

#[cfg(test)]
mod tests {
    use super::super::MysqlServer;
    use super::*;

    const MYSQL: Dialect = Dialect::Mysql(MysqlServer { mariadb: true, returning: true, key_step: 1 });

    fn all(sql: &str, effect: Effect) {
        for dialect in [Dialect::Postgres, MYSQL] {
            assert_eq!(Effect::of(dialect, sql), Some(effect), "{dialect:?}: {sql}");
        }
    }

    #[test]
    fn the_lists_are_sorted() {
        assert!(ONLY_READ.is_sorted() && BEFORE_PARENTHESES.is_sorted());
    }

    #[test]
    fn what_reads_is_known_to() {
        for sql in [
            "SELECT id, name FROM users WHERE id IN (?, ?) AND (a OR b)",
            "  -- which ones?\n select count(*), coalesce(max(n), 0) FROM t GROUP BY (a)",
            "(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 3",
            "SELECT 'INSERT INTO t', t.update, updated_at FROM t /* DELETE */",
            "WITH RECURSIVE n(a, b) AS (SELECT 1, 2 UNION ALL SELECT a + 1, b FROM n), m AS (SELECT 3) SELECT * FROM n",
            "SELECT row_number() OVER (PARTITION BY a ORDER BY b), CAST(x AS DECIMAL(10, 2)) FROM t",
            "SELECT * FROM (VALUES (1, 2)) AS v(a, b)",
            "SELECT * FROM (SELECT 1, 2) v (a, b) WHERE EXISTS (SELECT 1)",
            "VALUES (1)",
            "EXPLAIN DELETE FROM t",
            "SHOW TABLES",
            "SELECT pg_catalog.lower(name) FROM t",
            "",
        ] {
            all(sql, Effect::Reads);
        }
    }

    #[test]
    fn in_doubt_it_writes() {
        for sql in [
            "SELECT nextval('numbers')",
            "SELECT * FROM my_writing_function(1)",
            "SELECT app.lower(name) FROM t",
            "SELECT \"Odd\"(1) FROM t",
            "SELECT archive (id) FROM t",
            "SELECT DISTINCT ON (a) archive(a) FROM t",
            "SELECT * INTO copy FROM t",
            "WITH a AS (SELECT * FROM evil(1) AS (x int)) SELECT * FROM a",
            "EXPLAIN ANALYZE SELECT evil()",
            "SELECT 'it\\'s', 1",
        ] {
            all(sql, Effect::MayWrite);
        }
        assert_eq!(Effect::of(MYSQL, "SELECT 1 /*! , evil() */"), Some(Effect::MayWrite));
        assert_eq!(Effect::of(MYSQL, "SELECT 1--evil()\n"), Some(Effect::MayWrite));
        let nested = "SELECT 1 /* /* */ ' */, evil() /* ' */";
        assert_eq!(Effect::of(Dialect::Postgres, nested), Some(Effect::MayWrite));
        assert_eq!(Effect::of(Dialect::Postgres, "SELECT E'\\'', evil(), '1'"), Some(Effect::MayWrite));
        assert_eq!(Effect::of(MYSQL, "SELECT NEXT VALUE FOR numbers"), Some(Effect::MayWrite));
    }

    #[test]
    fn what_locks_and_what_writes() {
        for sql in
            ["SELECT 1 FROM t FOR UPDATE SKIP LOCKED", "SELECT 1 FROM (SELECT 1 FROM t FOR SHARE) AS s"]
        {
            all(sql, Effect::Locks);
        }
        assert_eq!(Effect::of(Dialect::Postgres, "SELECT 1 FROM t FOR NO KEY UPDATE"), Some(Effect::Locks));
        assert_eq!(Effect::of(MYSQL, "SELECT 1 FROM t LOCK IN SHARE MODE"), Some(Effect::Locks));
        all("WITH a AS (SELECT t.update, count(delete) FROM t FOR UPDATE) SELECT 1 FROM a", Effect::Locks);
        for sql in [
            "INSERT INTO t VALUES (1) RETURNING id",
            "WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone",
            "WITH a AS (SELECT 1) UPDATE t SET n = 1",
            "WITH a AS NOT MATERIALIZED (UPDATE t SET n = 1 RETURNING id) SELECT * FROM a",
            "EXPLAIN ANALYZE DELETE FROM t",
            "CALL archive()",
        ] {
            all(sql, Effect::Writes);
        }
        assert_eq!(Effect::of(Dialect::Postgres, "CREATE TABLE t (id INT)"), Some(Effect::Writes));
        assert_eq!(Effect::of(MYSQL, "CREATE TABLE t (id INT)"), Some(Effect::Commits));
        assert_eq!(Effect::of(MYSQL, "CREATE TEMPORARY TABLE t (id INT)"), Some(Effect::Writes));
    }

    #[test]
    fn sqlite_has_no_functions_that_write() {
        for (sql, effect) in [
            ("SELECT anything(1) FROM t", Effect::Reads),
            ("WITH a AS (SELECT 1) SELECT * FROM a", Effect::Reads),
            ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", Effect::MayWrite),
            ("PRAGMA user_version = 3", Effect::MayWrite),
            ("DELETE FROM t RETURNING id", Effect::Writes),
        ] {
            assert_eq!(Effect::of(Dialect::Sqlite, sql), Some(effect), "{sql}");
        }
    }

    #[test]
    fn transactions_are_the_sessions() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres, MYSQL] {
            for sql in
                ["BEGIN", "/* x */ commit", "ROLLBACK TO a", "SAVEPOINT a", "release a", "Begin immediate"]
            {
                assert_eq!(Effect::of(dialect, sql), None, "{dialect:?}: {sql}");
            }
        }
        for sql in ["END", "ABORT", "START TRANSACTION", "PREPARE TRANSACTION 'a'"] {
            assert_eq!(Effect::of(Dialect::Postgres, sql), None, "{sql}");
        }
        for sql in ["SET autocommit = 0", "XA START 'a'", "/*!50000 COMMIT */", "START TRANSACTION"] {
            assert_eq!(Effect::of(MYSQL, sql), None, "{sql}");
        }
    }
}
