//! Aliased tables.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Computed, EntityColumns};
use crate::model::{Column, Model};
use crate::sql::{Source, TableRef};
use crate::value::ColumnType;

/// A model's table under another name, so one query can use the table twice.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let other = alias::<Book>("other");
/// let query = select_columns((Book::TITLE, other.column(Book::TITLE)))
///     .join_table(&other, other.column(Book::AUTHOR_ID).eq(Book::AUTHOR_ID) & other.column(Book::ID).gt(Book::ID));
/// let pairs: Vec<(String, String)> = session.rows(query).await?;
/// assert_eq!(pairs.len(), 3);
/// # Ok(()) }
/// ```
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Alias<M> {
    table: Arc<TableRef>,
    of: PhantomData<fn() -> M>,
}

/// A model's table under another name.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let b = alias::<Book>("b");
/// assert_eq!(session.row(select_columns(func::max(b.column(Book::YEAR)))).await?, Some(1974));
/// # Ok(()) }
/// ```
pub fn alias<M: Model>(name: &str) -> Alias<M> {
    let table = TableRef::Table { name: M::def().table, alias: Some(name.into()) };
    Alias { table: Arc::new(table), of: PhantomData }
}

impl<M: Model> Alias<M> {
    /// A column of the aliased table.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let b = alias::<Book>("b");
    /// let query = select_columns(b.column(Book::TITLE)).filter(b.column(Book::YEAR).eq(1960));
    /// assert_eq!(session.rows(query).await?, ["To Kill a Mockingbird"]);
    /// # Ok(()) }
    /// ```
    pub fn column<T: ColumnType, A>(&self, column: Column<M, T, A>) -> Computed<T> {
        Computed::new(column.def().expr(&self.source()))
    }

    /// The entity of the aliased table, to select it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let b = alias::<Book>("b");
    /// let books: Vec<Entity<Book>> = session.rows(select_columns(b.entity()).order_by(b.column(Book::ID))).await?;
    /// assert_eq!(books[0].id, 1);
    /// # Ok(()) }
    /// ```
    pub fn entity(&self) -> EntityColumns<M> {
        EntityColumns::new(self.source())
    }

    pub(super) fn table(&self) -> &Arc<TableRef> {
        &self.table
    }

    pub(super) fn source(&self) -> Source {
        Source::Defined(Arc::clone(&self.table))
    }
}

impl<M> Clone for Alias<M> {
    fn clone(&self) -> Self {
        Alias { table: Arc::clone(&self.table), of: PhantomData }
    }
}

impl<M> fmt::Debug for Alias<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alias").field(&self.table.name()).finish()
    }
}
