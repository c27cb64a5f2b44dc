use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Weak;

use super::{ErasedIdentity, IdentityMap, Model, ModelDef};
use crate::graph::{Arena, ErasedArena, Region};

/// A model whose type is not known here: what loading, flush and DDL work with, so that they are compiled once.
pub trait ErasedModel: Send + Sync {
    /// Names, columns, key and relationships.
    fn def(&self) -> &'static ModelDef;
    /// The struct's type.
    fn type_id(&self) -> TypeId;
    /// An empty arena for the model's objects.
    fn new_arena(&self, region: Weak<Region>, index: u32) -> Box<dyn ErasedArena>;
    /// An empty identity map for the model's objects.
    fn new_identity(&self) -> Box<dyn ErasedIdentity>;
}

struct Erased<M>(PhantomData<fn() -> M>);

impl<M: Model> ErasedModel for Erased<M> {
    fn def(&self) -> &'static ModelDef {
        M::def()
    }

    fn type_id(&self) -> TypeId {
        TypeId::of::<M>()
    }

    fn new_arena(&self, region: Weak<Region>, index: u32) -> Box<dyn ErasedArena> {
        let def = M::def();
        Box::new(Arena::<M>::new(region, index, def.columns.len(), def.relations.len()))
    }

    fn new_identity(&self) -> Box<dyn ErasedIdentity> {
        Box::new(IdentityMap::<M>::new())
    }
}

/// The model without its type.
pub fn erased<M: Model>() -> &'static dyn ErasedModel {
    const { &Erased::<M>(PhantomData) }
}

impl fmt::Debug for dyn ErasedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.def().name)
    }
}
