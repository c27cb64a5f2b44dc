//! Streams of entities and rows.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::panic::Location;
use std::pin::Pin;

use futures_util::Stream;
use futures_util::stream::try_unfold;

use super::Session;
use super::session::no_connection;
use crate::entity::Entity;
use crate::entity::field_stubs::Never;
use crate::error::{Error, ErrorKind, Result};
use crate::load::{Batches, EntityBatches, RowBatches};
use crate::model::Model;
use crate::query::{Reader, RowQuery, Select};
use crate::sql::{Criteria, Dialect};
use crate::value::Cells;

/// The default number of rows in a batch.
const BATCH: usize = 1_000;

impl Session {
    /// Reads the rows of a query in batches, so memory is bounded by the batch.
    ///
    /// `yield_per` on the query sets the number of rows in a batch; 1,000 by default. Relationships are loaded for each
    /// batch: by one statement each with `selectin`, and a to-one also by a join. Rows of
    /// [`select_columns`](crate::select_columns) and of raw SQL can be streamed too. Locks and SQL that writes are
    /// refused.
    ///
    /// The objects do not belong to the session: each batch has its own, freed with their last handle, and the identity
    /// map is not used. They cannot be edited; `session.get` or `session.merge` returns the session's own object of a
    /// row.
    ///
    /// All batches show the database at the time of the first one, including what the session had pending then. They
    /// are read in the session's transaction if one is open or begins, and otherwise in a read-only transaction that
    /// ends with the stream. The stream borrows the session until then; write with another session.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().with(Author::BOOKS.selectin()).order_by(Author::ID).yield_per(1);
    /// let mut stream = session.stream(query);
    /// let mut batches = 0;
    /// while let Some(batch) = stream.next_batch().await? {
    ///     batches += 1;
    ///     for author in batch {
    ///         println!("{}: {} books", author.name, author.get(Author::BOOKS).len());
    ///     }
    /// }
    /// assert_eq!(batches, 2);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn stream<Q: Streamable<Row = T>, T>(&mut self, query: Q) -> QueryStream<'_, T> {
        let at = Location::caller();
        let plan = query.into_stream(self.database.dialect(), &self.criteria, at);
        let state = match plan {
            Ok(StreamPlan { rows: Some(0), .. }) => State::Refused(Error::new(
                ErrorKind::InvalidQuery,
                "`.yield_per(0)` would never read anything; use at least 1",
            )),
            Ok(plan) => State::New(plan),
            Err(error) => State::Refused(error),
        };
        QueryStream {
            session: self,
            state,
            partition: None,
            waiting: VecDeque::new(),
            at,
            given: Given::Nothing,
        }
    }
}

/// What [`Session::stream`] takes: a query for entities or for rows, or raw SQL that returns them.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// use futures_util::TryStreamExt;
///
/// let titles = session.stream(select_columns(Book::TITLE).order_by(Book::ID)).rows();
/// let titles: Vec<String> = titles.try_collect().await?;
/// assert_eq!(titles.len(), 4);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be streamed",
    label = "expected a query, as `select::<User>()` is one",
    note = "rows of `select_columns(..)` can be streamed too, and what SQL of your own gives: \
            `sql(\"..\").rows::<..>()`, `.structs::<..>()` or `.entities::<..>()`"
)]
pub trait Streamable {
    /// What the stream gives for a row.
    type Row: Send;

    /// How to read it.
    ///
    /// # Errors
    /// `InvalidQuery`: it cannot be run, or not a batch at a time.
    #[doc(hidden)]
    fn into_stream(
        self,
        dialect: Dialect,
        criteria: &Criteria,
        caller: &'static Location<'static>,
    ) -> Result<StreamPlan<Self::Row>>;
}

/// A query that is to be streamed.
#[doc(hidden)]
pub struct StreamPlan<T> {
    pub(crate) batches: Box<dyn Batches<T>>,
    /// The number of rows in a batch, if the query sets it.
    pub(crate) rows: Option<usize>,
}

impl<M: Model, L: 'static> Streamable for Select<M, L> {
    type Row = Entity<M, L>;

    fn into_stream(
        self,
        dialect: Dialect,
        criteria: &Criteria,
        caller: &'static Location<'static>,
    ) -> Result<StreamPlan<Entity<M, L>>> {
        let rows = self.spec.core.yield_per;
        let mut spec = self.spec;
        spec.core.under.set(criteria);
        let batches = EntityBatches::new(spec, dialect, caller)?;
        Ok(StreamPlan { batches: Box::new(batches), rows })
    }
}

#[diagnostic::do_not_recommend]
impl<Q> Streamable for Q
where
    Q: RowQuery,
    <Q::Reader as Reader>::Row: Send,
{
    type Row = <Q::Reader as Reader>::Row;

    fn into_stream(
        self,
        dialect: Dialect,
        criteria: &Criteria,
        caller: &'static Location<'static>,
    ) -> Result<StreamPlan<Self::Row>> {
        let (mut query, reader) = self.into_query();
        query.set_criteria(criteria);
        let rows = query.yield_per();
        Ok(StreamPlan { batches: Box::new(RowBatches::new(&query, reader, dialect, caller)?), rows })
    }
}

/// The rows of a query in batches: what [`Session::stream`] returns.
///
/// It may be dropped at any time. The session's next call ends what the stream left open, and no other session sees it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let mut stream = session.stream(select::<Book>().yield_per(3));
/// assert_eq!(stream.next_batch().await?.map(|batch| batch.len()), Some(3));
/// assert_eq!(stream.next_batch().await?.map(|batch| batch.len()), Some(1));
/// assert!(stream.next_batch().await?.is_none());
/// # Ok(()) }
/// ```
#[must_use = "nothing is read until a batch is asked for"]
pub struct QueryStream<'s, T> {
    session: &'s mut Session,
    state: State<T>,
    /// How many rows `next_batch` gives, where that is not a batch.
    partition: Option<usize>,
    /// Rows that were read and not given yet.
    waiting: VecDeque<T>,
    /// Where it was begun.
    at: &'static Location<'static>,
    given: Given,
}

/// What a stream has given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Nothing,
    OneBatch,
    /// More, or the end of the rows.
    More,
}

enum State<T> {
    /// The query cannot be run.
    Refused(Error),
    New(StreamPlan<T>),
    Open(Open<T>),
    /// A batch was cancelled half-way.
    Cancelled,
    Ended,
}

struct Open<T> {
    batches: Box<dyn Batches<T>>,
    rows: usize,
    /// Whether the rows come from one statement, and not from a statement for each batch.
    cursor: bool,
}

/// Nothing has it: a stream has no `next`, and the compiler says what it has instead.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a stream gives batches: `while let Some(batch) = stream.next_batch().await? {{ .. }}`",
    label = "neither an iterator nor a `Stream`",
    note = "row by row it is a `Stream` of the `futures` crates: `let mut rows = session.stream(query).rows();`"
)]
pub trait ReadInBatches: Never {}

#[doc(hidden)]
#[allow(missing_docs, clippy::should_implement_trait)]
impl<T> QueryStream<'_, T> {
    pub fn next(&mut self) -> std::future::Ready<Option<Result<T>>>
    where
        T: ReadInBatches,
    {
        T::never()
    }
}

impl<'s, T: Send> QueryStream<'s, T> {
    /// The next rows with the relationships loaded for them; `None` at the end.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut stream = session.stream(select::<Book>().yield_per(3));
    /// while let Some(batch) = stream.next_batch().await? {
    ///     println!("{} books", batch.len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`, before anything runs: the query cannot be run, or not in batches, such as one with a joined
    /// collection or a subquery load. Those of [`Session::all`]. The stream ends with an error.
    ///
    /// # Cancel safety
    /// If the future is dropped, the batch and the stream are lost: the stream returns `InvalidState` from then on. If
    /// it read in the session's transaction, it and the session return `PendingRollback` until `rollback`.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<T>>> {
        let batch = self.next_rows().await;
        if let Ok(batch) = &batch {
            self.given = match (self.given, batch) {
                (Given::Nothing, Some(_)) => Given::OneBatch,
                _ => Given::More,
            };
        }
        batch
    }

    async fn next_rows(&mut self) -> Result<Option<Vec<T>>> {
        let Some(rows) = self.partition else { return self.load().await };
        if rows == 0 {
            self.end();
            let text = "`.partitions(0)` would never return anything; use at least 1";
            return Err(Error::new(ErrorKind::InvalidQuery, text));
        }
        while self.waiting.len() < rows {
            let Some(batch) = self.load().await? else { break };
            self.waiting.extend(batch);
        }
        let most = rows.min(self.waiting.len());
        Ok((most > 0).then(|| self.waiting.drain(..most).collect()))
    }

    /// The number of rows that [`next_batch`](Self::next_batch) returns at a time. The rows are loaded in batches as
    /// before, so a partition may combine rows of several batches.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut stream = session.stream(select::<Book>().yield_per(1)).partitions(4);
    /// assert_eq!(stream.next_batch().await?.map(|rows| rows.len()), Some(4));
    /// # Ok(()) }
    /// ```
    pub fn partitions(mut self, rows: usize) -> Self {
        self.partition = Some(rows);
        self
    }

    /// The rows one by one, as a `Stream` of the `futures` crates. They are loaded in batches as before.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// use futures_util::TryStreamExt;
    ///
    /// let mut books = session.stream(select::<Book>().order_by(Book::ID)).rows();
    /// while let Some(book) = books.try_next().await? {
    ///     println!("{}", book.title);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn rows(self) -> Pin<Box<dyn Stream<Item = Result<T>> + Send + 's>>
    where
        T: 's,
    {
        Box::pin(try_unfold((self, Vec::new().into_iter()), async |(mut stream, mut batch)| {
            loop {
                if let Some(row) = batch.next() {
                    return Ok(Some((row, (stream, batch))));
                }
                match Box::pin(stream.next_batch()).await? {
                    Some(rows) => batch = rows.into_iter(),
                    None => return Ok(None),
                }
            }
        }))
    }

    async fn load(&mut self) -> Result<Option<Vec<T>>> {
        // A future that is dropped half-way leaves this.
        let mut open = match mem::replace(&mut self.state, State::Cancelled) {
            State::Open(open) => open,
            State::New(plan) => match self.open(plan).await {
                Ok(open) => open,
                Err(error) => return self.failed(error),
            },
            State::Refused(error) => return self.failed(error),
            State::Cancelled => return Err(self.cancelled()),
            State::Ended => {
                self.state = State::Ended;
                return Ok(None);
            }
        };
        match self.batch(&mut open).await {
            Ok((batch, more)) => {
                self.state = if more { State::Open(open) } else { State::Ended };
                Ok(Some(batch).filter(|batch| !batch.is_empty()))
            }
            Err(error) => self.failed(error),
        }
    }

    async fn open(&mut self, plan: StreamPlan<T>) -> Result<Open<T>> {
        self.session.autoflush().await?;
        self.session.connect().await?;
        let StreamPlan { mut batches, rows } = plan;
        let rows = rows.unwrap_or(BATCH);
        let Session { database, lease: Some(lease), .. } = &mut *self.session else {
            return Err(no_connection());
        };
        let statement = batches.statement()?;
        let cursor = lease.begin_reading(&statement, batches.in_pages()).await?;
        if cursor {
            let alone = !batches.asks_more();
            lease.open_cursor(&database.monitor, statement, rows, alone).await?;
        }
        Ok(Open { batches, rows, cursor })
    }

    /// Reads a batch; returns whether there may be more.
    async fn batch(&mut self, open: &mut Open<T>) -> Result<(Vec<T>, bool)> {
        let Session { database, lease: Some(lease), .. } = &mut *self.session else {
            return Err(no_connection());
        };
        let monitor = &database.monitor;
        let batches = &mut open.batches;
        let page = if open.cursor { None } else { batches.page(open.rows)? };
        batches.begin()?;
        let mut sink = |cells: &dyn Cells| -> Result<()> { batches.row(cells) };
        let (rows, last) = match page {
            Some(page) => {
                let rows = lease.fetch(monitor, &page, &mut sink).await?;
                (rows, usize::try_from(rows).is_ok_and(|rows| rows < open.rows))
            }
            None if open.cursor => lease.next_rows(&mut sink).await?,
            None => (0, true),
        };
        let batch = match rows {
            0 => Vec::new(),
            _ => batches.finish(lease, monitor).await?,
        };
        let last = last || rows == 0;
        if last {
            lease.end_reading(monitor).await?;
        }
        Ok((batch, !last))
    }

    /// Why there is no further batch.
    fn cancelled(&self) -> Error {
        match self.session.check_usable() {
            Err(error) => error,
            Ok(()) => Error::new(
                ErrorKind::InvalidState,
                "a batch of this stream was cancelled half-way, so the stream has ended; begin another one with \
                 `session.stream(..)`",
            ),
        }
    }

    fn failed<R>(&mut self, error: Error) -> Result<R> {
        self.end();
        self.session.note(Err(error))
    }
}

impl<T> QueryStream<'_, T> {
    fn end(&mut self) {
        if !matches!(self.state, State::Ended)
            && let Session { database, lease: Some(lease), .. } = &mut *self.session
        {
            lease.leave_reading(&database.monitor);
        }
        self.state = State::Ended;
    }
}

impl<T> Drop for QueryStream<'_, T> {
    fn drop(&mut self) {
        self.end();
        match self.given {
            Given::Nothing => {}
            Given::OneBatch => self.session.restarts.left(self.at),
            Given::More => self.session.restarts.read(),
        }
    }
}

impl<T> fmt::Debug for QueryStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryStream").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::sync::Arc;

    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    struct Parent {
        #[key]
        id: i64,
        #[has_many]
        children: HasMany<Child>,
    }

    #[derive(Model, Debug)]
    struct Child {
        #[key]
        id: i64,
        parent_id: i64,
        #[belongs_to]
        parent: BelongsTo<Parent>,
    }

    #[tokio::test]
    async fn a_batch_goes_with_its_last_handle() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Parent, Child]).await?;
        let mut session = engine.session();
        for id in 0..3 {
            session.add(Parent::draft().id(id).children([Child::draft().id(id)]));
        }
        session.commit().await?;
        let query = select::<Parent>().with(Parent::CHILDREN.selectin().with(Child::PARENT.selectin()));
        let mut stream = session.stream(query.order_by(Parent::ID).yield_per(1));
        let mut earlier = None;
        while let Some(batch) = stream.next_batch().await? {
            let graph = Arc::downgrade(&batch[0].region().bare());
            let child = batch[0].get(Parent::CHILDREN).first();
            assert_eq!(child.as_ref().map(|child| child.get(Child::PARENT).id), Some(batch[0].id));
            drop(batch);
            assert!(graph.upgrade().is_some(), "the child keeps its parent readable");
            drop(child);
            assert!(graph.upgrade().is_none(), "a circle of objects keeps nothing");
            assert!(earlier.replace(graph).is_none_or(|earlier| earlier.upgrade().is_none()));
        }
        Ok(())
    }
}
