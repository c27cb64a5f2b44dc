//! Fields of relationships.

use std::fmt;
use std::marker::PhantomData;

use super::{Held, Relation};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{FieldPlace, Seed, Slot};
use crate::model::{Lazy, Model, RelationDef, RelationKind};

macro_rules! field {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// The field itself has no value to read: use the accessor of the same name or
        /// [`Entity::get`](super::Entity::get).
        pub struct $name<T> {
            place: FieldPlace,
            to: PhantomData<fn() -> T>,
        }

        impl<T> $name<T> {
            /// The field of the object at the seed's place; for generated code.
            #[doc(hidden)]
            pub fn attached(seed: &Seed, relation: u32) -> Self {
                $name { place: seed.field(relation), to: PhantomData }
            }

            /// What the object holds; for generated accessors.
            ///
            /// # Errors
            /// `NotLoaded` or `Detached`: the relationship is not loaded.
            #[doc(hidden)]
            pub fn held<R: Relation>(&self, relation: R) -> Result<R::Output<<R::Target as Model>::Bare>> {
                let _ = relation;
                held::<R>(&self.place)
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), describe(&self.place))
            }
        }
    };
}

field! {
    /// A relationship to any number of rows: `#[has_many]` and `#[many_to_many]`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// assert_eq!(author.get(Author::BOOKS).len(), 3);   // what the query loaded
    /// assert_eq!(author.books()?.len(), 3);             // what the object holds
    /// # Ok(()) }
    /// ```
    HasMany
}
field! {
    /// A relationship to at most one row whose foreign key is in the target: `#[has_one]`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Profile { #[key(auto)] id: i64, user_id: i64, text: String }
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, #[has_one] profile: HasOne<Profile> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![User, Profile]).await?;
    /// # let mut session = engine.session();
    /// session.add(User::draft().profile(Profile::draft().text("writes")));
    /// let user = session.one(select::<User>().with(User::PROFILE.joined())).await?;
    /// assert_eq!(user.get(User::PROFILE).map(|profile| profile.text.clone()).as_deref(), Some("writes"));
    /// # Ok(()) }
    /// ```
    HasOne
}
field! {
    /// A relationship to the row that a key of this model refers to: `BelongsTo<T>` where the key is NOT NULL,
    /// `BelongsTo<Option<T>>` where it may be NULL.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(4)).with(Book::AUTHOR.joined())).await?;
    /// assert_eq!(book.get(Book::AUTHOR).name, "Harper Lee");
    /// # Ok(()) }
    /// ```
    BelongsTo
}

fn held<R: Relation>(place: &FieldPlace) -> Result<R::Output<<R::Target as Model>::Bare>> {
    let def = R::def();
    let Some(region) = place.region() else { return Err(not_loaded(def, false)) };
    let graph = region.graph();
    let (slot, target) = match graph.erased(place.arena()).slots(R::INDEX) {
        Some(slots) => (slots.get(place.node()), slots.target()),
        None => (Slot::Unloaded, None),
    };
    let missing = match slot {
        Slot::Unloaded => true,
        Slot::Absent => def.kind == (RelationKind::ManyToOne { required: true }),
        Slot::One(_) | Slot::Many(_) => false,
    };
    if missing {
        let attached = graph.is_open() && !graph.erased(place.arena()).is_detached(place.node());
        return Err(not_loaded(def, attached));
    }
    let target = target.unwrap_or_default();
    Ok(R::output(Held::slot(region, target, slot)))
}

fn not_loaded(def: &RelationDef, open: bool) -> Error {
    let (path, constant) = (def.path(), def.constant());
    if !open {
        return Error::new(
            ErrorKind::Detached,
            format!(
                "`{path}` was not loaded, and this object is detached: its session was dropped, expunged it or never \
                 held it (objects of a stream); load it with the object: `.with({constant}.selectin())` in the query"
            ),
        );
    }
    let later = match def.lazy {
        Lazy::Raise => format!("`session.load_all(objects, {constant}.selectin())`"),
        _ => format!("`session.load(&object, {constant})`"),
    };
    Error::new(
        ErrorKind::NotLoaded,
        format!(
            "`{path}` is not loaded (lazy = \"{}\"); add `.with({constant}.selectin())` to the query, or load it \
             later with {later}",
            def.lazy.as_str()
        ),
    )
}

fn describe(place: &FieldPlace) -> String {
    let slot = place.region().and_then(|region| {
        let slots = region.graph().erased(place.arena()).slots(place.relation())?;
        Some(slots.get(place.node()))
    });
    match slot {
        None | Some(Slot::Unloaded) => "not loaded".into(),
        Some(Slot::Absent) => "none".into(),
        Some(Slot::One(_)) => "loaded".into(),
        Some(Slot::Many(slice)) => format!("{} loaded", slice.as_slice().len()),
    }
}
