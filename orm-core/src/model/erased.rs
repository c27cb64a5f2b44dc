//! Models without their types.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use super::{Column, Context, ErasedIdentity, IdentityMap, Model, ModelDef, NewRow};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Arena, ArenaId, ErasedArena, Graph, GraphHandle};
use crate::value::Value;

/// A model as a trait object. Loading, flush and DDL use it, so they are compiled once.
pub trait ErasedModel: Send + Sync {
    /// Names, columns, key and relationships.
    fn def(&self) -> &'static ModelDef;
    /// The struct's type.
    fn type_id(&self) -> TypeId;
    /// An empty arena for the model's objects.
    fn new_arena(&self, graph: GraphHandle, id: ArenaId) -> Box<dyn ErasedArena>;
    /// An empty identity map for the model's objects.
    fn new_identity(&self) -> Box<dyn ErasedIdentity>;
    /// Runs the model's hook on a new row.
    ///
    /// # Errors
    /// The hook refuses the row.
    fn before_insert(&self, values: &mut [Option<Value>], context: &Context) -> Result<()>;
    /// Runs the model's hook on a changed object; what it changes is published.
    ///
    /// # Errors
    /// The hook refuses the change.
    fn before_update(&self, graph: &Graph, arena: ArenaId, node: u32, context: &Context) -> Result<()>;
    /// Runs the model's hook on an object whose row is about to be deleted.
    ///
    /// # Errors
    /// The hook refuses the deletion.
    fn before_delete(&self, graph: &Graph, arena: ArenaId, node: u32, context: &Context) -> Result<()>;
}

struct Erased<M>(PhantomData<fn() -> M>);

impl<M: Model> ErasedModel for Erased<M> {
    fn def(&self) -> &'static ModelDef {
        M::def()
    }

    fn type_id(&self) -> TypeId {
        TypeId::of::<M>()
    }

    fn new_arena(&self, graph: GraphHandle, id: ArenaId) -> Box<dyn ErasedArena> {
        let def = M::def();
        Box::new(Arena::<M>::new(graph, id, def.columns.len(), def.relations.len()))
    }

    fn new_identity(&self) -> Box<dyn ErasedIdentity> {
        Box::new(IdentityMap::<M>::new())
    }

    fn before_insert(&self, values: &mut [Option<Value>], context: &Context) -> Result<()> {
        M::hooks().map_or(Ok(()), |hooks| (hooks.before_insert)(&mut NewRow::new(values, context)))
    }

    fn before_update(&self, graph: &Graph, arena: ArenaId, node: u32, context: &Context) -> Result<()> {
        let Some(hooks) = M::hooks() else { return Ok(()) };
        let arena = graph.arena::<M>(arena);
        let duplicate = arena.duplicate(node);
        let mut version = duplicate.map_err(|error| {
            let secret = M::def().columns.get(error.column).is_some_and(|column| column.secret);
            let error = if secret { error.error.without_value() } else { error.error };
            Error::new(ErrorKind::InvalidValue, error.to_string()).with_source(error)
        })?;
        (hooks.before_update)(&mut version, context)?;
        let version = in_precision(arena, node, version);
        let changed: Vec<usize> = arena.differences(arena.node(node).current(), &version).collect();
        if let Some(column) = changed.iter().find(|column| M::def().columns[**column].read_only) {
            return Err(generated(M::def(), *column));
        }
        if !changed.is_empty() {
            publish(arena, node, version, &changed);
        }
        Ok(())
    }

    fn before_delete(&self, graph: &Graph, arena: ArenaId, node: u32, context: &Context) -> Result<()> {
        let Some(hooks) = M::hooks() else { return Ok(()) };
        (hooks.before_delete)(graph.arena::<M>(arena).node(node).current(), context)
    }
}

/// A column that only the database fills in was set.
pub(crate) fn generated(def: &ModelDef, column: usize) -> Error {
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "`{}.{}` is filled in by the database and cannot be set; it is read back after each INSERT and UPDATE",
            def.name, def.columns[column].field
        ),
    )
}

/// Publishes a version of an object. A time that a clock told is cut to microseconds first, so that the object shows what its
/// row will hold.
pub(crate) fn publish<M: Model>(arena: &Arena<M>, node: u32, version: M, changed: &[usize]) {
    let columns = &M::def().columns;
    if changed.iter().any(|column| columns[*column].kind.is_cut()) {
        let version = arena.as_stored(node, version, &[]);
        let changed = arena.differences(arena.node(node).current(), &version).collect();
        return arena.publish(node, version, changed);
    }
    arena.publish(node, version, changed.iter().copied().collect());
}

/// A version with times as precise as their columns.
pub(crate) fn in_precision<M: Model>(arena: &Arena<M>, node: u32, version: M) -> M {
    let def = M::def();
    let cut = |at: usize| (at, def.columns[at].stored(version.view(at).to_value()));
    let cut: Vec<(usize, Value)> = def.precise().map(cut).collect();
    if cut.is_empty() { version } else { arena.as_stored(node, version, &cut) }
}

/// The model without its type.
pub fn erased<M: Model>() -> &'static dyn ErasedModel {
    const { &Erased::<M>(PhantomData) }
}

/// The target of a relationship, for generated code: its inherent constant, which exists if it is a model, hides the one of
/// [`NoTarget`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Target<T>(PhantomData<T>);

impl<T: Model> Target<T> {
    /// The model without its type.
    pub const ERASED: fn() -> &'static dyn ErasedModel = erased::<T>;

    /// A column that has to exist.
    pub fn column<C>(column: C) -> C {
        column
    }
}

/// What stands for a target that is not a model, which is an error elsewhere.
#[doc(hidden)]
pub trait NoTarget {
    /// Is never called.
    #[allow(clippy::empty_loop, reason = "nothing calls it")]
    const ERASED: fn() -> &'static dyn ErasedModel = || loop {};

    /// One that is not looked for.
    fn column<C>(_: C) -> Column<(), ()> {
        Column::new(0)
    }
}

impl<T> NoTarget for Target<T> {}

impl fmt::Debug for dyn ErasedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.def().name)
    }
}
