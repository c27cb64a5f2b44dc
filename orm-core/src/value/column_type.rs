//! Types of columns.

use super::comparable::{Boolean, Bytes, Float, Integer, Text};
use super::{Cells, Value, ValueError, ValueRef};

/// The labels of an enum type that the database knows by name, in the order in which they sort: `#[db_enum(native =
/// "..")]`.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::value::{ColumnType, ValueKind};
///
/// #[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
/// #[db_enum(native = "mood", rename_all = "snake_case")]
/// enum Mood {
///     Sad,
///     Happy,
/// }
///
/// # fn main() {
/// let ValueKind::Enum(def) = Mood::KIND else { panic!("a native enum") };
/// assert_eq!((def.name(), def.labels()), ("mood", &["sad", "happy"][..]));
/// # }
/// ```
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumDef {
    pub(crate) name: &'static str,
    pub(crate) labels: &'static [&'static str],
}

impl EnumDef {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(name: &'static str, labels: &'static [&'static str]) -> EnumDef {
        EnumDef { name, labels }
    }

    /// The type's name in the database.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The labels, in declaration order.
    pub const fn labels(&self) -> &'static [&'static str] {
        self.labels
    }
}

/// The kind of a column in the database, from which `create_all` chooses the declared type.
///
/// ```
/// use orm_core::value::{ColumnType, ValueKind};
///
/// assert_eq!(u32::KIND, ValueKind::Int64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ValueKind {
    /// A truth value.
    Bool,
    /// An integer of at most 16 bits.
    Int16,
    /// An integer of at most 32 bits.
    Int32,
    /// An integer of at most 64 bits.
    Int64,
    /// A 32-bit floating-point number.
    Float32,
    /// A 64-bit floating-point number.
    Float64,
    /// Text of any length.
    Text,
    /// Bytes of any length.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time without a time zone.
    DateTime,
    /// An instant.
    Timestamp,
    /// An exact decimal number.
    Decimal,
    /// A UUID.
    Uuid,
    /// JSON.
    Json,
    /// One of some labels, as a type of the database's own.
    Enum(&'static EnumDef),
    /// A list, on databases that have them.
    Array(&'static ValueKind),
}

impl ValueKind {
    /// Whether its values are integers.
    pub(crate) fn is_integer(self) -> bool {
        matches!(self, ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64)
    }

    /// Whether the Rust values may be finer than what is stored: clocks tell nanoseconds.
    pub(crate) fn is_cut(self) -> bool {
        match self {
            ValueKind::Time | ValueKind::DateTime | ValueKind::Timestamp => true,
            ValueKind::Array(of) => of.is_cut(),
            _ => false,
        }
    }

    /// Whether values of another kind are of the same family.
    pub(crate) fn takes(self, other: ValueKind) -> bool {
        let family = |kind| match kind {
            ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64 => ValueKind::Int64,
            ValueKind::Float32 | ValueKind::Float64 => ValueKind::Float64,
            other => other,
        };
        family(self) == family(other)
    }
}

/// A Rust type that a column can have: integers, floats, `bool`, `String`, `Vec<u8>`, and `Option` of each. The
/// features `chrono`, `time`, `jiff`, `uuid`, `decimal` and `json` add the types of those crates. Derive
/// [`DbType`](derive@crate::DbType) or [`DbEnum`](derive@crate::DbEnum) for your own types.
///
/// Reading checks what the cell holds, because SQLite stores any type in any column: text in a column of numbers is an
/// error and not a wrong answer.
///
/// ```
/// use orm_core::prelude::*;
///
/// #[derive(DbType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
/// struct UserId(i64);
///
/// #[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
/// #[db_enum(rename_all = "snake_case")]
/// enum Status {
///     Active,
///     OnHold,
/// }
///
/// #[derive(Model, Debug)]
/// struct User {
///     #[key]
///     id: UserId,
///     status: Status,
///     nickname: Option<String>,
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User]).await?;
/// let user = engine.session().insert(User::draft().id(UserId(7)).status(Status::OnHold)).await?;
/// assert_eq!((user.id, user.status), (UserId(7), Status::OnHold));
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can have",
    label = "not a column type",
    note = "a column is an `i8` to `i64` or `u8` to `u64` (not `usize`, whose size depends on the machine), a float, `bool`, `String`, `Vec<u8>`, or an `Option` of one of these",
    note = "types of `chrono`, `time`, `jiff`, `uuid`, `rust_decimal` and `serde_json` need the feature `chrono`, `time`, `jiff`, `uuid`, `decimal` or `json` of orm-core",
    note = "a type of your own becomes one with `#[derive(DbEnum)]` or `#[derive(DbType)]`, and every type with `serde` as JSON in a `Json<..>`",
    note = "a relationship is a `HasMany<..>`, `HasOne<..>` or `BelongsTo<..>` with its attribute"
)]
pub trait ColumnType: Sized + Send + Sync + 'static {
    /// The family of types it compares with; an `Option` has the family of what is inside.
    type Family;
    /// The family of what is stored: for a newtype that of the value inside.
    type Stored;
    /// The type without its `Option`.
    type Bare: ColumnType<Family = Self::Family>;
    /// Another type that is as nullable as this one: `U`, or `Option<U>` for an `Option`.
    type Like<U: ColumnType>: ColumnType<Family = U::Family>;
    /// What `create_all` declares.
    const KIND: ValueKind;
    /// Whether the column may hold NULL.
    const NULLABLE: bool = false;
    /// Whether it is an `Option` around an `Option`; for generated code.
    #[doc(hidden)]
    const NULLABLE_TWICE: bool = false;

    /// Reads a cell.
    ///
    /// ```
    /// use orm_core::value::{ColumnType, ValueRef};
    ///
    /// assert_eq!(bool::read(ValueRef::Int(1)), Ok(true));
    /// assert!(bool::read(ValueRef::Text("yes")).is_err());
    /// ```
    ///
    /// # Errors
    /// The cell holds another type, a number that is out of range, or NULL where the type is not an `Option`.
    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError>;

    /// The value as a cell.
    ///
    /// ```
    /// use orm_core::value::{ColumnType, ValueRef};
    ///
    /// assert_eq!(None::<i64>.view(), ValueRef::Null);
    /// ```
    fn view(&self) -> ValueRef<'_>;

    /// Reads a cell of a row with the content that such a column nearly always has, in the shortest way; `None` leaves
    /// it to [`read`](Self::read).
    #[doc(hidden)]
    #[inline]
    fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
        let _ = (cells, index);
        None
    }

    /// Reads a cell of a row.
    ///
    /// # Errors
    /// The cell does not exist, or has another type.
    #[doc(hidden)]
    #[inline]
    fn take(cells: &dyn Cells, index: usize) -> Result<Self, ValueError> {
        match Self::quick(cells, index) {
            Some(value) => Ok(value),
            None => Self::read(cells.cell(index)?),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> ColumnType for Option<T> {
    type Family = T::Family;
    type Stored = T::Stored;
    type Bare = T::Bare;
    type Like<U: ColumnType> = Option<U>;
    const KIND: ValueKind = T::KIND;
    const NULLABLE: bool = true;
    const NULLABLE_TWICE: bool = T::NULLABLE;

    #[inline]
    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        if cell.is_null() { Ok(None) } else { T::read(cell).map(Some) }
    }

    #[inline]
    fn view(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, T::view)
    }

    #[inline]
    fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
        T::quick(cells, index).map(Some)
    }
}

macro_rules! integer {
    ($($ty:ident $kind:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl ColumnType for $ty {
            type Family = Integer;
            type Stored = Integer;
            type Bare = Self;
            type Like<U: ColumnType> = U;
            const KIND: ValueKind = ValueKind::$kind;

            #[inline]
            fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
                // It is what nearly every cell is, and small enough to be read in place.
                if let ValueRef::Int(v) = cell
                    && let Ok(v) = $ty::try_from(v)
                {
                    return Ok(v);
                }
                read_rare(cell, stringify!($ty))
            }

            #[inline]
            fn view(&self) -> ValueRef<'_> {
                integer_ref(*self)
            }

            #[inline]
            fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
                $ty::try_from(cells.integer(index)?).ok()
            }
        }

        impl From<$ty> for Value {
            fn from(v: $ty) -> Value {
                integer_ref(v).to_value()
            }
        }
    )*};
}

integer!(i8 Int16, i16 Int16, i32 Int32, i64 Int64, u8 Int16, u16 Int32, u32 Int64, u64 Int64);

/// An integer of a cell that holds it otherwise than as a fitting `Int`.
#[cold]
fn read_rare<T: TryFrom<i64> + TryFrom<u64> + TryFrom<i128>>(
    cell: ValueRef<'_>,
    expected: &'static str,
) -> Result<T, ValueError> {
    let out_of_range = |value: String| ValueError::Range { value, expected };
    match cell {
        ValueRef::Int(v) => T::try_from(v).map_err(|_| out_of_range(v.to_string())),
        ValueRef::UInt(v) => T::try_from(v).map_err(|_| out_of_range(v.to_string())),
        // What MySQL makes of a sum.
        ValueRef::Decimal(v) if v.scale() == 0 => {
            T::try_from(v.mantissa()).map_err(|_| out_of_range(v.to_string()))
        }
        other => Err(ValueError::mismatch(other, expected)),
    }
}

#[inline]
fn integer_ref<T: Copy + TryInto<i64> + TryInto<u64>>(v: T) -> ValueRef<'static> {
    match v.try_into() {
        Ok(int) => ValueRef::Int(int),
        Err(_) => v.try_into().map_or(ValueRef::Null, ValueRef::UInt),
    }
}

#[diagnostic::do_not_recommend]
impl ColumnType for bool {
    type Family = Boolean;
    type Stored = Boolean;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Bool;

    #[inline]
    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        match cell {
            ValueRef::Bool(v) => Ok(v),
            ValueRef::Int(0) => Ok(false),
            ValueRef::Int(1) => Ok(true),
            ValueRef::Int(v) => Err(ValueError::Range { value: v.to_string(), expected: "bool" }),
            other => Err(ValueError::mismatch(other, "bool")),
        }
    }

    #[inline]
    fn view(&self) -> ValueRef<'_> {
        ValueRef::Bool(*self)
    }

    #[inline]
    fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
        cells.boolean(index)
    }
}

#[diagnostic::do_not_recommend]
impl ColumnType for f64 {
    type Family = Float;
    type Stored = Float;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Float64;

    #[inline]
    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
        match cell {
            ValueRef::Float(v) => Ok(v),
            // A column without a type may hold 2.0 as the integer 2; above 2^53 the number would change.
            #[allow(clippy::cast_precision_loss)]
            ValueRef::Int(v) if v.unsigned_abs() <= EXACT => Ok(v as f64),
            ValueRef::Int(v) => Err(ValueError::Range { value: v.to_string(), expected: "f64" }),
            other => Err(ValueError::mismatch(other, "f64")),
        }
    }

    #[inline]
    fn view(&self) -> ValueRef<'_> {
        ValueRef::Float(*self)
    }

    #[inline]
    fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
        cells.float(index)
    }
}

#[diagnostic::do_not_recommend]
impl ColumnType for f32 {
    type Family = Float;
    type Stored = Float;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Float32;

    #[inline]
    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        let wide = f64::read(cell)?;
        #[allow(clippy::cast_possible_truncation)]
        let narrow = wide as f32;
        if narrow.is_infinite() && !wide.is_infinite() {
            return Err(ValueError::Range { value: wide.to_string(), expected: "f32" });
        }
        Ok(narrow)
    }

    #[inline]
    fn view(&self) -> ValueRef<'_> {
        ValueRef::Float(f64::from(*self))
    }
}

#[diagnostic::do_not_recommend]
impl ColumnType for String {
    type Family = Text;
    type Stored = Text;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Text;

    #[inline]
    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        match cell {
            ValueRef::Text(v) => Ok(v.to_owned()),
            other => Err(ValueError::mismatch(other, "String")),
        }
    }

    #[inline]
    fn view(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }

    #[inline]
    fn quick(cells: &dyn Cells, index: usize) -> Option<Self> {
        cells.text(index).map(str::to_owned)
    }
}

#[diagnostic::do_not_recommend]
impl ColumnType for Vec<u8> {
    type Family = Bytes;
    type Stored = Bytes;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Bytes;

    #[inline]
    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        match cell {
            ValueRef::Bytes(v) => Ok(v.to_vec()),
            other => Err(ValueError::mismatch(other, "Vec<u8>")),
        }
    }

    #[inline]
    fn view(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}
