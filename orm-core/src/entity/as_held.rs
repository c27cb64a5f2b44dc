//! Serialises all that an object holds.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde::ser::{Error, SerializeStruct};
use serde::{Serialize, Serializer};

use super::Entity;
use super::serialize::{MOST_DEPTH, columns_of};
use crate::graph::{Graph, ObjectId, Region, Slot};
use crate::model::{Model, ModelDef, RelationDef, RelationKind};

/// An object as it is serialised with all that it holds: what [`Entity::as_held`] returns.
pub struct AsHeld {
    region: Arc<Region>,
    object: ObjectId,
    def: &'static ModelDef,
}

impl<M: Model, L> Entity<M, L> {
    /// Serialises all that the object holds: its columns, and each loaded relationship, whichever query or
    /// [`load`](crate::Session::load) loaded it, down to the last loaded one. Serialising the entity itself writes only what
    /// its type says is loaded.
    ///
    /// What is not loaded is absent. So is a relationship that leads back to an object that it is inside of, such as the
    /// author of each of an author's books. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(2))).await?;
    /// session.load(&author, Author::BOOKS).await?;
    /// let book = r#"{"id":4,"author_id":2,"title":"To Kill a Mockingbird","year":1960}"#;
    /// assert_eq!(
    ///     serde_json::to_string(&author.as_held()).expect("JSON"),
    ///     format!(r#"{{"id":2,"name":"Harper Lee","email":null,"books":[{book}]}}"#)
    /// );
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Serialising fails if objects are more than 64 deep inside each other, or more than 100,000 are to be written: objects
    /// that lead to each other in many ways are written once for each way.
    pub fn as_held(&self) -> AsHeld {
        AsHeld { region: self.region().bare(), object: self.place().id(), def: M::def() }
    }
}

/// How many objects are written at most.
const MOST_OBJECTS: usize = 100_000;

impl Serialize for AsHeld {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Cell::new(0);
        let AsHeld { region, object, def } = self;
        Object { graph: region.graph(), id: *object, def, above: None, depth: 0, written: &written }
            .serialize(serializer)
    }
}

/// One object inside others.
#[derive(Clone, Copy)]
struct Object<'o> {
    graph: &'o Graph,
    id: ObjectId,
    def: &'static ModelDef,
    above: Option<&'o Object<'o>>,
    depth: usize,
    written: &'o Cell<usize>,
}

/// A relationship that an object holds.
enum Holds {
    One(Option<ObjectId>),
    Many(Vec<ObjectId>),
}

impl Object<'_> {
    /// What is written for a relationship; `None` if it is left out.
    fn holds(&self, relation: &RelationDef) -> Option<Holds> {
        let slots = self.graph.erased(self.id.arena).slots(relation.index)?;
        let (slot, arena) = (slots.get(self.id.node), slots.target());
        drop(slots);
        let target = |node| Some(ObjectId { arena: arena?, node });
        let holds = match slot {
            Slot::Unloaded => return None,
            Slot::Absent if relation.kind == (RelationKind::ManyToOne { required: true }) => return None,
            Slot::Absent => Holds::One(None),
            Slot::One(node) => Holds::One(Some(target(node)?)),
            Slot::Many(slice) => {
                Holds::Many(slice.as_slice().iter().filter_map(|node| target(*node)).collect())
            }
        };
        let leads_back = match &holds {
            Holds::One(target) => target.is_some_and(|target| self.is_inside(target)),
            Holds::Many(targets) => targets.iter().any(|target| self.is_inside(*target)),
        };
        (!leads_back).then_some(holds)
    }

    /// Whether it is an object, or inside it.
    fn is_inside(&self, other: ObjectId) -> bool {
        std::iter::successors(Some(self), |object| object.above).any(|object| object.id == other)
    }

    fn target(&self, id: ObjectId, relation: &RelationDef) -> Object<'_> {
        let (def, depth) = (relation.target(), self.depth + 1);
        Object { id, def, above: Some(self), depth, ..*self }
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.def.name;
        if self.depth >= MOST_DEPTH {
            return Err(S::Error::custom(format!(
                "the loaded `{name}`s are more than {MOST_DEPTH} deep inside each other; write them out as a list, each with \
                 its key and that of the one above it"
            )));
        }
        self.written.set(self.written.get() + 1);
        if self.written.get() > MOST_OBJECTS {
            return Err(S::Error::custom(format!(
                "more than {MOST_OBJECTS} objects would be written, because the loaded objects lead to each other in many \
                 ways; serialise the entities themselves, which writes what their query loaded"
            )));
        }
        let columns = columns_of(self.graph, self.id, self.def);
        let relations = self.def.relations.iter();
        let relations: Vec<(&RelationDef, &'static str, Holds)> = relations
            .filter_map(|relation| Some((relation, relation.serialized?, self.holds(relation)?)))
            .collect();
        let mut object = serializer.serialize_struct(name, columns.len() + relations.len())?;
        for (name, cell) in &columns {
            object.serialize_field(name, cell)?;
        }
        for (relation, name, holds) in relations {
            match holds {
                Holds::One(target) => {
                    object.serialize_field(name, &target.map(|id| self.target(id, relation)))?;
                }
                Holds::Many(targets) => {
                    let targets: Vec<Object<'_>> =
                        targets.into_iter().map(|id| self.target(id, relation)).collect();
                    object.serialize_field(name, &targets)?;
                }
            }
        }
        object.end()
    }
}

impl fmt::Debug for AsHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsHeld").field(&self.def.name).finish()
    }
}
