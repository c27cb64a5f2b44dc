//! Structs that take the values of a row.

use std::marker::PhantomData;
use std::sync::Arc;

use super::list::SelectList;
use super::selectable::{Reader, RowView};
use crate::error::Result;
use crate::graph::Region;
use crate::value::{ColumnType, ValueKind};

/// A struct that takes the values of a row by name, by `#[derive(FromRow)]`.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, #[has_many] orders: HasMany<Order> }
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
/// #[derive(FromRow, Debug)]
/// struct Buyer {
///     name: String,
///     orders: i64,
/// }
///
/// # async fn f(session: &mut Session) -> Result<()> {
/// let query = select_columns((User::NAME, func::count(Order::ID).label("orders")))
///     .join(User::ORDERS)
///     .group_by((User::ID, User::NAME));
/// let buyers: Vec<Buyer> = session.rows(query.into_struct::<Buyer>()).await?;
/// # let _ = buyers; Ok(()) }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made of a row",
    label = "not a struct of a row",
    note = "add `#[derive(FromRow)]` to `{Self}`"
)]
pub trait FromRow: Send + Sized + 'static {
    /// The struct's name.
    #[doc(hidden)]
    const NAME: &'static str;
    /// Its fields, in declaration order.
    #[doc(hidden)]
    const FIELDS: &'static [RowField];

    /// Makes one of a row; for generated code.
    #[doc(hidden)]
    fn from_row(row: &StructRow<'_>) -> Result<Self>;
}

/// One field of a [`FromRow`].
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RowField {
    /// The name in the query.
    pub name: &'static str,
    /// What it holds.
    pub kind: ValueKind,
    /// Whether it is an `Option`.
    pub nullable: bool,
}

/// A row as a struct's fields see it.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct StructRow<'r> {
    row: RowView<'r>,
    places: &'r [usize],
}

impl<'r> StructRow<'r> {
    pub(super) fn new(row: RowView<'r>, places: &'r [usize]) -> StructRow<'r> {
        StructRow { row, places }
    }

    /// The value of a field.
    ///
    /// # Errors
    /// The cell does not hold its type.
    pub fn field<T: ColumnType>(&self, index: usize) -> Result<T> {
        self.row.value(self.places.get(index).copied().unwrap_or(usize::MAX))
    }
}

/// Reads a struct.
#[doc(hidden)]
#[derive(Debug)]
pub struct StructReader<T> {
    places: Vec<usize>,
    of: PhantomData<fn() -> T>,
}

impl<T: FromRow> StructReader<T> {
    /// Finds the struct's fields among what a query selects.
    pub(super) fn new(list: &SelectList) -> std::result::Result<StructReader<T>, String> {
        let place = |field: &RowField| {
            let mut named =
                list.values.iter().enumerate().filter(|(_, item)| item.field() == Some(field.name));
            let Some((at, item)) = named.next() else {
                let there: Vec<&str> = list.values.iter().filter_map(|item| item.field()).collect();
                return Err(format!(
                    "`{}.{}` is not selected; there {} `{}`. A value is named with `.label(\"{1}\")`",
                    T::NAME,
                    field.name,
                    if there.len() == 1 { "is" } else { "are" },
                    there.join("`, `")
                ));
            };
            if named.next().is_some() {
                return Err(format!("two values are called `{}`; name one with `.label(..)`", field.name));
            }
            if !field.kind.takes(item.kind) {
                let (name, field, kind) = (T::NAME, field.name, field.kind);
                return Err(format!("`{name}.{field}` is {kind:?}, and what is selected is {:?}", item.kind));
            }
            if item.nullable && !field.nullable {
                let (name, field) = (T::NAME, field.name);
                return Err(format!(
                    "`{name}.{field}` may be NULL in the query but is not an `Option` in the struct"
                ));
            }
            Ok(at)
        };
        let places = T::FIELDS.iter().map(place).collect::<std::result::Result<_, _>>()?;
        Ok(StructReader { places, of: PhantomData })
    }

    /// Reads the struct's fields from these places.
    pub(super) fn of_places(places: Vec<usize>) -> StructReader<T> {
        StructReader { places, of: PhantomData }
    }

    /// Reads nothing, for a query that is refused before it runs.
    pub(super) fn none() -> StructReader<T> {
        StructReader { places: Vec::new(), of: PhantomData }
    }
}

impl<T> Clone for StructReader<T> {
    fn clone(&self) -> Self {
        StructReader { places: self.places.clone(), of: PhantomData }
    }
}

impl<T: FromRow> Reader for StructReader<T> {
    type Held = T;
    type Row = T;

    fn read(&self, row: &RowView<'_>) -> Result<T> {
        T::from_row(&StructRow::new(*row, &self.places))
    }

    fn finish(&self, held: T, _answer: &Arc<Region>) -> T {
        held
    }
}
