//! What a flush would execute, or has executed.

use std::fmt;

use super::flush::Flush;
use super::known::Known;
use super::row_plan::RowPlan;
use super::schedule::{Kind, Part};
use super::switch::Switched;
use super::unit_of_work::{Ref, UnitOfWork};
use super::work::Row;
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::{ModelDef, RelationKind};
use crate::sql::{Dialect, TableName};
use crate::value::Value;

/// The steps of a flush: what [`Session::flush_plan`](crate::Session::flush_plan) would execute now, or what
/// [`SessionHooks::after_flush`](crate::hooks::SessionHooks::after_flush) reports as executed. `Display` lists them.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// session.add(Tag::draft().name("satire"));
/// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
/// session.edit(&book, |book| book.year = 1969)?;
/// println!("{}", session.flush_plan());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a plan is what would be written, and nothing reads it"]
pub struct FlushPlan {
    steps: Vec<FlushStep>,
}

/// One step of a [`FlushPlan`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// use orm_core::plan::FlushStep;
///
/// session.add(Tag::draft().name("satire"));
/// session.add(Tag::draft().name("classic"));
/// assert_eq!(session.flush_plan().steps(), [FlushStep::Insert { model: "Tag", rows: 2 }]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlushStep {
    /// Old targets of an unloaded `has_one` that has a new target: they are looked up first, and then deleted, or their
    /// key is set to NULL.
    Look {
        /// The relationship.
        relation: String,
        /// For how many objects.
        rows: usize,
    },
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
        /// The fields that change.
        fields: Vec<&'static str>,
        /// How many rows.
        rows: usize,
    },
    /// Link rows that are deleted.
    Unlink {
        /// The link table.
        table: TableName,
        /// How many.
        rows: usize,
    },
    /// Link rows that are inserted.
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
        /// The relationships whose targets are looked up first: they are deleted too, or their key is set to NULL. After a
        /// flush, those that a statement looked up.
        follows: Vec<String>,
    },
}

/// A pending write, as it is displayed.
struct Shown<'u> {
    known: Known<'u>,
    rows: RowPlan,
    plan: FlushPlan,
}

impl FlushPlan {
    pub(crate) fn of(unit: &UnitOfWork, store: &Store, dialect: Dialect) -> FlushPlan {
        let switched = &Switched::of(unit, store);
        let mut plan = FlushPlan::default();
        for (_, relation) in unit.displaced.iter().filter(|((node, _), _)| !switched.contains(*node)) {
            plan.push(FlushStep::Look { relation: relation.path(), rows: 1 });
        }
        // New rows that need each other's keys have no plan; the flush refuses them.
        let Ok(rows) = RowPlan::of(unit, store, switched, dialect) else { return plan };
        let mut shown = Shown { known: Known::new(unit, store, switched), rows, plan };
        shown.steps();
        shown.plan
    }

    /// Adds a step, or counts its rows to one that the same statement writes.
    pub(super) fn push(&mut self, step: FlushStep) {
        self.push_within(0, step);
    }

    fn push_within(&mut self, first: usize, step: FlushStep) {
        if !self.steps[first..].iter_mut().any(|other| other.counts(&step)) {
            self.steps.push(step);
        }
    }

    /// The steps, in the order in which they are executed.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.flush_plan().steps().len(), 0);
    /// session.add(Tag::draft().name("satire"));
    /// assert_eq!(session.flush_plan().steps().len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn steps(&self) -> &[FlushStep] {
        &self.steps
    }

    /// Whether there is nothing to write.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert!(session.flush_plan().is_empty());
    /// # Ok(()) }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Shown<'_> {
    fn steps(&mut self) {
        let early = self.rows.before_links().iter().any(|step| step.kind == Kind::Delete);
        if early {
            self.links(true);
        }
        (0..self.rows.deletions).for_each(|at| self.step(at));
        if !early {
            self.links(true);
        }
        self.links(false);
        (self.rows.deletions..self.rows.steps.len()).for_each(|at| self.step(at));
    }

    fn step(&mut self, at: usize) {
        let first = self.plan.steps.len();
        let step = &self.rows.steps[at];
        for operation in &step.operations {
            let def = self.rows.rows.model(*operation).def();
            let update = |columns: &[usize]| FlushStep::Update {
                model: def.name,
                fields: columns.iter().map(|column| def.columns[*column].field).collect(),
                rows: 1,
            };
            match (&step.part, step.kind, self.rows.rows.rows[*operation]) {
                (Part::Clear(columns) | Part::Late(columns), ..) => {
                    self.plan.push_within(first, update(columns));
                }
                (Part::Whole, Kind::Insert, _) => {
                    self.plan.push_within(first, FlushStep::Insert { model: def.name, rows: 1 });
                }
                (Part::Whole, Kind::Update, Row::Changed(node)) => {
                    self.plan.push_within(first, update(&self.changed(def, node)));
                }
                (Part::Whole, Kind::Update, Row::Switched(node)) => {
                    let (columns, defaults) = self.switched(def, node);
                    self.plan.push_within(first, update(&columns));
                    if !defaults.is_empty() {
                        self.plan.push_within(first, update(&defaults));
                    }
                }
                (Part::Whole, Kind::Update, _) => {}
                (Part::Whole, Kind::Delete, _) => {
                    let followed = |kind| matches!(kind, RelationKind::HasMany | RelationKind::HasOne);
                    let relations = def.relations.iter().filter(|relation| {
                        followed(relation.kind) && !relation.passive_deletes && !relation.view_only
                    });
                    let follows = relations.map(|relation| relation.path()).collect();
                    self.plan.push_within(first, FlushStep::Delete { model: def.name, rows: 1, follows });
                }
            }
        }
    }

    /// The columns that an UPDATE of an edited object sets.
    fn changed(&self, def: &ModelDef, node: ObjectId) -> Vec<usize> {
        let unit = self.known.unit;
        let mut columns = unit.changed_columns(self.known.store, node);
        columns.extend(unit.waiting_keys.of(node).iter().flat_map(|key| key.columns.iter().copied()));
        columns.sort_unstable();
        columns.dedup();
        columns.extend(def.updated().filter(|updated| !columns.is_empty() && !columns.contains(updated)));
        columns.extend(def.updated().filter(|updated| !columns.is_empty() && !columns.contains(updated)));
        columns.extend(def.version().filter(|version| !columns.contains(version)));
        columns
    }

    /// The columns that an UPDATE sets of a row that becomes another one, and those that get their defaults.
    fn switched(&self, def: &ModelDef, node: ObjectId) -> (Vec<usize>, Vec<usize>) {
        let Known { unit, store, switched, .. } = &self.known;
        let entry = switched.cell_of(node).and_then(|cell| unit.pending.get(cell));
        let Some(entry) = entry else { return Default::default() };
        let linked = |column: usize| entry.keys.iter().any(|key| key.columns.contains(&column));
        let (mut columns, mut defaults) = (Vec::new(), Vec::new());
        for (column, of_column) in def.columns.iter().enumerate() {
            let was = unit.saved_values(store, node, &[column]).pop();
            match self.known.value(entry, column) {
                _ if of_column.version => columns.push(column),
                _ if of_column.read_only => {}
                Some(value) if was.as_ref() == Some(&value) => {}
                Some(_) => columns.push(column),
                None if linked(column) || of_column.is_stamped_on_insert() => columns.push(column),
                None if of_column.generated => defaults.push(column),
                None if was.as_ref().is_some_and(Value::is_null) => {}
                None => columns.push(column),
            }
        }
        (columns, defaults)
    }

    fn links(&mut self, goes: bool) {
        let Known { unit, switched, .. } = &self.known;
        let is_left = |end: &Ref| end.node().is_none_or(|node| !switched.contains(node));
        let rows = if goes { &unit.unlinks } else { &unit.links };
        let first = self.plan.steps.len();
        let step = |table| match goes {
            true => FlushStep::Unlink { table, rows: 1 },
            false => FlushStep::Link { table, rows: 1 },
        };
        for table in unit.key_links.tables(!goes) {
            self.plan.push_within(first, step(table));
        }
        for row in rows.iter().filter(|row| is_left(&row.parent) && is_left(&row.target)) {
            let Some(through) = &row.relation.through else { continue };
            self.plan.push_within(first, step(through.table));
        }
    }
}

/// Records what is executed, where it is asked for.
impl Flush<'_> {
    pub(super) fn executed(&mut self, step: impl FnOnce() -> FlushStep) {
        if let Some(plan) = &mut self.executed {
            // Statements of one kind that follow each other are shown as one step.
            let last = plan.steps.len().saturating_sub(1);
            plan.push_within(last, step());
        }
    }

    pub(super) fn executed_update(&mut self, def: &ModelDef, columns: &[usize], rows: usize) {
        self.executed(|| FlushStep::Update {
            model: def.name,
            fields: columns.iter().map(|column| def.columns[*column].field).collect(),
            rows,
        });
    }
}

impl FlushStep {
    /// Whether rows are of this step, which counts them then.
    fn counts(&mut self, other: &FlushStep) -> bool {
        let (rows, more) = match (self, other) {
            (FlushStep::Look { relation, rows }, FlushStep::Look { relation: other, rows: more })
                if relation == other =>
            {
                (rows, more)
            }
            (FlushStep::Insert { model, rows }, FlushStep::Insert { model: other, rows: more })
                if model == other =>
            {
                (rows, more)
            }
            (
                FlushStep::Update { model, fields, rows },
                FlushStep::Update { model: other, fields: others, rows: more },
            ) if model == other && fields == others => (rows, more),
            (FlushStep::Unlink { table, rows }, FlushStep::Unlink { table: other, rows: more })
            | (FlushStep::Link { table, rows }, FlushStep::Link { table: other, rows: more })
                if table == other =>
            {
                (rows, more)
            }
            (
                FlushStep::Delete { model, rows, follows },
                FlushStep::Delete { model: other, rows: more, follows: others },
            ) if model == other && follows == others => (rows, more),
            _ => return false,
        };
        *rows += more;
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
            FlushStep::Look { relation, rows } => write!(f, "look for the old {relation} of {rows}"),
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
