//! INSERT .. SELECT.

use std::marker::PhantomData;

use super::bulk::{Bulk, BulkDone, BulkOperation};
use super::copy_spec::CopySpec;
use crate::model::{Column, Model, erased};
use crate::query::bulk::WritableColumns;
use crate::query::{SelectColumns, Selectable};
use crate::value::ColumnType;

/// INSERT .. SELECT, made by [`insert_from`](crate::insert_from).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let titles = select_columns(Book::TITLE).filter(Book::YEAR.lt(1970));
/// assert_eq!(session.execute(insert_from(Tag::NAME, titles)).await?, 2);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is inserted until `session.execute` runs it"]
pub struct InsertFrom<M> {
    spec: CopySpec,
    of: PhantomData<fn() -> M>,
}

/// Inserts the rows of a query, in one statement and without reading them. Returns the number of rows.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Note { #[key] id: i64, text: String, done: bool }
/// # #[derive(Model, Debug)] struct Archived { #[key] id: i64, text: String, reason: Option<String> }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let done = select_columns((Note::ID, Note::TEXT)).filter(Note::DONE.eq(true));
/// let copied: u64 = session.execute(insert_from((Archived::ID, Archived::TEXT), done)).await?;
/// # let _ = copied; Ok(()) }
/// # fn main() {}
/// ```
///
/// Columns that are left out are NULL or get their default. Versions and times of the clock are set as by any other INSERT.
/// Hooks are not called.
///
/// Running it returns `InvalidQuery` if a column is named twice, or if a column that needs a value is left out, which includes
/// those with `default_with`.
pub fn insert_from<M, C, S>(columns: C, query: SelectColumns<S>) -> InsertFrom<M>
where
    M: Model,
    C: WritableColumns<M>,
    S: Selectable,
    S::Row: FitsColumns<C>,
{
    let spec = CopySpec { model: erased::<M>(), columns: columns.into_columns(), rows: query.spec };
    InsertFrom { spec, of: PhantomData }
}

impl<M: Model> BulkOperation for InsertFrom<M> {
    type Output = u64;

    fn into_bulk(self) -> Bulk {
        Bulk::copy(self.spec)
    }

    fn output(done: BulkDone) -> u64 {
        done.rows()
    }
}

/// A value for a column of the type `T`: of the same type, or of that type without its `Option`.
///
/// ```
/// use orm_core::write::FitsColumn;
///
/// fn fits<Value: FitsColumn<Column>, Column>() {}
/// fits::<i64, i64>();
/// fits::<i64, Option<i64>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a value of the type `{Self}` does not fit into a column of the type `{T}`",
    label = "the query gives `{Self}` here",
    note = "`func::cast::<..>(..)` gives a value another type, and `func::coalesce(..)` one for NULL"
)]
pub trait FitsColumn<T> {}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> FitsColumn<T> for T {}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> FitsColumn<Option<T>> for T {}

/// Rows of a query for the columns `C`: a value for one column, a tuple for several.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::write::FitsColumns;
///
/// /// Makes tags of what a query selects, if it is one text.
/// async fn copy<S, T>(session: &mut Session, query: SelectColumns<S>) -> Result<u64>
/// where
///     S: orm_core::query::Selectable<Row = T>,
///     T: FitsColumns<Column<Tag, String>>,
/// {
///     session.execute(insert_from(Tag::NAME, query)).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(Author::NAME).filter(Author::EMAIL.is_null());
/// assert_eq!(copy(&mut session, query).await?, 1);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "rows of the type `{Self}` do not fit into the columns `{C}`",
    label = "the query selects other values than the columns take",
    note = "select as many values as there are columns, in their order"
)]
pub trait FitsColumns<C> {}

impl<M, T, A, R: FitsColumn<T>> FitsColumns<Column<M, T, A>> for R {}

macro_rules! fits {
    ($(($($row:ident $ty:ident $access:ident),+))*) => {$(
        impl<M, $($row: FitsColumn<$ty>, $ty, $access),+> FitsColumns<($(Column<M, $ty, $access>,)+)> for ($($row,)+) {}
    )*};
}

fits! {
    (A Ta Xa, B Tb Xb)
    (A Ta Xa, B Tb Xb, C Tc Xc)
    (A Ta Xa, B Tb Xb, C Tc Xc, D Td Xd)
    (A Ta Xa, B Tb Xb, C Tc Xc, D Td Xd, E Te Xe)
    (A Ta Xa, B Tb Xb, C Tc Xc, D Td Xd, E Te Xe, F Tf Xf)
}
