use std::any::Any;

use orm_core::family::{Boolean, Bytes, Integer, Text};
use orm_core::prelude::*;
use orm_core::query::{Computed, Expression, IntoOperand, OrderBy};
use orm_core::value::ColumnType;

use super::condition::Op;
use crate::cell::Cell;

/// A column of one table of a query, whatever its type.
pub trait Term {
    fn compare(&self, op: Op, value: &Cell) -> Predicate;
    /// The same as raw SQL; a NULL is compared as one.
    fn written(&self, op: Op, value: &Cell) -> Predicate;
    /// Against another column; `None` if the two do not compare.
    fn against(&self, op: Op, other: &dyn Term) -> Option<Predicate>;
    /// Among the values of another column in the rows of its table; `None` if the two do not compare.
    fn in_rows(&self, column: &dyn Term, of: Option<Predicate>) -> Option<Predicate>;
    fn among(&self, list: &[Cell]) -> Predicate;
    fn not_among(&self, list: &[Cell]) -> Predicate;
    fn is_null(&self) -> Predicate;
    fn order(&self, descending: bool) -> OrderBy;
    /// The same, sorted by raw SQL.
    fn order_written(&self, descending: bool) -> OrderBy;
    fn any(&self) -> &dyn Any;
}

/// What the columns of one family are compared with.
pub trait Family: Sized {
    type Operand;

    /// The value, or none for NULL.
    fn operand(cell: &Cell) -> Option<Self::Operand>;

    /// The value as a part of raw SQL.
    fn part(cell: &Cell) -> Computed<Option<Self::Operand>>
    where
        Option<Self::Operand>: ColumnType;

    /// Compares with a column that is one of the family's.
    fn against<E: Expression<Family = Self>>(left: E, op: Op, other: &dyn Any) -> Option<Predicate>;

    /// Looks for it among the rows of a column that is one of the family's.
    fn in_rows<E: Expression<Family = Self>>(
        left: E,
        column: &dyn Any,
        of: Option<Predicate>,
    ) -> Option<Predicate>;
}

fn compare<E: Expression, R: IntoOperand<E::Family> + Clone>(left: E, op: Op, right: &R) -> Predicate {
    match op {
        Op::Eq => left.eq(right),
        Op::Ne => left.ne(right),
        Op::Lt => left.lt(right),
        Op::Le => left.le(right),
        Op::Gt => left.gt(right),
        Op::Ge => left.ge(right),
    }
}

macro_rules! families {
    ($($family:ident $operand:ty: $($ty:ty),+; $pattern:pat => $value:expr;)*) => {$(
        impl Family for $family {
            type Operand = $operand;

            fn operand(cell: &Cell) -> Option<$operand> {
                match cell {
                    Cell::Null => None,
                    $pattern => Some($value),
                    other => unreachable!("{other:?} is compared with another type"),
                }
            }

            fn part(cell: &Cell) -> Computed<Option<$operand>> {
                func::value(Self::operand(cell))
            }

            fn against<E: Expression<Family = Self>>(left: E, op: Op, other: &dyn Any) -> Option<Predicate> {
                $(
                    if let Some(right) = other.downcast_ref::<Computed<Option<$ty>>>() {
                        return Some(compare(left, op, right));
                    }
                )+
                None
            }

            fn in_rows<E: Expression<Family = Self>>(
                left: E,
                column: &dyn Any,
                of: Option<Predicate>,
            ) -> Option<Predicate> {
                $(
                    if let Some(column) = column.downcast_ref::<Computed<Option<$ty>>>() {
                        let rows = select_columns(column.clone());
                        let rows = match of {
                            Some(of) => rows.filter(of),
                            None => rows,
                        };
                        return Some(left.in_query(rows));
                    }
                )+
                None
            }
        }
    )*};
}

families! {
    Integer i64: i8, i16, i32, i64, u8, u16, u32; Cell::Int(value) => *value;
    Boolean bool: bool; Cell::Int(value) => *value != 0;
    Text String: String; Cell::Text(value) => value.clone();
    Bytes Vec<u8>: Vec<u8>; Cell::Bytes(value) => value.clone();
}

impl<T: ColumnType + 'static> Term for Computed<T>
where
    T::Family: Family<Operand: IntoOperand<T::Family> + Clone>,
    Option<<T::Family as Family>::Operand>: ColumnType,
{
    fn compare(&self, op: Op, value: &Cell) -> Predicate {
        compare(self.clone(), op, &T::Family::operand(value))
    }

    fn written(&self, op: Op, value: &Cell) -> Predicate {
        func::condition(op.sql(), (self.clone(), T::Family::part(value)))
    }

    fn against(&self, op: Op, other: &dyn Term) -> Option<Predicate> {
        T::Family::against(self.clone(), op, other.any())
    }

    fn in_rows(&self, column: &dyn Term, of: Option<Predicate>) -> Option<Predicate> {
        T::Family::in_rows(self.clone(), column.any(), of)
    }

    fn among(&self, list: &[Cell]) -> Predicate {
        self.clone().is_in(list.iter().map(T::Family::operand))
    }

    fn not_among(&self, list: &[Cell]) -> Predicate {
        self.clone().not_in(list.iter().map(T::Family::operand))
    }

    fn is_null(&self) -> Predicate {
        Expression::is_null(self.clone())
    }

    fn order(&self, descending: bool) -> OrderBy {
        if descending { self.clone().desc() } else { self.clone().asc() }
    }

    fn order_written(&self, descending: bool) -> OrderBy {
        let written = func::fragment::<T>("?", self.clone());
        if descending { written.desc() } else { written.asc() }
    }

    fn any(&self) -> &dyn Any {
        self
    }
}
