//! Serialises entities.

use std::sync::Arc;

use serde::ser::{Error, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::many::Items;
use super::{Entity, Many, Place};
use crate::graph::{Graph, ObjectId, Region};
use crate::model::{ColumnDef, LoadedSet, LoadedShape, Model, ModelDef, RelationDef};
use crate::value::{ColumnType, ValueKind, ValueRef};

/// The columns, and the relationships that the type records as loaded; a recursion with a number of levels is written
/// to the last level that was read. What was not loaded is left out: it is neither `null` nor an empty list. `secret`
/// columns are left out too.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Book {
/// #     #[key(auto)] id: i64, author_id: i64, title: String, #[belongs_to] author: BelongsTo<Author>
/// # }
/// #[derive(Model, Debug)]
/// struct Author {
///     #[key(auto)]
///     id: i64,
///     #[serde(rename = "fullName")]
///     name: String,
///     #[column(secret)]
///     password: Option<String>,
///     #[has_many(order_by = "id")]
///     books: HasMany<Book>,
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Author, Book]).await?;
/// # let mut session = engine.session();
/// # session.add(Author::draft().name("Lem").password("p").books([Book::draft().title("Solaris")]));
/// # session.commit().await?;
/// let author = session.one(select::<Author>()).await?;
/// assert_eq!(serde_json::to_string(&author).expect("JSON"), r#"{"id":1,"fullName":"Lem"}"#);
///
/// let author = session.one(select::<Author>().with(Author::BOOKS.selectin())).await?;
/// assert_eq!(
///     serde_json::to_string(&author).expect("JSON"),
///     r#"{"id":1,"fullName":"Lem","books":[{"id":1,"author_id":1,"title":"Solaris"}]}"#
/// );
/// # Ok(()) }
/// ```
///
/// # Errors
/// The objects of a relationship that was loaded with `.recursive(..)` are a circle.
impl<M: Model, L: LoadedSet> Serialize for Entity<M, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (region, shape) = (self.region(), LoadedShape::of::<L>());
        Object { region, place: self.place(), def: M::def(), shape, owner: None, via: None }
            .serialize(serializer)
    }
}

/// A list of its objects, each as an [`Entity`] is.
impl<M: Model, N: LoadedSet> Serialize for Many<M, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (region, items) = self.parts();
        let shape = LoadedShape::of::<N>();
        List { region, items, def: M::def(), shape, owner: None, via: None }.serialize(serializer)
    }
}

/// One object, with the type of its model and of what was loaded forgotten, so that this is compiled once.
#[derive(Clone, Copy)]
struct Object<'o> {
    region: &'o Arc<Region>,
    place: Place,
    def: &'static ModelDef,
    shape: LoadedShape,
    owner: Option<&'o Object<'o>>,
    /// The relationship that leads to it.
    via: Option<&'static RelationDef>,
}

struct List<'o> {
    region: &'o Arc<Region>,
    items: &'o Items,
    def: &'static ModelDef,
    shape: LoadedShape,
    owner: Option<&'o Object<'o>>,
    via: Option<&'static RelationDef>,
}

/// How many objects may be inside each other: what reads JSON takes no more than some hundred levels, and what writes it
/// calls itself for each.
pub(super) const MOST_DEPTH: usize = 64;

impl Object<'_> {
    /// How many objects it is inside of.
    fn depth(&self) -> usize {
        std::iter::successors(self.owner, |above| above.owner).count()
    }

    /// Whether the object is inside itself. An answer has a level for each path, so only recursion leads back to one.
    fn is_circle(&self) -> bool {
        let mut owner = self.owner;
        while let Some(above) = owner {
            if self.place.answer.is_some() && above.place.answer == self.place.answer {
                return true;
            }
            owner = above.owner;
        }
        false
    }

    /// What is loaded of the targets of a relationship: as the type records, or further down a recursion with a number
    /// of levels, which the type does not count.
    fn below(&self, relation: &RelationDef) -> Option<LoadedShape> {
        let again = || {
            self.via.filter(|via| std::ptr::eq(*via, relation))?;
            Items::of_answer(self.region, self.place, relation.index).map(|_| self.shape)
        };
        self.shape.below(relation.index).or_else(again)
    }
}

/// The columns of an object that are written, each with its name. A deferred column that was not read is left out, as a
/// relationship is that was not loaded.
pub(super) fn columns_of<'g>(
    graph: &'g Graph,
    object: ObjectId,
    def: &ModelDef,
) -> Vec<(&'static str, Cell<'g>)> {
    let objects = graph.erased(object.arena);
    let column = |(index, column): (usize, &ColumnDef)| {
        let (name, view) = (column.serialized?, objects.view(object.node, index));
        (view != ValueRef::NotLoaded).then_some((name, Cell { view, kind: column.kind }))
    };
    def.columns.iter().enumerate().filter_map(column).collect()
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_circle() {
            let name = self.def.name;
            return Err(S::Error::custom(format!(
                "the loaded `{name}`s form a cycle, which cannot be serialised"
            )));
        }
        if self.depth() >= MOST_DEPTH {
            let name = self.def.name;
            return Err(S::Error::custom(format!(
                "the loaded `{name}`s are more than {MOST_DEPTH} deep inside each other; write them out as a list, each \
                 with its key and that of the one above it"
            )));
        }
        let columns = columns_of(self.region.graph(), self.place.id(), self.def);
        let relations = self.def.relations.iter().filter_map(|relation| {
            let (name, shape) = (relation.serialized?, self.below(relation)?);
            Some((relation, name, shape))
        });
        let fields = columns.len() + relations.clone().count();
        let mut object = serializer.serialize_struct(self.def.name, fields)?;
        for (name, cell) in &columns {
            object.serialize_field(name, cell)?;
        }
        for (relation, name, shape) in relations {
            let items = Items::of_answer(self.region, self.place, relation.index).unwrap_or(Items::Empty);
            let (region, def, owner, via) = (self.region, relation.target(), Some(self), Some(relation));
            if relation.is_collection() {
                object.serialize_field(name, &List { region, items: &items, def, shape, owner, via })?;
            } else {
                let target = items.get(region, 0);
                let target = target.map(|place| Object { region, place, def, shape, owner, via });
                object.serialize_field(name, &target)?;
            }
        }
        object.end()
    }
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let List { region, items, def, shape, owner, via } = *self;
        let count = items.len(region);
        let mut list = serializer.serialize_seq(Some(count))?;
        for place in (0..count).filter_map(|index| items.get(region, index)) {
            list.serialize_element(&Object { region, place, def, shape, owner, via })?;
        }
        list.end()
    }
}

pub(super) struct Cell<'o> {
    view: ValueRef<'o>,
    kind: ValueKind,
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A cell holds 0.1 of 32 bits as the 64-bit number next to it, which has more digits.
        match (self.kind, f32::read(self.view)) {
            (ValueKind::Float32, Ok(narrow)) => serializer.serialize_f32(narrow),
            _ => self.view.serialize(serializer),
        }
    }
}
