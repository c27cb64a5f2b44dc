//! Types of `uuid`.

use crate::value::Uuid;

column!(uuid::Uuid, "Uuid", Uuid, |found| Some(uuid::Uuid::from_bytes(found.0)), |value| Uuid(
    value.into_bytes()
));
