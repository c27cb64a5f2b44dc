//! Values as SQLite compares and stores them.

/// One value of one row. The derived order is SQLite's: NULL first, then numbers, text by bytes, bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    pub fn is_null(&self) -> bool {
        *self == Cell::Null
    }

    /// The literal.
    pub fn sql(&self) -> String {
        match self {
            Cell::Null => "NULL".into(),
            Cell::Int(value) => value.to_string(),
            Cell::Text(value) => format!("'{}'", value.replace('\'', "''")),
            Cell::Bytes(value) => {
                format!("X'{}'", value.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
            }
        }
    }
}

macro_rules! from_integer {
    ($($ty:ty),*) => {$(
        impl From<$ty> for Cell {
            fn from(value: $ty) -> Cell {
                Cell::Int(i64::from(value))
            }
        }
    )*};
}

from_integer!(bool, i8, i16, i32, i64, u8, u16, u32);

impl From<String> for Cell {
    fn from(value: String) -> Cell {
        Cell::Text(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Cell {
        Cell::Text(value.into())
    }
}

impl From<Vec<u8>> for Cell {
    fn from(value: Vec<u8>) -> Cell {
        Cell::Bytes(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}
