use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Rem, Sub};

use super::{Expression, IntoOperand};
use crate::model::{Column, Model};
use crate::sql::{BinaryOp, Expr};
use crate::value::{ColumnType, Decimal, Float, Integer};

/// Something that the database computes, of the type `T`: what functions, operators and subqueries give.
///
/// It is used as a column is: selected, compared, sorted by, passed on to other functions.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, price: i64, name: String }
/// let total = Item::PRICE * 2 + 1;
/// let query = select::<Item>().filter(total.gt(100)).order_by(func::lower(Item::NAME));
/// # let _ = query;
/// # fn main() {}
/// ```
pub struct Computed<T> {
    expr: Expr,
    secret: bool,
    of: PhantomData<fn() -> T>,
}

impl<T> Computed<T> {
    pub(crate) fn new(expr: Expr, secret: bool) -> Computed<T> {
        let secret = secret || expr.is_secret();
        Computed { expr, secret, of: PhantomData }
    }

    pub(super) fn map(self, change: impl FnOnce(Expr) -> Expr) -> Computed<T> {
        Computed { expr: change(self.expr), ..self }
    }

    pub(crate) fn refused(why: impl fmt::Display) -> Computed<T> {
        Computed::new(Expr::Refused(why.to_string().into()), false)
    }
}

impl<T> Clone for Computed<T> {
    fn clone(&self) -> Self {
        Computed { expr: self.expr.clone(), secret: self.secret, of: PhantomData }
    }
}

impl<T> fmt::Debug for Computed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Computed").field(&self.expr).finish()
    }
}

/// What makes an expression of something with SQL of its own and a type.
macro_rules! expression {
    ($ty:ident) => {
        impl<T: $crate::value::ColumnType> $crate::query::Expression for $ty<T> {
            type Family = T::Family;
            type Value = T;

            fn into_sql(self) -> $crate::sql::Expr {
                self.expr
            }

            fn is_secret(&self) -> bool {
                self.secret
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: $crate::value::ColumnType> $crate::query::IntoOperand<T::Family> for $ty<T> {
            fn into_operand(self, _secret: bool) -> $crate::sql::Expr {
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

/// Families of types that can be calculated with. SQLite has no exact numbers: there the arithmetic of decimals is an error
/// before SQL.
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

impl Number for Integer {
    const DIVISION: Division = Division::Whole;
}

impl Number for Float {
    const DIVISION: Division = Division::Exact;
}

impl Number for Decimal {
    const DIVISION: Division = Division::Decimal;
}

fn calculate<E: Expression>(left: E, op: BinaryOp, right: impl IntoOperand<E::Family>) -> Computed<E::Value>
where
    E::Family: Number,
{
    let secret = left.is_secret();
    let right = right.into_operand(secret);
    let op = match (op, E::Family::DIVISION) {
        (BinaryOp::Divide, Division::Whole) => BinaryOp::DivideWhole,
        (op, _) => op,
    };
    let expr = Expr::Binary(Box::new(left.into_sql()), op, Box::new(right));
    let expr = match E::Family::DIVISION {
        Division::Decimal => Expr::Decimal { of: Box::new(expr), rounds: op == BinaryOp::Divide },
        Division::Whole | Division::Exact => expr,
    };
    Computed::new(expr, secret)
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Model, T: ColumnType, R: IntoOperand<T::Family>> $trait<R> for Column<M, T>
        where
            T::Family: Number,
        {
            type Output = Computed<T>;

            fn $method(self, other: R) -> Computed<T> {
                calculate(self, $op, other)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: ColumnType, R: IntoOperand<T::Family>> $trait<R> for Computed<T>
        where
            T::Family: Number,
        {
            type Output = Computed<T>;

            fn $method(self, other: R) -> Computed<T> {
                calculate(self, $op, other)
            }
        }
    )*};
}

operators! {
    Add add BinaryOp::Add;
    Sub sub BinaryOp::Subtract;
    Mul mul BinaryOp::Multiply;
    Div div BinaryOp::Divide;
    Rem rem BinaryOp::Remainder;
}
