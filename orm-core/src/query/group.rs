//! What GROUP BY takes.

use super::tuples::for_tuples;
use super::{Computed, Expression, Predicate};
use crate::model::{Column, Model};
use crate::sql::Expr;
use crate::value::ColumnType;

/// What `group_by`, `partition_by` and similar methods take: a column, an expression, a condition, or a tuple or `Vec`
/// of these.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by = (Book::AUTHOR_ID, Book::YEAR / 10);
/// let query = select_columns(func::count_rows()).from::<Book>().group_by(by);
/// assert_eq!(session.rows(query).await?.len(), 3);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing to group by",
    label = "expected a column, an expression, or a tuple of these"
)]
pub trait IntoExpressions {
    /// The expressions.
    #[doc(hidden)]
    fn into_expressions(self) -> Vec<Expr>;
}

impl<M: Model, T: ColumnType, A> IntoExpressions for Column<M, T, A> {
    fn into_expressions(self) -> Vec<Expr> {
        vec![self.into_sql()]
    }
}

impl<T: ColumnType> IntoExpressions for Computed<T> {
    fn into_expressions(self) -> Vec<Expr> {
        vec![self.into_sql()]
    }
}

impl IntoExpressions for Predicate {
    fn into_expressions(self) -> Vec<Expr> {
        vec![self.into_sql()]
    }
}

/// None: what a function without arguments has.
impl IntoExpressions for () {
    fn into_expressions(self) -> Vec<Expr> {
        Vec::new()
    }
}

impl<T: IntoExpressions> IntoExpressions for Vec<T> {
    fn into_expressions(self) -> Vec<Expr> {
        self.into_iter().flat_map(T::into_expressions).collect()
    }
}

macro_rules! tuple_expressions {
    ($(($($ty:ident $at:tt),+))*) => {$(
        impl<$($ty: IntoExpressions),+> IntoExpressions for ($($ty,)+) {
            fn into_expressions(self) -> Vec<Expr> {
                let mut all = Vec::new();
                $(all.extend(self.$at.into_expressions());)+
                all
            }
        }
    )*};
}

for_tuples!(tuple_expressions);
