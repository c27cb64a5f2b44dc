//! JSON columns.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use crate::value::{
    Cells, ColumnType, Composite, Document, IntoValue, Value, ValueError, ValueKind, ValueRef,
};

/// A column with JSON that is a type of yours: everything that `serde` writes and reads.
///
/// A change inside the value is a change of the column. `serde_json::Value` is a column type itself, for JSON of any
/// form.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::Json;
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Settings {
///     theme: String,
/// }
///
/// #[derive(Model, Debug)]
/// struct User {
///     #[key(auto)]
///     id: i64,
///     settings: Json<Settings>,
///     extra: Option<serde_json::Value>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User]).await?;
/// let mut session = engine.session();
/// let user = session.insert(User::draft().settings(Json(Settings { theme: "dark".into() }))).await?;
/// session.edit(&user, |user| user.settings.theme = "light".into())?;
/// session.commit().await?;
/// assert_eq!(user.settings.theme, "light");
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(
    /// The value in the JSON.
    pub T,
);

impl<T> std::ops::Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Serialize + Send + Sync> Composite for Json<T> {
    fn to_value(&self) -> Value {
        written(&self.0)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> ColumnType for Json<T> {
    type Family = Document;
    type Stored = Document;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Json;

    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        read(cell, "Json").map(Json)
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Composite(self)
    }

    #[inline]
    fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
        serde_json::from_str(cells.text(index)?).ok().map(Json)
    }
}

impl Composite for serde_json::Value {
    fn to_value(&self) -> Value {
        written(self)
    }
}

#[diagnostic::do_not_recommend]
impl ColumnType for serde_json::Value {
    type Family = Document;
    type Stored = Document;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Json;

    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        read(cell, "serde_json::Value")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Composite(self)
    }

    #[inline]
    fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
        serde_json::from_str(cells.text(index)?).ok()
    }
}

macro_rules! into_value {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoValue<$ty> for $ty {
            fn into_value(self) -> Value {
                self.view().to_value()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoValue<Option<$ty>> for $ty {
            fn into_value(self) -> Value {
                self.view().to_value()
            }
        }
    )*};
}

into_value! {
    [T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static] Json<T>;
    [] serde_json::Value;
}

fn read<T: DeserializeOwned>(cell: ValueRef<'_>, expected: &'static str) -> Result<T, ValueError> {
    let parse = |text: &str| {
        serde_json::from_str(text).map_err(|error| ValueError::Unknown {
            value: text.chars().take(80).collect(),
            expected,
            reason: error.to_string(),
        })
    };
    match cell {
        ValueRef::Text(text) | ValueRef::Json(text) => parse(text),
        // A field that is read again, to be changed.
        ValueRef::Composite(field) => match field.to_value() {
            Value::Json(text) => parse(&text),
            Value::Unfit(why) => Err(ValueError::Driver(why)),
            other => Err(ValueError::mismatch(other.as_ref(), expected)),
        },
        other => Err(ValueError::mismatch(other, expected)),
    }
}

fn written<T: Serialize>(value: &T) -> Value {
    let mut text = Vec::new();
    let done = value.serialize(&mut Serializer::with_formatter(&mut text, Readable::default()));
    match (done, String::from_utf8(text)) {
        (Ok(()), Ok(text)) => Value::Json(text),
        (Err(error), _) => Value::Unfit(format!("it cannot be written as JSON: {error}")),
        (_, Err(error)) => Value::Unfit(format!("it cannot be written as JSON: {error}")),
    }
}

/// How deep lists and objects may be inside each other: deeper ones would be written, and not read again.
const MOST_DEPTH: usize = 127;

/// Writes what can be read again, as it was.
#[derive(Default)]
struct Readable {
    depth: usize,
}

impl Readable {
    fn enter(&mut self) -> io::Result<()> {
        self.depth += 1;
        match self.depth > MOST_DEPTH {
            true => Err(io::Error::other(format!(
                "its lists and objects are more than {MOST_DEPTH} deep inside each other"
            ))),
            false => Ok(()),
        }
    }
}

impl Formatter for Readable {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        CompactFormatter.end_array(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        CompactFormatter.end_object(writer)
    }

    /// Large floats have a point: a database that keeps numbers as decimals would give back `1e16` as an integer.
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        const INTEGERS: f64 = 18_446_744_073_709_551_616.0;
        if value.abs() >= 1e15 && value.abs() < INTEGERS {
            return write!(writer, "{value:.1}");
        }
        CompactFormatter.write_f64(writer, value)
    }
}
