//! An entity or a reference to one, as an argument.

use super::Entity;
use crate::model::Model;

/// An entity or a reference to one: what the methods of a session take.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// /// Deletes any entity, whatever its query loaded.
/// fn discard<E: orm_core::relation::AsEntity>(session: &mut Session, entity: E) -> Result<()> {
///     session.delete(entity)
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "expected an entity: `&user`",
    note = "a `Pending` has an entity after the flush, `pending.entity()?`; `session.get(..)` gives an `Option` of one; a list \
            is iterated, or given to `session.load_all(..)`"
)]
pub trait AsEntity {
    /// Its model.
    type Model: Model;
    /// What was loaded with it.
    type Loaded;

    /// The entity.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// use orm_core::relation::AsEntity;
    ///
    /// fn title<E: AsEntity<Model = Book>>(book: E) -> String {
    ///     book.as_entity().title.clone()
    /// }
    /// # fn main() {}
    /// ```
    fn as_entity(&self) -> &Entity<Self::Model, Self::Loaded>;
}

impl<M: Model, L> AsEntity for Entity<M, L> {
    type Model = M;
    type Loaded = L;

    fn as_entity(&self) -> &Entity<M, L> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<E: AsEntity> AsEntity for &E {
    type Model = E::Model;
    type Loaded = E::Loaded;

    fn as_entity(&self) -> &Entity<E::Model, E::Loaded> {
        E::as_entity(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: AsEntity> AsEntity for &mut E {
    type Model = E::Model;
    type Loaded = E::Loaded;

    fn as_entity(&self) -> &Entity<E::Model, E::Loaded> {
        E::as_entity(self)
    }
}
