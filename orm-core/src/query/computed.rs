//! Values that the database computes.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Rem, Sub};

use super::{Aggregate, Expression, IntoOperand};
use crate::model::{Column, Model};
use crate::sql::{BinaryOp, Expr};
use crate::value::{ColumnType, Decimal, Float, Integer};

/// A value of type `T` that the database computes: what functions, operators and subqueries return.
///
/// It is used like a column: selected, compared, sorted by, and passed to other functions.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let decade = Book::YEAR / 10 * 10;
/// let query = select_columns((Book::ID, decade)).filter(func::length(Book::TITLE).gt(16)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?.len(), 3);
/// # Ok(()) }
/// ```
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Computed<T> {
    expr: Expr,
    of: PhantomData<fn() -> T>,
}

impl<T> Computed<T> {
    pub(crate) fn new(expr: Expr) -> Computed<T> {
        Computed { expr: expr.bounded(), of: PhantomData }
    }

    pub(super) fn map(self, change: impl FnOnce(Expr) -> Expr) -> Computed<T> {
        Computed::new(change(self.expr))
    }

    pub(crate) fn refused(why: impl fmt::Display) -> Computed<T> {
        Computed::new(Expr::Refused(why.to_string().into()))
    }
}

impl<T> Clone for Computed<T> {
    fn clone(&self) -> Self {
        Computed::new(self.expr.clone())
    }
}

impl<T> fmt::Debug for Computed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Computed").field(&self.expr).finish()
    }
}

/// Implements an expression for a type with its own SQL and value type.
macro_rules! expression {
    ($ty:ident) => {
        impl<T: $crate::value::ColumnType> $crate::query::Expression for $ty<T> {
            type Family = T::Family;
            type Value = T;

            fn into_sql(self) -> $crate::sql::Expr {
                self.expr
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: $crate::value::ColumnType> $crate::query::IntoOperand<T::Family> for $ty<T> {
            fn into_operand(self) -> $crate::sql::Expr {
                self.expr
            }
        }

        impl<T> $crate::query::Plain for $ty<T> {}

        impl<T: $crate::value::ColumnType> $crate::query::IntoOrder for $ty<T> {
            fn into_order(self) -> Vec<$crate::sql::Order> {
                $crate::query::Expression::asc(self).into_order()
            }
        }
    };
}

pub(super) use expression;

expression!(Computed);

/// Families of types with arithmetic. SQLite has no exact decimals, so arithmetic on decimals there is an error before
/// SQL is sent.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::query::Number;
///
/// /// Rows whose value is at most `most` away from 0, of any column of numbers.
/// fn near_zero<E>(column: E, most: E::Value) -> Predicate
/// where
///     E: Expression<Family: Number>,
///     E::Value: orm_core::value::IntoValue<E::Value>,
/// {
///     func::abs(column).le(func::value(most))
/// }
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be calculated with", label = "not a number")]
pub trait Number {
    /// How values of it are divided.
    #[doc(hidden)]
    const DIVISION: Division;
}

/// Whether a division keeps its fraction.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// It has none.
    Whole,
    /// It does.
    Exact,
    /// It does, and the numbers are exact ones.
    Decimal,
}

/// Families of numbers that `%` takes: integers and decimals. Of floats the databases compute a remainder differently, or not at
/// all, so there it does not compile.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::query::{Computed, HasRemainder};
///
/// /// What is left over of a number divided by 2, of integers or decimals.
/// fn rest<T>(number: Computed<T>) -> Computed<T>
/// where
///     T: orm_core::value::ColumnType<Family: HasRemainder>,
///     i32: orm_core::query::IntoOperand<T::Family>,
/// {
///     number % 2
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use orm_core::prelude::*;
/// #[derive(Model, Debug)]
/// struct Reading {
///     #[key]
///     id: i64,
///     celsius: f64,
/// }
///
/// let query = select_columns(Reading::CELSIUS % 1.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`%` is of integers and decimals, and not of `{Self}`",
    label = "the databases do not agree on its remainder",
    note = "select the values and compute it in Rust, or write it for your database with `func::fragment`"
)]
pub trait HasRemainder: Number {}

impl HasRemainder for Integer {}
impl HasRemainder for Decimal {}

impl Number for Integer {
    const DIVISION: Division = Division::Whole;
}

impl Number for Float {
    const DIVISION: Division = Division::Exact;
}

impl Number for Decimal {
    const DIVISION: Division = Division::Decimal;
}

/// What two expressions become.
fn calculate<T: ColumnType>(left: Expr, op: BinaryOp, right: Expr) -> Computed<T>
where
    T::Family: Number,
{
    let op = match (op, T::Family::DIVISION) {
        (BinaryOp::Divide, Division::Whole) => BinaryOp::DivideWhole,
        (op, _) => op,
    };
    let expr = Expr::Binary(Box::new(left), op, Box::new(right));
    let expr = match T::Family::DIVISION {
        Division::Decimal => Expr::Decimal { of: Box::new(expr), rounds: op == BinaryOp::Divide },
        Division::Whole | Division::Exact => expr,
    };
    Computed::new(expr)
}

fn of_operand<T: ColumnType>(
    left: impl Expression,
    op: BinaryOp,
    right: impl IntoOperand<T::Family>,
) -> Computed<T>
where
    T::Family: Number,
{
    calculate(left.into_sql(), op, right.into_operand())
}

/// Of a number that is written on the left side.
fn of_number<T: ColumnType>(
    left: impl IntoOperand<T::Family>,
    op: BinaryOp,
    right: impl Expression,
) -> Computed<T>
where
    T::Family: Number,
{
    calculate(left.into_operand(), op, right.into_sql())
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:expr, $numbers:ident;)*) => {$(
        operators!(@on Column, M: Model, A; $trait $method $op, $numbers);
        operators!(@on Computed; $trait $method $op, $numbers);
        operators!(@on Aggregate; $trait $method $op, $numbers);
        operators!(@number i32 f64; $trait $method $op, $numbers);
    )*};

    // What has a column's value, and a value, an expression of its family, or an `Option` of them.
    (@on $of:ident $(, $model:ident: $bound:ident, $access:ident)?; $trait:ident $method:ident $op:expr, $numbers:ident) => {
        #[diagnostic::do_not_recommend]
        impl<$($model: $bound, $access,)? T: ColumnType, R: IntoOperand<T::Family>> $trait<R> for $of<$($model,)? T $(, $access)?>
        where
            T::Family: $numbers,
        {
            type Output = Computed<T>;

            fn $method(self, other: R) -> Computed<T> {
                of_operand(self, $op, other)
            }
        }
    };

    // A number before an expression. One type of integers: a literal has to become it.
    (@number $($number:ident)*; $trait:ident $method:ident $op:expr, $numbers:ident) => {$(
        operators!(@before $number, Column, M: Model, A; $trait $method $op, $numbers);
        operators!(@before $number, Computed; $trait $method $op, $numbers);
        operators!(@before $number, Aggregate; $trait $method $op, $numbers);
    )*};

    (@before $number:ident, $of:ident $(, $model:ident: $bound:ident, $access:ident)?; $trait:ident $method:ident $op:expr, $numbers:ident) => {
        #[diagnostic::do_not_recommend]
        impl<$($model: $bound, $access,)? T: ColumnType> $trait<$of<$($model,)? T $(, $access)?>> for $number
        where
            $number: IntoOperand<T::Family>,
            T::Family: $numbers,
        {
            type Output = Computed<T>;

            fn $method(self, other: $of<$($model,)? T $(, $access)?>) -> Computed<T> {
                of_number(self, $op, other)
            }
        }
    };
}

operators! {
    Add add BinaryOp::Add, Number;
    Sub sub BinaryOp::Subtract, Number;
    Mul mul BinaryOp::Multiply, Number;
    Div div BinaryOp::Divide, Number;
    Rem rem BinaryOp::Remainder, HasRemainder;
}

// Integers and floats together are floats, also where the integer is first.
macro_rules! mixed {
    ($($integer:ty => $float:ty),*) => {$(
        mixed!(@ops $integer, $float; Add add BinaryOp::Add);
        mixed!(@ops $integer, $float; Sub sub BinaryOp::Subtract);
        mixed!(@ops $integer, $float; Mul mul BinaryOp::Multiply);
        mixed!(@ops $integer, $float; Div div BinaryOp::Divide);

        #[diagnostic::do_not_recommend]
        impl<M: Model, A> IntoOperand<Float> for Column<M, $integer, A> {
            fn into_operand(self) -> Expr {
                self.into_sql()
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoOperand<Float> for Computed<$integer> {
            fn into_operand(self) -> Expr {
                self.into_sql()
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoOperand<Float> for Aggregate<$integer> {
            fn into_operand(self) -> Expr {
                self.into_sql()
            }
        }
    )*};

    (@ops $integer:ty, $float:ty; $trait:ident $method:ident $op:expr) => {
        mixed!(@of [M: Model, A] Column<M, $integer, A>, $float; $trait $method $op);
        mixed!(@of [] Computed<$integer>, $float; $trait $method $op);
        mixed!(@of [] Aggregate<$integer>, $float; $trait $method $op);
    };

    (@of [$($generics:tt)*] $left:ty, $float:ty; $trait:ident $method:ident $op:expr) => {
        mixed!(@one [$($generics)*] $left, f64, $float; $trait $method $op);
        mixed!(@one [N: Model, B, $($generics)*] $left, Column<N, f64, B>, $float; $trait $method $op);
        mixed!(@one [N: Model, B, $($generics)*] $left, Column<N, Option<f64>, B>, $float; $trait $method $op);
        mixed!(@one [$($generics)*] $left, Computed<f64>, $float; $trait $method $op);
        mixed!(@one [$($generics)*] $left, Computed<Option<f64>>, $float; $trait $method $op);
        mixed!(@one [$($generics)*] $left, Aggregate<Option<f64>>, $float; $trait $method $op);

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> $trait<$left> for f64 {
            type Output = Computed<$float>;

            fn $method(self, other: $left) -> Computed<$float> {
                of_number(self, $op, other)
            }
        }
    };

    (@one [$($generics:tt)*] $left:ty, $right:ty, $float:ty; $trait:ident $method:ident $op:expr) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> $trait<$right> for $left {
            type Output = Computed<$float>;

            fn $method(self, other: $right) -> Computed<$float> {
                of_operand(self, $op, other)
            }
        }
    };
}

mixed! {
    i16 => f64, i32 => f64, i64 => f64,
    Option<i16> => Option<f64>, Option<i32> => Option<f64>, Option<i64> => Option<f64>
}
