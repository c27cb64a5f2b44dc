//! What was read in a transaction, which a rollback forgets.

use std::mem;

use crate::graph::{ArenaId, ObjectId};

/// What a session read in a transaction after it had written: a rollback makes it untrue.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// Whether the open transaction has written.
    watching: bool,
    /// What was read since the last savepoint, and inside the savepoints around it.
    inner: Read,
    outer: Vec<Read>,
}

/// Objects that were read, and what was loaded of their relationships.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// With the version that each showed before, if the row overwrote it.
    pub(super) nodes: Vec<(ObjectId, Option<usize>)>,
    pub(super) slots: Vec<(ArenaId, u32, usize)>,
}

impl Reads {
    /// The transaction writes: from now on a rollback undoes what queries see.
    pub(super) fn watch(&mut self) {
        self.watching = true;
    }

    pub(super) fn node(&mut self, id: ObjectId, before: Option<usize>) {
        if self.watching {
            self.inner.nodes.push((id, before));
        }
    }

    pub(super) fn slots(&mut self, arena: ArenaId, relation: usize, nodes: &[u32]) {
        if self.watching {
            self.inner.slots.extend(nodes.iter().map(|node| (arena, *node, relation)));
        }
    }

    pub(super) fn savepoint(&mut self) {
        self.outer.push(mem::take(&mut self.inner));
    }

    /// What was read in a savepoint belongs to what is around it.
    pub(super) fn released(&mut self) {
        if let Some(mut outer) = self.outer.pop() {
            outer.nodes.append(&mut self.inner.nodes);
            outer.slots.append(&mut self.inner.slots);
            self.inner = outer;
        }
    }

    /// What was read since the last savepoint.
    pub(super) fn rolled_back(&mut self) -> Read {
        let outer = self.outer.pop();
        // Outside any savepoint the transaction ends with this.
        self.watching &= outer.is_some();
        mem::replace(&mut self.inner, outer.unwrap_or_default())
    }
}
