//! Accessors: handles to objects, and reading their relationships.
//!
//! Enters: places in the graph and in queries' answers. Leaves: [`Entity`] and [`Many`], which users hold. Reading
//! never runs a statement; what a query loaded is a type ([`LoadedIn`]), and what an object holds is a `Result`.

mod as_entity;
#[cfg(feature = "serde")]
mod as_held;
mod deferred;
#[allow(clippy::module_inception)]
mod entity;
mod field;
pub(crate) mod field_stubs;
mod held;
pub(crate) mod loaded_in;
mod many;
mod named;
mod relation;
#[cfg(feature = "serde")]
mod serialize;

pub use as_entity::AsEntity;
#[cfg(feature = "serde")]
pub use as_held::AsHeld;
pub use deferred::Deferred;
pub use entity::Entity;
pub(crate) use entity::Place;
pub use field::{BelongsTo, HasMany, HasOne};
pub use held::Held;
pub use loaded_in::{Loaded, LoadedAs, LoadedIn, Marks, MergesWith, NotLoaded, Recursive};
pub use many::{IntoIter, Many};
pub use named::{
    At, LoadedEntity, LoadedTree, RelationAt, Steps, Top, Whole, With, no_relation, place, place_or_any,
};
pub use relation::{FillsField, LazyLoad, Relation, SelfReferential, ToMany, ToOne};
