//! Queries for rows, without their types.

use super::raw::{NamedReader, RawRow, RawSpec, SqlEntities, SqlRows, SqlStructs};
use super::selectable::{Reader, Selectable};
use super::{EntityColumns, FromRow, RowsSpec, SelectColumns, StructReader};
use crate::model::Model;
use crate::sql::Criteria;

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
    label = "expected `select_columns(..)`, or `sql(\"..\")` with the type of its rows",
    note = "entities of `select::<Model>()` are read with `session.all(..)`",
    note = "the rows of raw SQL get their type from `.rows::<..>()`, `.structs::<..>()` or `.entities::<..>()`"
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
    Raw(Box<RawSpec>),
}

impl RowsFrom {
    /// The number of rows in a batch of a stream, if the query sets it.
    pub(crate) fn yield_per(&self) -> Option<usize> {
        match self {
            RowsFrom::Select(spec) => spec.core.yield_per,
            RowsFrom::Raw(spec) => spec.yield_per,
        }
    }

    /// The criteria of the session that runs it.
    pub(crate) fn criteria(&self) -> &Criteria {
        match self {
            RowsFrom::Select(spec) => spec.core.under.criteria(),
            RowsFrom::Raw(spec) => spec.under.criteria(),
        }
    }

    /// Sets the criteria of the session that runs it. In SQL of the user's they hold in what its entities load.
    pub(crate) fn set_criteria(&mut self, criteria: &Criteria) {
        match self {
            RowsFrom::Select(spec) => spec.core.under.set(criteria),
            RowsFrom::Raw(spec) => spec.under.set(criteria),
        }
    }
}

impl<S: Selectable> RowQuery for SelectColumns<S> {
    type Row = S::Row;
    type Reader = S::Reader;

    fn into_query(self) -> (RowsFrom, S::Reader) {
        (RowsFrom::Select(Box::new(self.spec)), self.reader)
    }
}

impl<S: Selectable, T: FromRow> RowQuery for SelectColumns<S, T> {
    type Row = T;
    type Reader = StructReader<T>;

    fn into_query(self) -> (RowsFrom, StructReader<T>) {
        let mut spec = self.spec;
        let reader = StructReader::new(&spec.list).unwrap_or_else(|why| {
            spec.core.refuse(why);
            StructReader::none()
        });
        (RowsFrom::Select(Box::new(spec)), reader)
    }
}

impl<T: RawRow> RowQuery for SqlRows<T> {
    type Row = T;
    type Reader = T::Reader;

    fn into_query(self) -> (RowsFrom, T::Reader) {
        let (spec, reader) = self.into_parts();
        (RowsFrom::Raw(Box::new(spec)), reader)
    }
}

impl<T: FromRow> RowQuery for SqlStructs<T> {
    type Row = T;
    type Reader = NamedReader<T>;

    fn into_query(self) -> (RowsFrom, NamedReader<T>) {
        let (spec, reader) = self.into_parts();
        (RowsFrom::Raw(Box::new(spec)), reader)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, L: 'static> RowQuery for SqlEntities<M, L> {
    type Row = crate::entity::Entity<M, L>;
    type Reader = <EntityColumns<M, L> as Selectable>::Reader;

    fn into_query(self) -> (RowsFrom, Self::Reader) {
        let (spec, reader) = self.into_parts();
        (RowsFrom::Raw(Box::new(spec)), reader)
    }
}
