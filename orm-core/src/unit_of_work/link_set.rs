//! Rows of link tables that wait for a flush.

use hashbrown::{HashMap, HashSet};
use indexmap::IndexMap;

use super::unit_of_work::{CellId, LinkRow, Ref, cell_id};
use crate::graph::ObjectId;
use crate::model::RelationDef;
use crate::sql::TableName;

/// Rows of link tables that wait for a flush. A link is in it once, from whichever side it was made.
#[derive(Debug, Default)]
pub(super) struct LinkSet {
    rows: IndexMap<LinkKey, LinkRow>,
    /// Links with an object that has no row yet, by both of their ends. Some are not here any more.
    of_new: HashMap<End, Vec<LinkKey>>,
}

/// What makes two rows one: the table, and what its columns refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct LinkKey {
    table: TableName,
    ends: [(&'static [&'static str], End); 2],
}

/// One end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum End {
    Node(ObjectId),
    Pending(CellId),
}

impl LinkSet {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LinkRow> {
        self.rows.values()
    }

    pub(super) fn contains(&self, relation: &RelationDef, parent: &Ref, target: &Ref) -> bool {
        LinkKey::new(relation, parent, target).is_some_and(|key| self.rows.contains_key(&key))
    }

    pub(super) fn insert(&mut self, row: LinkRow) {
        let Some(key) = LinkKey::new(row.relation, &row.parent, &row.target) else { return };
        if key.ends.iter().any(|(_, end)| matches!(end, End::Pending(_))) {
            key.ends.iter().for_each(|(_, end)| self.of_new.entry(*end).or_default().push(key));
        }
        self.rows.insert(key, row);
    }

    /// Takes a link out, if it was there.
    pub(super) fn remove(&mut self, relation: &RelationDef, parent: &Ref, target: &Ref) -> Option<LinkRow> {
        // Rows of a link table have no order, so what is left may change its own.
        LinkKey::new(relation, parent, target).and_then(|key| self.rows.swap_remove(&key))
    }

    /// Takes out the links of an object that is not written after all.
    pub(super) fn end(&mut self, gone: &Ref) {
        for key in self.of_new.remove(&End::of(gone)).unwrap_or_default() {
            self.rows.swap_remove(&key);
        }
    }

    /// The objects without a row that an object is linked to by a relationship.
    pub(super) fn new_ends(&self, relation: &RelationDef, of: &Ref) -> Vec<Ref> {
        let rows = self.of_new.get(&End::of(of)).into_iter().flatten().filter_map(|key| self.rows.get(key));
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for end in rows.flat_map(|row| [&row.parent, &row.target]) {
            let is_new = end.node().is_none() && self.contains(relation, of, end);
            if is_new && seen.insert(End::of(end)) {
                found.push(end.clone());
            }
        }
        found
    }

    /// The objects without a row that an object is linked to.
    pub(super) fn new_at(&self, of: &Ref) -> Vec<CellId> {
        let rows = self.of_new.get(&End::of(of)).into_iter().flatten().filter_map(|key| self.rows.get(key));
        let ends = rows.flat_map(|row| [&row.parent, &row.target]);
        let new = |end: &Ref| match end {
            Ref::Pending(cell) if end.node().is_none() => Some(cell_id(cell)),
            _ => None,
        };
        ends.filter_map(new).collect()
    }

    /// Replaces one object with another in its links to objects without a row, and returns these.
    pub(super) fn replace_end(&mut self, old: ObjectId, new: ObjectId) -> Vec<CellId> {
        let linked = self.new_at(&Ref::Node(old));
        for key in self.of_new.remove(&End::Node(old)).unwrap_or_default() {
            let Some(mut row) = self.rows.swap_remove(&key) else { continue };
            row.parent.replace(old, new);
            row.target.replace(old, new);
            self.insert(row);
        }
        linked
    }

    pub(super) fn take(&mut self) -> impl Iterator<Item = LinkRow> + use<> {
        self.of_new.clear();
        std::mem::take(&mut self.rows).into_values()
    }

    /// Takes out the rows that meet a condition.
    pub(super) fn extract(&mut self, mut which: impl FnMut(&LinkRow) -> bool) -> Vec<LinkRow> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let (taken, left) = std::mem::take(&mut self.rows).into_iter().partition(|(_, row)| which(row));
        self.rows = left;
        let taken: IndexMap<LinkKey, LinkRow> = taken;
        taken.into_values().collect()
    }
}

impl LinkKey {
    fn new(relation: &RelationDef, parent: &Ref, target: &Ref) -> Option<LinkKey> {
        let through = relation.through.as_ref()?;
        let mut ends = [(through.key, End::of(parent)), (through.target_key, End::of(target))];
        // Each side names its own columns first.
        ends.sort_by_key(|(columns, _)| *columns);
        Some(LinkKey { table: through.table(), ends })
    }
}

impl End {
    pub(super) fn of(end: &Ref) -> End {
        match (end.node(), end) {
            (Some(node), _) => End::Node(node),
            (None, Ref::Node(node)) => End::Node(*node),
            (None, Ref::Pending(cell)) => End::Pending(cell_id(cell)),
        }
    }
}
