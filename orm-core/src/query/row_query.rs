use super::raw::{RawSpec, SqlEntities, SqlRows};
use super::selectable::{Reader, Selectable};
use super::{EntityColumns, RowsSpec, SelectColumns};
use crate::model::Model;

/// A query whose rows [`Session::rows`](crate::Session::rows) returns: [`select_columns`](crate::select_columns), or
/// raw SQL with a row type.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::query::RowQuery;
///
/// /// Runs any query for rows, and counts its statements.
/// async fn counted<Q: RowQuery>(engine: &Engine, query: Q) -> Result<Vec<Q::Row>> {
///     let log = engine.record();
///     let rows = engine.session().rows(query).await;
///     println!("{log}");
///     rows
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query for rows",
    label = "expected `select_columns(..)`, or `sql(\"..\")` with what it gives",
    note = "entities of `select::<Model>()` are given by `session.all(..)`",
    note = "what SQL of your own gives is said by `.rows::<..>()`, `.structs::<..>()` or `.entities::<..>()`"
)]
pub trait RowQuery: Send {
    /// What a row is.
    type Row;
    /// How a row is read.
    #[doc(hidden)]
    type Reader: Reader<Row = Self::Row>;

    /// The query without its types, and its reader.
    #[doc(hidden)]
    fn into_query(self) -> (RowsFrom, Self::Reader);
}

/// A query for rows without its types.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum RowsFrom {
    /// One that the library writes.
    Select(Box<RowsSpec>),
    /// One that the user wrote.
    Raw(RawSpec),
}

impl RowsFrom {
    /// The number of rows in a batch of a stream, if the query sets it.
    pub(crate) fn yield_per(&self) -> Option<usize> {
        match self {
            RowsFrom::Select(spec) => spec.core.yield_per,
            RowsFrom::Raw(spec) => spec.yield_per,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<S: Selectable, R: Reader> RowQuery for SelectColumns<S, R> {
    type Row = R::Row;
    type Reader = R;

    fn into_query(self) -> (RowsFrom, R) {
        (RowsFrom::Select(Box::new(self.spec)), self.reader)
    }
}

#[diagnostic::do_not_recommend]
impl<R: Reader> RowQuery for SqlRows<R> {
    type Row = R::Row;
    type Reader = R;

    fn into_query(self) -> (RowsFrom, R) {
        (RowsFrom::Raw(self.spec), self.reader)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, L: 'static> RowQuery for SqlEntities<M, L> {
    type Row = crate::entity::Entity<M, L>;
    type Reader = <EntityColumns<M, L> as Selectable>::Reader;

    fn into_query(self) -> (RowsFrom, Self::Reader) {
        self.into_rows().into_query()
    }
}
