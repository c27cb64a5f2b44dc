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
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}
