use crate::sql::{Dialect, Param, Statement};
use crate::value::Value;

/// The questions to a database about its tables. Each answers in the same columns on every backend.
#[derive(Debug, Clone, Copy)]
pub(super) enum Catalog {
    /// Table, whether it is a view, column, type, whether it is NOT NULL, whether the database fills it in. Of a column with
    /// an enum of the database's own its labels and its name; elsewhere there is none.
    Columns,
    /// Table, index, whether it is unique, whether it is the primary key, column; NULL where it is an expression.
    Indexes,
    /// Table, key, the table it refers to, column, the column it refers to; NULL where that is the primary key. The
    /// schema of the table it refers to; NULL where it is the table's own.
    ForeignKeys,
}

impl Catalog {
    /// The statement that asks about some tables of one schema; without one, of that which the connection is in.
    pub(super) fn statement(self, dialect: Dialect, schema: Option<&str>, tables: &[&str]) -> Statement {
        let (before, after) = match dialect {
            Dialect::Sqlite => self.sqlite(),
            Dialect::Postgres => self.postgres(),
            Dialect::Mysql(_) => self.mysql(),
        };
        let (within, schema) = within(dialect, schema);
        let first = usize::from(schema.is_some());
        let placeholder = |number: usize| match dialect {
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Postgres => format!("${number}"),
            Dialect::Mysql(_) => "?".to_owned(),
        };
        let names: Vec<String> = (first + 1..=first + tables.len()).map(placeholder).collect();
        let params = schema.into_iter().chain(tables.iter().copied());
        let params = params.map(|name| Param::One(Value::from(name).into())).collect();
        let sql = format!("{} IN ({}) {after}", before.replace("{schema}", within), names.join(", "));
        Statement { params, strategy: Some("check"), ..Statement::plain(sql) }
    }

    /// The first value is the name of the attached file.
    fn sqlite(self) -> (&'static str, &'static str) {
        match self {
            Catalog::Columns => (
                "SELECT t.name, t.type = 'view', c.name, c.type, c.\"notnull\" OR c.pk > 0, \
                 c.dflt_value IS NOT NULL OR c.hidden > 1 OR (c.pk = 1 AND upper(c.type) = 'INTEGER' AND NOT t.wr \
                 AND (SELECT count(*) FROM pragma_table_info(t.name, ?1) AS k WHERE k.pk > 0) = 1) \
                 FROM pragma_table_list AS t, pragma_table_xinfo(t.name, ?1) AS c \
                 WHERE t.schema = ?1 AND c.hidden <> 1 AND t.name COLLATE NOCASE",
                "ORDER BY t.name, c.cid",
            ),
            // The key of a table with row numbers has no index of its own.
            Catalog::Indexes => (
                "WITH i AS ( \
                 SELECT t.name AS t, '' AS i, 1 AS u, 1 AS p, c.pk AS n, c.name AS c \
                 FROM pragma_table_list AS t, pragma_table_info(t.name, ?1) AS c \
                 WHERE t.schema = ?1 AND c.pk > 0 \
                 UNION ALL SELECT t.name, l.name, l.\"unique\", 0, k.seqno, k.name \
                 FROM pragma_table_list AS t, pragma_index_list(t.name, ?1) AS l, pragma_index_info(l.name, ?1) AS k \
                 WHERE t.schema = ?1 AND NOT l.partial AND l.origin <> 'pk') \
                 SELECT t, i, u, p, c FROM i WHERE t COLLATE NOCASE",
                "ORDER BY t, i, n",
            ),
            Catalog::ForeignKeys => (
                "SELECT t.name, CAST(k.id AS TEXT), k.\"table\", k.\"from\", k.\"to\", NULL \
                 FROM pragma_table_list AS t, pragma_foreign_key_list(t.name, ?1) AS k \
                 WHERE t.schema = ?1 AND t.name COLLATE NOCASE",
                "ORDER BY t.name, k.id, k.seq",
            ),
        }
    }

    /// `{schema}` is a condition on a table `c`.
    fn postgres(self) -> (&'static str, &'static str) {
        match self {
            Catalog::Columns => (
                "SELECT c.relname::text, c.relkind IN ('v', 'm'), a.attname::text, \
                 format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, a.atttypmod), a.attnotnull, \
                 a.atthasdef OR a.attidentity <> '' OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid \
                 AND NOT g.tgisinternal AND g.tgtype & 7 = 7), \
                 (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e \
                 WHERE e.enumtypid IN (t.oid, t.typelem, t.typbasetype)), \
                 (SELECT n.typname::text FROM pg_type n WHERE n.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype \
                 WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END) \
                 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid \
                 WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {schema} AND a.attnum > 0 \
                 AND NOT a.attisdropped AND c.relname::text",
                "ORDER BY c.relname, a.attnum",
            ),
            Catalog::Indexes => (
                "SELECT c.relname::text, i.indexrelid::text, i.indisunique, i.indisprimary, a.attname::text \
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
                 CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) \
                 LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum \
                 WHERE {schema} AND i.indisvalid AND i.indpred IS NULL AND k.place <= i.indnkeyatts \
                 AND c.relname::text",
                "ORDER BY c.relname, i.indexrelid, k.place",
            ),
            Catalog::ForeignKeys => (
                "SELECT c.relname::text, k.oid::text, p.relname::text, a.attname::text, b.attname::text, n.nspname::text \
                 FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid \
                 JOIN pg_namespace n ON n.oid = p.relnamespace \
                 CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(own, theirs, place) \
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.own \
                 JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = u.theirs \
                 WHERE k.contype = 'f' AND {schema} AND c.relname::text",
                "ORDER BY c.relname, k.oid, u.place",
            ),
        }
    }

    /// `{schema}` is the name of the database.
    fn mysql(self) -> (&'static str, &'static str) {
        match self {
            Catalog::Columns => (
                "SELECT CAST(c.table_name AS CHAR), t.table_type = 'VIEW', CAST(c.column_name AS CHAR), \
                 CAST(c.column_type AS CHAR), c.is_nullable = 'NO', \
                 c.column_default IS NOT NULL OR c.extra LIKE '%auto_increment%' OR c.extra LIKE '%GENERATED%' \
                 OR EXISTS (SELECT 1 FROM information_schema.triggers g WHERE g.event_object_schema = c.table_schema \
                 AND g.event_object_table = c.table_name AND g.event_manipulation = 'INSERT' \
                 AND g.action_timing = 'BEFORE') \
                 FROM information_schema.columns c JOIN information_schema.tables t \
                 ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
                 WHERE c.table_schema = {schema} AND c.table_name",
                "ORDER BY c.table_name, c.ordinal_position",
            ),
            // An index on the beginnings of texts guards and finds those alone.
            Catalog::Indexes => (
                "SELECT CAST(table_name AS CHAR), CAST(index_name AS CHAR), non_unique = 0, index_name = 'PRIMARY', \
                 CAST(IF(sub_part IS NULL, column_name, NULL) AS CHAR) FROM information_schema.statistics \
                 WHERE table_schema = {schema} AND table_name",
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
        }
    }
}

/// How a statement says which schema it asks about, and the value that it binds first for it.
fn within(dialect: Dialect, schema: Option<&str>) -> (&'static str, Option<&str>) {
    match (dialect, schema) {
        (Dialect::Sqlite, schema) => ("?1", Some(schema.unwrap_or("main"))),
        (Dialect::Postgres, None) => ("pg_table_is_visible(c.oid)", None),
        (Dialect::Postgres, schema) => {
            ("c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname::text = $1)", schema)
        }
        (Dialect::Mysql(_), None) => ("DATABASE()", None),
        (Dialect::Mysql(_), schema) => ("?", schema),
    }
}
