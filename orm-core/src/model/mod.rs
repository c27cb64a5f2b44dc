//! Descriptors: what `#[derive(Model)]` says of a model, as static data and as types.
//!
//! Enters: nothing, they are constants and impls in the user's crate. Leaves: names, columns, keys and relationships
//! for the query, and the typed operations on objects that later stages reach through [`ErasedModel`].

mod column;
mod column_def;
mod erased;
mod hooks;
mod identity_map;
mod index_def;
mod inverse;
mod key_action;
mod loaded_set;
#[allow(clippy::module_inception)]
mod model;
mod model_def;
mod relation_def;
mod selection;

pub use column::{Column, RefersTo, check_key, check_reference};
pub use column_def::{ColumnDef, Stamp};
pub(crate) use erased::publish;
pub use erased::{ErasedModel, erased};
pub use hooks::{HasHooks, HookTable, ModelHooks, NewRow};
pub use identity_map::{ErasedIdentity, Found, Hydrate, IdentityMap};
pub use index_def::IndexDef;
pub(crate) use inverse::inverse_of;
pub use key_action::KeyAction;
pub use loaded_set::{LoadedSet, LoadedSetOf, LoadedShape, LoadedSlot};
pub use model::Model;
pub use model_def::ModelDef;
pub use relation_def::{Cascade, Lazy, OrderDef, RelationDef, RelationKind, ThroughDef};
pub(crate) use selection::{Selected, Selection};
