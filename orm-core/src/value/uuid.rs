//! UUIDs.

use std::fmt;

use super::{ValueError, ValueRef};

/// A UUID: the cell of a UUID column. Models use the type of the crate `uuid`.
///
/// ```
/// use orm_core::value::Uuid;
///
/// assert_eq!(Uuid([0; 16]).to_string(), "00000000-0000-0000-0000-000000000000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// Databases without the type keep its bytes.
    #[inline]
    pub(crate) fn of_text(_text: &str) -> Option<Uuid> {
        None
    }

    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<Uuid, ValueError> {
        match cell {
            ValueRef::Uuid(found) => Ok(found),
            ValueRef::Bytes(bytes) => {
                let wrong =
                    |_| ValueError::Range { value: format!("a value of {} bytes", bytes.len()), expected };
                bytes.try_into().map(Uuid).map_err(wrong)
            }
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
