//! Common misuses of a relationship's field. Nothing here can be called or derived: each has a bound that no type
//! satisfies, and the compiler then suggests what to write instead.

use std::marker::PhantomData;

use super::{BelongsTo, HasMany, HasOne};

/// What would be returned.
#[doc(hidden)]
pub trait Never {
    /// Anything, since nothing meets the trait.
    fn never<R>() -> R;
}

/// Nothing meets it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the field of a relationship holds no objects: read it with `user.get(User::ORDERS)` or `user.orders()?`",
    label = "the relationship is read through the entity",
    note = "it is changed with `session.append(&user, User::ORDERS, order)`, `remove`, `assign` and `unassign`"
)]
pub trait ReadThroughEntity: Never {}

/// Nothing meets it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a relationship is not compared and not filtered: ask about its rows, `User::ORDERS.any(Order::TOTAL.gt(10))`, \
               `Order::USER.has(..)`, or compare its key, `Order::USER_ID.eq(user.id)`",
    label = "this is a relationship, and no column",
    note = "`User::ORDERS.exists()` asks whether there is one, and `User::ORDERS.count()` how many there are"
)]
pub trait AskedByCondition: Never {}

/// Nothing meets it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an aggregate is a function: `func::sum(Order::TOTAL)`, and likewise `count`, `avg`, `min` and `max`",
    label = "write it as a function around the column"
)]
pub trait AggregatedByFunction: Never {}

/// Nothing meets it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a model with relationships cannot be cloned: clone the entity, which is a cheap handle",
    label = "remove `Clone` from the model: a relationship to `{Self}` cannot be copied out of its session",
    note = "for values of your own read a struct with `#[derive(FromRow, Clone)]`"
)]
pub trait ClonedAsEntity: Never {}

/// Nothing meets it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a model with relationships has no default: a new row is a draft, `User::draft().name(..)`",
    label = "remove `Default` from the model",
    note = "`#[column(default = \"..\")]` is a default of the database"
)]
pub trait MadeAsDraft: Never {}

/// Nothing meets it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a model with relationships cannot be compared or hashed: compare entities, which are equal if they are the same row",
    label = "remove `Hash`, `PartialEq` and `Eq` from the model"
)]
pub trait ComparedAsEntity: Never {}

/// Nothing meets it.
#[cfg(feature = "serde")]
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a relationship's field is not serialised: entities are, as they are, `Json(user)`, with what was loaded",
    label = "serialise the entity; a model derives no `Serialize`"
)]
pub trait SerializedAsEntity: Never {}

/// What a model derives, as constants: an inherent constant, which exists with the derive, hides the one of the trait.
#[doc(hidden)]
#[derive(Debug)]
pub struct Derives<T>(PhantomData<T>);

#[doc(hidden)]
#[allow(missing_docs)]
pub trait DerivesNothing {
    const DESERIALIZE: bool = false;
}

impl<T> DerivesNothing for Derives<T> {}

#[cfg(feature = "serde")]
#[doc(hidden)]
#[allow(missing_docs)]
impl<T: serde::de::DeserializeOwned> Derives<T> {
    pub const DESERIALIZE: bool = true;
}

macro_rules! stubs {
    ($($field:ident)*) => {$(
        #[doc(hidden)]
        #[allow(missing_docs, clippy::should_implement_trait)]
        impl<T> $field<T> {
            pub fn len(&self) -> usize where T: ReadThroughEntity { T::never() }
            pub fn is_empty(&self) -> bool where T: ReadThroughEntity { T::never() }
            pub fn iter(&self) -> std::slice::Iter<'_, T> where T: ReadThroughEntity { T::never() }
            pub fn first(&self) -> Option<&T> where T: ReadThroughEntity { T::never() }
            pub fn push<V>(&mut self, _: V) where T: ReadThroughEntity { T::never() }
            pub fn as_ref(&self) -> Option<&T> where T: ReadThroughEntity { T::never() }
            pub fn is_some(&self) -> bool where T: ReadThroughEntity { T::never() }
            pub fn is_none(&self) -> bool where T: ReadThroughEntity { T::never() }
        }

        #[doc(hidden)]
        impl<T: ReadThroughEntity> IntoIterator for &$field<T> {
            type Item = T;
            type IntoIter = std::iter::Empty<T>;

            fn into_iter(self) -> Self::IntoIter {
                T::never()
            }
        }

        #[doc(hidden)]
        impl<T: ClonedAsEntity> Clone for $field<T> {
            fn clone(&self) -> Self {
                T::never()
            }
        }

        #[doc(hidden)]
        impl<T: MadeAsDraft> Default for $field<T> {
            fn default() -> Self {
                T::never()
            }
        }

        #[doc(hidden)]
        impl<T: ComparedAsEntity> PartialEq for $field<T> {
            fn eq(&self, _: &Self) -> bool {
                T::never()
            }
        }

        #[doc(hidden)]
        impl<T: ComparedAsEntity> Eq for $field<T> {}

        #[doc(hidden)]
        impl<T: ComparedAsEntity> std::hash::Hash for $field<T> {
            fn hash<H: std::hash::Hasher>(&self, _: &mut H) {
                T::never()
            }
        }

        // Without it a derived `Deserialize` would be three errors; what the derive of the model generates is one.
        #[cfg(feature = "serde")]
        #[doc(hidden)]
        impl<'de, T> serde::Deserialize<'de> for $field<T> {
            fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                Err(serde::de::Error::custom("a relationship is not a part of what is read"))
            }
        }
    )*};
}

stubs! { HasMany HasOne BelongsTo }

// Not in the macro: the compiler would show its expansion too.
#[cfg(feature = "serde")]
impl<T: SerializedAsEntity> serde::Serialize for HasMany<T> {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        T::never()
    }
}

#[cfg(feature = "serde")]
impl<T: SerializedAsEntity> serde::Serialize for HasOne<T> {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        T::never()
    }
}

#[cfg(feature = "serde")]
impl<T: SerializedAsEntity> serde::Serialize for BelongsTo<T> {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        T::never()
    }
}
