//! Limits and options of queries for rows.

use super::SelectColumns;
use super::selectable::Selectable;

impl<S: Selectable, R> SelectColumns<S, R> {
    /// Returns at most this many rows.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.rows(select_columns(Book::ID).order_by(Book::ID).limit(2)).await?, [1, 2]);
    /// # Ok(()) }
    /// ```
    pub fn limit(self, rows: u64) -> Self {
        self.map(|spec| spec.core.limit = Some(rows))
    }

    /// Skips this many rows first. Sort the query, since the order is undefined otherwise.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.rows(select_columns(Book::ID).order_by(Book::ID).offset(2)).await?, [3, 4]);
    /// # Ok(()) }
    /// ```
    pub fn offset(self, rows: u64) -> Self {
        self.map(|spec| spec.core.offset = Some(rows))
    }

    /// Returns one page of `size` rows; the first page is number 1. Number 0 is an error when the query runs.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.rows(select_columns(Book::ID).order_by(Book::ID).page(2, 3)).await?, [4]);
    /// # Ok(()) }
    /// ```
    pub fn page(self, number: u64, size: u64) -> Self {
        self.map(|spec| spec.core.page(number, size))
    }

    /// Leaves out the relationships that the models of selected entities load by default.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books = session.rows(select_columns((Book::entity(), Book::YEAR)).raise_all()).await?;
    /// assert_eq!(books.len(), 4);
    /// # Ok(()) }
    /// ```
    pub fn raise_all(self) -> Self {
        self.map(|spec| spec.core.raise_all = true)
    }

    /// The query sees deleted rows of models with `#[column(deleted)]` too: in its own tables, conditions, subqueries and
    /// loads. Other criteria hold.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "chrono")] mod program {
    /// # use orm_core::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # #[derive(Model, Debug)] pub struct Note { #[key(auto)] id: i64, #[column(deleted)] deleted_at: Option<DateTime<Utc>> }
    /// # pub async fn f(session: &mut Session) -> Result<()> {
    /// let all = session.rows(select_columns(Note::ID).with_deleted()).await?;
    /// # Ok(()) } }
    /// # fn main() {}
    /// ```
    pub fn with_deleted(self) -> Self {
        self.map(|spec| spec.core.under.show_deleted())
    }

    /// The query sees all rows, also those that the session's [criteria](crate::options::SessionOptions::criteria) hide. On a subquery
    /// it has no effect: the query that runs decides.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// let recent = SessionOptions::new().criteria::<Book>(Book::YEAR.gt(1970));
    /// let mut session = engine.session_with(recent);
    /// assert_eq!(session.rows(select_columns(Book::ID)).await?.len(), 2);
    /// assert_eq!(session.rows(select_columns(Book::ID).without_criteria()).await?.len(), 4);
    /// # Ok(()) }
    /// ```
    pub fn without_criteria(self) -> Self {
        self.map(|spec| spec.core.under.ignore())
    }

    /// Overwrites what the session already holds of the selected entities, including unsaved changes.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// session.edit(&book, |book| book.year = 2000)?;
    /// session.rollback().await?;
    /// session.rows(select_columns((Book::entity(), Book::YEAR)).populate_existing()).await?;
    /// assert_eq!(book.year, 1968);
    /// # Ok(()) }
    /// ```
    pub fn populate_existing(self) -> Self {
        self.map(|spec| spec.core.populate_existing = true)
    }

    /// The number of rows in a batch of `session.stream(..)`; 1,000 by default. Other methods of a session ignore it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut stream = session.stream(select_columns(Book::ID).order_by(Book::ID).yield_per(3));
    /// assert_eq!(stream.next_batch().await?, Some(vec![1, 2, 3]));
    /// # Ok(()) }
    /// ```
    pub fn yield_per(self, rows: usize) -> Self {
        self.map(|spec| spec.core.yield_per = Some(rows))
    }
}
