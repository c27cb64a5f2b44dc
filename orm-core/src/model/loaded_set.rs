/// A loaded set: what a query loaded, as a type. What serialises an [`Entity`](crate::Entity) follows it.
///
/// The derive makes one for each model; as a bound it is what a function needs that serialises entities of any query:
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::LoadedSet;
/// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
/// fn shown<L: LoadedSet>(user: &Entity<User, L>) -> String {
///     format!("{user:?}")
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to be a loaded set",
    label = "what was loaded is not known here",
    note = "a function that takes entities of any query asks for it: `fn render<L: LoadedSet>(user: &Entity<User, L>)`"
)]
pub trait LoadedSet: 'static {
    /// What was loaded of the targets of a relationship, by its index; none where it was not loaded.
    #[doc(hidden)]
    fn below(relation: usize) -> Option<LoadedShape>;
}

/// One parameter of a loaded set: whether its relationship was loaded; for generated code.
#[doc(hidden)]
pub trait LoadedSlot: 'static {
    /// What was loaded of the targets, in the loaded set `L` of their owners.
    fn shape<L: LoadedSet>() -> Option<LoadedShape>;
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

    /// What was loaded of the targets of a relationship, by its index.
    pub fn below(self, relation: usize) -> Option<LoadedShape> {
        (self.0)(relation)
    }
}
