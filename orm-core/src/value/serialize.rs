//! Serialises values.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::{Value, ValueRef};

/// NULL is none, bytes are bytes, and everything else is what it is.
impl Serialize for ValueRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            ValueRef::Null => serializer.serialize_none(),
            ValueRef::Bool(v) => serializer.serialize_bool(v),
            ValueRef::Int(v) => serializer.serialize_i64(v),
            ValueRef::UInt(v) => serializer.serialize_u64(v),
            ValueRef::Float(v) => serializer.serialize_f64(v),
            ValueRef::Text(v) => serializer.serialize_str(v),
            ValueRef::Bytes(v) => serializer.serialize_bytes(v),
            ValueRef::Date(v) => serializer.collect_str(&v),
            ValueRef::Time(v) => serializer.collect_str(&v),
            // As RFC 3339 has them.
            ValueRef::DateTime(v) => serializer.serialize_str(&v.to_string().replacen(' ', "T", 1)),
            ValueRef::Timestamp(v) => {
                let text = v.to_string();
                let text = text.trim_end_matches(" UTC").replacen(' ', "T", 1);
                serializer.serialize_str(&format!("{text}Z"))
            }
            // A text, as `rust_decimal` has it: a number of JSON is a float to most who read it.
            ValueRef::Decimal(v) => serializer.collect_str(&v),
            ValueRef::Uuid(v) => serializer.collect_str(&v),
            ValueRef::Json(v) => json(v, serializer),
            ValueRef::Composite(v) => v.to_value().serialize(serializer),
            ValueRef::Unfit(why) => Err(S::Error::custom(why)),
            ValueRef::NotLoaded => Err(S::Error::custom("a deferred column that was not read")),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Array(values) => values.serialize(serializer),
            plain => plain.as_ref().serialize(serializer),
        }
    }
}

/// JSON as the value it represents.
#[cfg(feature = "json")]
fn json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(S::Error::custom)?;
    value.serialize(serializer)
}

/// Without a reader of JSON it is a text.
#[cfg(not(feature = "json"))]
fn json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}
