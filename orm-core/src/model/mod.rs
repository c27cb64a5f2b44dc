//! Descriptors: a model's definition by `#[derive(Model)]`, as static data and as types.
//!
//! Enters: nothing, they are constants and impls in the user's crate. Leaves: names, columns, keys and relationships
//! for the query, and the typed operations on objects that later stages reach through [`ErasedModel`].

pub(crate) mod column;
mod column_def;
pub(crate) mod condition;
mod condition_text;
pub(crate) mod context;
mod descriptor;
pub(crate) mod erased;
pub(crate) mod hooks;
mod identity_map;
mod index_def;
mod key_action;
pub(crate) mod loaded_set;
#[allow(clippy::module_inception)]
pub(crate) mod model;
mod model_def;
mod relation_def;
mod relation_filter;
mod resolved;
mod selection;
mod special_columns;

pub use crate::sql::TableName;
pub(crate) use column::Column;
pub use column::{NoSuchColumn, ReadOnly, ReadWrite, RefersTo, Writable};
pub use column_def::{ColumnDef, ComputedDef, Stamp};
pub(crate) use condition::{Condition, KnownValue};
pub(crate) use context::Context;
pub(crate) use erased::{ErasedModel, erased, generated, in_precision, publish};
pub(crate) use hooks::{HookTable, NewRow};
pub(crate) use identity_map::{ErasedIdentity, Found, Hydrate, IdentityMap};
pub use index_def::IndexDef;
pub use key_action::KeyAction;
pub(crate) use loaded_set::{LoadedSet, LoadedSetOf, LoadedShape, LoadedSlot};
pub(crate) use model::Model;
pub use model_def::ModelDef;
pub use relation_def::{Cascade, Lazy, OrderDef, RelationDef, RelationKind, ThroughDef};
pub(crate) use resolved::{CheckedModel, OrderColumn, ResolvedRelation};
pub(crate) use selection::{Selected, Selection};
