use std::fmt;

use super::order::{InsertQueue, deletion_ranks};
use super::unit_of_work::{UnitOfWork, by_arena};
use crate::identity::Store;
use crate::model::RelationKind;
use crate::sql::TableName;

/// What a flush would write now: what [`Session::flush_plan`](crate::Session::flush_plan) gives.
#[derive(Debug, Clone, Default)]
pub struct FlushPlan {
    steps: Vec<FlushStep>,
}

/// One step of a [`FlushPlan`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlushStep {
    /// Rows that are inserted together.
    Insert {
        /// The model.
        model: &'static str,
        /// How many.
        rows: usize,
    },
    /// Changed rows.
    Update {
        /// The model.
        model: &'static str,
        /// The fields that changed.
        fields: Vec<&'static str>,
        /// How many rows.
        rows: usize,
    },
    /// Rows of a link table that go.
    Unlink {
        /// The link table.
        table: TableName,
        /// How many.
        rows: usize,
    },
    /// Rows of a link table that come.
    Link {
        /// The link table.
        table: TableName,
        /// How many.
        rows: usize,
    },
    /// Rows that are deleted.
    Delete {
        /// The model.
        model: &'static str,
        /// How many.
        rows: usize,
        /// The relationships whose targets are looked at first: they are deleted too, or lose their key.
        follows: Vec<String>,
    },
}

impl FlushPlan {
    pub(crate) fn of(unit: &UnitOfWork, store: &Store) -> FlushPlan {
        let mut plan = FlushPlan::default();
        plan.inserts(unit);
        plan.updates(unit, store);
        plan.links(unit);
        plan.deletes(unit, store);
        plan
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[FlushStep] {
        &self.steps
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn inserts(&mut self, unit: &UnitOfWork) {
        for batch in InsertQueue::batches(&unit.pending) {
            let step = FlushStep::Insert { model: batch.0, rows: batch.1 };
            self.steps.push(step);
        }
    }

    fn updates(&mut self, unit: &UnitOfWork, store: &Store) {
        for node in unit.dirty.keys().filter(|node| !unit.deleted.contains(*node)) {
            let def = store.def(node.arena);
            let changed = unit.changed_columns(store, *node);
            if changed.is_empty() {
                continue;
            }
            let names: Vec<&'static str> = changed.iter().map(|column| def.columns[*column].field).collect();
            let same = |step: &&mut FlushStep| matches!(step, FlushStep::Update { model, fields, .. } if *model == def.name && *fields == names);
            match self.steps.iter_mut().find(same) {
                Some(FlushStep::Update { rows, .. }) => *rows += 1,
                _ => self.steps.push(FlushStep::Update { model: def.name, fields: names, rows: 1 }),
            }
        }
    }

    fn links(&mut self, unit: &UnitOfWork) {
        for row in unit.unlinks.iter() {
            self.count_link(row.relation.through.as_ref().map(|through| through.table), true);
        }
        for row in unit.links.iter() {
            self.count_link(row.relation.through.as_ref().map(|through| through.table), false);
        }
    }

    fn count_link(&mut self, name: Option<TableName>, goes: bool) {
        let Some(name) = name else { return };
        for step in &mut self.steps {
            match step {
                FlushStep::Unlink { table, rows } if goes && *table == name => return *rows += 1,
                FlushStep::Link { table, rows } if !goes && *table == name => return *rows += 1,
                _ => {}
            }
        }
        self.steps.push(match goes {
            true => FlushStep::Unlink { table: name, rows: 1 },
            false => FlushStep::Link { table: name, rows: 1 },
        });
    }

    fn deletes(&mut self, unit: &UnitOfWork, store: &Store) {
        let mut groups = by_arena(unit.deleted.iter().copied());
        let models: Vec<_> = groups.iter().map(|(arena, _)| store.model(*arena)).collect();
        let ranks = deletion_ranks(&models);
        groups.sort_by_key(|(arena, _)| ranks.get(&store.model(*arena).type_id()).copied());
        for (arena, nodes) in groups {
            let def = store.def(arena);
            let followed = |kind| matches!(kind, RelationKind::HasMany | RelationKind::HasOne);
            let relations =
                def.relations.iter().filter(|relation| followed(relation.kind) && !relation.passive_deletes);
            let follows = relations.map(|relation| relation.path()).collect();
            self.steps.push(FlushStep::Delete { model: def.name, rows: nodes.len(), follows });
        }
    }
}

impl fmt::Display for FlushPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}. {step}", index + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for FlushStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FlushStep::Insert { model, rows } => write!(f, "insert {rows} {model}"),
            FlushStep::Update { model, fields, rows } => {
                write!(f, "update {} of {rows} {model}", fields.join(", "))
            }
            FlushStep::Unlink { table, rows } => write!(f, "delete {rows} rows of {table}"),
            FlushStep::Link { table, rows } => write!(f, "insert {rows} rows of {table}"),
            FlushStep::Delete { model, rows, follows } => {
                write!(f, "delete {rows} {model}")?;
                if !follows.is_empty() {
                    write!(f, ", after looking at {}", follows.join(", "))?;
                }
                Ok(())
            }
        }
    }
}
