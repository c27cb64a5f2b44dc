//! ORDER BY.

use super::{Expression, Predicate};
use crate::model::{Column, Model};
use crate::sql::{Expr, Nulls, Order};
use crate::value::ColumnType;

/// One term of an order: `User::NAME.desc()`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select::<Author>().order_by((Author::EMAIL.asc().nulls_last(), Author::NAME.desc()));
/// assert_eq!(session.all(query).await?[1].email, None);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct OrderBy {
    order: Order,
}

impl OrderBy {
    pub(super) fn new(expr: Expr, descending: bool) -> OrderBy {
        OrderBy { order: Order::new(expr, descending) }
    }
}

impl OrderBy {
    /// Sorts NULL before all values. Without it, the place of NULL depends on the database.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().order_by(Author::EMAIL.asc().nulls_first());
    /// assert_eq!(session.all(query).await?[0].email, None);
    /// # Ok(()) }
    /// ```
    pub fn nulls_first(mut self) -> OrderBy {
        self.order.nulls = Some(Nulls::First);
        self
    }

    /// Sorts NULL after all values. Without it, the place of NULL depends on the database.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().order_by(Author::EMAIL.asc().nulls_last());
    /// assert_eq!(session.all(query).await?[1].email, None);
    /// # Ok(()) }
    /// ```
    pub fn nulls_last(mut self) -> OrderBy {
        self.order.nulls = Some(Nulls::Last);
        self
    }
}

/// What `order_by` takes: a column, `.asc()` or `.desc()` of one, a condition, or a tuple, an array or a `Vec` of
/// these.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let ascending = false;
/// let by_year = if ascending { Book::YEAR.asc() } else { Book::YEAR.desc() };
/// let query = select::<Book>().order_by(vec![by_year, Book::ID.asc()]);
/// assert_eq!(session.all(query).await?[0].year, 1974);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order",
    label = "expected a column, `.asc()` or `.desc()` of one, or a tuple of these"
)]
pub trait IntoOrder {
    /// The terms of the order.
    #[doc(hidden)]
    fn into_order(self) -> Vec<Order>;
}

impl IntoOrder for OrderBy {
    fn into_order(self) -> Vec<Order> {
        vec![self.order]
    }
}

impl<M: Model, T: ColumnType, A> IntoOrder for Column<M, T, A> {
    fn into_order(self) -> Vec<Order> {
        self.asc().into_order()
    }
}

/// What does not meet the condition, and then what does.
impl IntoOrder for Predicate {
    fn into_order(self) -> Vec<Order> {
        self.asc().into_order()
    }
}

impl<T: IntoOrder> IntoOrder for Vec<T> {
    fn into_order(self) -> Vec<Order> {
        self.into_iter().flat_map(T::into_order).collect()
    }
}

impl<T: IntoOrder, const N: usize> IntoOrder for [T; N] {
    fn into_order(self) -> Vec<Order> {
        self.into_iter().flat_map(T::into_order).collect()
    }
}

macro_rules! tuple_order {
    ($(($($ty:ident $at:tt),+))*) => {$(
        impl<$($ty: IntoOrder),+> IntoOrder for ($($ty,)+) {
            fn into_order(self) -> Vec<Order> {
                let mut order = Vec::new();
                $(order.extend(self.$at.into_order());)+
                order
            }
        }
    )*};
}

tuple_order! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
