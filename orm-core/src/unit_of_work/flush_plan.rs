use std::fmt;

use super::schedule::{Kind, Part, Step, schedule};
use super::switch::Switched;
use super::unit_of_work::UnitOfWork;
use super::work::{Row, Rows};
use crate::identity::Store;
use crate::model::RelationKind;
use crate::sql::{Dialect, TableName};

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
    pub(crate) fn of(unit: &UnitOfWork, store: &Store, dialect: Dialect) -> FlushPlan {
        let mut plan = FlushPlan::default();
        let rows = Rows::of(unit, store, &Switched::default());
        // New rows that need each other's keys have no plan; the flush refuses them.
        let steps =
            schedule(&rows.work, dialect.checks_keys_by_row()).map_or_else(|_| Vec::new(), |plan| plan.steps);
        let deletions = steps.iter().rposition(|step| step.kind != Kind::Delete).map_or(0, |last| last + 1);
        let (steps, deletions) = steps.split_at(deletions);
        steps.iter().for_each(|step| plan.step(unit, store, &rows, step));
        plan.links(unit);
        deletions.iter().for_each(|step| plan.step(unit, store, &rows, step));
        plan
    }

    fn step(&mut self, unit: &UnitOfWork, store: &Store, rows: &Rows, step: &Step) {
        let first = self.steps.len();
        for operation in &step.operations {
            let def = rows.model(*operation).def();
            let fields =
                |columns: &[usize]| columns.iter().map(|column| def.columns[*column].field).collect();
            let one = match (&step.part, step.kind, rows.rows[*operation]) {
                (Part::Clear(columns) | Part::Late(columns), ..) => {
                    FlushStep::Update { model: def.name, fields: fields(columns), rows: 1 }
                }
                (Part::Whole, Kind::Insert, _) => FlushStep::Insert { model: def.name, rows: 1 },
                (Part::Whole, Kind::Update, Row::Changed(node)) => {
                    let mut columns = unit.changed_columns(store, node);
                    columns.extend(
                        unit.waiting_keys.of(node).iter().flat_map(|key| key.columns.iter().copied()),
                    );
                    columns.sort_unstable();
                    columns.dedup();
                    FlushStep::Update { model: def.name, fields: fields(&columns), rows: 1 }
                }
                (Part::Whole, Kind::Update, _) => continue,
                (Part::Whole, Kind::Delete, _) => {
                    let followed = |kind| matches!(kind, RelationKind::HasMany | RelationKind::HasOne);
                    let relations = def
                        .relations
                        .iter()
                        .filter(|relation| followed(relation.kind) && !relation.passive_deletes);
                    FlushStep::Delete {
                        model: def.name,
                        rows: 1,
                        follows: relations.map(|relation| relation.path()).collect(),
                    }
                }
            };
            let counted = self.steps[first..].iter_mut().any(|step| step.counts(&one));
            if !counted {
                self.steps.push(one);
            }
        }
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[FlushStep] {
        &self.steps
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
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
}

impl FlushStep {
    /// Whether a row is one of this step, which counts it then.
    fn counts(&mut self, row: &FlushStep) -> bool {
        match (self, row) {
            (FlushStep::Insert { model, rows }, FlushStep::Insert { model: other, .. }) if model == other => {
                *rows += 1
            }
            (
                FlushStep::Update { model, fields, rows },
                FlushStep::Update { model: other, fields: others, .. },
            ) if model == other && fields == others => *rows += 1,
            (FlushStep::Delete { model, rows, .. }, FlushStep::Delete { model: other, .. })
                if model == other =>
            {
                *rows += 1
            }
            _ => return false,
        }
        true
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
