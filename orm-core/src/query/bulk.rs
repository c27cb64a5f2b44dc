//! Bulk UPDATE and DELETE, and what a bulk INSERT returns.

use std::fmt;
use std::marker::PhantomData;

use super::{Comparand, Predicate, Under};
use crate::model::{Column, ErasedModel, Model, Writable, erased};
use crate::sql::{
    Conflict, Criteria, Delete as DeleteSql, Dialect, Expr, Function, NewRows, Source, Update as UpdateSql,
    Writer,
};
use crate::value::{ColumnType, IntoValue, ValueError, ValueRef};

/// A bulk UPDATE: what [`update`] begins and [`Session::execute`](crate::Session::execute) runs.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = update::<Book>().set(Book::YEAR, 0).filter(Book::YEAR.lt(1970));
/// assert_eq!(session.execute(query).await?, 2);
/// session.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is changed until `session.execute` runs it"]
pub struct Update<M, O = Rows> {
    pub(crate) spec: BulkSpec,
    of: PhantomData<fn() -> (M, O)>,
}

/// A bulk DELETE: what [`delete`] begins and [`Session::execute`](crate::Session::execute) runs.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.execute(delete::<Book>().filter(Book::YEAR.lt(1965))).await?, 1);
/// session.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is deleted until `session.execute` runs it"]
pub struct Delete<M, O = Rows> {
    pub(crate) spec: BulkSpec,
    of: PhantomData<fn() -> (M, O)>,
}

/// Marks a bulk statement that returns the number of its rows.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::write::{Rows, Update};
///
/// /// Returns the number of rows, as bulk statements do by default, so `Update<Book>` is the same type.
/// fn undated() -> Update<Book, Rows> {
///     update::<Book>().set(Book::YEAR, 0)
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub enum Rows {}

/// Marks a bulk statement that returns its rows as entities.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::write::{Delete, Returning};
///
/// fn old_books() -> Delete<Book, Returning> {
///     delete::<Book>().filter(Book::YEAR.lt(1900)).returning()
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub enum Returning {}

/// What a bulk UPDATE or DELETE does, without its types.
#[doc(hidden)]
pub struct BulkSpec {
    pub(crate) model: &'static dyn ErasedModel,
    pub(crate) set: Vec<(usize, Expr)>,
    pub(crate) filter: Option<Expr>,
    pub(crate) deletes: bool,
    /// Whether rows are deleted that the model would only mark as deleted.
    pub(crate) purges: bool,
    /// The criteria that hold in it.
    pub(crate) under: Under,
}

/// An UPDATE of the rows of a model. Without a filter it changes all of them. It raises the version column, unless it
/// sets it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let changed: u64 = session.execute(update::<Author>().set(Author::EMAIL, Null).filter(Author::ID.eq(1))).await?;
/// let authors: Vec<Entity<Author>> = session.execute(update::<Author>().set(Author::NAME, "ed").returning()).await?;
/// assert_eq!((changed, authors.len()), (1, 2));
/// # Ok(()) }
/// ```
pub fn update<M: Model>() -> Update<M> {
    Update { spec: BulkSpec::new::<M>(false), of: PhantomData }
}

/// A DELETE of the rows of a model. Without a filter it deletes all of them. Only the database's own cascades apply. Where the
/// model has `#[column(deleted)]` it is an UPDATE of that column, unless it is a [`purge`](Delete::purge).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let gone: u64 = session.execute(delete::<Book>().filter(Book::TITLE.like("To %"))).await?;
/// assert_eq!(gone, 1);
/// # Ok(()) }
/// ```
pub fn delete<M: Model>() -> Delete<M> {
    Delete { spec: BulkSpec::new::<M>(true), of: PhantomData }
}

impl BulkSpec {
    fn new<M: Model>(deletes: bool) -> BulkSpec {
        let (model, under) = (erased::<M>(), Under::default());
        BulkSpec { model, set: Vec::new(), filter: None, deletes, purges: false, under }
    }

    /// Adds the criteria of the session that runs it.
    pub(crate) fn apply(&mut self, criteria: &Criteria) {
        let table = self.model.def().table;
        self.under.set(criteria);
        if let Some(criteria) = self.under.holding() {
            self.set.iter_mut().for_each(|(_, value)| criteria.apply_inside(value));
            criteria.apply_to_rows(table, &mut self.filter);
        }
        // Rows that are deleted already keep the time of that.
        if self.marks() && self.under.shows_deleted() {
            self.filter = table.not_deleted().map(|seen| Expr::and(self.filter.take(), seen));
        }
    }

    /// Whether it marks rows as deleted.
    pub(crate) fn marks(&self) -> bool {
        self.deletes && !self.purges && self.model.def().table.marks_deleted()
    }

    fn and_where(&mut self, condition: Predicate) {
        self.filter = Some(Expr::and(self.filter.take(), condition.into_sql()));
    }
}

impl fmt::Debug for BulkSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let def = self.model.def();
        let table = def.table;
        let statement = match self.deletes {
            true => Writer::delete(
                Dialect::SHOWN,
                &DeleteSql { table, filter: self.filter.clone(), returning: Vec::new() },
            ),
            false => {
                let set = self
                    .set
                    .iter()
                    .map(|(column, value)| (def.columns[*column].named(), value.clone()))
                    .collect();
                let filter = self.filter.clone();
                Writer::update(
                    Dialect::SHOWN,
                    &UpdateSql { table, set, from: NewRows::default(), filter, returning: Vec::new() },
                )
            }
        };
        write!(f, "{statement:?}")
    }
}

impl<M: Model, O> Update<M, O> {
    /// Sets a column to a value.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.execute(update::<Book>().set(Book::YEAR, 1969).set(Book::TITLE, "Earthsea").filter(Book::ID.eq(1))).await?;
    /// # Ok(()) }
    /// ```
    pub fn set<T: ColumnType, A: Writable>(
        mut self,
        column: Column<M, T, A>,
        value: impl IntoValue<T>,
    ) -> Self {
        let of = column.def();
        let bind = crate::sql::Bind { kind: Some(of.kind), ..of.stored(value.into_value()).into() };
        self.spec.set.push((column.index(), Expr::Bind(bind)));
        self
    }

    /// Sets a column to another column of the same row, or to an expression.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.execute(update::<Book>().set_to(Book::TITLE, func::upper(Book::TITLE)).filter(Book::ID.eq(1))).await?;
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// assert_eq!(book.title, "A WIZARD OF EARTHSEA");
    /// # Ok(()) }
    /// ```
    pub fn set_to<T: ColumnType, A: Writable>(
        mut self,
        column: Column<M, T, A>,
        other: impl Comparand<T>,
    ) -> Self {
        let value = column.def().assigned(other.into_comparand());
        self.spec.set.push((column.index(), value));
        self
    }

    /// Changes only the rows that meet this condition and every earlier one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = update::<Book>().set(Book::YEAR, 0).filter(Book::YEAR.lt(1970)).filter(Book::AUTHOR_ID.eq(1));
    /// assert_eq!(session.execute(old).await?, 1);
    /// # Ok(()) }
    /// ```
    pub fn filter(mut self, condition: Predicate) -> Self {
        self.spec.and_where(condition);
        self
    }

    /// Changes rows that are marked as deleted too.
    pub fn with_deleted(mut self) -> Self {
        self.spec.under.show_deleted();
        self
    }

    /// Changes rows that the session's [criteria](crate::options::SessionOptions::criteria) hide too.
    pub fn without_criteria(mut self) -> Self {
        self.spec.under.ignore();
        self
    }

    /// Returns the changed rows as entities of the session.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books = session.execute(update::<Book>().set(Book::YEAR, 0).filter(Book::ID.eq(1)).returning()).await?;
    /// assert_eq!((books.len(), books[0].year), (1, 0));
    /// # Ok(()) }
    /// ```
    pub fn returning(self) -> Update<M, Returning> {
        Update { spec: self.spec, of: PhantomData }
    }
}

impl<M: Model, O> Delete<M, O> {
    /// Deletes only the rows that meet this condition and every earlier one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let gone = session.execute(delete::<Book>().filter(Book::AUTHOR_ID.eq(2)).filter(Book::YEAR.lt(1970))).await?;
    /// assert_eq!(gone, 1);
    /// # Ok(()) }
    /// ```
    pub fn filter(mut self, condition: Predicate) -> Self {
        self.spec.and_where(condition);
        self
    }

    /// Deletes rows of a model with `#[column(deleted)]` for good, those that are marked as deleted included. Other criteria
    /// hold.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "chrono")] mod program {
    /// # use orm_core::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # #[derive(Model, Debug)] pub struct Note { #[key(auto)] id: i64, #[column(deleted)] deleted_at: Option<DateTime<Utc>> }
    /// # pub async fn f(session: &mut Session, last_year: DateTime<Utc>) -> Result<()> {
    /// let gone = session.execute(delete::<Note>().filter(Note::DELETED_AT.lt(last_year)).purge()).await?;
    /// # let _ = gone; Ok(()) } }
    /// # fn main() {}
    /// ```
    pub fn purge(mut self) -> Self {
        self.spec.purges = true;
        self.spec.under.show_deleted();
        self
    }

    /// Deletes rows that the session's [criteria](crate::options::SessionOptions::criteria) hide too.
    pub fn without_criteria(mut self) -> Self {
        self.spec.under.ignore();
        self
    }

    /// Returns the deleted rows as detached entities with their last values.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let gone = session.execute(delete::<Book>().filter(Book::ID.eq(4)).returning()).await?;
    /// assert_eq!(gone[0].title, "To Kill a Mockingbird");
    /// # Ok(()) }
    /// ```
    pub fn returning(self) -> Delete<M, Returning> {
        Delete { spec: self.spec, of: PhantomData }
    }
}

/// What an INSERT does with a row that exists already.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let draft = || Author::draft().name("U. K. Le Guin").email("ursula@example.com");
/// let keep = insert::<Author>().rows([draft()]).on_conflict(OnConflict::nothing());
/// assert_eq!(session.execute(keep).await?, 0);
/// let rename = insert::<Author>().rows([draft()]).on_conflict(OnConflict::update(Author::EMAIL, Author::NAME));
/// assert_eq!(session.execute(rename).await?, 1);
///
/// // The row's own columns by their names, and those of the new row by `excluded`.
/// let longer = OnConflict::update(Author::EMAIL, ()).set(Author::NAME, func::concat(Author::NAME, func::excluded(Author::NAME)));
/// session.execute(insert::<Author>().rows([draft()]).on_conflict(longer)).await?;
/// # Ok(()) }
/// ```
///
/// Objects that the session holds follow their rows.
#[derive(Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct OnConflict<M> {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) set: Vec<(usize, Expr)>,
    pub(crate) filter: Option<Expr>,
    of: PhantomData<fn() -> M>,
}

impl<M: Model> OnConflict<M> {
    /// Leaves the existing row unchanged, whichever constraint the new row violates.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let again = Author::draft().name("again").email("ursula@example.com");
    /// let kept = session.execute(insert::<Author>().rows([again]).on_conflict(OnConflict::nothing())).await?;
    /// assert_eq!(kept, 0);
    /// # Ok(()) }
    /// ```
    pub fn nothing() -> OnConflict<M> {
        OnConflict { columns: Vec::new(), set: Vec::new(), filter: None, of: PhantomData }
    }

    /// Leaves the existing row with the same values in the unique columns `on` unchanged; a row that violates another
    /// constraint is still an error. MySQL and MariaDB do not tell constraints apart, so there it equals
    /// [`nothing`](Self::nothing).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let again = Author::draft().name("again").email("ursula@example.com");
    /// let insert = insert::<Author>().rows([again]).on_conflict(OnConflict::nothing_on(Author::EMAIL));
    /// assert_eq!(session.execute(insert).await?, 0);
    /// # Ok(()) }
    /// ```
    pub fn nothing_on(on: impl IntoColumns<M>) -> OnConflict<M> {
        let columns = on.into_columns().into_iter().map(|column| M::def().columns[column].name);
        OnConflict { columns: columns.collect(), ..OnConflict::nothing() }
    }

    /// Updates the row with the same values in the unique columns `on`: its columns `take` get the new row's values; pass
    /// `()` if only [`set`](Self::set) sets columns. A version column is always raised by one.
    ///
    /// The columns may be those of a [partial unique index](crate::guide::schema), `#[model(unique = "email where deleted_at is null")]`: then
    /// only a row that meets its condition is updated, by a new row that meets it as well; other rows are inserted. Running the
    /// statement fails with `InvalidQuery` if the model has several such indexes over the same columns.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let draft = Author::draft().name("U. K. Le Guin").email("ursula@example.com");
    /// let upsert = insert::<Author>().rows([draft]).on_conflict(OnConflict::update(Author::EMAIL, Author::NAME));
    /// session.execute(upsert).await?;
    /// assert_eq!(session.count(select::<Author>().filter(Author::NAME.eq("U. K. Le Guin"))).await?, 1);
    /// # Ok(()) }
    /// ```
    pub fn update(on: impl IntoColumns<M>, take: impl WritableColumns<M>) -> OnConflict<M> {
        let table = Source::Table(M::def().table);
        let taken = |column: usize| {
            let value = Expr::Call(Function::Excluded, vec![M::def().columns[column].expr(&table)]);
            (column, value)
        };
        let set = take.into_columns().into_iter().map(taken).collect();
        OnConflict { set, ..OnConflict::nothing_on(on) }
    }

    /// Sets a column of the existing row to an expression of its columns, of values, and of
    /// [`func::excluded`](crate::query::func::excluded).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let name = func::concat(func::concat(Author::NAME, " / "), func::excluded(Author::NAME));
    /// let upsert = OnConflict::update(Author::EMAIL, ()).set(Author::NAME, name);
    /// let draft = Author::draft().name("Le Guin").email("ursula@example.com");
    /// session.execute(insert::<Author>().rows([draft]).on_conflict(upsert)).await?;
    /// let names = select_columns(Author::NAME).order_by(Author::ID).limit(1);
    /// assert_eq!(session.row(names).await?, "Ursula K. Le Guin / Le Guin");
    /// # Ok(()) }
    /// ```
    pub fn set<T: ColumnType, A: Writable>(
        mut self,
        column: Column<M, T, A>,
        value: impl Comparand<T>,
    ) -> OnConflict<M> {
        let value = column.def().assigned(value.into_comparand());
        self.set.push((column.index(), value));
        self
    }

    /// Updates only rows that meet the condition, which may contain `func::excluded`; the others stay unchanged and are not
    /// counted.
    ///
    /// Running the statement fails with `InvalidQuery` before it is sent if nothing is to be updated, as after
    /// [`nothing`](Self::nothing), and on MySQL and MariaDB, which have no such condition.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let upsert = OnConflict::update(Author::EMAIL, Author::NAME).filter(Author::NAME.eq("unknown"));
    /// let draft = Author::draft().name("Le Guin").email("ursula@example.com");
    /// let updated = session.execute(insert::<Author>().rows([draft]).on_conflict(upsert)).await?;
    /// assert_eq!(updated, 0, "the existing row has a name");
    /// # Ok(()) }
    /// ```
    pub fn filter(mut self, condition: Predicate) -> OnConflict<M> {
        self.filter = Some(Expr::and(self.filter, condition.into_sql()));
        self
    }
}

/// With what secret columns are set to hidden.
impl<M: Model> fmt::Debug for OnConflict<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |(column, value): &(usize, Expr)| (M::def().columns[*column].named(), value.clone());
        let set = self.set.iter().map(named).collect();
        let (columns, filter) = (self.columns.clone(), self.filter.clone());
        let conflict = Conflict { columns, condition: None, set, filter };
        fmt::Debug::fmt(&conflict, f)
    }
}

/// Columns of one model that a program may set: one, or a tuple of them.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::write::WritableColumns;
///
/// /// An upsert by e-mail address that takes some columns of the new row.
/// fn upsert(take: impl WritableColumns<Author>) -> orm_core::write::OnConflict<Author> {
///     OnConflict::update(Author::EMAIL, take)
/// }
///
/// # fn f() {
/// let renames = upsert(Author::NAME);
/// # let _ = renames; }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not columns of `{M}` that can be set",
    label = "expected a column of `{M}`, or a tuple of them, none of which the database generates"
)]
pub trait WritableColumns<M>: IntoColumns<M> {
    /// What says whether a value fits the type of each column, in the same order.
    #[doc(hidden)]
    fn readers() -> Vec<FitsField>;
}

/// Whether a value fits the type of a field.
#[doc(hidden)]
pub type FitsField = fn(ValueRef<'_>) -> std::result::Result<(), ValueError>;

impl<M, T: ColumnType, A: Writable> WritableColumns<M> for Column<M, T, A> {
    fn readers() -> Vec<FitsField> {
        vec![|value| T::read(value).map(drop)]
    }
}

impl<M> WritableColumns<M> for () {
    fn readers() -> Vec<FitsField> {
        Vec::new()
    }
}

/// Columns of one model: a single column, or a tuple of them.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// fn key_of_upsert() -> orm_core::write::OnConflict<Author> {
///     OnConflict::update(Author::EMAIL, (Author::NAME, Author::EMAIL))
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not columns of `{M}`",
    label = "expected a column of `{M}`, or a tuple of them"
)]
pub trait IntoColumns<M> {
    /// Their places in the model.
    #[doc(hidden)]
    fn into_columns(self) -> Vec<usize>;
}

impl<M> IntoColumns<M> for () {
    fn into_columns(self) -> Vec<usize> {
        Vec::new()
    }
}

impl<M, T, A> IntoColumns<M> for Column<M, T, A> {
    fn into_columns(self) -> Vec<usize> {
        vec![self.index()]
    }
}

macro_rules! tuple_columns {
    ($(($($ty:ident $at:tt),+))*) => {$(
        impl<M, $($ty: IntoColumns<M>),+> IntoColumns<M> for ($($ty,)+) {
            fn into_columns(self) -> Vec<usize> {
                let mut columns = Vec::new();
                $(columns.extend(self.$at.into_columns());)+
                columns
            }
        }

        impl<M, $($ty: WritableColumns<M>),+> WritableColumns<M> for ($($ty,)+) {
            fn readers() -> Vec<FitsField> {
                let mut readers = Vec::new();
                $(readers.extend($ty::readers());)+
                readers
            }
        }
    )*};
}

tuple_columns! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
