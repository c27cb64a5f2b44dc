//! Models that are made while a test runs: a slot is a type, and what it describes is put into it.

use std::cell::RefCell;

use orm_core::__private::{
    CellError, Cells, ErasedModel, LoadedSet, LoadedSetOf, LoadedShape, Record, Seed, erased,
};
use orm_core::Model;
use orm_core::model::ModelDef;
use orm_core::schema::Schema;
use orm_core::value::ValueRef;

/// How many models there can be at a time.
pub const SLOTS: usize = 24;

thread_local! {
    static DEFS: RefCell<[Option<&'static ModelDef>; SLOTS]> = const { RefCell::new([None; SLOTS]) };
}

/// The model of a slot; nothing ever makes one.
#[derive(Debug)]
pub struct Slot<const N: usize>;

/// Objects of a slot are never loaded.
#[derive(Debug)]
pub struct Nothing;

impl LoadedSet for Nothing {
    fn below(_: usize) -> Option<LoadedShape> {
        None
    }
}

impl<const N: usize> LoadedSetOf<Slot<N>> for Nothing {}

impl<const N: usize> Record for Slot<N> {
    fn view(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Null
    }

    fn read(_: &dyn Cells, _: &Seed) -> Result<Self, CellError> {
        Ok(Slot)
    }
}

impl<const N: usize> Model for Slot<N> {
    type Key = i64;
    type Bare = Nothing;

    fn def() -> &'static ModelDef {
        DEFS.with_borrow(|defs| defs[N]).expect("the slot is filled")
    }
}

/// What names a model in relationships.
pub type ModelFn = fn() -> &'static dyn ErasedModel;

macro_rules! slots {
    ($($number:literal)*) => {
        /// The function that names the model of a slot.
        pub fn model(slot: usize) -> ModelFn {
            match slot {
                $($number => erased::<Slot<$number>>,)*
                _ => panic!("there are {SLOTS} slots"),
            }
        }

        fn with(schema: Schema, slot: usize) -> Schema {
            match slot {
                $($number => schema.with::<Slot<$number>>(),)*
                _ => panic!("there are {SLOTS} slots"),
            }
        }
    };
}

slots!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23);

/// Fills the slots from a place on, and gives the schema of them.
pub fn schema(first: usize, defs: Vec<ModelDef>) -> Schema {
    let count = defs.len();
    for (at, def) in defs.into_iter().enumerate() {
        DEFS.with_borrow_mut(|slots| slots[first + at] = Some(Box::leak(Box::new(def))));
    }
    (first..first + count).fold(Schema::new(), with)
}
