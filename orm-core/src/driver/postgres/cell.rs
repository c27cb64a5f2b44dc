//! PostgreSQL's binary form of cells, as it sends them and takes them.

use std::str::Utf8Error;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgTypeKind};
use sqlx::{Encode, Postgres, Type, TypeInfo};

use super::numeric;
use crate::driver::refusal::unfit;
use crate::error::Result;
use crate::value::{Date, DateTime, Time, Timestamp, Uuid, Value, ValueError, ValueKind, ValueRef};

/// Days and microseconds from the beginning of 1970 to that of 2000, from which PostgreSQL counts.
const DAYS_TO_2000: i32 = 10_957;
const MICROS_TO_2000: i64 = 946_684_800_000_000;

/// The numbers of user-defined types begin here.
const FIRST_OF_USERS: u32 = 16_384;

/// How the cells of a column are read: chosen once for a result, by the type that the server reports.
#[derive(Debug, Clone)]
pub(in crate::driver) enum Reader {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Text,
    Bytes,
    Date,
    Time,
    DateTime,
    Timestamp,
    Numeric,
    Uuid,
    Json,
    Jsonb,
    List(Box<Reader>),
    /// A type that is not known here, by its name.
    Other(String),
}

impl Reader {
    pub(in crate::driver) fn of(info: &PgTypeInfo) -> Reader {
        match info.oid().map(|oid| oid.0) {
            Some(number) if number < FIRST_OF_USERS => {
                Reader::built_in(number).unwrap_or_else(|| Reader::Other(info.to_string()))
            }
            Some(_) if Reader::knows(info) => Reader::of_users(info),
            _ => Reader::Other(info.to_string()),
        }
    }

    /// Whether the driver has asked what a type is: otherwise it has no name.
    pub(in crate::driver) fn knows(info: &PgTypeInfo) -> bool {
        info.oid().is_some_and(|oid| oid.0 < FIRST_OF_USERS) || info.name() != "?"
    }

    /// The numbers of built-in types never change.
    fn built_in(number: u32) -> Option<Reader> {
        Some(match number {
            16 => Reader::Bool,
            17 => Reader::Bytes,
            20 => Reader::Int8,
            21 => Reader::Int2,
            23 => Reader::Int4,
            26 => Reader::Oid,
            700 => Reader::Float4,
            701 => Reader::Float8,
            // name, text, unknown, bpchar, varchar
            19 | 25 | 705 | 1042 | 1043 => Reader::Text,
            114 => Reader::Json,
            1082 => Reader::Date,
            1083 => Reader::Time,
            1114 => Reader::DateTime,
            1184 => Reader::Timestamp,
            1700 => Reader::Numeric,
            2950 => Reader::Uuid,
            3802 => Reader::Jsonb,
            number => {
                let (element, _) = LISTS.iter().find(|(_, list)| *list == number)?;
                Reader::List(Box::new(Reader::built_in(*element)?))
            }
        })
    }

    fn of_users(info: &PgTypeInfo) -> Reader {
        match info.kind() {
            PgTypeKind::Enum(_) => Reader::Text,
            PgTypeKind::Domain(of) => Reader::of(of),
            PgTypeKind::Array(of) => Reader::List(Box::new(Reader::of(of))),
            _ => Reader::Other(info.to_string()),
        }
    }

    pub(in crate::driver) fn read<'r>(&self, bytes: &'r [u8]) -> Result<ValueRef<'r>, ValueError> {
        match self {
            Reader::Bool => sized::<1>(bytes).map(|[byte]| ValueRef::Bool(byte != 0)),
            Reader::Int2 => sized(bytes).map(|bytes| ValueRef::Int(i16::from_be_bytes(bytes).into())),
            Reader::Int4 => sized(bytes).map(|bytes| ValueRef::Int(i32::from_be_bytes(bytes).into())),
            Reader::Int8 => sized(bytes).map(|bytes| ValueRef::Int(i64::from_be_bytes(bytes))),
            Reader::Oid => sized(bytes).map(|bytes| ValueRef::Int(u32::from_be_bytes(bytes).into())),
            Reader::Float4 => sized(bytes).map(|bytes| ValueRef::Float(f32::from_be_bytes(bytes).into())),
            Reader::Float8 => sized(bytes).map(|bytes| ValueRef::Float(f64::from_be_bytes(bytes))),
            Reader::Text => text(bytes).map(ValueRef::Text),
            Reader::Bytes => Ok(ValueRef::Bytes(bytes)),
            Reader::Date => date(i32::from_be_bytes(sized(bytes)?)),
            Reader::Time => {
                let time = Time::from_micros(i64::from_be_bytes(sized(bytes)?));
                time.map(ValueRef::Time).ok_or_else(|| beyond("24:00:00", "a time of day"))
            }
            Reader::DateTime => date_time(i64::from_be_bytes(sized(bytes)?)).map(ValueRef::DateTime),
            Reader::Timestamp => date_time(i64::from_be_bytes(sized(bytes)?))
                .map(|found| ValueRef::Timestamp(Timestamp(found))),
            Reader::Numeric => numeric::decode(bytes).map(ValueRef::Decimal),
            Reader::Uuid => sized(bytes).map(|bytes| ValueRef::Uuid(Uuid(bytes))),
            Reader::Json => text(bytes).map(ValueRef::Json),
            // A byte with the version comes first.
            Reader::Jsonb => match bytes {
                [1, json @ ..] => text(json).map(ValueRef::Json),
                _ => Err(ValueError::Driver("JSONB of an unknown version cannot be read".to_owned())),
            },
            Reader::List(_) => Err(ValueError::Driver("a list in a list cannot be read".to_owned())),
            Reader::Other(name) => {
                Err(ValueError::Driver(format!("a cell of the type {name} cannot be read")))
            }
        }
    }

    /// The elements of a list: dimensions, a flag, the elements' type, how many there are, from which number on, and
    /// each with its length.
    pub(in crate::driver) fn list(&self, bytes: &[u8]) -> Result<Vec<Value>, ValueError> {
        let mut rest = bytes;
        let dimensions = number(&mut rest)?;
        if dimensions == 0 {
            return Ok(Vec::new());
        }
        if dimensions != 1 {
            return Err(ValueError::Driver(format!("a list of {dimensions} dimensions cannot be read")));
        }
        let (_flag, _type, count, _first) =
            (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
        let mut values = Vec::new();
        for _ in 0..count {
            let Ok(length) = usize::try_from(number(&mut rest)?) else {
                values.push(Value::Null);
                continue;
            };
            let (element, others) = rest.split_at_checked(length).ok_or_else(cut_off)?;
            rest = others;
            values.push(self.read(element)?.to_value());
        }
        Ok(values)
    }
}

/// A value beyond the primitives on its way to the server.
#[derive(Debug)]
pub(in crate::driver) struct Wire<'v> {
    number: u32,
    value: &'v Value,
    /// The values of a list, and the number of their type.
    list: Option<(&'v [Value], u32)>,
}

impl<'v> Wire<'v> {
    /// NULL of a type.
    pub(in crate::driver) fn null(kind: ValueKind) -> Wire<'static> {
        Wire { number: number_of(kind), value: &Value::Null, list: None }
    }

    pub(in crate::driver) fn of(value: &'v Value, kind: Option<ValueKind>) -> Result<Wire<'v>> {
        let kind = match (value, kind) {
            (Value::Array(values), Some(ValueKind::Array(of))) => return Wire::list(values, Some(*of)),
            (Value::Array(values), _) => return Wire::list(values, None),
            (value, _) => kind_of(value),
        };
        Ok(Wire { number: number_of(kind), value, list: None })
    }

    /// A list. If its element type is unknown, the first value determines it.
    pub(in crate::driver) fn list(values: &'v [Value], of: Option<ValueKind>) -> Result<Wire<'v>> {
        let first = values.iter().find(|value| !value.is_null()).map(kind_of);
        let element = wide(first.or(of).unwrap_or(ValueKind::Text));
        if let Some(other) = values.iter().find(|value| !value.is_null() && wide(kind_of(value)) != element) {
            return Err(unfit(format!("a list holds {other} beside values of another type"), false));
        }
        let element = number_of(element);
        Ok(Wire { number: list_of(element), value: &Value::Null, list: Some((values, element)) })
    }
}

impl Type<Postgres> for Wire<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(25))
    }
}

impl Encode<'_, Postgres> for Wire<'_> {
    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.number)))
    }

    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match self.list {
            Some((values, element)) => encode_list(values, element, buffer)?,
            None if self.value.is_null() => return Ok(IsNull::Yes),
            None => encode(self.value, buffer)?,
        }
        Ok(IsNull::No)
    }
}

fn encode_list(values: &[Value], element: u32, buffer: &mut Vec<u8>) -> Result<(), BoxDynError> {
    let has_null = i32::from(values.iter().any(Value::is_null));
    buffer.extend(i32::from(!values.is_empty()).to_be_bytes());
    buffer.extend(has_null.to_be_bytes());
    buffer.extend(element.to_be_bytes());
    if values.is_empty() {
        return Ok(());
    }
    buffer.extend(i32::try_from(values.len())?.to_be_bytes());
    buffer.extend(1_i32.to_be_bytes());
    for value in values {
        let at = buffer.len();
        buffer.extend((-1_i32).to_be_bytes());
        if !value.is_null() {
            encode(value, buffer)?;
            let length = i32::try_from(buffer.len() - at - 4)?;
            if let Some(place) = buffer.get_mut(at..at + 4) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
    }
    Ok(())
}

fn encode(value: &Value, buffer: &mut Vec<u8>) -> Result<(), BoxDynError> {
    match value {
        Value::Bool(v) => buffer.push(u8::from(*v)),
        Value::Int(v) => buffer.extend(v.to_be_bytes()),
        Value::UInt(v) => buffer.extend(i64::try_from(*v)?.to_be_bytes()),
        Value::Float(v) => buffer.extend(v.to_be_bytes()),
        Value::Text(v) => buffer.extend(v.as_bytes()),
        Value::Bytes(v) => buffer.extend(v),
        Value::Date(v) => buffer.extend((v.days() - DAYS_TO_2000).to_be_bytes()),
        Value::Time(v) => buffer.extend(v.micros().to_be_bytes()),
        Value::DateTime(v) | Value::Timestamp(Timestamp(v)) => {
            buffer.extend((v.micros() - MICROS_TO_2000).to_be_bytes());
        }
        Value::Decimal(v) => numeric::encode(*v, buffer),
        Value::Uuid(v) => buffer.extend(v.0),
        Value::Json(v) => {
            buffer.push(1);
            buffer.extend(v.as_bytes());
        }
        Value::Null | Value::Array(_) | Value::Unfit(_) | Value::NotLoaded => {
            return Err("it is not a single value".into());
        }
    }
    Ok(())
}

/// The kind of a value without a column.
fn kind_of(value: &Value) -> ValueKind {
    match value {
        Value::Bool(_) => ValueKind::Bool,
        Value::Int(_) | Value::UInt(_) => ValueKind::Int64,
        Value::Float(_) => ValueKind::Float64,
        Value::Bytes(_) => ValueKind::Bytes,
        Value::Date(_) => ValueKind::Date,
        Value::Time(_) => ValueKind::Time,
        Value::DateTime(_) => ValueKind::DateTime,
        Value::Timestamp(_) => ValueKind::Timestamp,
        Value::Decimal(_) => ValueKind::Decimal,
        Value::Uuid(_) => ValueKind::Uuid,
        Value::Json(_) => ValueKind::Json,
        Value::Text(_) | Value::Null | Value::Array(_) | Value::Unfit(_) | Value::NotLoaded => {
            ValueKind::Text
        }
    }
}

/// The widest kind of a family: what values are sent as.
fn wide(kind: ValueKind) -> ValueKind {
    match kind {
        ValueKind::Int16 | ValueKind::Int32 => ValueKind::Int64,
        ValueKind::Float32 => ValueKind::Float64,
        ValueKind::Enum(_) => ValueKind::Text,
        other => other,
    }
}

/// The number of the type that values of a kind are sent as.
fn number_of(kind: ValueKind) -> u32 {
    match wide(kind) {
        ValueKind::Bool => 16,
        ValueKind::Bytes => 17,
        ValueKind::Int64 => 20,
        ValueKind::Float64 => 701,
        ValueKind::Date => 1082,
        ValueKind::Time => 1083,
        ValueKind::DateTime => 1114,
        ValueKind::Timestamp => 1184,
        ValueKind::Decimal => 1700,
        ValueKind::Uuid => 2950,
        ValueKind::Json => 3802,
        ValueKind::Array(of) => list_of(number_of(*of)),
        _ => 25,
    }
}

/// Built-in types and the lists of them.
const LISTS: [(u32, u32); 20] = [
    (16, 1000),
    (17, 1001),
    (20, 1016),
    (21, 1005),
    (23, 1007),
    (25, 1009),
    (700, 1021),
    (701, 1022),
    (1042, 1014),
    (1043, 1015),
    (1082, 1182),
    (1083, 1183),
    (1114, 1115),
    (1184, 1185),
    (1700, 1231),
    (2950, 2951),
    (3802, 3807),
    (114, 199),
    (19, 1003),
    (26, 1028),
];

fn list_of(element: u32) -> u32 {
    LISTS.iter().find(|(of, _)| *of == element).map_or(1009, |(_, list)| *list)
}

#[inline]
fn text(bytes: &[u8]) -> Result<&str, ValueError> {
    std::str::from_utf8(bytes).map_err(not_utf8)
}

#[cold]
fn not_utf8(error: Utf8Error) -> ValueError {
    ValueError::Driver(format!("text that is not UTF-8: {error}"))
}

fn date(days: i32) -> Result<ValueRef<'static>, ValueError> {
    if days == i32::MAX || days == i32::MIN {
        return Err(beyond("infinity", "a date"));
    }
    let days = days.checked_add(DAYS_TO_2000).ok_or_else(|| beyond("the date", "a date"))?;
    Ok(ValueRef::Date(Date::from_days(days)))
}

fn date_time(micros: i64) -> Result<DateTime, ValueError> {
    if micros == i64::MAX || micros == i64::MIN {
        return Err(beyond("infinity", "a date and time"));
    }
    let since_1970 = micros.checked_add(MICROS_TO_2000);
    since_1970.and_then(DateTime::from_micros).ok_or_else(|| beyond("the time", "a date and time"))
}

#[cold]
fn beyond(value: &str, expected: &'static str) -> ValueError {
    ValueError::Range { value: value.to_owned(), expected }
}

#[inline]
fn sized<const N: usize>(bytes: &[u8]) -> Result<[u8; N], ValueError> {
    bytes.try_into().map_err(|_| missized(bytes.len(), N))
}

#[cold]
fn missized(found: usize, expected: usize) -> ValueError {
    ValueError::Driver(format!("a cell has {found} bytes instead of {expected}"))
}

fn number(rest: &mut &[u8]) -> Result<i32, ValueError> {
    let (bytes, others) = rest.split_first_chunk::<4>().ok_or_else(cut_off)?;
    *rest = others;
    Ok(i32::from_be_bytes(*bytes))
}

#[cold]
fn cut_off() -> ValueError {
    ValueError::Driver("a list is cut off".to_owned())
}
