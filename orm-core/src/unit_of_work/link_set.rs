use indexmap::IndexMap;

use super::unit_of_work::{CellId, LinkRow, Node, Ref, cell_id};
use crate::model::RelationDef;
use crate::sql::TableName;

/// Rows of link tables that wait for a flush. A link is in it once, from whichever side it was made.
#[derive(Debug, Default)]
pub(super) struct LinkSet {
    rows: IndexMap<LinkKey, LinkRow>,
}

/// What makes two rows one: the table, and what its columns refer to.
#[derive(Debug, PartialEq, Eq, Hash)]
struct LinkKey {
    table: TableName,
    ends: [(&'static [&'static str], End); 2],
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum End {
    Node(Node),
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
        if let Some(key) = LinkKey::new(row.relation, &row.parent, &row.target) {
            self.rows.insert(key, row);
        }
    }

    /// Takes a link out; whether it was there.
    pub(super) fn remove(&mut self, relation: &RelationDef, parent: &Ref, target: &Ref) -> bool {
        // Rows of a link table have no order, so what is left may change its own.
        LinkKey::new(relation, parent, target).is_some_and(|key| self.rows.swap_remove(&key).is_some())
    }

    pub(super) fn take(&mut self) -> impl Iterator<Item = LinkRow> + use<> {
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
        Some(LinkKey { table: through.table, ends })
    }
}

impl End {
    fn of(end: &Ref) -> End {
        match (end.node(), end) {
            (Some(node), _) => End::Node(node),
            (None, Ref::Node(node)) => End::Node(*node),
            (None, Ref::Pending(cell)) => End::Pending(cell_id(cell)),
        }
    }
}
