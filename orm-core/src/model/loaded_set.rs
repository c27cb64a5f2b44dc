//! What a query loaded, as a type.

/// What a query loaded, as a type. It decides what serialising an [`Entity`](crate::Entity) includes.
///
/// The derive implements it for each model. A function that serialises or prints entities of any query needs it as a
/// bound:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::loaded::LoadedSet;
///
/// fn shown<L: LoadedSet>(author: &Entity<Author, L>) -> String {
///     format!("{author:?}")
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to be a loaded set",
    label = "what was loaded is not known here",
    note = "a function that takes entities of any query asks for it: `fn render<L: LoadedSet>(user: &Entity<User, L>)`"
)]
pub trait LoadedSet: 'static {
    /// What was loaded of the targets of a relationship, by its index; `None` if it was not loaded.
    #[doc(hidden)]
    fn below(relation: usize) -> Option<LoadedShape>;
}

/// A loaded set of the model `M`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this relationship does not start at the model of this query",
    label = "this relationship starts at `{M}`",
    note = "load it inside the relationship that leads to its model: `.with(outer.selectin().with(inner.selectin()))`"
)]
pub trait LoadedSetOf<M> {}

/// One parameter of a loaded set: whether its relationship was loaded; for generated code.
#[doc(hidden)]
pub trait LoadedSlot: 'static {
    /// What was loaded of the targets of the relationship with this index.
    fn shape<const RELATION: usize>() -> Option<LoadedShape>;
}

/// A loaded set without its type.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct LoadedShape(fn(usize) -> Option<LoadedShape>);

impl LoadedShape {
    /// Of a loaded set.
    pub fn of<L: LoadedSet>() -> LoadedShape {
        LoadedShape(L::below)
    }

    /// Of the targets of a relationship that was loaded to the last level, with `N` on each besides.
    pub fn recursive<N: LoadedSet, const RELATION: usize>() -> LoadedShape {
        fn below<N: LoadedSet, const RELATION: usize>(relation: usize) -> Option<LoadedShape> {
            if relation == RELATION { Some(LoadedShape(below::<N, RELATION>)) } else { N::below(relation) }
        }
        LoadedShape(below::<N, RELATION>)
    }

    /// What was loaded of the targets of a relationship, by its index.
    pub fn below(self, relation: usize) -> Option<LoadedShape> {
        (self.0)(relation)
    }
}
