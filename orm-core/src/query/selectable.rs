//! What a select list takes, and how it is read.

use std::marker::PhantomData;
use std::sync::Arc;

use super::tuples::{for_shorter_tuples, for_tuples};
use super::{
    Aggregate, Computed, EntityColumns, Expression, Labeled, OptionalEntity, PartColumns, PartOf, Predicate,
    SelectList, ValueItem,
};
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Region;
use crate::model::{Column, Model};
use crate::sql::{Expr, Shown, Source};
use crate::value::{Cells, ColumnType, ValueError};

/// What [`select_columns`](super::select_columns) takes: a column, an expression, an entity, or a tuple of up to 16 of
/// these.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::query::Selectable;
///
/// /// The first page of any rows of books.
/// async fn first_page<S: Selectable>(session: &mut Session, what: S) -> Result<Vec<S::Row>> {
///     session.rows(select_columns(what).from::<Book>().limit(10)).await
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a query can select",
    label = "expected columns, expressions or entities",
    note = "a query selects `User::NAME`, `func::count(Order::ID)`, `User::entity()`, or a tuple of up to 16 of these"
)]
pub trait Selectable {
    /// What it is in one row of the result.
    type Row;
    /// How it is read.
    #[doc(hidden)]
    type Reader: Reader<Row = Self::Row>;
    /// The type itself. A result that is written with it is unknown where the bound is not met, so the compiler reports the
    /// mistake once, and not once more where the result is used.
    #[doc(hidden)]
    type Itself: Selectable<Row = Self::Row>;

    /// Adds it to what a query selects.
    #[doc(hidden)]
    fn list(self, list: &mut SelectList) -> Self::Reader;

    /// The value, as what it is.
    #[doc(hidden)]
    fn itself(self) -> Self::Itself;
}

/// Reads one part of each row: first what the row itself holds, and what entities need when all of them are loaded.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` reads no rows",
    label = "expected what a query for rows gives"
)]
pub trait Reader: Clone + Send + Sync + 'static {
    /// What is kept of a row until the query is done.
    type Held: Send;
    /// What it gives.
    type Row;

    /// Reads a row.
    ///
    /// # Errors
    /// A cell's content does not match the type.
    fn read(&self, row: &RowView<'_>) -> Result<Self::Held>;

    /// Turns what was kept into what the query gives.
    fn finish(&self, held: Self::Held, answer: &Arc<Region>) -> Self::Row;
}

/// A row while it is there.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct RowView<'r> {
    /// The values, in the order in which they were listed.
    pub(crate) cells: &'r dyn Cells,
    /// Where each entity of the row is among those of its level.
    pub(crate) entities: &'r [Option<Place>],
    /// Which of the values may be shown.
    pub(crate) shown: &'r Shown,
}

impl RowView<'_> {
    pub(super) fn value<T: ColumnType>(&self, at: usize) -> Result<T> {
        T::take(self.cells, at).map_err(|error| unfit(at, error, self.shown))
    }
}

#[cold]
fn unfit(at: usize, error: ValueError, shown: &Shown) -> Error {
    let error = if shown.shows(at) { error } else { error.without_value() };
    let text = match &error {
        ValueError::UnexpectedNull { .. } => {
            format!("value {} of a row: {error}; select it with `.optional()` to make it an `Option`", at + 1)
        }
        error => format!("value {} of a row: {error}", at + 1),
    };
    Error::new(ErrorKind::InvalidValue, text).with_source(error)
}

/// Reads one value.
#[doc(hidden)]
#[derive(Debug)]
pub struct ValueReader<T> {
    at: usize,
    of: PhantomData<fn() -> T>,
}

impl<T> ValueReader<T> {
    pub(super) fn new(at: usize) -> ValueReader<T> {
        ValueReader { at, of: PhantomData }
    }
}

impl<T> Clone for ValueReader<T> {
    fn clone(&self) -> Self {
        ValueReader { at: self.at, of: PhantomData }
    }
}

impl<T: ColumnType> Reader for ValueReader<T> {
    type Held = T;
    type Row = T;

    fn read(&self, row: &RowView<'_>) -> Result<T> {
        row.value(self.at)
    }

    fn finish(&self, held: T, _answer: &Arc<Region>) -> T {
        held
    }
}

fn list_value<E: Expression>(
    expression: E,
    name: Option<&'static str>,
    field: Option<&'static str>,
    list: &mut SelectList,
) -> ValueReader<E::Value> {
    let at = list.value(ValueItem {
        expr: expression.into_sql(),
        name,
        field,
        kind: E::Value::KIND,
        nullable: E::Value::NULLABLE,
    });
    ValueReader::new(at)
}

impl<M: Model, T: ColumnType, A> Selectable for Column<M, T, A> {
    type Itself = Self;
    type Row = T;
    type Reader = ValueReader<T>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> ValueReader<T> {
        list.know(Source::Table(M::def().table), M::def());
        list_value(self, Some(self.def().name), Some(self.def().field), list)
    }
}

impl<T: ColumnType> Selectable for Computed<T> {
    type Itself = Self;
    type Row = T;
    type Reader = ValueReader<T>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> ValueReader<T> {
        // A column of an alias or a subquery keeps its name.
        let name = match self.clone().into_sql() {
            Expr::Column { name, .. } => Some(name),
            _ => None,
        };
        list_value(self, name, None, list)
    }
}

impl Selectable for Predicate {
    type Itself = Self;
    type Row = bool;
    type Reader = ValueReader<bool>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> ValueReader<bool> {
        list_value(self, None, None, list)
    }
}

impl<E: Expression> Selectable for Labeled<E> {
    type Itself = Self;
    type Row = E::Value;
    type Reader = ValueReader<E::Value>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> ValueReader<E::Value> {
        list_value(self.expression, Some(self.name), None, list)
    }
}

/// Reads one entity.
#[doc(hidden)]
#[derive(Debug)]
pub struct EntityReader<M: Model, L> {
    at: usize,
    of: PhantomData<fn() -> (M, L)>,
}

impl<M: Model, L> Clone for EntityReader<M, L> {
    fn clone(&self) -> Self {
        EntityReader { at: self.at, of: PhantomData }
    }
}

impl<M: Model, L: 'static> Reader for EntityReader<M, L> {
    type Held = Place;
    type Row = Entity<M, L>;

    fn read(&self, row: &RowView<'_>) -> Result<Place> {
        row.entities.get(self.at).copied().flatten().ok_or_else(|| {
            let text = format!(
                "a row has no `{}`; select `{0}::entity().optional()` to make it an `Option`",
                M::def().name
            );
            Error::new(ErrorKind::InvalidValue, text)
        })
    }

    fn finish(&self, place: Place, answer: &Arc<Region>) -> Entity<M, L> {
        Entity::new(Arc::clone(answer), place)
    }
}

/// Reads one entity, or none.
#[doc(hidden)]
#[derive(Debug)]
pub struct OptionalReader<M: Model, L> {
    at: usize,
    of: PhantomData<fn() -> (M, L)>,
}

impl<M: Model, L> Clone for OptionalReader<M, L> {
    fn clone(&self) -> Self {
        OptionalReader { at: self.at, of: PhantomData }
    }
}

impl<M: Model, L: 'static> Reader for OptionalReader<M, L> {
    type Held = Option<Place>;
    type Row = Option<Entity<M, L>>;

    fn read(&self, row: &RowView<'_>) -> Result<Option<Place>> {
        Ok(row.entities.get(self.at).copied().flatten())
    }

    fn finish(&self, place: Option<Place>, answer: &Arc<Region>) -> Option<Entity<M, L>> {
        place.map(|place| Entity::new(Arc::clone(answer), place))
    }
}

impl<M: Model, L: 'static> Selectable for EntityColumns<M, L> {
    type Itself = Self;
    type Row = Entity<M, L>;
    type Reader = EntityReader<M, L>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> EntityReader<M, L> {
        EntityReader { at: list.entity(self.item), of: PhantomData }
    }
}

impl<M: Model, L: 'static> Selectable for OptionalEntity<M, L> {
    type Itself = Self;
    type Row = Option<Entity<M, L>>;
    type Reader = OptionalReader<M, L>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> OptionalReader<M, L> {
        OptionalReader { at: list.entity(self.item), of: PhantomData }
    }
}

/// How an added part is read.
type ReaderOf<X> = <<X as Selectable>::Itself as Selectable>::Reader;

/// What can be selected, with one more part.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{X}` cannot be added to `{Self}`: a query selects at most 16 things",
    label = "more than a row of this query can have",
    note = "more columns fit into a struct with `#[derive(FromRow)]`"
)]
pub trait Append<X: Selectable>: Selectable {
    /// Both.
    type Appended: Selectable;

    /// Reads both.
    fn append(reader: Self::Reader, added: ReaderOf<X>) -> <Self::Appended as Selectable>::Reader;
}

macro_rules! append {
    ($(($($ty:ident $at:tt),+))*) => {$(
        impl<X: Selectable, $($ty: Selectable),+> Append<X> for ($($ty,)+) {
            type Appended = ($($ty,)+ X::Itself);

            fn append(
                reader: Self::Reader,
                added: ReaderOf<X>,
            ) -> <Self::Appended as Selectable>::Reader {
                ($(reader.$at,)+ added)
            }
        }
    )*};
}

for_shorter_tuples!(append);

macro_rules! append_to_one {
    ($([$($bounds:tt)*] $ty:ty)*) => {$(
        impl<X: Selectable, $($bounds)*> Append<X> for $ty {
            type Appended = ($ty, X::Itself);

            fn append(reader: Self::Reader, added: ReaderOf<X>) -> <Self::Appended as Selectable>::Reader {
                (reader, added)
            }
        }
    )*};
}

append_to_one! {
    [M: Model, T: ColumnType, A] Column<M, T, A>
    [T: ColumnType] Computed<T>
    [T: ColumnType] Aggregate<T>
    [] Predicate
    [E: Expression] Labeled<E>
    [M: Model, L: 'static] EntityColumns<M, L>
    [M: Model, L: 'static] OptionalEntity<M, L>
    [M: Model, P: PartOf<M>] PartColumns<M, P>
}

macro_rules! tuples {
    ($(($($ty:ident $at:tt),+))*) => {$(
        impl<$($ty: Selectable),+> Selectable for ($($ty,)+) {
            type Itself = Self;
            type Row = ($($ty::Row,)+);
            type Reader = ($($ty::Reader,)+);

            fn itself(self) -> Self {
                self
            }

            fn list(self, list: &mut SelectList) -> Self::Reader {
                ($(self.$at.list(list),)+)
            }
        }

        impl<$($ty: Reader),+> Reader for ($($ty,)+) {
            type Held = ($($ty::Held,)+);
            type Row = ($($ty::Row,)+);

            fn read(&self, row: &RowView<'_>) -> Result<Self::Held> {
                Ok(($(self.$at.read(row)?,)+))
            }

            fn finish(&self, held: Self::Held, answer: &Arc<Region>) -> Self::Row {
                ($(self.$at.finish(held.$at, answer),)+)
            }
        }
    )*};
}

for_tuples!(tuples);
