//! Counts the rows of queries, alone or beside a page of them.

use std::panic::Location;

use super::{Run, Session};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::load::count_statement;
use crate::model::Model;
use crate::query::{Countable, Counted, RowQuery, RowsFrom, Select};
use crate::value::{Cells, Value};

/// Counts, alone and beside a page.
impl Session {
    /// The number of entities or rows that a query returns, counted by the database with one statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.lt(1970))).await?, 2);
    /// let decades = select_columns((Book::YEAR / 10, func::count_rows())).group_by(Book::YEAR / 10);
    /// assert_eq!(session.count(decades).await?, 2, "the sixties and the seventies");
    /// # Ok(()) }
    /// ```
    ///
    /// # SQL
    /// A `count(*)` in place of what the query selects; for groups, DISTINCT rows, unions and pages `SELECT count(*) FROM (..)`.
    ///
    /// # Errors
    /// Those of [`all`](Self::all) and [`rows`](Self::rows).
    pub fn count<Q: Countable>(&mut self, query: Q) -> Run<'_, u64> {
        let query = query.into_counted();
        Run::new(async move { self.count_of(query?).await })
    }

    /// The entities of a page, and the number of entities on all pages.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let (users, total) = session.all_and_total(select::<User>().order_by(User::NAME).page(3, 20)).await?;
    /// println!("{} of {total}", users.len());
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # SQL
    /// A `count(*)` without the limit and the offset, and then the page with what it loads, unless the count is 0. The two may
    /// disagree about rows that other sessions change in between, unless the transaction is `RepeatableRead`.
    ///
    /// # Errors
    /// `InvalidQuery`: the query starts after an entity (`page_after`), so the total is unknown. Those of
    /// [`all`](Self::all).
    #[track_caller]
    pub fn all_and_total<M: Model, L>(
        &mut self,
        query: Select<M, L>,
    ) -> impl Future<Output = Result<(Vec<Entity<M, L>>, u64)>> + Send {
        let caller = Location::caller();
        async move {
            let mut counted = query.spec.clone();
            check_total(counted.core.behind)?;
            (counted.core.limit, counted.core.offset) = (None, None);
            let total = self.count_of(Counted::Entities(Box::new(counted))).await?;
            if total == 0 {
                return Ok((Vec::new(), 0));
            }
            Ok((Entity::of_first_level(&self.select(query.spec, caller).await?), total))
        }
    }

    /// The rows of a page, and the number of rows on all pages.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books = select_columns((Author::NAME, func::count(Book::ID)))
    ///     .join(Author::BOOKS)
    ///     .group_by((Author::ID, Author::NAME))
    ///     .order_by(Author::NAME);
    /// let (page, total) = session.rows_and_total(books.page(1, 1)).await?;
    /// assert_eq!((page, total), (vec![("Harper Lee".to_owned(), 1)], 2));
    /// # Ok(()) }
    /// ```
    ///
    /// # SQL
    /// The same as for [`all_and_total`](Self::all_and_total).
    ///
    /// # Errors
    /// `InvalidQuery`: it is raw SQL, whose page the library does not know. Those of [`rows`](Self::rows).
    #[track_caller]
    pub fn rows_and_total<Q: RowQuery>(&mut self, query: Q) -> Run<'_, (Vec<Q::Row>, u64)> {
        let caller = Location::caller();
        let (query, reader) = query.into_query();
        Run::new(async move {
            let RowsFrom::Select(spec) = &query else {
                return Err(Error::new(
                    ErrorKind::InvalidQuery,
                    "the page of raw SQL is unknown, and so is its total; count the rows with a separate query",
                ));
            };
            let mut counted = spec.clone();
            check_total(counted.core.behind)?;
            (counted.core.limit, counted.core.offset) = (None, None);
            let total = self.count_of(Counted::Rows(counted)).await?;
            if total == 0 {
                return Ok((Vec::new(), 0));
            }
            Ok((self.rows_of(query, reader, caller).await?, total))
        })
    }

    async fn count_of(&mut self, query: Counted) -> Result<u64> {
        self.autoflush().await?;
        self.connect().await?;
        let mut query = query;
        query.set_criteria(&self.criteria);
        let statement = count_statement(self.database.dialect(), query)?;
        let mut count = None;
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            count = cells.cell(0).ok().map(|cell| cell.to_value());
            Ok(())
        };
        let Some(lease) = &mut self.lease else { return Ok(0) };
        let done = lease.fetch(&self.database.monitor, &statement, &mut sink).await;
        self.note(done)?;
        match count {
            Some(Value::Int(count)) => Ok(u64::try_from(count).unwrap_or_default()),
            _ => Err(Error::new(ErrorKind::Database, "count(*) gave no number")),
        }
    }
}

fn check_total(behind: bool) -> Result<()> {
    if behind {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            "`page_after` leaves out everything before its entity, so the total is unknown; count the query \
             without `page_after`",
        ));
    }
    Ok(())
}
