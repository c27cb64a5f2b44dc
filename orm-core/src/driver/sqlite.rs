use std::sync::Arc;

use super::RowSink;
use super::connection::Inserted;
use super::pooled::Pooled;
use super::refusal::unfit;
use super::sqlite_batch::give;
use super::sqlite_cursor::{Part, SqliteCursor};
use super::sqlite_database::SqliteConnector;
use super::sqlite_error::refused_here;
use super::sqlite_handle::{Handle, Prepared, rollback};
use super::sqlite_job::Job;
use super::sqlite_reading::{Elsewhere, Ended, Stopped};
use super::sqlite_wait::StopOnDrop;
use super::sqlite_worker::{Away, gone};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Dialect, Expected, Leading, Param, Statement};
use crate::value::{Cells, Value};

/// How many runs of a statement take the thread of the caller for themselves.
const TURNS: usize = 8;

/// A pooled connection.
#[derive(Debug)]
pub(super) struct SqliteLease {
    /// None while its thread has it, or where it was lost on its way back.
    connection: Option<Pooled<SqliteConnector>>,
    /// What the connection's thread does; also when nobody waits for that any more.
    away: Option<Away>,
    /// The statement that is read a part at a time on the caller's thread.
    part: Option<PartRead>,
    /// The statement that is read a part at a time on the connection's thread, with the connection.
    cursor: Option<SqliteCursor>,
}

/// A statement that is read a part at a time on the caller's thread, with what it takes to go on elsewhere.
#[derive(Debug)]
struct PartRead {
    sql: Arc<str>,
    values: Vec<Value>,
    /// How many rows a part has.
    rows: usize,
    /// How many of the next part were given.
    begun: usize,
    from: Elsewhere,
    /// Whether it may set how long the connection waits for locks.
    settings: bool,
    ended: bool,
}

impl SqliteLease {
    pub(super) fn new(connection: Pooled<SqliteConnector>) -> SqliteLease {
        SqliteLease { connection: Some(connection), away: None, part: None, cursor: None }
    }

    pub(super) async fn control(&mut self, sql: &str) -> Result<()> {
        if self.part.is_some() {
            return Err(gone());
        }
        let handle = self.handle()?;
        if sql == "ROLLBACK" && handle.is_autocommit() {
            // SQLite ends a transaction by itself where it can do nothing else, on a full disk for example.
            return Ok(());
        }
        // What ends a transaction may have to write all of it.
        let ends = matches!(sql, "COMMIT" | "ROLLBACK");
        if (!ends || !handle.writes()) && handle.control(sql).map_err(|error| refused_here(error, None))? {
            return Ok(());
        }
        let sql = sql.to_owned();
        let work = move |handle: &mut Handle| {
            handle.patiently(|connection| match sql.as_str() {
                "ROLLBACK" => rollback(connection),
                sql => connection.execute_batch(sql),
            })?;
            Ok(0)
        };
        let away = self.away.insert(Away::send(self.connection.take().ok_or_else(gone)?, work)?);
        // An end that was begun comes to its end; what waits to begin does not have to.
        if ends {
            away.run_on();
        }
        let stop = (!ends).then(|| away.stop().on_drop());
        let done = self.back().await?;
        stop.into_iter().for_each(StopOnDrop::ended);
        done.map(|_| ()).map_err(|error| refused_here(error, None))
    }

    pub(super) async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<()> {
        check(statement)?;
        for (turn, (sql, params)) in statement.runs().enumerate() {
            yield_sometimes(turn).await;
            let mut from = Some(Elsewhere::default());
            if statement.expected == Expected::Many {
                from = self.read_here(statement, sql, params, sink, count).await?;
            } else if self.run_here(statement, sql, params, sink, count)?.is_some() {
                from = None;
            }
            if let Some(from) = from {
                self.run_there(statement, sql, params, from, sink, count).await?;
            }
        }
        Ok(())
    }

    /// Runs a text of a statement on the caller's thread, where it is short enough for that; gives how many rows it
    /// changed.
    fn run_here(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<u64>> {
        if statement.expected == Expected::Many || self.cursor.is_some() {
            return Ok(None);
        }
        match self.handle()?.run(sql, values(params), statement.expected, sink, count) {
            Ok(done) => Ok(done),
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(refused_here(error, Some(statement))),
        }
    }

    /// Reads a text of a statement on the caller's thread; says where to go on where that takes too long.
    async fn read_here(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<Elsewhere>> {
        if !statement.repeatable || self.cursor.is_some() {
            return Ok(Some(Elsewhere::default()));
        }
        match self.handle()?.read(sql, params, sink, count).await {
            Ok(Ended::Done) => Ok(None),
            Ok(Ended::Elsewhere(from)) => Ok(Some(from)),
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(refused_here(error, Some(statement))),
        }
    }

    /// Runs a text of a statement on the connection's thread, and takes its rows while it goes on; gives how many rows it
    /// changed.
    async fn run_there(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        from: Elsewhere,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<u64> {
        self.read_elsewhere()?;
        let (job, rows) = Job::new(Arc::clone(sql), values(params).cloned().collect(), from);
        let refused = |error| refused_here(error, Some(statement));
        if let Some(cursor) = &mut self.cursor {
            let told = cursor.run(job);
            let taken = rows.give(sink, count).await;
            if taken.is_err() {
                cursor.stop().stop();
            }
            let Ok(ran) = told.await else {
                // The thread has ended before it came to this, and says why.
                self.take_cursor_back().await?.map_err(|error| refused_here(error, None))?;
                return Err(gone());
            };
            taken?;
            return ran.map_err(refused);
        }
        let settings = statement.changes_connection;
        let work = move |handle: &mut Handle| {
            let ran = handle.patiently(|connection| job.run(connection));
            if settings {
                handle.notice_settings()?;
            }
            ran
        };
        let away = self.away.insert(Away::send(self.connection.take().ok_or_else(gone)?, work)?);
        let stop = away.stop().on_drop();
        let taken = rows.give(sink, count).await;
        if taken.is_err() {
            away.stop().stop();
        }
        let ran = self.back().await;
        stop.ended();
        if from.alone && !self.handle()?.is_autocommit() {
            self.mark_unfit();
        }
        taken?;
        ran?.map_err(refused)
    }

    /// Waits for the connection's thread, which gives the connection back and says what came of it.
    async fn back(&mut self) -> Result<rusqlite::Result<u64>> {
        let away = self.away.as_mut().ok_or_else(gone)?;
        let back = away.back().await;
        self.away = None;
        let (connection, done) = back?;
        self.connection = Some(connection);
        Ok(done)
    }

    /// Begins to read a statement, so many rows at a time.
    pub(super) async fn open_cursor(&mut self, statement: &Statement, rows: usize) -> Result<()> {
        check(statement)?;
        let (sql, values) = (statement.sql.clone(), values(&statement.params).cloned().collect::<Vec<_>>());
        let alone = match statement.repeatable {
            true => {
                let opened = self.handle()?.open(&sql, &values);
                opened.map_err(|error| refused_here(error, Some(statement)))?
            }
            false => None,
        };
        let from = Elsewhere { skip: 0, alone: alone.unwrap_or(false) };
        self.part = Some(PartRead {
            sql,
            values,
            rows,
            begun: 0,
            from,
            settings: statement.changes_connection,
            ended: false,
        });
        if alone.is_none() { self.read_elsewhere() } else { Ok(()) }
    }

    /// Has the statement that is read a part at a time go on where it was, on the connection's own thread.
    fn read_elsewhere(&mut self) -> Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let mut connection = self.connection.take().ok_or_else(gone)?;
        connection.connection()?.leave_open();
        let rows = (part.rows - part.begun, part.rows);
        self.cursor =
            Some(SqliteCursor::open(connection, part.sql, part.values, rows, part.from, part.settings)?);
        Ok(())
    }

    /// Reads the next rows of the cursor's statement; returns whether they were the last ones.
    pub(super) async fn next_rows(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        if let Some(last) = self.next_rows_here(statement, sink, count).await? {
            return Ok(last);
        }
        let cursor = self.cursor.as_mut().ok_or_else(gone)?;
        while let Some(part) = cursor.next().await {
            match part {
                Part::Rows(batch) => {
                    give(&batch, sink, count)?;
                    cursor.give_back(batch);
                }
                Part::End(last) => return Ok(last),
            }
        }
        // The thread has ended before the statement did, and says why.
        self.take_cursor_back().await?.map_err(|error| refused_here(error, Some(statement)))?;
        Err(gone())
    }

    /// The same on the caller's thread; none where it goes on elsewhere.
    async fn next_rows_here(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<bool>> {
        let Some(part) = &mut self.part else { return Ok(None) };
        if part.ended {
            return Ok(Some(true));
        }
        let handle = self.connection.as_mut().ok_or_else(gone)?.connection()?;
        let before = *count;
        let read = handle.next_rows(part.rows, sink, count).await;
        part.from.skip += *count - before;
        match read {
            Ok(Some(last)) => {
                part.ended = last;
                Ok(Some(last))
            }
            Ok(None) => {
                part.begun = usize::try_from(*count - before).unwrap_or(part.rows);
                self.read_elsewhere()?;
                Ok(None)
            }
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(refused_here(error, Some(statement))),
        }
    }

    /// Lets the cursor's thread come to an end.
    pub(super) fn leave_cursor(&mut self) {
        if let Some(cursor) = &mut self.cursor {
            cursor.leave();
        }
    }

    /// Ends the cursor.
    pub(super) async fn close_cursor(&mut self) -> Result<()> {
        self.close_part()?;
        if self.cursor.is_none() {
            return Ok(());
        }
        self.leave_cursor();
        self.take_cursor_back().await?.map_err(|error| refused_here(error, None))
    }

    /// Waits for the cursor's thread, and says what SQLite refused there.
    async fn take_cursor_back(&mut self) -> Result<rusqlite::Result<()>> {
        let cursor = self.cursor.as_mut().ok_or_else(gone)?;
        let closed = cursor.close().await;
        self.cursor = None;
        let (connection, done) = closed?;
        self.connection = Some(connection);
        Ok(done)
    }

    /// Inserts rows whose keys SQLite generates. Says the first key where each row has the key after that of the one before
    /// it: the first row's is its number in the table, each run inserted as many rows as it was given, and the last number
    /// rose by as many. A trigger that inserts or leaves out rows of the table, or a table without such numbers, is seen in
    /// that, and nothing is said of the keys.
    async fn insert_by_rowid(&mut self, statement: &Statement, leading: &Leading) -> Result<Inserted> {
        let mut key = None;
        let mut sink = |cells: &dyn Cells| {
            key = cells.cell(0).ok().map(|cell| cell.to_value());
            Ok(())
        };
        let unknown = Inserted::from;
        let params = statement.params.get(..leading.values).unwrap_or_default();
        let led = self.run_here(statement, &leading.sql, params, &mut sink, &mut 0)?;
        let (Some(mut rows), Some(Value::Int(first))) = (led, key) else { return Ok(unknown(0)) };
        let mut last = first;
        if self.handle()?.last_key() != first {
            return Ok(unknown(rows));
        }
        let mut nobody = |_: &dyn Cells| Ok(());
        for (turn, (sql, params)) in statement.runs().enumerate() {
            yield_sometimes(turn).await;
            let given = params.len() / leading.values.max(1);
            let ran = self.run_here(statement, sql, params, &mut nobody, &mut 0)?;
            let Some(changed) = ran else { return Ok(unknown(rows)) };
            rows += changed;
            last = last.saturating_add(i64::try_from(given).unwrap_or(i64::MAX));
            if changed != u64::try_from(given).unwrap_or(u64::MAX) || self.handle()?.last_key() != last {
                return Ok(unknown(rows));
            }
        }
        Ok(Inserted { rows, keys: vec![(first, rows)] })
    }

    /// Whether SQLite says that a statement writes nothing; none where it cannot be asked now.
    pub(super) async fn only_reads(&mut self, statement: &Statement) -> Result<Option<bool>> {
        if self.part.is_some() || self.cursor.is_some() {
            return Ok(None);
        }
        let refused = |error| refused_here(error, Some(statement));
        if let Some(reads) = self.handle()?.only_reads(&statement.sql).map_err(refused)? {
            return Ok(Some(reads));
        }
        // Somebody has the tables' definitions locked, which takes a thread that can wait.
        let sql = Arc::clone(&statement.sql);
        let work = move |handle: &mut Handle| {
            handle.patiently(|connection| {
                Prepared::new(connection, &sql).map(|prepared| u64::from(prepared.is_read_only()))
            })
        };
        let away = self.away.insert(Away::send(self.connection.take().ok_or_else(gone)?, work)?);
        let stop = away.stop().on_drop();
        let compiled = self.back().await;
        stop.ended();
        compiled?.map(|reads| Some(reads > 0)).map_err(refused)
    }

    fn mark_unfit(&mut self) {
        self.connection.iter_mut().for_each(Pooled::mark_unfit);
    }

    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<Inserted> {
        check(statement)?;
        if let Some(leading) = &statement.leading {
            return self.insert_by_rowid(statement, leading).await;
        }
        let mut changed = 0;
        let mut nobody = |_: &dyn Cells| Ok(());
        for (turn, (sql, params)) in statement.runs().enumerate() {
            yield_sometimes(turn).await;
            changed += match self.run_here(statement, sql, params, &mut nobody, &mut 0)? {
                Some(changed) => changed,
                None => {
                    let from = Elsewhere::default();
                    self.run_there(statement, sql, params, from, &mut nobody, &mut 0).await?
                }
            };
        }
        Ok(Inserted::from(changed))
    }

    /// Closes the connection when what it was asked is done: it is in this process, and does that whether or not somebody
    /// waits for the answer.
    pub(super) async fn conclude(&mut self) {
        if self.away.is_some() {
            // Of one that is lost, or whose answer says that it is not fit, nothing else is asked either.
            let _ = self.back().await;
        }
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// The lease with its connection, where no thread or cursor has that and what was read here could be ended.
    pub(super) fn take(&mut self) -> Option<SqliteLease> {
        let ended = self.close_part().is_ok();
        let connection = self.connection.take().filter(|_| ended && self.cursor.is_none())?;
        Some(SqliteLease::new(connection))
    }

    /// Ends a transaction that has not written, and runs another statement that does not wait; says whether it did.
    pub(super) fn roll_back_at_once(&mut self, after: Option<&'static str>) -> bool {
        let Ok(handle) = self.handle() else { return false };
        ["ROLLBACK"].into_iter().chain(after).all(|sql| handle.control(sql).unwrap_or(false))
    }

    pub(super) fn give_back(mut self) {
        // A transaction that was begun unseen is not for the next session: the connection is closed.
        if !self.handle().is_ok_and(|handle| handle.is_autocommit()) {
            return;
        }
        self.connection.into_iter().for_each(Pooled::give_back);
    }

    /// Ends the statement that is read a part at a time on the caller's thread.
    fn close_part(&mut self) -> Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let closed = self.handle()?.close(part.from.alone);
        if closed.is_err() {
            self.mark_unfit();
        }
        closed.map_err(|error| refused_here(error, None))
    }

    /// The connection on the caller's thread.
    fn handle(&mut self) -> Result<&mut Handle> {
        self.connection.as_mut().ok_or_else(gone)?.connection()
    }
}

/// Refuses values that SQLite cannot take, before anything is sent.
fn check(statement: &Statement) -> Result<()> {
    let limit = Dialect::Sqlite.bind_limit();
    if statement.params.len() > limit {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "the statement binds {} values and SQLite takes {limit}; split the list over several queries",
                statement.params.len()
            ),
        ));
    }
    for param in &statement.params {
        let (Param::One(bind) | Param::Padding(bind)) = param else {
            return Err(Error::new(ErrorKind::InvalidQuery, "SQLite has no arrays"));
        };
        if let Some(reason) = Dialect::Sqlite.refuses(&bind.value) {
            return Err(unfit(reason, bind.secret));
        }
        match &bind.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) => {}
            Value::Float(_) | Value::Text(_) | Value::Bytes(_) => {}
            other => match other.clone().into_plain() {
                Value::Text(_) | Value::Bytes(_) => {}
                other => return Err(unfit(format!("SQLite cannot store {other}"), bind.secret)),
            },
        }
    }
    Ok(())
}

/// Lets others have the thread, between runs of which each takes some hundredths of a millisecond.
async fn yield_sometimes(turn: usize) {
    if turn % TURNS == TURNS - 1 {
        tokio::task::yield_now().await;
    }
}

/// Values that [`check`] has seen.
fn values(params: &[Param]) -> impl Iterator<Item = &Value> {
    params.iter().flat_map(Param::values)
}
