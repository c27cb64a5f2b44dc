//! What raw SQL does, as far as its text tells.
//!
//! It is an allow-list: a statement reads if it is known to, and everything else may write.

mod functions;
mod mysql;
mod postgres;
mod query;
mod server;
mod sqlite;
mod token;

use super::Dialect;
use token::{Token, Tokens};

/// What a statement does to the database. Whether a transaction has to be open, what a read-only session refuses, and what
/// a replica may be asked all follow from it.
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
    /// It runs outside a transaction: inside one the database refuses it, or commits what is open, as MySQL does with
    /// statements that change tables.
    Outside,
}

/// What raw SQL does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawEffect {
    /// What it does to the database.
    pub effect: Effect,
    /// Whether it leaves something on the connection that outlives its transaction: a setting, a lock, a temporary table.
    pub changes_connection: bool,
}

/// Why raw SQL is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRun {
    /// It begins or ends a transaction.
    Transaction,
    /// It locks tables, which the transaction of the next statement that writes would unlock.
    TableLocks,
}

impl From<Effect> for RawEffect {
    fn from(effect: Effect) -> RawEffect {
        RawEffect { effect, changes_connection: false }
    }
}

impl RawEffect {
    /// What raw SQL does.
    ///
    /// # Errors
    /// The session would not know what it does.
    pub fn of(dialect: Dialect, text: &str) -> Result<RawEffect, NotRun> {
        let tokens = Tokens::of(dialect, text);
        let all = &tokens.all[..];
        let start = all.iter().position(|token| *token != Token::Open).unwrap_or(all.len());
        let rest = &all[start..];
        if controls(rest, dialect) {
            return Err(NotRun::Transaction);
        }
        let mut told = match dialect {
            Dialect::Sqlite => sqlite::of(rest, text),
            Dialect::Postgres => server::of(rest, false),
            Dialect::Mysql(_) if mysql::locks_tables(rest) => return Err(NotRun::TableLocks),
            Dialect::Mysql(_) => server::of(rest, true),
        };
        if tokens.unclear {
            told.effect = told.effect.max(Effect::MayWrite);
        }
        Ok(told)
    }

    /// What an expression of raw SQL does.
    pub(super) fn of_expression(dialect: Dialect, text: &str) -> RawEffect {
        let told = RawEffect::of(dialect, &format!("SELECT {text}"));
        told.unwrap_or(RawEffect { effect: Effect::MayWrite, changes_connection: true })
    }

    /// What a call of a function does that a user names.
    pub(super) fn of_function(dialect: Dialect, name: &str) -> RawEffect {
        let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
        // Those of SQLite are all built in.
        match dialect == Dialect::Sqlite || functions::only_reads(name) {
            true => Effect::Reads.into(),
            false => RawEffect {
                effect: Effect::MayWrite,
                changes_connection: functions::changes_connection(name),
            },
        }
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
                || (first.is("set") && mysql::sets_transactions(tokens))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MysqlServer;
    use super::*;

    const MYSQL: Dialect = Dialect::Mysql(MysqlServer { mariadb: true, returning: true, key_step: 1 });

    fn all(sql: &str, effect: Effect) {
        for dialect in [Dialect::Postgres, MYSQL] {
            assert_eq!(effect_of(dialect, sql), Some(effect), "{dialect:?}: {sql}");
        }
    }

    fn effect_of(dialect: Dialect, sql: &str) -> Option<Effect> {
        RawEffect::of(dialect, sql).ok().map(|told| told.effect)
    }

    fn changes_connection(dialect: Dialect, sql: &str) -> bool {
        RawEffect::of(dialect, sql).is_ok_and(|told| told.changes_connection)
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
        assert_eq!(effect_of(MYSQL, "SELECT 1 /*! , evil() */"), Some(Effect::MayWrite));
        assert_eq!(effect_of(MYSQL, "SELECT 1--evil()\n"), Some(Effect::MayWrite));
        let nested = "SELECT 1 /* /* */ ' */, evil() /* ' */";
        assert_eq!(effect_of(Dialect::Postgres, nested), Some(Effect::MayWrite));
        assert_eq!(effect_of(Dialect::Postgres, "SELECT E'\\'', evil(), '1'"), Some(Effect::MayWrite));
        assert_eq!(effect_of(MYSQL, "SELECT NEXT VALUE FOR numbers"), Some(Effect::MayWrite));
    }

    #[test]
    fn what_locks_and_what_writes() {
        for sql in
            ["SELECT 1 FROM t FOR UPDATE SKIP LOCKED", "SELECT 1 FROM (SELECT 1 FROM t FOR SHARE) AS s"]
        {
            all(sql, Effect::Locks);
        }
        assert_eq!(effect_of(Dialect::Postgres, "SELECT 1 FROM t FOR NO KEY UPDATE"), Some(Effect::Locks));
        assert_eq!(effect_of(MYSQL, "SELECT 1 FROM t LOCK IN SHARE MODE"), Some(Effect::Locks));
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
        assert_eq!(effect_of(Dialect::Postgres, "CREATE TABLE t (id INT)"), Some(Effect::Writes));
        assert_eq!(effect_of(MYSQL, "CREATE TABLE t (id INT)"), Some(Effect::Outside));
        assert_eq!(effect_of(MYSQL, "CREATE TEMPORARY TABLE t (id INT)"), Some(Effect::Writes));
    }

    #[test]
    fn sqlite_has_no_functions_that_write() {
        for (sql, effect) in [
            ("SELECT anything(1) FROM t", Effect::Reads),
            ("WITH a AS (SELECT 1) SELECT * FROM a", Effect::Reads),
            ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", Effect::MayWrite),
            ("PRAGMA user_version = 3", Effect::Writes),
            ("PRAGMA main.user_version", Effect::Reads),
            ("EXPLAIN PRAGMA \"foreign_keys\" = 0", Effect::Outside),
            ("PRAGMA [foreign_keys](off)", Effect::Outside),
            ("PRAGMA 'foreign_keys' = off", Effect::Outside),
            ("PRAGMA busy_timeout = 5", Effect::Reads),
            ("PRAGMA table_info(t)", Effect::Reads),
            ("EXPLAIN QUERY PLAN DELETE FROM t", Effect::Reads),
            ("VACUUM INTO 'copy.db'", Effect::Outside),
            ("ANALYZE", Effect::Writes),
            ("DELETE FROM t RETURNING id", Effect::Writes),
        ] {
            assert_eq!(effect_of(Dialect::Sqlite, sql), Some(effect), "{sql}");
        }
    }

    #[test]
    fn transactions_are_the_sessions() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres, MYSQL] {
            for sql in
                ["BEGIN", "/* x */ commit", "ROLLBACK TO a", "SAVEPOINT a", "release a", "Begin immediate"]
            {
                assert_eq!(effect_of(dialect, sql), None, "{dialect:?}: {sql}");
            }
        }
        for sql in ["END", "ABORT", "START TRANSACTION", "PREPARE TRANSACTION 'a'"] {
            assert_eq!(effect_of(Dialect::Postgres, sql), None, "{sql}");
        }
        for sql in [
            "SET autocommit = 0",
            "SET `autocommit` = 0",
            "SET @x = 1, @@session.autocommit := 1",
            "SET SESSION completion_type = 1",
            "XA START 'a'",
            "/*!50000 COMMIT */",
            "START TRANSACTION",
        ] {
            assert_eq!(effect_of(MYSQL, sql), None, "{sql}");
        }
    }

    #[test]
    fn what_runs_outside_a_transaction() {
        for sql in [
            "SET PASSWORD = 'x'",
            "SET PASSWORD FOR a = 'x'",
            "SET DEFAULT ROLE ALL TO a",
            "START SLAVE",
            "STOP REPLICA SQL_THREAD",
            "CHANGE MASTER TO master_host = 'a'",
            "CHANGE REPLICATION SOURCE TO source_host = 'a'",
            "RESET SLAVE",
            "ALTER TABLE t ADD n INT",
            "DROP TABLE t",
            "TRUNCATE t",
            "ANALYZE TABLE t",
            "LOAD INDEX INTO CACHE t",
            "FLUSH TABLES",
            "BACKUP STAGE START",
            "SET STATEMENT max_statement_time = 1 FOR OPTIMIZE TABLE t",
        ] {
            assert_eq!(effect_of(MYSQL, sql), Some(Effect::Outside), "{sql}");
        }
        for sql in [
            "SET password_history = 3",
            "SET STATEMENT max_statement_time = 1 FOR DELETE FROM t",
            "CREATE OR REPLACE TEMPORARY TABLE t (n INT)",
            "DROP TEMPORARY TABLE t",
            "LOAD DATA INFILE 'a' INTO TABLE t",
        ] {
            assert_eq!(effect_of(MYSQL, sql), Some(Effect::Writes), "{sql}");
        }
        for sql in [
            "VACUUM (ANALYZE) t",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON t (n)",
            "DROP INDEX CONCURRENTLY i",
            "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
            "CREATE DATABASE d",
            "ALTER SYSTEM SET work_mem = '1MB'",
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            "DISCARD ALL",
        ] {
            assert_eq!(effect_of(Dialect::Postgres, sql), Some(Effect::Outside), "{sql}");
        }
        for sql in ["REFRESH MATERIALIZED VIEW CONCURRENTLY v", "CREATE INDEX i ON t (n)", "REINDEX TABLE t"]
        {
            assert_eq!(effect_of(Dialect::Postgres, sql), Some(Effect::Writes), "{sql}");
        }
    }

    #[test]
    fn what_stays_on_the_connection() {
        for (dialect, sql) in [
            (Dialect::Sqlite, "PRAGMA foreign_keys = OFF"),
            (Dialect::Sqlite, "PRAGMA cache_size(10)"),
            (Dialect::Sqlite, "ATTACH 'a.db' AS a"),
            (Dialect::Sqlite, "CREATE TEMP TABLE t (n INTEGER)"),
            (Dialect::Postgres, "SET search_path = a"),
            (Dialect::Postgres, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"),
            (Dialect::Postgres, "RESET ALL"),
            (Dialect::Postgres, "LISTEN news"),
            (Dialect::Postgres, "SELECT pg_advisory_lock(1)"),
            (Dialect::Postgres, "WITH a AS (SELECT pg_catalog.\"pg_try_advisory_lock\"(1)) SELECT * FROM a"),
            (Dialect::Postgres, "SELECT set_config('work_mem', '1MB', false)"),
            (Dialect::Postgres, "CREATE TEMPORARY TABLE t (n INT)"),
            (Dialect::Postgres, "CREATE LOCAL TEMP TABLE t AS SELECT 1"),
            (Dialect::Postgres, "SELECT 1 AS n INTO TEMP t"),
            (MYSQL, "SET SESSION sql_mode = ''"),
            (MYSQL, "SET NAMES latin1"),
            (MYSQL, "SET @a = 1"),
            (MYSQL, "SET TRANSACTION READ ONLY"),
            (MYSQL, "SELECT @a := 1"),
            (MYSQL, "SELECT n INTO @a FROM t"),
            (MYSQL, "DO GET_LOCK('a', 1)"),
            (MYSQL, "SELECT get_lock('a', 1)"),
            (MYSQL, "CREATE OR REPLACE TEMPORARY TABLE t (n INT)"),
            (MYSQL, "FLUSH TABLES WITH READ LOCK"),
            (MYSQL, "USE d"),
        ] {
            assert!(changes_connection(dialect, sql), "{sql}");
        }
        for (dialect, sql) in [
            (Dialect::Sqlite, "PRAGMA foreign_keys"),
            (Dialect::Sqlite, "PRAGMA user_version = 3"),
            (Dialect::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)"),
            (Dialect::Sqlite, "VACUUM"),
            (Dialect::Postgres, "SET LOCAL search_path = a"),
            (Dialect::Postgres, "SET CONSTRAINTS ALL DEFERRED"),
            (Dialect::Postgres, "SELECT pg_advisory_xact_lock(1)"),
            (Dialect::Postgres, "CREATE TEMP TABLE t (n INT) ON COMMIT DROP"),
            (Dialect::Postgres, "CREATE TABLE temporary_things (n INT)"),
            (MYSQL, "SET GLOBAL max_connections = 9"),
            (MYSQL, "SET PASSWORD = 'x'"),
            (MYSQL, "FLUSH TABLES"),
            (MYSQL, "SELECT 'a := b'"),
        ] {
            assert!(!changes_connection(dialect, sql), "{sql}");
        }
    }

    #[test]
    fn locked_tables_would_be_unlocked() {
        for sql in ["LOCK TABLES t WRITE", "lock table t read"] {
            assert_eq!(RawEffect::of(MYSQL, sql), Err(NotRun::TableLocks), "{sql}");
        }
        assert_eq!(effect_of(Dialect::Postgres, "LOCK TABLE t"), Some(Effect::Writes));
    }
}
