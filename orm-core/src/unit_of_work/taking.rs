//! Takes rows of a statement into a session.

use super::flush::Flush;
use super::unit_of_work::UnitOfWork;
use crate::error::Result;
use crate::graph::{ArenaId, ObjectId};
use crate::identity::Store;
use crate::model::{ErasedModel, Hydrate, Selection};
use crate::query::BulkSpec;
use crate::sql::Statement;
use crate::value::{Cells, Value};

/// What a session takes of the rows that a statement returns.
#[derive(Debug)]
pub(super) struct Taking {
    pub(super) follow: Follow,
    pub(super) selection: Selection,
    existing: Hydrate,
    /// The columns that the statement sets in existing rows; `None` if it sets all.
    set: Option<Vec<usize>>,
    /// Whether a rollback drops an object that is new to the session: the statement may have inserted its row.
    inserts: bool,
}

impl Taking {
    /// Of inserted rows.
    pub(super) fn inserted(model: &'static dyn ErasedModel, follow: Follow) -> Taking {
        let selection = Selection::new(model, &[]);
        Taking { follow, selection, existing: Hydrate::Overwrite, set: None, inserts: true }
    }

    /// Of rows that were inserted, or existed and took these columns.
    pub(super) fn upserted(model: &'static dyn ErasedModel, follow: Follow, set: Vec<usize>) -> Taking {
        Taking { set: Some(set), ..Taking::inserted(model, follow) }
    }

    /// Of rows in which the database set these columns; other deferred ones stay as they are.
    pub(super) fn filled(model: &'static dyn ErasedModel, set: Vec<usize>) -> Taking {
        let selection = Selection::new(model, &set);
        let (follow, existing) = (Follow::Known, Hydrate::Follow);
        Taking { follow, selection, existing, set: Some(set), inserts: false }
    }

    /// Of rows that triggers changed.
    pub(super) fn read_back(model: &'static dyn ErasedModel) -> Taking {
        Taking::filled(model, Vec::new())
    }

    /// Of changed rows: what the statement sets, whether deferred or not; other deferred columns stay as they are.
    pub(super) fn changed(spec: &BulkSpec, follow: Follow) -> Taking {
        let set: Vec<usize> = spec.set.iter().map(|(column, _)| *column).collect();
        let selection = Selection::new(spec.model, &set);
        Taking { follow, selection, existing: Hydrate::Follow, set: Some(set), inserts: false }
    }

    fn sets(&self, column: usize) -> bool {
        self.set.as_ref().is_none_or(|set| set.contains(&column))
    }
}

/// Which of the returned rows a session takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// All, and none of them existed before.
    New,
    /// All.
    Hold,
    /// Those whose objects it holds.
    Known,
}

impl Flush<'_> {
    /// Runs a statement; the rows it returns are taken into the session, all of them or those that it holds already.
    pub(super) async fn run_bulk(
        &mut self,
        statement: &Statement,
        arena: ArenaId,
        taking: Option<&Taking>,
        nodes: &mut Vec<u32>,
    ) -> Result<u64> {
        let Some(taking) = taking else { return self.lease.execute(self.monitor, statement).await };
        let def = self.store.def(arena);
        let (store, unit) = (&mut *self.store, &mut *self.unit);
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let cells = &taking.selection.cells(cells, 0);
            let key = def.key.iter().map(|column| cells.cell(*column).map(|cell| cell.to_value()));
            let key = key.collect::<Result<Vec<Value>, _>>();
            let held = key.ok().and_then(|key| store.find(arena, &key));
            if held.is_none() && taking.follow == Follow::Known {
                return Ok(());
            }
            if held.is_some_and(|node| unit.was_edited_expired(node)) {
                // It was edited on what it showed, which only its flush can compare with the row.
                nodes.extend(held.map(|node| node.node));
                return Ok(());
            }
            let before = held.map(|node| unit.before_row(store, node, |column| taking.sets(column)));
            if let Some(found) = store.hydrate(arena, cells, taking.existing)? {
                let node = ObjectId { arena, node: found.node };
                if let Some((before, unsaved)) = before {
                    unit.rebased(store, node, unsaved)?;
                    let objects = store.arena(arena);
                    let changed: Vec<usize> = (0..def.columns.len())
                        .filter(|column| {
                            objects.view_version(node.node, before, *column)
                                != objects.view(node.node, *column)
                        })
                        .collect();
                    unit.keys_changed(store, node, &changed, before);
                }
                if found.new && taking.inserts {
                    unit.journal.inserted(node, store.arena(arena).version(node.node));
                }
                nodes.push(found.node);
            }
            Ok(())
        };
        self.lease.fetch(self.monitor, statement, &mut sink).await
    }
}

impl UnitOfWork {
    /// Whether an object was edited while it was expired.
    fn was_edited_expired(&self, node: ObjectId) -> bool {
        self.dirty.get(&node).is_some_and(|unsaved| unsaved.edited_expired)
    }

    /// The version of an object that is about to take its row, and what is unsaved of it: a rollback takes the object back
    /// to what it was. Of an edit and a statement that gives the same column a value, the later one counts, which is the
    /// statement.
    fn before_row(
        &mut self,
        store: &mut Store,
        node: ObjectId,
        sets: impl Fn(usize) -> bool,
    ) -> (usize, Vec<(usize, Value)>) {
        let objects = store.arena(node.arena);
        let unsaved = self.changed_columns(store, node).into_iter().filter(|column| !sets(*column));
        let unsaved = unsaved.map(|column| (column, objects.view(node.node, column).to_value())).collect();
        self.cancel_waiting(store, node, sets);
        let before = store.arena(node.arena).version(node.node);
        self.journal.changed(node, before);
        (before, unsaved)
    }
}
