//! Rows that refer to each other in a circle.

use hashbrown::HashSet;
use indexmap::IndexSet;

use super::flush::Flush;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId};
use crate::model::{RelationDef, RelationKind};
use crate::sql::{Expr, NewRows, Source, Update, Writer};
use crate::value::Value;

/// Rows in a circle.
impl Flush<'_> {
    /// MySQL deletes no row that refers to itself.
    pub(super) fn in_its_own_way(&self, error: Error, arena: ArenaId, nodes: &[u32]) -> Error {
        if error.kind() != ErrorKind::ForeignKeyViolation || !self.dialect.checks_keys_by_row() {
            return error;
        }
        let itself = |columns: &[usize]| {
            nodes.iter().any(|node| self.referring(arena, std::slice::from_ref(node), columns) == [*node])
        };
        let keys = self.keys_between(arena, arena);
        let Some(columns) = keys.iter().find(|columns| itself(columns)) else { return error };
        let def = self.store.def(arena);
        let fields: Vec<&str> = columns.iter().map(|column| def.columns[*column].field).collect();
        error.suffixed(&format!(
            "\n(a row of `{}` refers to itself; MySQL deletes it only if `{}` can be NULL, or if the key is ON DELETE CASCADE \
             and `passive_deletes` leaves its children to the database)",
            def.name,
            fields.join(", ")
        ))
    }

    /// Those of some objects of one model whose rows refer to rows of them.
    fn referring(&self, arena: ArenaId, nodes: &[u32], columns: &[usize]) -> Vec<u32> {
        let own = self.referred_columns(arena, columns);
        let keys: HashSet<Vec<Value>> = own
            .iter()
            .flat_map(|own| nodes.iter().map(|node| self.saved_values(ObjectId { arena, node: *node }, own)))
            .collect();
        // A row that refers to itself is in its own way, too.
        let refers = |node: &u32| keys.contains(&self.saved_values(ObjectId { arena, node: *node }, columns));
        nodes.iter().copied().filter(refers).collect()
    }

    /// What a key of a model to itself refers to.
    fn referred_columns(&self, arena: ArenaId, columns: &[usize]) -> HashSet<&'static [usize]> {
        let refers_to = |relation: &&RelationDef| {
            relation.local_columns() == columns
                || (matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne)
                    && relation.remote_columns() == columns)
        };
        let relations = self.store.def(arena).relations.iter();
        relations
            .filter(refers_to)
            .map(|relation| match relation.kind {
                RelationKind::ManyToOne { .. } => relation.remote_columns(),
                _ => relation.local_columns(),
            })
            .collect()
    }

    /// The keys of one model to another, as either of them declares them.
    fn keys_between(&self, child: ArenaId, parent: ArenaId) -> IndexSet<&'static [usize]> {
        let leads_to = |relation: &RelationDef, arena: ArenaId| {
            (relation.target)().type_id() == self.store.model(arena).type_id()
        };
        let mut keys = IndexSet::new();
        for relation in self.store.def(child).relations {
            if matches!(relation.kind, RelationKind::ManyToOne { .. }) && leads_to(relation, parent) {
                keys.insert(relation.local_columns());
            }
        }
        for relation in self.store.def(parent).relations {
            if matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne)
                && leads_to(relation, child)
            {
                keys.insert(relation.remote_columns());
            }
        }
        keys
    }

    /// Columns of rows become NULL, before the rows themselves are written.
    pub(super) async fn clear_keys(
        &mut self,
        arena: ArenaId,
        nodes: &[u32],
        columns: &[usize],
    ) -> Result<()> {
        let def = self.store.def(arena);
        let nullable = columns.iter().filter(|column| def.columns[**column].nullable);
        let set: Vec<_> =
            nullable.map(|column| (def.columns[*column].named(), Expr::Bind(Value::Null.into()))).collect();
        if set.is_empty() || nodes.is_empty() {
            return Ok(());
        }
        let identified = def.key_columns(def.key);
        let keys: Vec<Vec<Value>> =
            nodes.iter().map(|node| self.saved_values(ObjectId { arena, node: *node }, def.key)).collect();
        let room = (self.dialect.bind_limit() / identified.len().max(1)).saturating_sub(set.len()).max(1);
        for keys in keys.chunks(room) {
            let filter = Some(Expr::among(&Source::Table(def.table), &identified, keys));
            let (set, from, returning) = (set.clone(), NewRows::default(), Vec::new());
            let update = Update { table: def.table, set, from, filter, returning };
            let mut statement = Writer::update(self.dialect, &update);
            statement.path = Some(def.name.into());
            statement.strategy = Some("flush");
            self.lease.execute(self.monitor, &statement).await?;
            let nullable = columns.iter().copied().filter(|column| def.columns[*column].nullable);
            let (nullable, rows) = (nullable.collect::<Vec<_>>(), keys.len());
            self.executed_update(def, &nullable, rows);
        }
        Ok(())
    }
}
