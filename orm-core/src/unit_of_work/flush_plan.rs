//! What a flush would execute, or has executed.

use std::fmt;

use indexmap::IndexSet;

use super::flush::Flush;
use super::known::Known;
use super::marking::marks_children;
use super::row_plan::RowPlan;
use super::schedule::{Kind, Part};
use super::switch::Switched;
use super::unit_of_work::{Ref, UnitOfWork, by_arena};
use super::work::Row;
use super::written_row::WrittenRow;
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::{ModelDef, RelationDef, RelationKind};
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
    rows: Vec<WrittenRow>,
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
    /// Old targets that are looked up first, and then deleted, or their key is set to NULL: those of an unloaded `has_one`
    /// that has a new target, those of a row that becomes another one (a new object with the key of a deleted one), and
    /// those that are marked as deleted with a row that stays.
    /// After a flush, those that a statement looked up.
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
    /// All link rows of rows that are deleted or become others.
    UnlinkAll {
        /// The link table.
        table: TableName,
        /// The model of the rows.
        model: &'static str,
        /// How many of its rows.
        rows: usize,
    },
    /// Link rows that are inserted. Those that may exist already, because no collection shows them, stay as they are if they
    /// do.
    Link {
        /// The link table.
        table: TableName,
        /// How many, with those that stay as they are.
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
    /// What is still to be deleted, and whether its link rows are gone.
    deleted: IndexSet<ObjectId>,
    unlinked: bool,
    /// Whether something is deleted before links are written, and so ends its links first.
    early: bool,
}

impl FlushPlan {
    pub(crate) fn of(unit: &UnitOfWork, store: &Store, dialect: Dialect) -> FlushPlan {
        let switched = &Switched::of(unit, store);
        let mut plan = FlushPlan::default();
        for (_, relation) in unit.replaced_unloaded.iter().filter(|((node, _), _)| !switched.contains(*node))
        {
            plan.push(FlushStep::Look { relation: relation.path(), rows: 1 });
        }
        for (_, node) in switched.iter() {
            let followed = store.def(node.arena).relations.iter().filter(|relation| is_followed(relation));
            for relation in followed {
                plan.push(FlushStep::Look { relation: relation.path(), rows: 1 });
            }
        }
        for node in unit.deleted.iter().filter(|node| unit.only_marks(store, **node)) {
            let relations = store.def(node.arena).relations.iter();
            for relation in relations.filter(|relation| is_followed(relation) && marks_children(relation)) {
                plan.push(FlushStep::Look { relation: relation.path(), rows: 1 });
            }
        }
        // New rows that need each other's keys have no plan; the flush refuses them.
        let Ok(rows) = RowPlan::of(unit, store, switched, dialect) else { return plan };
        let goes = |node: &ObjectId| !switched.contains(*node) && !unit.only_marks(store, *node);
        let deleted = unit.deleted.iter().copied().filter(goes).collect();
        let early = rows.before_links().iter().any(|step| step.kind == Kind::Delete);
        let known = Known::new(unit, store, switched);
        let mut shown = Shown { known, rows, plan, deleted, unlinked: false, early };
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

    /// The rows that were written, with their old and new values, in the order in which they were written: what an audit
    /// log keeps. Link rows are not among them, nor are rows that the database deletes or changes by itself. A
    /// plan that was not executed has none.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// struct Audit;
    ///
    /// impl SessionHooks for Audit {
    ///     fn after_flush(&self, executed: &orm_core::plan::FlushPlan, _context: &Context) {
    ///         for row in executed.rows() {
    ///             for column in row.columns() {
    ///                 println!("{:?} {} {:?}: {}", row.change(), row.model(), row.key(), column.field());
    ///                 println!("    {:?} -> {:?}", column.old_value(), column.new_value());
    ///             }
    ///         }
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![User]).await?;
    /// let mut session = engine.session_with(SessionOptions::new().hooks(Audit));
    /// session.add(User::draft().name("jack"));
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    pub fn rows(&self) -> &[WrittenRow] {
        &self.rows
    }

    pub(super) fn written(&mut self, rows: Vec<WrittenRow>) {
        self.rows = rows;
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
        let switched = self.known.switched.iter().map(|(_, node)| node);
        self.unlink_all(switched.collect(), |_, _| true);
        if self.early {
            self.links(true);
            self.links_of_deleted();
        }
        (0..self.rows.deletions).for_each(|at| self.step(at));
        if !self.early {
            self.links(true);
        }
        self.links(false);
        self.links_of_deleted();
        (self.rows.deletions..self.rows.steps.len()).for_each(|at| self.step(at));
    }

    fn links_of_deleted(&mut self) {
        if !std::mem::replace(&mut self.unlinked, true) {
            let deleted = self.deleted.iter().copied().collect();
            self.unlink_all(deleted, |plan, table| !plan.deletes_from(table));
        }
    }

    /// The link rows of objects, in some of the tables.
    fn unlink_all(&mut self, nodes: Vec<ObjectId>, which: impl Fn(&RowPlan, TableName) -> bool) {
        for (arena, nodes) in by_arena(nodes) {
            let def = self.known.store.def(arena);
            for (_, table) in links_of(def).filter(|(_, table)| which(&self.rows, *table)) {
                let step = FlushStep::UnlinkAll { table, model: def.name, rows: nodes.len() };
                let last = self.plan.steps.len().saturating_sub(1);
                self.plan.push_within(last, step);
            }
        }
    }

    fn step(&mut self, at: usize) {
        let first = self.plan.steps.len();
        let step = &self.rows.steps[at];
        // Rows that become others get their defaults once all rows of the step are updated.
        let mut to_defaults: Vec<FlushStep> = Vec::new();
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
                    let columns = self.changed(def, node);
                    if !columns.is_empty() {
                        self.plan.push_within(first, update(&columns));
                    }
                }
                (Part::Whole, Kind::Update, Row::Switched(node)) => {
                    let (columns, defaults) = self.switched(def, node);
                    self.plan.push_within(first, update(&columns));
                    if !defaults.is_empty() {
                        to_defaults.push(update(&defaults));
                    }
                }
                (Part::Whole, Kind::Update, _) => {}
                (Part::Whole, Kind::Delete, _) => {
                    let relations = def.relations.iter().filter(|relation| is_followed(relation));
                    let asked = relations.filter(|relation| !relation.passive_deletes);
                    let follows = asked.map(|relation| relation.path()).collect();
                    self.plan.push_within(first, FlushStep::Delete { model: def.name, rows: 1, follows });
                    if let Row::Deleted(node) = self.rows.rows.rows[*operation] {
                        self.deleted.shift_remove(&node);
                    }
                }
            }
        }
        let first = self.plan.steps.len();
        to_defaults.into_iter().for_each(|step| self.plan.push_within(first, step));
        let last = if self.unlinked { self.rows.last_deletions(at) } else { Vec::new() };
        for table in last {
            let deleted = self.deleted.iter().copied().collect();
            self.unlink_all(deleted, |_, other| other == table);
        }
    }

    /// The columns that an UPDATE of an edited object sets.
    fn changed(&self, def: &ModelDef, node: ObjectId) -> Vec<usize> {
        let unit = self.known.unit;
        let mut columns = unit.changed_columns(self.known.store, node);
        let is_marked = unit.deleted.contains(&node) && !unit.keeps_mark(self.known.store, node);
        columns.extend(def.deleted().filter(|_| is_marked));
        for key in unit.waiting_keys.of(node) {
            let saved = unit.saved_values(self.known.store, node, key.columns);
            let parts = key.columns.iter().zip(key.from_columns).zip(saved);
            let differs = parts.filter(|((_, from), was)| {
                self.known.value_from(&key.from, **from).is_none_or(|value| value != *was)
            });
            columns.extend(differs.map(|((column, _), _)| *column));
        }
        columns.sort_unstable();
        columns.dedup();
        if !columns.is_empty() {
            let stamped: Vec<usize> = def.updated().filter(|updated| !columns.contains(updated)).collect();
            columns.extend(stamped);
        }
        columns.extend(def.version().filter(|version| !columns.is_empty() && !columns.contains(version)));
        columns
    }

    /// The columns that an UPDATE sets of a row that becomes another one, and those that get their defaults.
    fn switched(&self, def: &ModelDef, node: ObjectId) -> (Vec<usize>, Vec<usize>) {
        let Known { unit, store, switched, .. } = &self.known;
        let entry = switched.cell_of(node).and_then(|cell| unit.pending.get(cell));
        let Some(entry) = entry else { return Default::default() };
        let linked = |column: usize| entry.beside.keys.iter().any(|key| key.columns.contains(&column));
        let (mut columns, mut defaults) = (Vec::new(), Vec::new());
        for (column, of_column) in def.columns.iter().enumerate() {
            let was = unit.saved_values(store, node, &[column]).pop();
            match self.known.value(entry, column) {
                _ if of_column.version => columns.push(column),
                _ if of_column.read_only => {}
                Some(value) if was.as_ref() == Some(&value) => {}
                Some(_) => columns.push(column),
                None if linked(column) => columns.push(column),
                None if of_column.generated || of_column.is_stamped_by_database() => defaults.push(column),
                None if of_column.is_stamped_on_insert() => columns.push(column),
                None if was.as_ref().is_some_and(Value::is_null) => {}
                None => columns.push(column),
            }
        }
        (columns, defaults)
    }

    fn links(&mut self, goes: bool) {
        let Known { unit, switched, .. } = &self.known;
        let ends = |node: ObjectId| switched.contains(node) || self.early && unit.deleted.contains(&node);
        let is_left = |end: &Ref| end.node().is_none_or(|node| !ends(node));
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
            self.plan.push_within(first, step(through.table()));
        }
    }
}

/// Records what is executed, where it is asked for.
impl Flush<'_> {
    pub(super) fn executed(&mut self, step: impl FnOnce() -> FlushStep) {
        if let Some(plan) = &mut self.executed {
            // Statements of one kind that follow each other in a step of the schedule are shown as one.
            let last = plan.steps.len().saturating_sub(1);
            plan.push_within(last.max(self.executed_before), step());
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

/// Whether what refers to a row by a relationship goes with it, or loses its key.
fn is_followed(relation: &RelationDef) -> bool {
    matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne) && !relation.view_only
}

/// The relationships of a model by link tables whose rows a flush deletes with those of the model.
pub(super) fn links_of(def: &'static ModelDef) -> impl Iterator<Item = (&'static RelationDef, TableName)> {
    let by_link = |relation: &'static RelationDef| Some((relation, relation.through.as_ref()?.table()));
    let written = |relation: &&RelationDef| !relation.view_only && !relation.children_are_links();
    def.relations.iter().filter(written).filter_map(by_link)
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
                FlushStep::UnlinkAll { table, model, rows },
                FlushStep::UnlinkAll { table: other, model: others, rows: more },
            ) if table == other && model == others => (rows, more),
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
            FlushStep::UnlinkAll { table, model, rows } => {
                write!(f, "delete all rows of {table} of {rows} {model}")
            }
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
