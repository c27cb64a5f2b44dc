//! Runs queries for rows.

use std::panic::Location;

use super::session::no_connection;
use super::{Run, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::load::Loader;
use crate::query::{Reader, RowQuery, RowView, RowsFrom};
use crate::sql::{Effect, RawEffect};

/// Rows of values and entities.
impl Session {
    /// All rows of a query, in its order. A row is a single value, a tuple, a struct or an entity.
    ///
    /// It runs one statement, and one for each relationship that the query's entities load by `selectin` or `subquery`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let titles: Vec<String> = session.rows(select_columns(Book::TITLE).order_by(Book::YEAR)).await?;
    /// assert_eq!(titles[0], "To Kill a Mockingbird");
    /// let both: Vec<(Entity<Book>, i64)> =
    ///     session.rows(select_columns((Book::entity(), func::length(Book::TITLE))).order_by(Book::ID)).await?;
    /// assert_eq!(both[1].1, 19);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// * `InvalidQuery`: the query cannot be run as it is written.
    /// * `InvalidValue`: a value does not have the row's type, such as NULL where the type is not an `Option`.
    ///
    /// # Cancel safety
    /// If the future is dropped in a transaction, the session needs [`rollback`](Self::rollback). Outside a transaction it
    /// can be used again at once.
    #[track_caller]
    pub fn rows<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Vec<Q::Row>> {
        let caller = Location::caller();
        let (query, reader) = query.into_query();
        Run::new(self.rows_of(query, reader, caller))
    }

    /// The only row of a query.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let (books, newest) = session.row(select_columns((func::count_rows(), func::max(Book::YEAR)))).await?;
    /// assert_eq!((books, newest), (4, Some(1974)));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `NoRows`, `MultipleRows`, and those of [`rows`](Self::rows).
    #[track_caller]
    pub fn row<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Q::Row> {
        let caller = Location::caller();
        let (query, reader) = query.into_query();
        Run::new(async move {
            at_most_one(self.rows_of(query, reader, caller).await?)?.ok_or_else(|| {
                Error::new(ErrorKind::NoRows, "the query found no row; use `row_or_none` if that is expected")
            })
        })
    }

    /// The only row of a query, or `None`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let year = session.row_or_none(select_columns(Book::YEAR).filter(Book::TITLE.eq("Solaris"))).await?;
    /// assert_eq!(year, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MultipleRows`, and those of [`rows`](Self::rows).
    #[track_caller]
    pub fn row_or_none<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Option<Q::Row>> {
        let caller = Location::caller();
        let (query, reader) = query.into_query();
        Run::new(async move { at_most_one(self.rows_of(query, reader, caller).await?) })
    }

    /// The first row of a query, or `None`. It adds `LIMIT 1`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let oldest = session.first_row(select_columns(Book::TITLE).order_by(Book::YEAR)).await?;
    /// assert_eq!(oldest.as_deref(), Some("To Kill a Mockingbird"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`rows`](Self::rows).
    #[track_caller]
    pub fn first_row<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Option<Q::Row>> {
        let caller = Location::caller();
        let (mut query, reader) = query.into_query();
        if let RowsFrom::Select(spec) = &mut query {
            spec.core.limit = Some(spec.core.limit.map_or(1, |limit| limit.min(1)));
        }
        Run::new(async move { Ok(self.rows_of(query, reader, caller).await?.into_iter().next()) })
    }

    pub(super) async fn rows_of<R: Reader>(
        &mut self,
        query: RowsFrom,
        reader: R,
        caller: &'static Location<'static>,
    ) -> Result<Vec<R::Row>> {
        self.autoflush().await?;
        self.connect().await?;
        let mut query = query;
        query.set_criteria(&self.criteria);
        let mut held: Vec<R::Held> = Vec::new();
        let mut sink = |row: &RowView<'_>| -> Result<()> {
            held.push(reader.read(row)?);
            Ok(())
        };
        let (overwrites, writes) = match &query {
            RowsFrom::Select(spec) => (spec.core.populate_existing, false),
            RowsFrom::Raw(spec) => {
                let told = RawEffect::of(self.database.dialect(), &spec.text);
                (false, told.is_ok_and(|told| told.effect >= Effect::MayWrite))
            }
        };
        if writes {
            // A rollback takes back what it returns.
            self.store.writes();
        }
        let answer = match self.options.identity_map {
            true => self.loader(overwrites, caller)?.rows(&query, &mut sink).await,
            false => {
                let Session { database, lease: Some(lease), criteria, .. } = self else {
                    return Err(no_connection());
                };
                let (mut store, dialect) = (Store::new(), database.dialect());
                let monitor = &database.monitor;
                let mut loader = Loader::new(&mut store, lease, monitor, dialect, false, criteria, caller);
                loader.rows(&query, &mut sink).await
            }
        };
        let answer = self.note(answer)?;
        self.loaded(&answer, overwrites);
        Ok(held.into_iter().map(|row| reader.finish(row, &answer)).collect())
    }
}

fn at_most_one<T>(mut found: Vec<T>) -> Result<Option<T>> {
    match found.len() {
        0 | 1 => Ok(found.pop()),
        several => Err(Error::new(
            ErrorKind::MultipleRows,
            format!(
                "the query found {several} rows where at most one was expected; use `first_row` with an order to take one of \
                 them"
            ),
        )),
    }
}
