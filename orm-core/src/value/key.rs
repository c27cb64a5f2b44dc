//! Keys, and what has numbered cells.

use std::hash::Hash;

use super::{ColumnType, IntoValue, Value, ValueError, ValueRef};

/// Something with numbered cells: a result row, an object, a list of values.
pub trait Cells {
    /// The cell at a position, from 0.
    ///
    /// # Errors
    /// The cell does not exist, or the driver cannot return it.
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError>;

    /// The truth value at a position. `None`, here and in the three methods below, means anything else or nothing;
    /// [`cell`](Self::cell) tells which.
    ///
    /// These four exist for speed. What they return fits into registers; the result of `cell` goes through memory, where
    /// it is written in small parts and copied in large ones, and a processor waits until it can do that.
    fn boolean(&self, index: usize) -> Option<bool> {
        // Most databases have no other.
        match self.integer(index)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// The integer at a position.
    fn integer(&self, index: usize) -> Option<i64> {
        let _ = index;
        None
    }

    /// The floating-point number at a position.
    fn float(&self, index: usize) -> Option<f64> {
        let _ = index;
        None
    }

    /// The text at a position.
    fn text(&self, index: usize) -> Option<&str> {
        let _ = index;
        None
    }

    /// The name of the column at a position; `None` after the last one, or if names were not requested.
    fn column_name(&self, index: usize) -> Option<&str> {
        let _ = index;
        None
    }
}

impl Cells for &[Value] {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        self.get(index).map(Value::as_ref).ok_or(ValueError::MissingCell { index })
    }
}

/// A primary key: the type of the key field, or a tuple of the key fields' types in declaration order.
///
/// ```
/// # use orm_core::prelude::*;
/// #[derive(Model, Debug)]
/// struct Setting {
///     #[key]
///     user_id: i64,
///     #[key]
///     name: String,
///     value: String,
/// }
///
/// fn key(setting: &Setting) -> <Setting as Model>::Key {
///     (setting.user_id, setting.name.clone())
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not a key type",
    note = "a key is an integer, `bool`, `String` or `Vec<u8>`, or up to 8 fields of these"
)]
pub trait Key: IntoKey<Self> + Hash + Eq + Clone + Send + Sync + std::fmt::Debug + 'static {
    /// Reads the key from the cells at these positions.
    ///
    /// ```
    /// use orm_core::value::{Key, Value};
    ///
    /// let cells: &[Value] = &[Value::Text("dark".into()), Value::Int(7)];
    /// assert_eq!(<i64 as Key>::read(&cells, &[1]), Ok(7));
    /// ```
    ///
    /// # Errors
    /// A cell does not hold the key's type.
    fn read(cells: &dyn Cells, columns: &[usize]) -> Result<Self, ValueError>;

    /// The cells of the key, in order.
    ///
    /// ```
    /// use orm_core::value::{Key, Value};
    ///
    /// assert_eq!(Key::values(&(7_i64, "theme".to_owned())), [Value::Int(7), Value::Text("theme".into())]);
    /// ```
    fn values(&self) -> Vec<Value>;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType + IntoValue<T> + Hash + Eq + Clone + std::fmt::Debug> Key for T {
    fn read(cells: &dyn Cells, columns: &[usize]) -> Result<Self, ValueError> {
        T::take(cells, columns.first().copied().unwrap_or_default())
    }

    fn values(&self) -> Vec<Value> {
        vec![self.view().to_value()]
    }
}

/// What [`Session::get`](crate::Session::get) takes for a key of type `K`: any values that fit the key columns, as a
/// tuple if there are several.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// /// For any model.
/// async fn exists<M: Model>(session: &mut Session, key: impl IntoKey<M::Key>) -> Result<bool> {
///     Ok(session.get::<M>(key).await?.is_some())
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of this model",
    label = "the model's primary key is `{K}`",
    note = "a composite key is a tuple: `session.get::<Setting>((user_id, name))`; a function that is generic over the model \
            takes `key: M::Key`, or `key: impl IntoKey<M::Key>`"
)]
pub trait IntoKey<K>: Sized {
    /// The key.
    ///
    /// ```
    /// use orm_core::value::IntoKey;
    ///
    /// let key: Result<(i64, String), _> = (7, "theme").into_key();
    /// assert_eq!(key, Ok((7, "theme".to_owned())));
    /// ```
    ///
    /// # Errors
    /// The value is out of the key type's range.
    fn into_key(self) -> Result<K, ValueError>;
}

#[diagnostic::do_not_recommend]
impl<K: ColumnType, V: IntoValue<K>> IntoKey<K> for V {
    fn into_key(self) -> Result<K, ValueError> {
        K::read(self.into_value().as_ref())
    }
}

macro_rules! tuple_key {
    ($(($($ty:ident $from:ident $at:tt),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($ty: ColumnType + IntoValue<$ty> + Hash + Eq + Clone + std::fmt::Debug),+> Key for ($($ty,)+) {
            fn read(cells: &dyn Cells, columns: &[usize]) -> Result<Self, ValueError> {
                let at = |i: usize| columns.get(i).copied().ok_or(ValueError::MissingCell { index: i });
                Ok(($($ty::take(cells, at($at)?)?,)+))
            }

            fn values(&self) -> Vec<Value> {
                vec![$(self.$at.view().to_value()),+]
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($ty: ColumnType, $from: IntoValue<$ty>),+> IntoKey<($($ty,)+)> for ($($from,)+) {
            fn into_key(self) -> Result<($($ty,)+), ValueError> {
                Ok(($($ty::read(self.$at.into_value().as_ref())?,)+))
            }
        }
    )*};
}

tuple_key! {
    (A Va 0, B Vb 1)
    (A Va 0, B Vb 1, C Vc 2)
    (A Va 0, B Vb 1, C Vc 2, D Vd 3)
    (A Va 0, B Vb 1, C Vc 2, D Vd 3, E Ve 4)
    (A Va 0, B Vb 1, C Vc 2, D Vd 3, E Ve 4, F Vf 5)
    (A Va 0, B Vb 1, C Vc 2, D Vd 3, E Ve 4, F Vf 5, G Vg 6)
    (A Va 0, B Vb 1, C Vc 2, D Vd 3, E Ve 4, F Vf 5, G Vg 6, H Vh 7)
}
