//! Types of other crates that columns can have, a file for each cargo feature.

/// A type that is a cell of one kind: how a cell becomes the type, where it does, and how the type becomes a cell.
#[cfg(any(feature = "chrono", feature = "time", feature = "jiff", feature = "uuid", feature = "decimal"))]
macro_rules! column {
    ($ty:ty, $name:literal, $kind:ident, $from:expr, $into:expr) => {
        #[diagnostic::do_not_recommend]
        impl $crate::value::ColumnType for $ty {
            type Family = $crate::value::$kind;
            type Stored = $crate::value::$kind;
            type Bare = Self;
            type Like<U: $crate::value::ColumnType> = U;
            const KIND: $crate::value::ValueKind = $crate::value::ValueKind::$kind;

            fn read(
                cell: $crate::value::ValueRef<'_>,
            ) -> ::std::result::Result<Self, $crate::value::ValueError> {
                let found = $crate::value::$kind::read(cell, $name)?;
                let from: fn($crate::value::$kind) -> Option<$ty> = $from;
                from(found).ok_or_else(|| $crate::value::ValueError::Range {
                    value: found.to_string(),
                    expected: $name,
                })
            }

            #[inline]
            fn quick(cells: &dyn $crate::value::Cells, index: usize) -> Option<Self> {
                let from: fn($crate::value::$kind) -> Option<$ty> = $from;
                from($crate::value::$kind::of_text(cells.text(index)?)?)
            }

            fn view(&self) -> $crate::value::ValueRef<'_> {
                let into: fn($ty) -> $crate::value::$kind = $into;
                $crate::value::ValueRef::$kind(into(*self))
            }
        }

        #[diagnostic::do_not_recommend]
        impl $crate::value::ArrayElement for $ty {}

        impl From<$ty> for $crate::value::Value {
            fn from(value: $ty) -> $crate::value::Value {
                $crate::value::ColumnType::view(&value).to_value()
            }
        }

        #[diagnostic::do_not_recommend]
        impl $crate::value::IntoValue<$ty> for $ty {
            fn into_value(self) -> $crate::value::Value {
                self.into()
            }
        }

        #[diagnostic::do_not_recommend]
        impl $crate::value::IntoValue<Option<$ty>> for $ty {
            fn into_value(self) -> $crate::value::Value {
                self.into()
            }
        }
    };
}

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "decimal")]
mod decimal;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(feature = "json")]
pub use json::Json;
