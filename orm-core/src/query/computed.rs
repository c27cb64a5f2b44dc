use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Rem, Sub};

use super::{Expression, IntoOperand, IntoOrder};
use crate::model::{Column, Model};
use crate::sql::{BinaryOp, Expr, Order};
use crate::value::{ColumnType, Float, Integer};

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

impl<T: ColumnType> Expression for Computed<T> {
    type Family = T::Family;
    type Value = T;

    fn into_sql(self) -> Expr {
        self.expr
    }

    fn is_secret(&self) -> bool {
        self.secret
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> IntoOperand<T::Family> for Computed<T> {
    fn into_operand(self, _secret: bool) -> Expr {
        self.expr
    }
}

impl<T: ColumnType> IntoOrder for Computed<T> {
    fn into_order(self) -> Vec<Order> {
        self.asc().into_order()
    }
}

/// Families of types that can be calculated with.
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
}

impl Number for Integer {
    const DIVISION: Division = Division::Whole;
}

impl Number for Float {
    const DIVISION: Division = Division::Exact;
}

fn calculate<E: Expression>(left: E, op: BinaryOp, right: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    let secret = left.is_secret();
    let right = right.into_operand(secret);
    Computed::new(Expr::Binary(Box::new(left.into_sql()), op, Box::new(right)), secret)
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
                let op: fn(Division) -> BinaryOp = $op;
                calculate(self, op(T::Family::DIVISION), other)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: ColumnType, R: IntoOperand<T::Family>> $trait<R> for Computed<T>
        where
            T::Family: Number,
        {
            type Output = Computed<T>;

            fn $method(self, other: R) -> Computed<T> {
                let op: fn(Division) -> BinaryOp = $op;
                calculate(self, op(T::Family::DIVISION), other)
            }
        }
    )*};
}

operators! {
    Add add |_| BinaryOp::Add;
    Sub sub |_| BinaryOp::Subtract;
    Mul mul |_| BinaryOp::Multiply;
    Div div |division| match division {
        Division::Whole => BinaryOp::DivideWhole,
        Division::Exact => BinaryOp::Divide,
    };
    Rem rem |_| BinaryOp::Remainder;
}
