//! Bulk statements.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;

use super::bulk_asked::{check_conflict, condition_of_target};
use super::copy_spec::CopySpec;
use super::draft::{CompleteDraft, DraftData};
use super::flush::Flush;
use super::row_checks::{check_assigned, check_value};
use super::taking::{Follow, Taking};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Answer, ArenaId, Level, Region};
use crate::identity::Store;
use crate::model::{ColumnDef, ErasedModel, Model, ModelDef, erased};
use crate::query::{BulkSpec, Delete, OnConflict, RawSpec, Returning, Rows, Sql, Update};
use crate::sql::{
    self, BinaryOp, Bind, Conflict, Criteria, Dialect, Expr, NamedColumn, Source, Statement, Writer,
    check_change, order_assignments, raw,
};
use crate::value::Value;

/// A bulk INSERT: what [`insert`] begins and [`Session::execute`](crate::Session::execute) runs.
///
/// It bypasses the unit of work. It is one statement for as many rows as the database can bind.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let tags = ["classic", "satire"].map(|name| Tag::draft().name(name));
/// assert_eq!(session.execute(insert::<Tag>().rows(tags)).await?, 2);
/// session.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is inserted until `session.execute` runs it"]
pub struct Insert<M, O = Rows> {
    rows: Vec<DraftData>,
    conflict: Option<Conflict>,
    of: PhantomData<fn() -> (M, O)>,
}

/// An INSERT of many rows at once: no identity map, one statement for as many rows as the database binds.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let rows = (0..1000).map(|n| User::draft().name(format!("user {n}")));
/// assert_eq!(session.execute(insert::<User>().rows(rows)).await?, 1000);
/// # Ok(()) }
/// # fn main() {}
/// ```
pub fn insert<M: Model>() -> Insert<M> {
    Insert { rows: Vec::new(), conflict: None, of: PhantomData }
}

impl<M: Model, O> Insert<M, O> {
    /// Adds rows. A draft with links is an error when the statement runs; add those with
    /// [`Session::add`](crate::Session::add).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let rows = (0..1000).map(|n| Tag::draft().name(format!("tag {n}")));
    /// assert_eq!(session.execute(insert::<Tag>().rows(rows)).await?, 1000);
    /// # Ok(()) }
    /// ```
    pub fn rows<D: CompleteDraft<Model = M>>(mut self, drafts: impl IntoIterator<Item = D>) -> Self {
        self.rows.extend(drafts.into_iter().map(CompleteDraft::into_data));
        self
    }

    /// What to do with a row that exists already. Without it, the statement fails with `UniqueViolation`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let draft = Author::draft().name("U. K. Le Guin").email("ursula@example.com");
    /// let conflict = OnConflict::update(Author::EMAIL, Author::NAME);
    /// session.execute(insert::<Author>().rows([draft]).on_conflict(conflict)).await?;
    /// let author = session.one(select::<Author>().filter(Author::EMAIL.eq("ursula@example.com"))).await?;
    /// assert_eq!(author.name, "U. K. Le Guin");
    /// # Ok(()) }
    /// ```
    pub fn on_conflict(mut self, conflict: OnConflict<M>) -> Self {
        let (def, mut set) = (M::def(), conflict.set);
        if let Some(version) = def.version().filter(|_| !set.is_empty()) {
            // The version counts updates of the row, so a value given for it is ignored.
            set.retain(|(column, _)| *column != version);
            set.push((version, counted(def, version)));
        }
        let set = set.into_iter().map(|(column, value)| (def.columns[column].named(), value)).collect();
        self.conflict =
            Some(Conflict { columns: conflict.columns, condition: None, set, filter: conflict.filter });
        self
    }

    /// Returns the inserted rows as entities of the session. Rows that a conflict left unchanged are not among them.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let tags = session.execute(insert::<Tag>().rows([Tag::draft().name("satire")]).returning()).await?;
    /// assert_eq!(tags[0].name, "satire");
    /// # Ok(()) }
    /// ```
    pub fn returning(self) -> Insert<M, Returning> {
        Insert { rows: self.rows, conflict: self.conflict, of: PhantomData }
    }
}

/// A statement that [`Session::execute`](crate::Session::execute) runs: [`insert`], [`update`](crate::update),
/// [`delete`](crate::delete), and raw [`sql`](crate::sql) that returns no rows.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let changed = session.execute(update::<Book>().set(Book::YEAR, 1969).filter(Book::ID.eq(1))).await?;
/// assert_eq!(changed, 1);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a statement to execute",
    label = "expected `insert`, `update`, `delete`, or `sql` without rows",
    note = "raw SQL is `session.execute(sql(\"..\"))`; queries are run by `session.all` and `session.rows`, and a new row is added \
            with `session.add`"
)]
pub trait BulkOperation: 'static {
    /// What it gives: a number of rows, or entities.
    type Output;

    /// The operation without its types.
    #[doc(hidden)]
    fn into_bulk(self) -> Bulk;

    /// The output from what was done.
    #[doc(hidden)]
    fn output(done: BulkDone) -> Self::Output;
}

/// A bulk operation without its types.
#[doc(hidden)]
#[derive(Debug)]
pub struct Bulk {
    kind: BulkKind,
    returning: bool,
}

#[derive(Debug)]
enum BulkKind {
    Raw(RawSpec),
    Insert { model: &'static dyn ErasedModel, rows: Vec<DraftData>, conflict: Option<Box<Conflict>> },
    Copy(Box<CopySpec>),
    Change(BulkSpec),
}

/// What a bulk operation did.
#[doc(hidden)]
#[derive(Debug)]
pub struct BulkDone {
    rows: u64,
    /// The rows, where they were asked for, as the first level of an answer.
    answer: Option<Arc<Region>>,
}

impl BulkDone {
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }
}

/// Raw SQL that returns only the number of its rows. The session's objects do not follow it.
impl BulkOperation for Sql {
    type Output = u64;

    fn into_bulk(self) -> Bulk {
        Bulk { kind: BulkKind::Raw(self.spec), returning: false }
    }

    fn output(done: BulkDone) -> u64 {
        done.rows
    }
}

macro_rules! operation {
    ($($ty:ident |$this:ident| $kind:expr;)*) => {$(
        impl<M: Model> BulkOperation for $ty<M, Rows> {
            type Output = u64;

            fn into_bulk(self) -> Bulk {
                let $this = self;
                Bulk { kind: $kind, returning: false }
            }

            fn output(done: BulkDone) -> u64 {
                done.rows
            }
        }

        impl<M: Model> BulkOperation for $ty<M, Returning> {
            type Output = Vec<crate::entity::Entity<M>>;

            fn into_bulk(self) -> Bulk {
                let $this = self;
                Bulk { kind: $kind, returning: true }
            }

            fn output(done: BulkDone) -> Self::Output {
                done.answer.map_or_else(Vec::new, |answer| crate::entity::Entity::of_first_level(&answer))
            }
        }
    )*};
}

operation! {
    Insert |this| BulkKind::Insert { model: erased::<M>(), rows: this.rows, conflict: this.conflict.map(Box::new) };
    Update |this| BulkKind::Change(this.spec);
    Delete |this| BulkKind::Change(this.spec);
}

impl Bulk {
    pub(super) fn copy(spec: CopySpec) -> Bulk {
        Bulk { kind: BulkKind::Copy(Box::new(spec)), returning: false }
    }

    /// Adds the criteria of the session that runs it.
    pub(crate) fn apply(&mut self, criteria: &Criteria) {
        match &mut self.kind {
            BulkKind::Change(spec) => spec.apply(criteria),
            BulkKind::Copy(spec) => spec.set_criteria(criteria),
            // A row is written whether the session sees it or not; what is computed for it reads no more than the session does.
            BulkKind::Insert { conflict: Some(conflict), .. } => {
                let values = conflict.set.iter_mut().map(|(_, value)| value);
                values.chain(&mut conflict.filter).for_each(|expr| criteria.apply_inside(expr));
            }
            BulkKind::Insert { conflict: None, .. } | BulkKind::Raw(_) => {}
        }
    }

    /// Whether it is raw SQL.
    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.kind, BulkKind::Raw(_))
    }

    /// Refuses what cannot be run, before anything is written or a transaction begins for it.
    ///
    /// # Errors
    /// `InvalidQuery`: the operation as it is written, on this database, with what the session holds.
    pub(crate) fn check(&self, store: &Store, dialect: Dialect) -> Result<()> {
        match &self.kind {
            BulkKind::Raw(spec) => raw(dialect, &spec.text, &spec.binds).map(drop),
            BulkKind::Copy(spec) => spec.check(dialect).map(drop),
            BulkKind::Insert { model, rows, conflict } => {
                let def = model.def();
                if rows.iter().any(DraftData::has_links) {
                    return Err(has_links(def));
                }
                let Some(conflict) = conflict else { return Ok(()) };
                let table = Source::Table(def.table);
                sql::check_conflict(conflict, &table, dialect)?;
                for (set, value) in &conflict.set {
                    let column = def.columns.iter().find(|column| column.name == set.name);
                    column.map_or(Ok(()), |column| check_assigned(dialect, def, column, value))?;
                }
                order_assignments(dialect, &table, &mut conflict.set.clone())?;
                condition_of_target(def, dialect, conflict)?;
                if self.returning { check_conflict(def, dialect, conflict) } else { Ok(()) }
            }
            BulkKind::Change(spec) => {
                let def = spec.model.def();
                if !spec.deletes && spec.set.is_empty() {
                    return Err(sets_nothing(def));
                }
                let table = Source::Table(def.table);
                for expr in spec.filter.iter().chain(spec.set.iter().map(|(_, value)| value)) {
                    check_change(expr, &table, dialect)?;
                }
                for (column, value) in &spec.set {
                    check_assigned(dialect, def, &def.columns[*column], value)?;
                }
                order_assignments(dialect, &table, &mut named(def, &spec.set))?;
                let key = spec.set.iter().find(|(column, _)| def.key.contains(column));
                match key {
                    Some((key, _)) if holds(store, spec.model) => Err(key_of_held(def, *key)),
                    Some((key, _)) if self.returning && !dialect.update_returning() => {
                        Err(key_not_given_back(def, *key))
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

impl Flush<'_> {
    /// Runs a bulk operation.
    ///
    /// # Errors
    /// `InvalidQuery`: it cannot be run as it is written. The database refuses a row.
    pub(crate) async fn bulk(&mut self, bulk: Bulk, at: &'static Location<'static>) -> Result<BulkDone> {
        let mut nodes = Vec::new();
        let (arena, rows) = match bulk.kind {
            BulkKind::Insert { model, rows, conflict } => {
                let arena = self.store.arena_of(model)?;
                let gaining = self.unit.gaining(self.store, arena, &rows);
                let count = self
                    .bulk_insert(
                        model.def(),
                        arena,
                        rows,
                        conflict.map(|conflict| *conflict),
                        bulk.returning,
                        &mut nodes,
                    )
                    .await?;
                self.unit.forget_gaining(self.store, &gaining);
                (arena, count)
            }
            BulkKind::Copy(spec) => {
                return Ok(BulkDone { rows: self.copy(&spec).await?, answer: None });
            }
            BulkKind::Raw(spec) => {
                let statement = raw(self.dialect, &spec.text, &spec.binds)?.for_path("sql", "raw");
                let rows = self.lease.execute(self.monitor, &statement).await?;
                return Ok(BulkDone { rows, answer: None });
            }
            BulkKind::Change(mut spec) => {
                let arena = self.store.arena_of(spec.model)?;
                let marks = spec.marks();
                if marks {
                    self.mark_instead(&mut spec)?;
                }
                raise_version(&mut spec);
                self.stamp_update(&mut spec)?;
                let count = self.bulk_change(spec, arena, bulk.returning, &mut nodes).await?;
                if marks {
                    self.leave(arena, &nodes);
                }
                (arena, count)
            }
        };
        self.unit.rows_written(self.store, self.store.def(arena).table);
        let answer = bulk.returning.then(|| {
            let level = Level { arena, nodes: nodes.into(), edges: Vec::new() };
            Arc::new(Region::Answer(Answer::new(Arc::clone(self.store.region()), vec![level], None, at)))
        });
        Ok(BulkDone { rows, answer })
    }

    async fn bulk_insert(
        &mut self,
        def: &'static ModelDef,
        arena: ArenaId,
        rows: Vec<DraftData>,
        conflict: Option<Conflict>,
        returning: bool,
        nodes: &mut Vec<u32>,
    ) -> Result<u64> {
        let mut conflict = conflict;
        if let Some(conflict) = &mut conflict {
            conflict.condition = condition_of_target(def, self.dialect, conflict)?;
            self.stamp_conflict(def, conflict)?;
            order_assignments(self.dialect, &Source::Table(def.table), &mut conflict.set)?;
        }
        let updated = conflict.as_ref().and_then(|conflict| conflict.taken(def));
        let model = self.store.model(arena);
        if returning && !self.dialect.returning() {
            return self.bulk_insert_and_ask(def, arena, rows, nodes).await;
        }
        // What the session holds follows its rows.
        let follows = !returning && updated.is_some() && self.store.holds_any(arena);
        if follows && !self.dialect.returns_written_alone() {
            return self.upsert_and_ask(def, arena, rows, conflict, updated.unwrap_or_default()).await;
        }
        let taking = match (&conflict, updated) {
            (None, _) => Taking::inserted(model, Follow::New),
            (Some(_), updated) => {
                let follow = if returning { Follow::Hold } else { Follow::Known };
                Taking::upserted(model, follow, updated.unwrap_or_default())
            }
        };
        let mut count = 0;
        for statement in self.bulk_insert_statements(def, rows, conflict, returning || follows)? {
            count +=
                self.run_bulk(&statement, arena, (returning || follows).then_some(&taking), nodes).await?;
        }
        self.read_back_bulk(arena, nodes).await?;
        Ok(count)
    }

    /// A `delete` of rows that stay in their table, marked as deleted now.
    fn mark_instead(&self, spec: &mut BulkSpec) -> Result<()> {
        let def = spec.model.def();
        let Some(deleted) = def.deleted() else { return Ok(()) };
        spec.deletes = false;
        spec.set = vec![(deleted, Expr::Bind(self.bound_stamp(def, &def.columns[deleted])?))];
        Ok(())
    }

    /// Rows that an `update` changes are updated now and by this session, unless it sets the time or the author itself.
    fn stamp_update(&self, spec: &mut BulkSpec) -> Result<()> {
        let def = spec.model.def();
        if spec.deletes || spec.set.is_empty() {
            return Ok(());
        }
        for updated in def.updated() {
            if spec.set.iter().all(|(column, _)| *column != updated) {
                spec.set.push((updated, self.stamped(def, &def.columns[updated])?));
            }
        }
        Ok(())
    }

    /// And so are rows that a conflict updates.
    fn stamp_conflict(&self, def: &ModelDef, conflict: &mut Conflict) -> Result<()> {
        if conflict.set.is_empty() {
            return Ok(());
        }
        for updated in def.updated().map(|updated| &def.columns[updated]) {
            if conflict.set.iter().all(|(column, _)| column.name != updated.name) {
                conflict.set.push((updated.named(), self.stamped(def, updated)?));
            }
        }
        Ok(())
    }

    /// What a statement sets a column with a stamp to.
    pub(super) fn stamped(&self, def: &ModelDef, column: &ColumnDef) -> Result<Expr> {
        match column.database_clock {
            true => Ok(column.database_now()),
            false => Ok(Expr::Bind(self.bound_stamp(def, column)?)),
        }
    }

    fn bound_stamp(&self, def: &ModelDef, column: &ColumnDef) -> Result<Bind> {
        let value = self.stamp_of(def, column)?;
        check_value(self.dialect, def, column, &value)?;
        Ok(Bind { value, secret: column.secret, kind: Some(column.kind) })
    }

    async fn bulk_change(
        &mut self,
        spec: BulkSpec,
        arena: ArenaId,
        returning: bool,
        nodes: &mut Vec<u32>,
    ) -> Result<u64> {
        // What the session holds follows its rows, so it has to know which they are.
        let follows = returning || self.store.holds_any(arena);
        let follow = if returning { Follow::Hold } else { Follow::Known };
        let (deletes, taking) = (spec.deletes, Taking::changed(&spec, follow));
        let gives_back = if deletes { self.dialect.returning() } else { self.dialect.update_returning() };
        let count = match (deletes, follows && !gives_back) {
            (true, true) => self.bulk_delete_and_ask(spec, arena, &taking, nodes).await?,
            (false, true) => self.bulk_update_and_ask(spec, arena, &taking, nodes).await?,
            (_, false) => {
                let returned = taking.selection.columns().filter(|_| follows);
                let columns = returned.map(|column| column.named()).collect();
                let statement = self.change_statement(spec, columns);
                self.run_bulk(&statement, arena, follows.then_some(&taking), nodes).await?
            }
        };
        match deletes {
            true => self.rows_gone(arena, nodes),
            false => self.read_back_bulk(arena, nodes).await?,
        }
        Ok(count)
    }

    pub(super) fn change_statement(&self, spec: BulkSpec, returning: Vec<sql::NamedColumn>) -> Statement {
        let def = spec.model.def();
        if spec.deletes {
            let delete = sql::Delete { table: def.table, filter: spec.filter, returning };
            return Writer::delete(self.dialect, &delete).for_path(def.name, "bulk");
        }
        let mut set = named(def, &spec.set);
        // Assignments that cannot be ordered were refused before.
        let _ = order_assignments(self.dialect, &Source::Table(def.table), &mut set);
        let update = sql::Update {
            table: def.table,
            set,
            from: sql::NewRows::default(),
            filter: spec.filter,
            returning,
        };
        Writer::update(self.dialect, &update).for_path(def.name, "bulk")
    }
}

/// A version counts all updates of a row, or a session that read it before would overwrite this one.
fn raise_version(spec: &mut BulkSpec) {
    let def = spec.model.def();
    let Some(version) = def.version().filter(|_| !spec.deletes) else { return };
    if spec.set.iter().any(|(column, _)| *column == version) {
        return;
    }
    let column = &def.columns[version];
    let one = Bind { value: Value::Int(1), secret: false, kind: Some(column.kind) };
    let is = column.expr(&Source::Table(def.table));
    spec.set.push((version, Expr::Binary(Box::new(is), BinaryOp::Add, Box::new(Expr::Bind(one)))));
}

/// A version that counts one more.
fn counted(def: &ModelDef, version: usize) -> Expr {
    let is = def.columns[version].expr(&Source::Table(def.table));
    Expr::Binary(Box::new(is), BinaryOp::Add, Box::new(Expr::Number(1)))
}

fn named(def: &ModelDef, set: &[(usize, Expr)]) -> Vec<(NamedColumn, Expr)> {
    set.iter().map(|(column, value)| (def.columns[*column].named(), value.clone())).collect()
}

fn holds(store: &Store, model: &'static dyn ErasedModel) -> bool {
    let is_model = |arena: &ArenaId| store.model(*arena).type_id() == model.type_id();
    store.graph().arenas().find(is_model).is_some_and(|arena| store.holds_any(arena))
}

fn has_links(def: &ModelDef) -> Error {
    Error::new(
        ErrorKind::InvalidQuery,
        format!("a row of a bulk insert of `{}` has links; add such drafts with `session.add`", def.name),
    )
}

fn sets_nothing(def: &ModelDef) -> Error {
    Error::new(
        ErrorKind::InvalidQuery,
        format!("an update of `{}` sets no column; add `.set(column, value)`", def.name),
    )
}

fn key_of_held(def: &ModelDef, key: usize) -> Error {
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "after an update of `{}.{}` the rows of objects in this session could not be found again; edit \
             the objects instead (`session.edit`), or update before the session holds any",
            def.name, def.columns[key].field
        ),
    )
}

fn key_not_given_back(def: &ModelDef, key: usize) -> Error {
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "after an update of `{}.{}` the rows could not be found again, and this database does not return \
             the rows it changed; leave out `.returning()`",
            def.name, def.columns[key].field
        ),
    )
}
