//! What a client sends, as a value of a column: the other direction of `serialize`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Date, DateTime, Decimal, Time, Timestamp, Uuid, Value, ValueKind};
use crate::error::{FieldError, FieldErrorCode};

/// A value before it is known which column it is for.
#[derive(Debug, Clone)]
pub(crate) enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(String, Raw)>),
}

impl Raw {
    /// The value for a column of this kind.
    ///
    /// # Errors
    /// What was expected instead, in words for its sender; the field is the member of a list, or empty.
    pub(crate) fn into_value(self, kind: ValueKind) -> Result<Value, FieldError> {
        let expected = |what: &str| Err(wrong_type(format!("expected {what}")));
        match (kind, self) {
            #[cfg(feature = "json")]
            (ValueKind::Json, raw) => match serde_json::to_string(&raw) {
                Ok(text) => Ok(Value::Json(text)),
                Err(_) => expected("JSON"),
            },
            (_, Raw::Null) => Err(FieldError::new("", FieldErrorCode::Null, "must not be null")),
            (ValueKind::Bool, Raw::Bool(v)) => Ok(Value::Bool(v)),
            (ValueKind::Bool, _) => expected("true or false"),
            (ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64, Raw::Int(v)) => Ok(Value::Int(v)),
            (ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64, Raw::UInt(v)) => Ok(Value::UInt(v)),
            (ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64, _) => expected("an integer"),
            (ValueKind::Float64 | ValueKind::Float32, raw) => match raw.number() {
                Some(v) if kind == ValueKind::Float64 => Ok(Value::Float(v)),
                Some(v) => narrow(v)
                    .map(Value::Float)
                    .ok_or_else(|| FieldError::new("", FieldErrorCode::OutOfRange, "is too large")),
                None => expected("a number"),
            },
            (ValueKind::Text, Raw::Text(v)) => Ok(Value::Text(v)),
            (ValueKind::Text, _) => expected("a text"),
            (ValueKind::Bytes, Raw::List(v)) => match v.into_iter().map(byte).collect() {
                Some(bytes) => Ok(Value::Bytes(bytes)),
                None => expected("a list of bytes"),
            },
            (ValueKind::Bytes, _) => expected("a list of bytes"),
            (ValueKind::Date, Raw::Text(v)) => parsed(Date::parse(&v).map(Value::Date), "2024-02-29"),
            (ValueKind::Date, _) => expected("a day as in \"2024-02-29\""),
            (ValueKind::Time, Raw::Text(v)) => {
                parsed(Time::parse(&v).map(Time::in_micros).map(Value::Time), "23:59:59.5")
            }
            (ValueKind::Time, _) => expected("a time as in \"23:59:59.5\""),
            (ValueKind::DateTime, Raw::Text(v)) => parsed(
                DateTime::parse(&v).map(DateTime::in_micros).map(Value::DateTime),
                "2024-02-29T23:59:59.5",
            ),
            (ValueKind::DateTime, _) => expected("a time as in \"2024-02-29T23:59:59.5\""),
            (ValueKind::Timestamp, Raw::Text(v)) => parsed(
                Timestamp::parse(&v).map(|v| Value::Timestamp(Timestamp(v.0.in_micros()))),
                "2024-02-29T23:59:59.5Z",
            ),
            (ValueKind::Timestamp, _) => expected("a time as in \"2024-02-29T23:59:59.5Z\""),
            (ValueKind::Decimal, Raw::Text(v)) => parsed(Decimal::parse(&v).map(Value::Decimal), "12.50"),
            (ValueKind::Decimal, Raw::Int(v)) => {
                parsed(Decimal::new(v.into(), 0).map(Value::Decimal), "12.50")
            }
            (ValueKind::Decimal, Raw::UInt(v)) => {
                parsed(Decimal::new(v.into(), 0).map(Value::Decimal), "12.50")
            }
            (ValueKind::Decimal, _) => expected("a number as in \"12.50\""),
            (ValueKind::Uuid, Raw::Text(v)) => {
                parsed(uuid(&v).map(Value::Uuid), "67e55044-10b1-426f-9247-bb680e5fe0c8")
            }
            (ValueKind::Uuid, _) => expected("a UUID"),
            (ValueKind::Enum(def), Raw::Text(v)) if def.labels.contains(&&*v) => Ok(Value::Text(v)),
            (ValueKind::Enum(def), raw) => {
                let reason = format!("expected one of {}", def.labels.join(", "));
                match raw {
                    Raw::Text(_) => Err(FieldError::new("", FieldErrorCode::Invalid, reason)),
                    _ => Err(wrong_type(reason)),
                }
            }
            (ValueKind::Array(of), Raw::List(v)) => {
                let members = v.into_iter().enumerate().map(|(index, raw)| {
                    raw.into_value(*of).map_err(|error| error.within(&format!("[{index}]")))
                });
                members.collect::<Result<_, _>>().map(Value::Array)
            }
            (ValueKind::Array(_), _) => expected("a list"),
            #[cfg(not(feature = "json"))]
            (ValueKind::Json, _) => expected("JSON"),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Raw::Null)
    }

    fn number(&self) -> Option<f64> {
        match *self {
            Raw::Float(v) => Some(v),
            // Most clients write every number of JSON as a float.
            #[allow(clippy::cast_precision_loss, reason = "a client that reads it as a float gets the same")]
            Raw::Int(v) => Some(v as f64),
            #[allow(clippy::cast_precision_loss, reason = "as above")]
            Raw::UInt(v) => Some(v as f64),
            _ => None,
        }
    }
}

/// The number of 32 bits nearest to one, as a cell holds it.
fn narrow(wide: f64) -> Option<f64> {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the nearest one is meant, and an infinite one refused"
    )]
    let near = wide as f32;
    near.is_finite().then_some(f64::from(near))
}

fn byte(raw: Raw) -> Option<u8> {
    match raw {
        Raw::Int(v) => u8::try_from(v).ok(),
        _ => None,
    }
}

fn parsed(value: Option<Value>, example: &str) -> Result<Value, FieldError> {
    let invalid =
        || FieldError::new("", FieldErrorCode::Invalid, format!("expected a value as in \"{example}\""));
    value.ok_or_else(invalid)
}

fn wrong_type(reason: String) -> FieldError {
    FieldError::new("", FieldErrorCode::WrongType, reason)
}

fn uuid(text: &str) -> Option<Uuid> {
    let digits: String = text.split('-').collect();
    let hyphens = text.bytes().enumerate().filter(|(_, byte)| *byte == b'-').map(|(at, _)| at);
    let plain = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let right = plain && hyphens.eq([8, 13, 18, 23]);
    right.then(|| u128::from_str_radix(&digits, 16).ok()).flatten().map(|number| Uuid(number.to_be_bytes()))
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Raw, D::Error> {
        Raw::deserialize(inner)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(v))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Raw, E> {
        Ok(Raw::Int(v))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Raw, E> {
        Ok(i64::try_from(v).map_or(Raw::UInt(v), Raw::Int))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Raw, E> {
        Ok(Raw::Float(v))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Raw, E> {
        Ok(Raw::Text(v.to_owned()))
    }

    fn visit_string<E: Error>(self, v: String) -> Result<Raw, E> {
        Ok(Raw::Text(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element()? {
            members.push(member);
        }
        Ok(Raw::List(members))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Raw::Map(members))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Raw::Null => serializer.serialize_unit(),
            Raw::Bool(v) => serializer.serialize_bool(*v),
            Raw::Int(v) => serializer.serialize_i64(*v),
            Raw::UInt(v) => serializer.serialize_u64(*v),
            Raw::Float(v) => serializer.serialize_f64(*v),
            Raw::Text(v) => serializer.serialize_str(v),
            Raw::List(v) => serializer.collect_seq(v),
            Raw::Map(v) => serializer.collect_map(v.iter().map(|(key, value)| (key, value))),
        }
    }
}
