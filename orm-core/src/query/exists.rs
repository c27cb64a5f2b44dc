//! Conditions on the targets of relationships.

use super::link::targets_of;
use super::{Computed, JoinPath, Predicate};
use crate::entity::field_stubs::AskedByCondition;
use crate::entity::{Relation, ToMany, ToOne};
use crate::error::{Error, ErrorKind, Result};
use crate::model::RelationDef;
use crate::sql::{Expr, Function, Made, Select, Source, TableName, TableRef};

/// Conditions on the targets of a relationship, which the database evaluates without loading them.
///
/// Columns of the target's model refer to the target, even if the relationship leads from a model to itself. To compare
/// with the row around it, alias the target with `to_alias`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let about_earth = select::<Author>().filter(Author::BOOKS.any(Book::TITLE.like("%Earthsea%")));
/// assert_eq!(session.one(about_earth).await?.name, "Ursula K. Le Guin");
/// let busy = select::<Author>().filter(Author::BOOKS.count().ge(3)).order_by(Author::BOOKS.count().desc());
/// assert_eq!(session.count(busy).await?, 1);
/// let by_lee = select::<Book>().filter(Book::AUTHOR.has(Author::NAME.like("%Lee")));
/// assert_eq!(session.count(by_lee).await?, 1);
/// # Ok(()) }
/// ```
pub trait RelationConditions: Relation {
    #[doc(hidden)]
    fn eq<V>(self, _: V) -> Predicate
    where
        Self: AskedByCondition,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn ne<V>(self, _: V) -> Predicate
    where
        Self: AskedByCondition,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn is_in<V>(self, _: V) -> Predicate
    where
        Self: AskedByCondition,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn is_null(self) -> Predicate
    where
        Self: AskedByCondition,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn is_not_null(self) -> Predicate
    where
        Self: AskedByCondition,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn filter<V>(self, _: V) -> Predicate
    where
        Self: AskedByCondition,
    {
        Self::never()
    }

    /// Whether one of the targets meets a condition: `EXISTS (SELECT ..)`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().filter(Author::BOOKS.any(Book::YEAR.lt(1965)));
    /// assert_eq!(session.one(query).await?.name, "Harper Lee");
    /// # Ok(()) }
    /// ```
    fn any(self, condition: Predicate) -> Predicate
    where
        Self: ToMany,
    {
        exists(Ends::of(Self::def()), Some(condition))
    }

    /// Whether the target meets a condition: `EXISTS (SELECT ..)`. It is false without a target.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Book>().filter(Book::AUTHOR.has(Author::EMAIL.is_null()));
    /// assert_eq!(session.one(query).await?.title, "To Kill a Mockingbird");
    /// # Ok(()) }
    /// ```
    fn has(self, condition: Predicate) -> Predicate
    where
        Self: ToOne,
    {
        exists(Ends::of(Self::def()), Some(condition))
    }

    /// Whether there is a target.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(!Book::TAGS.exists())).await?, 2);
    /// # Ok(()) }
    /// ```
    fn exists(self) -> Predicate {
        exists(Ends::of(Self::def()), None)
    }

    /// The number of targets, counted by the database: `(SELECT count(*) ..)`. A target counts once, however many links
    /// lead to it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((Author::NAME, Author::BOOKS.count())).order_by(Author::ID);
    /// let rows: Vec<(String, i64)> = session.rows(query).await?;
    /// assert_eq!((rows[0].1, rows[1].1), (3, 1));
    /// # Ok(()) }
    /// ```
    fn count(self) -> Computed<i64>
    where
        Self: ToMany,
    {
        count(Ends::of(Self::def()), None)
    }

    /// The number of targets that meet a condition, counted by the database.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().filter(Author::BOOKS.count_of(Book::YEAR.gt(1970)).eq(2));
    /// assert_eq!(session.one(query).await?.id, 1);
    /// # Ok(()) }
    /// ```
    fn count_of(self, condition: Predicate) -> Computed<i64>
    where
        Self: ToMany,
    {
        count(Ends::of(Self::def()), Some(condition))
    }
}

impl<R: Relation> RelationConditions for R {}

/// Conditions on targets that have a name of their own, `Employee::MANAGER.to_alias(&manager).has(..)`: columns of the
/// alias are the target's, and those of the model itself are of the row around it.
impl<R: Relation> JoinPath<R> {
    /// Like [`RelationConditions::any`]. Columns of the alias refer to the target, and columns of the model to the row
    /// around it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Employee { #[key] id: i64, born: i64, manager_id: Option<i64>,
    /// #   #[has_many(key = "manager_id")] reports: HasMany<Employee> }
    /// # fn main() {
    /// let report = alias::<Employee>("report");
    /// let with_older_reports = select::<Employee>()
    ///     .filter(Employee::REPORTS.to_alias(&report).any(report.column(Employee::BORN).lt(Employee::BORN)));
    /// # let _ = with_older_reports;
    /// # }
    /// ```
    pub fn any(self, condition: Predicate) -> Predicate
    where
        R: ToMany,
    {
        exists(self.ends(), Some(condition))
    }

    /// Like [`RelationConditions::has`]. Columns of the alias refer to the target, and columns of the model to the row
    /// around it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Employee { #[key] id: i64, born: i64, manager_id: Option<i64>,
    /// #   #[belongs_to] manager: BelongsTo<Option<Employee>> }
    /// # fn main() {
    /// let manager = alias::<Employee>("manager");
    /// let older_than_their_manager = select::<Employee>()
    ///     .filter(Employee::MANAGER.to_alias(&manager).has(manager.column(Employee::BORN).gt(Employee::BORN)));
    /// # let _ = older_than_their_manager;
    /// # }
    /// ```
    pub fn has(self, condition: Predicate) -> Predicate
    where
        R: ToOne,
    {
        exists(self.ends(), Some(condition))
    }

    /// As [`RelationConditions::exists`].
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Employee { #[key] id: i64, born: i64, manager_id: Option<i64>,
    /// #   #[has_many(key = "manager_id")] reports: HasMany<Employee> }
    /// let report = alias::<Employee>("report");
    /// let managers = select::<Employee>().filter(Employee::REPORTS.to_alias(&report).exists());
    /// # let _ = managers;
    /// ```
    pub fn exists(self) -> Predicate {
        exists(self.ends(), None)
    }

    /// As [`RelationConditions::count`].
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Employee { #[key] id: i64, born: i64, manager_id: Option<i64>,
    /// #   #[has_many(key = "manager_id")] reports: HasMany<Employee> }
    /// let report = alias::<Employee>("report");
    /// let teams = select_columns((Employee::ID, Employee::REPORTS.to_alias(&report).count()));
    /// # let _ = teams;
    /// ```
    pub fn count(self) -> Computed<i64>
    where
        R: ToMany,
    {
        count(self.ends(), None)
    }

    /// As [`RelationConditions::count_of`].
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Employee { #[key] id: i64, born: i64, manager_id: Option<i64>,
    /// #   #[has_many(key = "manager_id")] reports: HasMany<Employee> }
    /// let report = alias::<Employee>("report");
    /// let older = report.column(Employee::BORN).lt(Employee::BORN);
    /// let older_reports = select_columns((Employee::ID, Employee::REPORTS.to_alias(&report).count_of(older)));
    /// # let _ = older_reports;
    /// ```
    pub fn count_of(self, condition: Predicate) -> Computed<i64>
    where
        R: ToMany,
    {
        count(self.ends(), Some(condition))
    }

    fn ends(self) -> Ends {
        let (from, to) = self.into_ends();
        Ends { relation: R::def(), from, to }
    }
}

/// A relationship, and what the query calls its ends.
struct Ends {
    relation: &'static RelationDef,
    from: Option<Source>,
    to: Option<Source>,
}

impl Ends {
    fn of(relation: &'static RelationDef) -> Ends {
        Ends { relation, from: None, to: None }
    }
}

fn exists(ends: Ends, condition: Option<Predicate>) -> Predicate {
    Predicate::new(match targets(ends, condition) {
        Ok(select) => Expr::Exists(Box::new(select)),
        Err(error) => Expr::Refused(error.message().into()),
    })
}

fn count(ends: Ends, condition: Option<Predicate>) -> Computed<i64> {
    let relation = ends.relation;
    let counted = targets(ends, condition).map(|select| match relation.through {
        Some(_) => counted_once(relation, select),
        None => counting(select, Expr::CountRows),
    });
    match counted {
        Ok(select) => Computed::new(Expr::Scalar(Box::new(select))),
        Err(error) => Computed::refused(error.message()),
    }
}

fn counting(mut select: Select, counted: Expr) -> Select {
    select.returns(counted);
    select
}

/// A link table may hold a link twice, and a collection has its target once.
fn counted_once(relation: &RelationDef, mut select: Select) -> Select {
    let there = relation.target();
    let Some(target) = select.joins.pop() else { return counting(select, Expr::CountRows) };
    if let ([key], Some(source)) = (there.key, target.table.source()) {
        let key = Expr::column(&source, there.columns[*key].name);
        let function = Function::Named("count");
        let counted = Expr::Aggregate { function, of: Some(Box::new(key)), distinct: true, filter: None };
        select.joins.push(target);
        return counting(select, counted);
    }
    // Not every database counts distinct rows of several columns.
    select.and_where(target.on);
    let mut targets = Select::from(target.table);
    targets.and_where(Expr::Exists(Box::new(select)));
    counting(targets, Expr::CountRows)
}

/// The targets of the row around it that meet a condition.
///
/// A target has its table's name where it can: only from a model to itself it needs another.
fn targets(ends: Ends, condition: Option<Predicate>) -> Result<Select> {
    let Ends { relation, from, to } = ends;
    let condition = condition.map(Predicate::into_sql);
    let (here, there) = (relation.parent().table, relation.target().table);
    let parent = from.unwrap_or(Source::Table(here));
    if to.as_ref() == Some(&parent) {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!("`{}`: both ends have the name `{parent}`; give them two aliases", relation.path()),
        ));
    }
    let link = |table: TableName| (table == here || table == there).then(|| Made::like(table.name));
    if let Some(source) = to {
        let table = source.table().unwrap_or(TableRef::table(there));
        let mut select = targets_of(relation, &parent, (table, &source), link)?;
        condition.into_iter().for_each(|condition| select.and_where(condition));
        return Ok(select);
    }
    if let Some(column) = condition.as_ref().and_then(|condition| condition.compared_with_itself(there)) {
        return Err(itself(relation, column));
    }
    let alias = (here == there).then(|| Made::like(there.name));
    let source = alias.map_or(Source::Table(there), Source::Made);
    let table = TableRef::Table { name: there, alias: alias.map(Into::into) };
    let mut select = targets_of(relation, &parent, (table, &source), link)?;
    condition.into_iter().for_each(|condition| select.and_where(condition.relocate(there, &source)));
    Ok(select)
}

/// A column that is compared with itself is meant to be that of another row.
fn itself(relation: &RelationDef, column: &str) -> Error {
    let (path, target) = (relation.path(), relation.target());
    let field = target.columns.iter().find(|known| known.name == column).map_or(column, |known| known.field);
    let constant = format!("{}::{}", relation.parent().name, relation.name.to_uppercase());
    let target = target.name;
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "`{path}`: the condition compares `{target}.{field}` with itself, because in a condition on `{path}` every column \
             of `{target}` is the target's; give the target a name, `let other = alias::<{target}>(\"other\")`, and write \
             `{constant}.to_alias(&other)` with columns of `other` for the target"
        ),
    )
}
