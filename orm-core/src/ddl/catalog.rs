//! Reads the catalogue of a database.

use crate::sql::{Dialect, Param, Statement};
use crate::value::Value;

/// The table in which sqlx records migrations, which no model describes.
const RECORDS: &str = "_sqlx_migrations";

/// The questions to a database about its tables. Each answers in the same columns on every backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Catalog {
    /// Table, whether it is something other than a table, column, type, whether it is NOT NULL, whether the database fills it
    /// in; labels and name of a native enum; default, generation expression, whether that is stored, whether the column is
    /// an automatic key, collation, what an UPDATE sets it to, its comment, and the table's.
    Columns,
    /// Table, index, whether it is unique, whether it is the primary key, column (NULL where it is an expression), whether
    /// it leaves rows out or is invalid, whether a model cannot declare it for another reason, whether a constraint made it, its
    /// definition, the condition of its rows.
    Indexes,
    /// Table, key, the table it refers to, column, the column it refers to (NULL where that is the primary key), the
    /// schema of the table it refers to (NULL where it is the table's own), ON DELETE, ON UPDATE.
    ForeignKeys,
    /// Table, key, ON DELETE, ON UPDATE, on MySQL, where the catalogue lists these separately from the keys.
    KeyActions,
    /// Table, name, expression, whether it belongs to a column's definition. SQLite has these in its texts alone.
    Checks,
    /// Table, kind, name, and the text that made it, of everything on SQLite.
    Texts,
    /// Name and labels of PostgreSQL's native enums.
    Enums,
}

/// What a question is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// Tables by name.
    Named(&'a [&'static str]),
    /// Every table but that of sqlx.
    All,
}

/// An expression as MySQL was given it: its catalog escapes quotes and backslashes once more.
macro_rules! unescaped {
    ($column:literal) => {
        concat!("REPLACE(REPLACE(", $column, r#", '\\''', ''''), '\\\\', '\\')"#)
    };
}

/// The part of a column's description that MySQL and MariaDB share, up to its default.
macro_rules! mysql_columns {
    () => {
        "SELECT CAST(c.table_name AS CHAR), t.table_type <> 'BASE TABLE', CAST(c.column_name AS CHAR), \
         CAST(c.column_type AS CHAR), c.is_nullable = 'NO', \
         c.column_default IS NOT NULL OR c.extra LIKE '%auto_increment%' OR c.extra LIKE '%GENERATED%' \
         OR EXISTS (SELECT 1 FROM information_schema.triggers g WHERE g.event_object_schema = c.table_schema \
         AND g.event_object_table = c.table_name AND g.event_manipulation = 'INSERT' \
         AND g.action_timing = 'BEFORE'), NULL, NULL, "
    };
}

/// And from there on.
macro_rules! mysql_columns_end {
    () => {
        "c.extra LIKE '%STORED%' OR c.extra LIKE '%PERSISTENT%', c.extra LIKE '%auto_increment%', \
         CONCAT('CHARACTER SET ', c.character_set_name, ' COLLATE ', c.collation_name), \
         IF(c.extra LIKE '%on update%', SUBSTRING(c.extra, LOCATE('on update', c.extra)), NULL), \
         NULLIF(CAST(c.column_comment AS CHAR), ''), NULLIF(CAST(t.table_comment AS CHAR), '') \
         FROM information_schema.columns c JOIN information_schema.tables t \
         ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
         WHERE c.table_schema = {schema} AND c.table_name"
    };
}

impl Catalog {
    /// The statement that asks about some tables of one schema; without one, of that which the connection is in.
    pub(super) fn statement(self, dialect: Dialect, schema: Option<&str>, asked: Asked<'_>) -> Statement {
        let (before, after) = match dialect {
            Dialect::Sqlite => self.sqlite(),
            Dialect::Postgres => self.postgres(),
            Dialect::Mysql(server) => self.mysql(server.mariadb),
        };
        let (within, bound) = within(dialect, schema, asked);
        let first = usize::from(bound.is_some());
        let placeholder = |number: usize| match dialect {
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Postgres => format!("${number}"),
            Dialect::Mysql(_) => "?".to_owned(),
        };
        let (tables, chosen): (&[&str], &str) = match asked {
            Asked::Named(tables) => (tables, "IN"),
            Asked::All => (&[RECORDS], "NOT IN"),
        };
        let names: Vec<String> = (first + 1..=first + tables.len()).map(placeholder).collect();
        let params = bound.into_iter().chain(tables.iter().copied());
        let params = params.map(|name| Param::One(Value::from(name).into())).collect();
        let mut file = String::new();
        dialect.quote(&mut file, schema.unwrap_or("main"));
        let before = before.replace("{schema}", within).replace("{file}", &file);
        let own = match (dialect, asked) {
            // Tables of the database's own, and those behind a virtual table.
            (Dialect::Sqlite, Asked::All) => {
                "AND t.name NOT LIKE 'sqlite@_%' ESCAPE '@' AND t.type <> 'shadow' "
            }
            // Tables that an extension brought, and parts of others.
            (Dialect::Postgres, Asked::All) if self != Catalog::Enums => {
                "AND NOT c.relispartition AND NOT EXISTS (SELECT FROM pg_depend o WHERE o.objid = c.oid \
                 AND o.classid = 'pg_class'::regclass AND o.deptype = 'e') "
            }
            _ => "",
        };
        let sql = format!("{before} {chosen} ({}) {own}{after}", names.join(", "));
        Statement { params, strategy: Some("check"), ..Statement::plain(sql) }
    }

    /// The first value is the name of the attached file.
    fn sqlite(self) -> (&'static str, &'static str) {
        match self {
            Catalog::Columns => (
                "SELECT t.name, t.type <> 'table', c.name, c.type, c.\"notnull\" OR c.pk > 0, \
                 c.dflt_value IS NOT NULL OR c.hidden > 1 OR (c.pk = 1 AND upper(c.type) = 'INTEGER' AND NOT t.wr \
                 AND (SELECT count(*) FROM pragma_table_info(t.name, ?1) AS k WHERE k.pk > 0) = 1), NULL, NULL, \
                 c.dflt_value, CASE WHEN c.hidden > 1 THEN '' END, c.hidden = 3, c.pk = 1 AND upper(c.type) = 'INTEGER' AND NOT t.wr \
                 AND (SELECT count(*) FROM pragma_table_info(t.name, ?1) AS k WHERE k.pk > 0) = 1 \
                 FROM pragma_table_list AS t, pragma_table_xinfo(t.name, ?1) AS c \
                 WHERE t.schema = ?1 AND c.hidden <> 1 AND t.name COLLATE NOCASE",
                "ORDER BY t.name, c.cid",
            ),
            // The key of a table with row numbers has no separate index.
            Catalog::Indexes => (
                "SELECT t, i, u, p, c, partial, special, made FROM ( \
                 SELECT t.name AS t, '' AS i, 1 AS u, 1 AS p, c.pk AS n, c.name AS c, 0 AS partial, 0 AS special, \
                 1 AS made, t.name, t.type \
                 FROM pragma_table_list AS t, pragma_table_info(t.name, ?1) AS c \
                 WHERE t.schema = ?1 AND c.pk > 0 \
                 UNION ALL SELECT t.name, l.name, l.\"unique\", 0, k.seqno, k.name, l.partial, EXISTS \
                 (SELECT 1 FROM pragma_index_xinfo(l.name, ?1) AS x WHERE x.\"key\" \
                 AND (x.cid < 0 OR x.\"desc\" OR x.coll <> 'BINARY')), l.origin <> 'c', t.name, t.type \
                 FROM pragma_table_list AS t, pragma_index_list(t.name, ?1) AS l, pragma_index_info(l.name, ?1) AS k \
                 WHERE t.schema = ?1 AND l.origin <> 'pk') AS t WHERE t.name COLLATE NOCASE",
                "ORDER BY t, i, n",
            ),
            Catalog::ForeignKeys | Catalog::KeyActions => (
                "SELECT t.name, CAST(k.id AS TEXT), k.\"table\", k.\"from\", k.\"to\", NULL, k.on_delete, k.on_update \
                 FROM pragma_table_list AS t, pragma_foreign_key_list(t.name, ?1) AS k \
                 WHERE t.schema = ?1 AND t.name COLLATE NOCASE",
                "ORDER BY t.name, k.id, k.seq",
            ),
            Catalog::Checks | Catalog::Texts | Catalog::Enums => (
                "SELECT t.tbl_name, t.type, t.name, t.sql FROM (SELECT * FROM {file}.sqlite_schema WHERE ?1 <> '') AS t \
                 WHERE t.sql IS NOT NULL AND t.tbl_name COLLATE NOCASE",
                "ORDER BY t.rootpage, t.name",
            ),
        }
    }

    /// `{schema}` is a condition on a table `c`.
    fn postgres(self) -> (&'static str, &'static str) {
        match self {
            Catalog::Columns => (
                "SELECT c.relname::text, c.relkind NOT IN ('r', 'p'), a.attname::text, \
                 format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, a.atttypmod), a.attnotnull, \
                 a.atthasdef OR a.attidentity <> '' OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid \
                 AND NOT g.tgisinternal AND g.tgtype & 7 = 7), \
                 (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e \
                 WHERE e.enumtypid IN (t.oid, t.typelem, t.typbasetype)), \
                 (SELECT n.typname::text FROM pg_type n WHERE n.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype \
                 WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END), \
                 CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, \
                 CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END, a.attgenerated = 's', \
                 a.attidentity <> '' OR (a.attgenerated = '' AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'), \
                 NULL, NULL, col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class') \
                 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid \
                 LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
                 WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {schema} AND a.attnum > 0 \
                 AND NOT a.attisdropped AND c.relname::text",
                "ORDER BY c.relname, a.attnum",
            ),
            Catalog::Indexes => (
                "SELECT c.relname::text, o.relname::text, i.indisunique, i.indisprimary, a.attname::text, \
                 i.indpred IS NOT NULL OR NOT i.indisvalid, i.indexprs IS NOT NULL \
                 OR i.indisexclusion OR i.indnkeyatts <> i.indnatts OR m.amname <> 'btree' \
                 OR EXISTS (SELECT FROM unnest(i.indoption) AS f(flags) WHERE f.flags <> 0) \
                 OR EXISTS (SELECT FROM unnest(i.indclass) AS f(class) JOIN pg_opclass q ON q.oid = f.class \
                 WHERE NOT q.opcdefault), EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid \
                 AND k.contype IN ('p', 'u', 'x')), pg_get_indexdef(i.indexrelid), \
                 CASE WHEN i.indisvalid THEN pg_get_expr(i.indpred, i.indrelid) END \
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class o ON o.oid = i.indexrelid \
                 JOIN pg_am m ON m.oid = o.relam \
                 CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) \
                 LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum \
                 WHERE {schema} AND k.place <= i.indnkeyatts AND c.relname::text",
                "ORDER BY c.relname, i.indexrelid, k.place",
            ),
            Catalog::ForeignKeys | Catalog::KeyActions => (
                "SELECT c.relname::text, k.conname::text, p.relname::text, a.attname::text, b.attname::text, \
                 n.nspname::text, k.confdeltype::text, k.confupdtype::text \
                 FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid \
                 JOIN pg_namespace n ON n.oid = p.relnamespace \
                 CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(own, theirs, place) \
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.own \
                 JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = u.theirs \
                 WHERE k.contype = 'f' AND {schema} AND c.relname::text",
                "ORDER BY c.relname, k.oid, u.place",
            ),
            Catalog::Checks | Catalog::Texts => (
                "SELECT c.relname::text, k.conname::text, pg_get_expr(k.conbin, k.conrelid), FALSE \
                 FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
                 WHERE k.contype = 'c' AND {schema} AND c.relname::text",
                "ORDER BY c.relname, k.oid",
            ),
            Catalog::Enums => (
                "SELECT c.typname::text, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) \
                 FROM pg_type c JOIN pg_enum e ON e.enumtypid = c.oid JOIN pg_namespace n ON n.oid = c.typnamespace \
                 WHERE n.nspname = current_schema() AND c.typname::text",
                "GROUP BY c.typname ORDER BY c.typname",
            ),
        }
    }

    /// `{schema}` is the name of the database.
    fn mysql(self, mariadb: bool) -> (&'static str, &'static str) {
        match self {
            Catalog::Columns if mariadb => (
                concat!(
                    mysql_columns!(),
                    "IF(c.column_default = 'NULL', NULL, c.column_default), NULLIF(c.generation_expression, ''), ",
                    mysql_columns_end!()
                ),
                "ORDER BY c.table_name, c.ordinal_position",
            ),
            Catalog::Columns => (
                concat!(
                    mysql_columns!(),
                    "IF(c.extra LIKE '%DEFAULT_GENERATED%' OR c.column_default IS NULL, ",
                    unescaped!("c.column_default"),
                    ", QUOTE(c.column_default)), ",
                    unescaped!("NULLIF(c.generation_expression, '')"),
                    ", ",
                    mysql_columns_end!()
                ),
                "ORDER BY c.table_name, c.ordinal_position",
            ),
            // An index on prefixes of texts covers only those.
            Catalog::Indexes => (
                "SELECT CAST(table_name AS CHAR), CAST(index_name AS CHAR), non_unique = 0, index_name = 'PRIMARY', \
                 CAST(IF(sub_part IS NULL, column_name, NULL) AS CHAR), FALSE, \
                 sub_part IS NOT NULL OR collation = 'D' OR column_name IS NULL OR index_type <> 'BTREE', FALSE \
                 FROM information_schema.statistics WHERE table_schema = {schema} AND table_name",
                "ORDER BY table_name, index_name, seq_in_index",
            ),
            Catalog::ForeignKeys => (
                "SELECT CAST(table_name AS CHAR), CAST(constraint_name AS CHAR), \
                 CAST(referenced_table_name AS CHAR), CAST(column_name AS CHAR), CAST(referenced_column_name AS CHAR), \
                 CAST(referenced_table_schema AS CHAR) \
                 FROM information_schema.key_column_usage \
                 WHERE table_schema = {schema} AND referenced_table_name IS NOT NULL AND table_name",
                "ORDER BY table_name, constraint_name, ordinal_position",
            ),
            // Joined with the columns, MariaDB 10.11 may crash.
            Catalog::KeyActions => (
                "SELECT CAST(table_name AS CHAR), CAST(constraint_name AS CHAR), CAST(delete_rule AS CHAR), \
                 CAST(update_rule AS CHAR) FROM information_schema.referential_constraints \
                 WHERE constraint_schema = {schema} AND table_name",
                "ORDER BY table_name, constraint_name",
            ),
            Catalog::Checks | Catalog::Texts | Catalog::Enums if mariadb => (
                "SELECT CAST(table_name AS CHAR), CAST(constraint_name AS CHAR), CAST(check_clause AS CHAR), \
                 level = 'Column' FROM information_schema.check_constraints \
                 WHERE constraint_schema = {schema} AND table_name",
                "ORDER BY table_name, constraint_name",
            ),
            Catalog::Checks | Catalog::Texts | Catalog::Enums => (
                concat!(
                    "SELECT CAST(t.table_name AS CHAR), CAST(k.constraint_name AS CHAR), ",
                    unescaped!("CAST(k.check_clause AS CHAR)"),
                    ", FALSE FROM information_schema.check_constraints k \
                     JOIN information_schema.table_constraints t \
                     ON t.constraint_schema = k.constraint_schema AND t.constraint_name = k.constraint_name \
                     WHERE k.constraint_schema = {schema} AND t.constraint_type = 'CHECK' AND t.table_name",
                ),
                "ORDER BY t.table_name, k.constraint_name",
            ),
        }
    }
}

/// How a statement names the schema it asks about, and the value that it binds first for it.
fn within<'s>(
    dialect: Dialect,
    schema: Option<&'s str>,
    asked: Asked<'_>,
) -> (&'static str, Option<&'s str>) {
    match (dialect, schema, asked) {
        (Dialect::Sqlite, schema, _) => ("?1", Some(schema.unwrap_or("main"))),
        (Dialect::Postgres, None, Asked::Named(_)) => ("pg_table_is_visible(c.oid)", None),
        (Dialect::Postgres, None, Asked::All) => {
            ("c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())", None)
        }
        (Dialect::Postgres, schema, _) => {
            ("c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname::text = $1)", schema)
        }
        (Dialect::Mysql(_), None, _) => ("DATABASE()", None),
        (Dialect::Mysql(_), schema, _) => ("?", schema),
    }
}
