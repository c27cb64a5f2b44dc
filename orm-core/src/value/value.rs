//! Owned cells.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::{Composite, Date, DateTime, Decimal, Time, Timestamp, Uuid};

/// An owned cell: a value that a statement binds, and that a raw row returns.
///
/// Integers of every width are one variant if they fit `i64`, so keys of different widths compare.
///
/// ```
/// use orm_core::value::Value;
///
/// assert_eq!(Value::from(7_u8), Value::Int(7));
/// assert_eq!(Value::from("utopia").to_string(), "\"utopia\"");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A day and a time without a time zone.
    DateTime(DateTime),
    /// An instant.
    Timestamp(Timestamp),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A UUID.
    Uuid(Uuid),
    /// JSON, as text.
    Json(String),
    /// A list of values of one kind.
    Array(Vec<Value>),
    /// A value that cannot be stored, with the reason. A statement that binds it is refused.
    Unfit(String),
    /// An unloaded deferred column. A statement that binds it is refused.
    NotLoaded,
}

/// A borrowed cell: what a result row or an object's field holds.
///
/// Equality is that of dirty tracking and keys: floats are compared by their bits, so NaN equals itself.
///
/// ```
/// use orm_core::value::{ColumnType, ValueRef};
///
/// assert_eq!(7_i32.view(), ValueRef::Int(7));
/// assert_eq!(f64::NAN.view(), ValueRef::Float(f64::NAN));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ValueRef<'v> {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(&'v str),
    /// Bytes.
    Bytes(&'v [u8]),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A day and a time without a time zone.
    DateTime(DateTime),
    /// An instant.
    Timestamp(Timestamp),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A UUID.
    Uuid(Uuid),
    /// JSON, as text.
    Json(&'v str),
    /// A field that is converted when it is needed: a list, or JSON.
    Composite(&'v dyn Composite),
    /// A value that cannot be stored, with the reason.
    Unfit(&'v str),
    /// An unloaded deferred column.
    NotLoaded,
}

// A row is read cell by cell: a cell is as small as a text and a tag.
const _: () = assert!(size_of::<ValueRef<'static>>() == 24 || size_of::<usize>() != 8);

impl Value {
    /// Borrows the cell.
    ///
    /// ```
    /// use orm_core::value::{Value, ValueRef};
    ///
    /// assert_eq!(Value::Text("utopia".into()).as_ref(), ValueRef::Text("utopia"));
    /// ```
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Bool(v) => ValueRef::Bool(*v),
            Value::Int(v) => ValueRef::Int(*v),
            Value::UInt(v) => ValueRef::UInt(*v),
            Value::Float(v) => ValueRef::Float(*v),
            Value::Text(v) => ValueRef::Text(v),
            Value::Bytes(v) => ValueRef::Bytes(v),
            Value::Date(v) => ValueRef::Date(*v),
            Value::Time(v) => ValueRef::Time(*v),
            Value::DateTime(v) => ValueRef::DateTime(*v),
            Value::Timestamp(v) => ValueRef::Timestamp(*v),
            Value::Decimal(v) => ValueRef::Decimal(*v),
            Value::Uuid(v) => ValueRef::Uuid(*v),
            Value::Json(v) => ValueRef::Json(v),
            Value::Array(v) => ValueRef::Composite(v),
            Value::Unfit(v) => ValueRef::Unfit(v),
            Value::NotLoaded => ValueRef::NotLoaded,
        }
    }

    /// Whether the cell is NULL.
    ///
    /// ```
    /// use orm_core::value::Value;
    ///
    /// assert!(Value::Null.is_null());
    /// ```
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The form in which keys are compared. A field and its cell are then one value on every database: those without
    /// booleans give integers, those without dates give texts.
    pub(crate) fn into_key_form(self) -> Value {
        match self {
            Value::Bool(v) => Value::Int(i64::from(v)),
            other => other.into_plain(),
        }
    }

    /// The value in the types that every database has, equal where the values are and sorted as they are: what a
    /// database stores that has no others.
    pub(crate) fn into_plain(self) -> Value {
        match self {
            Value::Date(v) => Value::Text(v.to_string()),
            Value::Time(v) => Value::Text(v.to_string()),
            Value::DateTime(v) | Value::Timestamp(Timestamp(v)) => Value::Text(v.to_string()),
            Value::Decimal(v) => Value::Text(v.to_sortable()),
            Value::Uuid(v) => Value::Bytes(v.0.to_vec()),
            Value::Json(v) => Value::Text(v),
            other => other,
        }
    }
}

/// Values are compared as keys: two are equal if the database considers them equal, and a float equals itself,
/// including NaN.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl<'v> ValueRef<'v> {
    /// Copies the cell.
    ///
    /// ```
    /// use orm_core::value::{Value, ValueRef};
    ///
    /// assert_eq!(ValueRef::Text("utopia").to_value(), Value::Text("utopia".into()));
    /// ```
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(v) => Value::Bool(v),
            ValueRef::Int(v) => Value::Int(v),
            ValueRef::UInt(v) => Value::UInt(v),
            ValueRef::Float(v) => Value::Float(v),
            ValueRef::Text(v) => Value::Text(v.to_owned()),
            ValueRef::Bytes(v) => Value::Bytes(v.to_vec()),
            ValueRef::Date(v) => Value::Date(v),
            ValueRef::Time(v) => Value::Time(v),
            ValueRef::DateTime(v) => Value::DateTime(v),
            ValueRef::Timestamp(v) => Value::Timestamp(v),
            ValueRef::Decimal(v) => Value::Decimal(v),
            ValueRef::Uuid(v) => Value::Uuid(v),
            ValueRef::Json(v) => Value::Json(v.to_owned()),
            ValueRef::Composite(v) => v.to_value(),
            ValueRef::Unfit(v) => Value::Unfit(v.to_owned()),
            ValueRef::NotLoaded => Value::NotLoaded,
        }
    }

    /// Whether the cell is NULL.
    ///
    /// ```
    /// use orm_core::value::ValueRef;
    ///
    /// assert!(ValueRef::Null.is_null() && !ValueRef::Int(0).is_null());
    /// ```
    pub fn is_null(self) -> bool {
        matches!(self, ValueRef::Null)
    }

    /// What the cell holds, for an error message.
    pub(crate) fn kind_name(self) -> &'static str {
        match self {
            ValueRef::Null => "NULL",
            ValueRef::Bool(_) => "a boolean",
            ValueRef::Int(_) | ValueRef::UInt(_) => "an integer",
            ValueRef::Float(_) => "a floating-point number",
            ValueRef::Text(_) => "text",
            ValueRef::Bytes(_) => "bytes",
            ValueRef::Date(_) => "a DATE",
            ValueRef::Time(_) => "a TIME",
            ValueRef::DateTime(_) => "a date and time without a time zone (TIMESTAMP, DATETIME)",
            ValueRef::Timestamp(_) => "an instant (TIMESTAMP WITH TIME ZONE)",
            ValueRef::Decimal(_) => "a DECIMAL",
            ValueRef::Uuid(_) => "a UUID",
            ValueRef::Json(_) => "JSON",
            ValueRef::Composite(_) => "a list",
            ValueRef::Unfit(_) => "what no cell can hold",
            ValueRef::NotLoaded => "nothing that was read",
        }
    }
}

/// Equality of cells, for dirty tracking and keys: floats are compared by their bits, so NaN equals itself.
impl PartialEq for ValueRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (ValueRef::Null, ValueRef::Null) | (ValueRef::NotLoaded, ValueRef::NotLoaded) => true,
            (ValueRef::Bool(a), ValueRef::Bool(b)) => a == b,
            (ValueRef::Int(a), ValueRef::Int(b)) => a == b,
            (ValueRef::UInt(a), ValueRef::UInt(b)) => a == b,
            (ValueRef::Float(a), ValueRef::Float(b)) => a.to_bits() == b.to_bits(),
            (ValueRef::Text(a), ValueRef::Text(b)) => a == b,
            (ValueRef::Bytes(a), ValueRef::Bytes(b)) => a == b,
            (ValueRef::Date(a), ValueRef::Date(b)) => a == b,
            (ValueRef::Time(a), ValueRef::Time(b)) => a == b,
            (ValueRef::DateTime(a), ValueRef::DateTime(b)) => a == b,
            (ValueRef::Timestamp(a), ValueRef::Timestamp(b)) => a == b,
            (ValueRef::Decimal(a), ValueRef::Decimal(b)) => a == b,
            (ValueRef::Uuid(a), ValueRef::Uuid(b)) => a == b,
            (ValueRef::Json(a), ValueRef::Json(b)) | (ValueRef::Unfit(a), ValueRef::Unfit(b)) => a == b,
            // A list stays one when it is made, so it must not be asked again.
            (ValueRef::Composite(a), b) | (b, ValueRef::Composite(a)) => match (a.to_value(), b) {
                (Value::Array(a), ValueRef::Composite(b)) => {
                    matches!(b.to_value(), Value::Array(b) if a == b)
                }
                (Value::Array(_), _) => false,
                (a, b) => a.as_ref() == *b,
            },
            _ => false,
        }
    }
}

impl Eq for ValueRef<'_> {}

impl Hash for ValueRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            ValueRef::Null => 0u8.hash(state),
            ValueRef::NotLoaded => 1u8.hash(state),
            ValueRef::Bool(v) => v.hash(state),
            ValueRef::Int(v) => v.hash(state),
            ValueRef::UInt(v) => v.hash(state),
            ValueRef::Float(v) => v.to_bits().hash(state),
            ValueRef::Text(v) | ValueRef::Json(v) | ValueRef::Unfit(v) => v.hash(state),
            ValueRef::Bytes(v) => v.hash(state),
            ValueRef::Date(v) => v.hash(state),
            ValueRef::Time(v) => v.hash(state),
            ValueRef::DateTime(v) => v.hash(state),
            ValueRef::Timestamp(v) => v.hash(state),
            ValueRef::Decimal(v) => v.hash(state),
            ValueRef::Uuid(v) => v.hash(state),
            ValueRef::Composite(v) => match v.to_value() {
                Value::Array(values) => values.hash(state),
                other => other.hash(state),
            },
        }
    }
}

impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueRef::Null => f.write_str("NULL"),
            ValueRef::Bool(v) => write!(f, "{v}"),
            ValueRef::Int(v) => write!(f, "{v}"),
            ValueRef::UInt(v) => write!(f, "{v}"),
            ValueRef::Float(v) => write!(f, "{v}"),
            ValueRef::Text(v) => write!(f, "{v:?}"),
            ValueRef::Bytes(v) => write!(f, "{} bytes", v.len()),
            ValueRef::Date(v) => write!(f, "{v}"),
            ValueRef::Time(v) => write!(f, "{v}"),
            ValueRef::DateTime(v) => write!(f, "{v}"),
            ValueRef::Timestamp(v) => write!(f, "{v} UTC"),
            ValueRef::Decimal(v) => write!(f, "{v}"),
            ValueRef::Uuid(v) => write!(f, "{v}"),
            ValueRef::Json(v) => f.write_str(v),
            ValueRef::Composite(v) => match v.to_value() {
                Value::Array(values) => f.debug_list().entries(values.iter().map(Shown)).finish(),
                other => write!(f, "{other}"),
            },
            ValueRef::Unfit(why) => write!(f, "({why})"),
            ValueRef::NotLoaded => f.write_str("(not loaded)"),
        }
    }
}

/// A value in a list, displayed as it is outside one.
struct Shown<'v>(&'v Value);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
