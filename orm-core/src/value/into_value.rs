//! Values that a column takes.

use super::{ColumnType, Value};

/// A Rust value that a column of type `T` takes: the type itself, or one that widens into it without loss.
///
/// An `i64` column takes `i32`, a `String` column takes `&str`, and an `Option<T>` column takes a bare `T` and
/// [`Null`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let draft = Author::draft().name("Ann Leckie").email(Null);
/// session.add(draft);
/// let query = select::<Book>().filter(Book::ID.eq(3_i32));
/// assert_eq!(session.one(query).await?.title, "The Dispossessed");
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit a column of type `{T}`",
    label = "this column is a `{T}`",
    note = "an `Option` is taken of the column's own type: `None`, `Some(..)`, or `other.map(Into::into)`"
)]
pub trait IntoValue<T> {
    /// The cell to store.
    ///
    /// ```
    /// use orm_core::value::{IntoValue, Value};
    ///
    /// let cell = IntoValue::<String>::into_value("utopia");
    /// assert_eq!(cell, Value::Text("utopia".to_owned()));
    /// ```
    fn into_value(self) -> Value;
}

/// NULL, as a value of any nullable type: `draft.email(Null)` is `draft.email(None)`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let changed = session.execute(update::<Author>().set(Author::EMAIL, Null)).await?;
/// assert_eq!(changed, 2);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Null;

#[diagnostic::do_not_recommend]
impl<T: ColumnType> IntoValue<Option<T>> for Null {
    fn into_value(self) -> Value {
        Value::Null
    }
}

/// Only for the column's own type; otherwise a bare `None` would have no type.
#[diagnostic::do_not_recommend]
impl<T: ColumnType + IntoValue<T>> IntoValue<Option<T>> for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

macro_rules! into_value {
    ($($to:ty: $($from:ty),+;)*) => {$(
        $(
            #[diagnostic::do_not_recommend]
            impl IntoValue<$to> for $from {
                fn into_value(self) -> Value {
                    Value::from(self)
                }
            }
            #[diagnostic::do_not_recommend]
            impl IntoValue<Option<$to>> for $from {
                fn into_value(self) -> Value {
                    Value::from(self)
                }
            }
        )+
    )*};
}

// Either only the type itself, or a list that contains `i32`: an integer literal then has one type to become.
into_value! {
    i8: i8;
    i16: i16;
    i32: i32, i16, u16, i8, u8;
    i64: i64, i32, u32, i16, u16, i8, u8;
    u8: u8;
    u16: u16;
    u32: u32;
    u64: u64;
    f64: f64, f32;
    f32: f32;
    bool: bool;
    String: String, &String, &str, Box<str>, std::borrow::Cow<'_, str>, char;
    Vec<u8>: Vec<u8>, &Vec<u8>, &[u8];
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoValue<Vec<u8>> for &[u8; N] {
    fn into_value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoValue<Option<Vec<u8>>> for &[u8; N] {
    fn into_value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

macro_rules! value_from {
    ($($from:ty => |$v:ident| $value:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($v: $from) -> Value {
                $value
            }
        }
    )*};
}

value_from! {
    bool => |v| Value::Bool(v);
    f64 => |v| Value::Float(v);
    f32 => |v| Value::Float(f64::from(v));
    String => |v| Value::Text(v);
    &String => |v| Value::Text(v.clone());
    &str => |v| Value::Text(v.to_owned());
    Box<str> => |v| Value::Text(v.into());
    std::borrow::Cow<'_, str> => |v| Value::Text(v.into_owned());
    char => |v| Value::Text(v.to_string());
    Vec<u8> => |v| Value::Bytes(v);
    &Vec<u8> => |v| Value::Bytes(v.clone());
    &[u8] => |v| Value::Bytes(v.to_vec());
}
