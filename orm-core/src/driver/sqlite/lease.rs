//! Statements on SQLite, on the caller's thread or on the connection's.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::connection::{SqliteConnection, returned, rollback};
use super::database::SqliteConnector;
use super::error::database_error;
use super::holders::{self, Holding};
use super::job::{Job, JobRows, Ran};
use super::prepared::Prepared;
use super::reading::{Elsewhere, Ended, Stopped};
use super::turns::Turns;
use super::wait::StopOnDrop;
use super::worker::{Away, gone};
use crate::driver::backend::Backend;
use crate::driver::inserted::Inserted;
use crate::driver::pool::{Borrower, Pooled};
use crate::driver::refusal::unfit;
use crate::driver::{Control, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Dialect, Expected, Leading, Param, Statement};
use crate::value::{Cells, Value};

/// A pooled connection.
#[derive(Debug)]
pub(in crate::driver) struct SqliteLease {
    /// None while its thread has it, or where it was lost on its way back.
    connection: Option<Pooled<SqliteConnector>>,
    /// What the connection's thread is doing, even if no caller waits for it any more.
    away: Option<Away>,
    /// The statement that is read a part at a time.
    part: Option<PartRead>,
    /// The database and the session, which the error of a lock names.
    file: Arc<str>,
    /// Whether the engine made the file.
    made: bool,
    by: Borrower,
    holding: Option<Holding>,
}

/// A statement that is read a part at a time, with what is needed to continue elsewhere.
#[derive(Debug)]
struct PartRead {
    sql: Arc<str>,
    values: Vec<Value>,
    /// How many rows a part has.
    rows: usize,
    from: Elsewhere,
    /// It is read on the connection's thread from here on.
    there: bool,
    /// Whether it may set how long the connection waits for locks.
    settings: bool,
    /// No other statement runs before its end, so the connection's thread may read ahead.
    alone: bool,
    /// The rows that the thread reads ahead.
    ahead: Option<JobRows>,
    ended: bool,
}

impl SqliteLease {
    pub(super) fn new(
        connection: Pooled<SqliteConnector>,
        file: Arc<str>,
        made: bool,
        by: Borrower,
    ) -> SqliteLease {
        SqliteLease { connection: Some(connection), away: None, part: None, file, made, by, holding: None }
    }

    /// The error of a lock with the session that holds the lock, and that of a missing table with the file if the engine
    /// made it: a path with a typo in it is a new and empty database.
    fn named(&self, error: Error) -> Error {
        if self.made && error.kind() == ErrorKind::Database && error.to_string().contains("no such table") {
            return error.suffixed(&format!(
                "; this engine created the file `{}`; if its path is right, create its tables: \
                 `engine.create_all(schema![..])`, or a migration",
                self.file
            ));
        }
        holders::named(error, &self.file, self.by)
    }

    /// The error of a statement, with the session that holds the lock that it needs.
    fn refused(&self, error: rusqlite::Error, statement: &Statement) -> Error {
        self.named(database_error(error, Some(statement)))
    }

    /// Whether SQLite says that a statement writes nothing; `None` if it cannot be asked now.
    async fn ask_only_reads(&mut self, statement: &Statement) -> Result<Option<bool>> {
        let refused = |error| database_error(error, Some(statement));
        if let Some(reads) = self.here()?.only_reads(&statement.sql).map_err(refused)? {
            return Ok(Some(reads));
        }
        // Another connection has locked the tables' definitions, so a thread waits for them.
        let sql = Arc::clone(&statement.sql);
        let work = move |lent: &mut SqliteConnection| {
            lent.patiently(|connection| {
                let reads = Prepared::new(connection, &sql)?.is_read_only();
                Ok(Ran { reads, ..Ran::default() })
            })
        };
        let away = self.send(work)?;
        let stop = away.stop().on_drop();
        let compiled = self.back().await;
        stop.ended();
        compiled?.map(|ran| Some(ran.reads)).map_err(refused)
    }

    /// Begins to read a statement, so many rows at a time; `alone` says that no other statement runs before its end.
    fn begin_part(&mut self, statement: &Statement, rows: usize, alone: bool) -> Result<()> {
        check(statement)?;
        let (sql, values) = (statement.sql.clone(), values(&statement.params).cloned().collect::<Vec<_>>());
        let here = match statement.repeatable {
            true => {
                let opened = self.here()?.open_part(&sql, &values);
                opened.map_err(|error| database_error(error, Some(statement)))?
            }
            false => None,
        };
        let from = Elsewhere { skip: 0, alone: here.unwrap_or(false) };
        let (there, settings) = (here.is_none(), statement.changes_connection);
        self.part =
            Some(PartRead { sql, values, rows, from, there, settings, alone, ahead: None, ended: false });
        Ok(())
    }

    /// Reads the next rows of the cursor's statement; returns whether they were the last ones.
    async fn next_of_part(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        let before = *count;
        let read = self.next_part(statement, sink, count).await;
        if let Some(part) = &mut self.part {
            part.from.skip += *count - before;
            // What was refused is not read on.
            part.ended = !matches!(read, Ok(false));
        }
        read
    }

    async fn run_control(&mut self, control: &Control<'_>) -> Result<()> {
        let here = self.here()?;
        let undoes = *control == Control::Rollback;
        if undoes && here.is_autocommit() {
            // SQLite ends a transaction itself if it cannot continue, for example on a full disk.
            return Ok(());
        }
        // What ends a transaction may have to write all of it.
        let (sql, ends) = (control.sql(), control.ends_transaction());
        if (!ends || !here.writes()) && here.control(&sql).map_err(|error| database_error(error, None))? {
            return Ok(());
        }
        let sql = sql.into_owned();
        let work = move |lent: &mut SqliteConnection| {
            lent.patiently(|connection| match undoes {
                true => rollback(connection),
                false => connection.execute_batch(&sql),
            })?;
            Ok(Ran::default())
        };
        let away = self.send(work)?;
        // An end that was begun comes to its end; what waits to begin does not have to.
        if ends {
            away.run_on();
        }
        let stop = (!ends).then(|| away.stop().on_drop());
        let done = self.back().await?;
        stop.into_iter().for_each(StopOnDrop::ended);
        done.map(|_| ()).map_err(|error| database_error(error, None))
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
        if statement.expected == Expected::Many {
            return Ok(None);
        }
        match self.here()?.run(sql, values(params), statement.expected, sink, count) {
            Ok(done) => Ok(done),
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(self.refused(error, statement)),
        }
    }

    /// Reads a statement on the caller's thread; returns where to continue if that takes too long.
    async fn read_here(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<Elsewhere>> {
        if !statement.repeatable {
            return Ok(Some(Elsewhere::default()));
        }
        match self.here()?.read(sql, params, sink, count).await {
            Ok(Ended::Done) => Ok(None),
            Ok(Ended::Elsewhere(from)) => Ok(Some(from)),
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(self.refused(error, statement)),
        }
    }

    /// Runs a statement on the connection's thread, and takes its rows as they arrive; returns how many rows it changed.
    async fn run_there(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        from: Elsewhere,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<u64> {
        let (values, settings) = (values(params).cloned().collect(), statement.changes_connection);
        let (job, rows) = Job::new(Arc::clone(sql), values, from, settings);
        let ran = self.work(job, rows, sink, count).await;
        if from.alone && !self.here()?.is_autocommit() {
            self.mark_unfit();
        }
        ran?.map(|ran| ran.changed).map_err(|error| self.refused(error, statement))
    }

    /// Runs a job on the connection's thread, and takes its rows while it runs.
    async fn work(
        &mut self,
        job: Job,
        rows: JobRows,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<rusqlite::Result<Ran>> {
        let away = self.send(move |connection| connection.work(job))?;
        let stop = away.stop().on_drop();
        let taken = rows.give(sink, count).await;
        if taken.is_err() {
            away.stop().stop();
        }
        let ran = self.back().await;
        stop.ended();
        taken?;
        ran
    }

    /// Calls a function of the program with the connection, on the connection's thread.
    ///
    /// # Errors
    /// That of `work`.
    pub(in crate::driver) async fn lend<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (give, taken) = oneshot::channel();
        let work = move |connection: &mut SqliteConnection| {
            // The caller may have gone.
            let _ = give.send(connection.lend(work));
            Ok(Ran::default())
        };
        let stop = self.send(work)?.stop().on_drop();
        let back = self.back().await;
        stop.ended();
        // The thread's own result is empty.
        let _ = back?;
        returned(taken.await.map_err(|_| gone())?)
    }

    /// Has the connection's thread do something with the connection.
    fn send(
        &mut self,
        work: impl FnOnce(&mut SqliteConnection) -> rusqlite::Result<Ran> + Send + 'static,
    ) -> Result<&mut Away> {
        let connection = self.connection.take().ok_or_else(gone)?;
        Ok(self.away.insert(Away::send(connection, work)?))
    }

    /// Waits for the connection's thread, which returns the connection and the result.
    async fn back(&mut self) -> Result<rusqlite::Result<Ran>> {
        let away = self.away.as_mut().ok_or_else(gone)?;
        let back = away.back().await;
        self.away = None;
        let (connection, done) = back?;
        self.connection = Some(connection);
        Ok(done)
    }

    async fn next_part(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        let Some(part) = self.part.as_mut().filter(|part| !part.ended) else { return Ok(true) };
        if part.ahead.is_some() {
            let rows = part.rows;
            return self.next_ahead(rows, statement, sink, count).await;
        }
        let here = self.connection.as_mut().ok_or_else(gone)?.connection()?;
        let refused = |error| database_error(error, Some(statement));
        let (before, mut from, mut left) = (*count, part.from, part.rows);
        if !part.there {
            match here.next_part(left, sink, count).await {
                Ok(Some(last)) => return Ok(last),
                Ok(None) => part.there = true,
                Err(Stopped::Unfit(error)) => return Err(error),
                Err(Stopped::Refused(error)) => return Err(refused(error)),
            }
            let given = *count - before;
            from.skip += given;
            left = left.saturating_sub(usize::try_from(given).unwrap_or(left));
        }
        // The thread begins a transaction if none is open.
        part.from.alone |= here.is_autocommit();
        let (job, rows) = Job::new(Arc::clone(&part.sql), part.values.clone(), from, part.settings);
        if part.alone {
            part.ahead = Some(rows);
            let job = job.parts(left, part.rows);
            self.send(move |connection| connection.work(job))?;
            return self.next_ahead(left, statement, sink, count).await;
        }
        let ran = self.work(job.part(left), rows, sink, count).await?;
        ran.map(|ran| ran.ended).map_err(refused)
    }

    /// Takes this many of the rows that the connection's thread reads ahead.
    async fn next_ahead(
        &mut self,
        rows: usize,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        let Some(ahead) = self.part.as_mut().and_then(|part| part.ahead.as_mut()) else { return Ok(true) };
        if ahead.give_some(rows, sink, count).await? {
            return Ok(false);
        }
        // The statement has ended, with this result.
        let ran = self.back().await?;
        ran.map(|_| true).map_err(|error| database_error(error, Some(statement)))
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
        if self.here()?.last_key() != first {
            return Ok(unknown(rows));
        }
        let mut unread = |_: &dyn Cells| Ok(());
        let mut turns = Turns::default();
        for (sql, params) in statement.runs() {
            if turns.yields(params.len()) {
                yield_now().await;
            }
            let given = params.len() / leading.values.max(1);
            let ran = self.run_here(statement, sql, params, &mut unread, &mut 0)?;
            let Some(changed) = ran else { return Ok(unknown(rows)) };
            rows += changed;
            last = last.saturating_add(i64::try_from(given).unwrap_or(i64::MAX));
            if changed != u64::try_from(given).unwrap_or(u64::MAX) || self.here()?.last_key() != last {
                return Ok(unknown(rows));
            }
        }
        Ok(Inserted { rows, keys: vec![(first, rows)] })
    }

    fn mark_unfit(&mut self) {
        self.connection.iter_mut().for_each(Pooled::mark_unfit);
    }

    /// Lets the connection's thread come to an end: its result is no longer needed.
    fn leave_part(&mut self) {
        if let Some(part) = &mut self.part {
            part.ahead = None;
        }
        self.away.iter().for_each(|away| away.stop().stop());
    }

    /// Ends the statement that is read a part at a time.
    fn close_part(&mut self) -> Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let closed = self.here()?.close_part(part.from.alone);
        if closed.is_err() {
            self.mark_unfit();
        }
        closed.map_err(|error| database_error(error, None))
    }

    /// The connection on the caller's thread.
    fn here(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or_else(gone)?.connection()
    }
}

impl Backend for SqliteLease {
    async fn control(&mut self, control: &Control<'_>) -> Result<()> {
        self.run_control(control).await.map_err(|error| self.named(error))?;
        if control.ends_transaction() {
            self.holding = None;
        }
        if let Control::Begin { writes, .. } = control {
            self.holding = None;
            self.holding = Some(Holding::begin(Arc::clone(&self.file), self.by, *writes));
        }
        Ok(())
    }

    async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
        _within: bool,
    ) -> Result<()> {
        check(statement)?;
        let mut turns = Turns::default();
        for (sql, params) in statement.runs() {
            if turns.yields(params.len()) {
                yield_now().await;
            }
            let mut from = Some(Elsewhere::default());
            if statement.expected == Expected::Many {
                from = self.read_here(statement, sql, params, sink, count).await?;
            } else if self.run_here(statement, sql, params, sink, count)?.is_some() {
                from = None;
            }
            if let Some(from) = from {
                Box::pin(self.run_there(statement, sql, params, from, sink, count)).await?;
            }
        }
        Ok(())
    }

    async fn execute(&mut self, statement: &Statement, _within: bool) -> Result<Inserted> {
        check(statement)?;
        if let Some(leading) = &statement.leading {
            return self.insert_by_rowid(statement, leading).await;
        }
        let mut changed = 0;
        let mut unread = |_: &dyn Cells| Ok(());
        let mut turns = Turns::default();
        for (sql, params) in statement.runs() {
            if turns.yields(params.len()) {
                yield_now().await;
            }
            changed += match self.run_here(statement, sql, params, &mut unread, &mut 0)? {
                Some(changed) => changed,
                None => {
                    let from = Elsewhere::default();
                    let (sink, rows) = (&mut unread, &mut 0);
                    Box::pin(self.run_there(statement, sql, params, from, sink, rows)).await?
                }
            };
        }
        Ok(Inserted::from(changed))
    }

    async fn only_reads(&mut self, statement: &Statement) -> Result<Option<bool>> {
        self.ask_only_reads(statement).await.map_err(|error| self.named(error))
    }

    async fn come_back(&mut self) -> Result<()> {
        if let Some(away) = &self.away {
            away.stop().stop();
            // It was stopped.
            drop(self.back().await?);
        }
        Ok(())
    }

    /// The database is in this process, and completes its work even if nothing waits for the answer.
    async fn conclude(&mut self) {
        if self.away.is_some() {
            // A connection that is lost, or whose answer marks it as unfit, is not used further.
            let _ = self.back().await;
        }
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    fn leave(&mut self) -> SqliteLease {
        SqliteLease {
            connection: self.connection.take(),
            away: self.away.take(),
            part: self.part.take(),
            file: Arc::clone(&self.file),
            made: self.made,
            by: self.by,
            holding: self.holding.take(),
        }
    }

    fn take(&mut self) -> Option<SqliteLease> {
        let ended = self.close_part().is_ok();
        let connection = self.connection.take().filter(|_| ended)?;
        let mut taken = SqliteLease::new(connection, Arc::clone(&self.file), self.made, self.by);
        taken.holding = self.holding.take();
        Some(taken)
    }

    fn give_back(mut self) {
        // A transaction that was begun unseen is not for the next session: the connection is closed.
        if !self.here().is_ok_and(|here| here.is_autocommit()) {
            return;
        }
        self.connection.into_iter().for_each(Pooled::give_back);
    }

    fn roll_back_at_once(&mut self, after: Option<&'static str>) -> bool {
        let Ok(here) = self.here() else { return false };
        ["ROLLBACK"].into_iter().chain(after).all(|sql| here.control(sql).unwrap_or(false))
    }

    async fn open_cursor(
        &mut self,
        statement: &Statement,
        part: usize,
        alone: bool,
        _within: bool,
    ) -> Result<()> {
        self.begin_part(statement, part, alone).map_err(|error| self.named(error))
    }

    async fn next_rows(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        self.next_of_part(statement, sink, count).await.map_err(|error| self.named(error))
    }

    fn leave_cursor(&mut self, _within: bool) {
        self.leave_part();
    }

    async fn close_cursor(&mut self, _ends: bool, _within: bool) -> Result<()> {
        self.leave_part();
        if self.away.is_some() {
            // It was stopped.
            drop(self.back().await?);
        }
        self.close_part()
    }
}

/// Refuses values that SQLite cannot take, before anything is sent.
fn check(statement: &Statement) -> Result<()> {
    let limit = Dialect::Sqlite.bind_limit();
    if statement.params.len() > limit {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "the statement binds {} values, but SQLite accepts at most {limit}; split the list into \
                 several queries",
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
        if let value @ (Value::Array(_) | Value::Unfit(_) | Value::NotLoaded) = &bind.value {
            return Err(unfit(format!("SQLite cannot store {value}"), bind.secret));
        }
    }
    Ok(())
}

/// Values that [`check`] has seen.
fn values(params: &[Param]) -> impl Iterator<Item = &Value> {
    params.iter().flat_map(Param::values)
}
