//! Which relationships the session's objects hold that only the database can evaluate, and what decides who is in them.

use crate::graph::ArenaId;
use crate::model::{ModelDef, RelationDef};
use crate::sql::{Source, TableName};

/// A relationship with a filter, or through links that others write, that objects of one model hold.
#[derive(Debug)]
pub(crate) struct Filtered {
    /// The arena of the objects that hold it.
    arena: ArenaId,
    relation: &'static RelationDef,
    /// The columns of the target that decide about a row; `None` if any may.
    columns: Option<Vec<&'static str>>,
    /// Other tables that decide: those of queries in the filter.
    tables: Vec<TableName>,
    /// The columns of the link table that decide about a link; `None` if any may.
    link_columns: Option<Vec<&'static str>>,
    /// Whether objects may hold it now.
    held: bool,
}

/// Those of a session.
#[derive(Debug, Default)]
pub(super) struct FilteredSlots(Vec<Filtered>);

/// Where one of them is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FilteredPlace {
    /// Its place among those of the session.
    pub(super) at: usize,
    /// The arena of the objects that hold it.
    pub(crate) arena: ArenaId,
    pub(crate) relation: &'static RelationDef,
    /// Whether rows of the target alone decide, each about itself.
    pub(crate) by_row: bool,
}

impl FilteredSlots {
    /// Objects hold a relationship, which may be one of these.
    pub(super) fn filled(&mut self, arena: ArenaId, relation: &'static RelationDef) {
        if !relation.is_derived() {
            return;
        }
        let same = |known: &&mut Filtered| known.arena == arena && known.relation.is(relation);
        match self.0.iter_mut().find(same) {
            Some(known) => known.held = true,
            None => self.0.push(Filtered::of(arena, relation)),
        }
    }

    /// A rollback may have given objects what they held before.
    pub(super) fn rolled_back(&mut self) {
        self.0.iter_mut().for_each(|known| known.held = true);
    }

    /// No object holds the relationship any more.
    pub(super) fn emptied(&mut self, place: FilteredPlace) {
        if let Some(known) = self.0.get_mut(place.at) {
            known.held = false;
        }
    }

    /// Those of some kind that are held.
    pub(super) fn held(&self, which: impl Fn(&Filtered) -> bool) -> Vec<FilteredPlace> {
        let held = self.0.iter().enumerate().filter(|(_, known)| known.held && which(known));
        let place = |(at, known): (usize, &Filtered)| FilteredPlace {
            at,
            arena: known.arena,
            relation: known.relation,
            by_row: known.columns.is_some() && known.relation.through.is_none(),
        };
        held.map(place).collect()
    }
}

impl Filtered {
    fn of(arena: ArenaId, relation: &'static RelationDef) -> Filtered {
        let target = relation.target();
        let mut tables = Vec::new();
        let link = relation.link_table().map(Source::Table);
        let columns = match relation.condition(&Source::Table(target.table), link.as_ref()) {
            Ok(None) => Some(Vec::new()),
            Ok(Some(condition)) => {
                condition.read_tables(&mut tables);
                condition.read_columns()
            }
            Err(_) => None,
        };
        let link_columns = columns.clone().map(|mut columns| {
            columns.extend(relation.link_columns().iter().map(|column| column.name));
            columns.extend(relation.link_target_columns().iter().map(|column| column.name));
            let order = relation.order_columns().iter().filter(|column| column.of_association);
            columns.extend(order.map(|column| column.name));
            columns
        });
        Filtered { arena, relation, columns, tables, link_columns, held: true }
    }

    fn is_link_table(&self, table: TableName) -> bool {
        self.relation.link_table() == Some(table)
    }

    /// Whether a change of these columns of a row of a model may change who is in it.
    pub(crate) fn depends_on(&self, def: &ModelDef, columns: &[usize]) -> bool {
        if self.tables.contains(&def.table) {
            return true;
        }
        let target = self.relation.target();
        let mut names = columns.iter().map(|column| def.columns[*column].name);
        if self.is_link_table(def.table) {
            return match &self.link_columns {
                None => true,
                Some(read) => names.any(|name| read.contains(&name)),
            };
        }
        let is_key = |name: &&str| {
            self.relation.remote_columns().iter().any(|column| target.columns[*column].name == *name)
        };
        target.table == def.table
            && match &self.columns {
                None => true,
                Some(read) => names.any(|name| read.contains(&name) || is_key(&name)),
            }
    }

    /// Whether a row of a table more or less may change who is in it.
    pub(crate) fn reads(&self, table: TableName) -> bool {
        self.relation.target().table == table || self.is_link_table(table) || self.tables.contains(&table)
    }

    /// Whether a new row of a table may be in it, or lead to who is. The links to a new target are written after it.
    pub(crate) fn gains_by(&self, table: TableName) -> bool {
        let is_target = self.relation.target().table == table && self.relation.through.is_none();
        is_target || self.is_link_table(table) || self.tables.contains(&table)
    }
}
