use super::Expression;
use crate::model::{Column, Model};
use crate::sql::{Bind, Expr};
use crate::value::{Boolean, Bytes, ColumnType, Float, Integer, Null, Text, Value};

/// What a column of the family `F` compares with: a value, an `Option` of one, or another column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of type `{F}`",
    label = "the column's type is `{F}`"
)]
pub trait IntoOperand<F> {
    /// The SQL of it.
    #[doc(hidden)]
    fn into_operand(self, secret: bool) -> Expr;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: ColumnType> IntoOperand<T::Family> for Column<M, T> {
    fn into_operand(self, _secret: bool) -> Expr {
        self.into_sql()
    }
}

#[diagnostic::do_not_recommend]
impl<F, V: IntoOperand<F>> IntoOperand<F> for Option<V> {
    fn into_operand(self, secret: bool) -> Expr {
        match self {
            Some(value) => value.into_operand(secret),
            None => bind(Value::Null, secret),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<F, V: IntoOperand<F> + Clone> IntoOperand<F> for &V {
    fn into_operand(self, secret: bool) -> Expr {
        self.clone().into_operand(secret)
    }
}

#[diagnostic::do_not_recommend]
impl<F> IntoOperand<F> for Null {
    fn into_operand(self, secret: bool) -> Expr {
        bind(Value::Null, secret)
    }
}

macro_rules! operand {
    ($($family:ty: $($from:ty),+;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<$family> for $from {
            fn into_operand(self, secret: bool) -> Expr {
                bind(Value::from(self), secret)
            }
        }
    )+)*};
}

operand! {
    Integer: i8, i16, i32, i64, u8, u16, u32, u64;
    Float: f32, f64;
    Text: String, &str, Box<str>, std::borrow::Cow<'_, str>, char;
    Boolean: bool;
    Bytes: Vec<u8>, &[u8];
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoOperand<Bytes> for &[u8; N] {
    fn into_operand(self, secret: bool) -> Expr {
        bind(Value::Bytes(self.to_vec()), secret)
    }
}

macro_rules! integer_as_float {
    ($($from:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<Float> for $from {
            fn into_operand(self, secret: bool) -> Expr {
                bind(Value::Float(f64::from(self)), secret)
            }
        }
    )*};
}

// Literals without a point: `PRICE.gt(5)`.
integer_as_float!(i8, i16, i32, u8, u16, u32);

fn bind(value: Value, secret: bool) -> Expr {
    Expr::Bind(Bind { value, secret, kind: None })
}
