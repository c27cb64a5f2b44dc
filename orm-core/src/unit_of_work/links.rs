use std::sync::Arc;

use super::draft::{CompleteDraft, DraftData};
use super::pending::{Pending, PendingCell};
use crate::entity::{Entity, Many};
use crate::graph::Region;
use crate::model::Model;

/// The other end of a link: a row to be written with it, one that waits for a flush, or one that is there.
#[derive(Debug)]
pub enum LinkTarget {
    /// A draft that is added with the link.
    Draft(Box<DraftData>),
    /// An object that waits for its flush.
    Pending(Arc<PendingCell>),
    /// An object of a session.
    Entity {
        /// The session's graph.
        region: Arc<Region>,
        /// The arena.
        arena: u32,
        /// The object.
        node: u32,
    },
}

/// What a relationship to one `M` takes: a complete draft, a pending object or an entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be linked as a `{M}`",
    label = "expected a draft of `{M}`, a `Pending<{M}>` or an `&Entity<{M}>`"
)]
pub trait IntoLink<M: Model> {
    /// The other end of the link.
    #[doc(hidden)]
    fn into_link(self) -> LinkTarget;
}

/// What a collection of `M` takes: an array, a `Vec` or a slice of what a single link takes, or a collection that was
/// loaded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be linked as a collection of `{M}`",
    label = "expected an array, a `Vec` or a slice of drafts, pendings or entities of `{M}`"
)]
pub trait IntoLinks<M: Model> {
    /// The other ends of the links.
    #[doc(hidden)]
    fn into_links(self) -> Vec<LinkTarget>;
}

/// The link of a complete draft; for generated code.
#[doc(hidden)]
pub fn draft_link<D: CompleteDraft>(draft: D) -> LinkTarget {
    LinkTarget::Draft(Box::new(draft.into_data()))
}

impl<M: Model, L> IntoLink<M> for &Entity<M, L> {
    fn into_link(self) -> LinkTarget {
        let place = self.place();
        LinkTarget::Entity { region: self.region().bare(), arena: place.arena, node: place.node }
    }
}

impl<M: Model, L> IntoLink<M> for Entity<M, L> {
    fn into_link(self) -> LinkTarget {
        (&self).into_link()
    }
}

impl<M: Model> IntoLink<M> for &Pending<M> {
    fn into_link(self) -> LinkTarget {
        LinkTarget::Pending(Arc::clone(self.cell()))
    }
}

impl<M: Model> IntoLink<M> for Pending<M> {
    fn into_link(self) -> LinkTarget {
        (&self).into_link()
    }
}

impl<M: Model, T: IntoLink<M>, const N: usize> IntoLinks<M> for [T; N] {
    fn into_links(self) -> Vec<LinkTarget> {
        self.into_iter().map(T::into_link).collect()
    }
}

impl<M: Model, T: IntoLink<M>> IntoLinks<M> for Vec<T> {
    fn into_links(self) -> Vec<LinkTarget> {
        self.into_iter().map(T::into_link).collect()
    }
}

impl<'a, M: Model, T> IntoLinks<M> for &'a Vec<T>
where
    &'a T: IntoLink<M>,
{
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::into_link).collect()
    }
}

impl<'a, M: Model, T> IntoLinks<M> for &'a [T]
where
    &'a T: IntoLink<M>,
{
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::into_link).collect()
    }
}

impl<'a, M: Model, T, const N: usize> IntoLinks<M> for &'a [T; N]
where
    &'a T: IntoLink<M>,
{
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::into_link).collect()
    }
}

impl<M: Model, L> IntoLinks<M> for Many<M, L> {
    fn into_links(self) -> Vec<LinkTarget> {
        self.into_iter().map(IntoLink::into_link).collect()
    }
}

impl<M: Model, L> IntoLinks<M> for &Many<M, L> {
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::into_link).collect()
    }
}
