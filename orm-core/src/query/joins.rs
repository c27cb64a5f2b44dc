//! FROM and its joins.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::link::link;
use super::{Alias, Derived};
use crate::entity::Relation;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef, RelationDef};
use crate::sql::{Expr, Join, JoinKind, Sees, Source, TableRef};

/// FROM as it is asked for, without its types.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct FromSpec {
    /// What the query names outright.
    pub(crate) first: Option<Joined>,
    pub(crate) joins: Vec<JoinSpec>,
}

/// One table of FROM, with its model.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    pub(crate) table: TableRef,
    pub(crate) source: Option<Source>,
    pub(crate) model: Option<&'static ModelDef>,
}

/// One join as it is asked for.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct JoinSpec {
    pub(crate) kind: JoinKind,
    pub(crate) joined: Joined,
    pub(crate) on: Expr,
    /// Where a relationship starts.
    pub(crate) left: Option<Source>,
    /// Whether it gives a row several times by what it is.
    pub(crate) repeats: bool,
    /// Whether it gives a row several times by what it is, or by rows that the models exclude and the database may hold.
    pub(crate) may_repeat: bool,
}

/// What `join` and `left_join` take: a relationship, or one with aliased ends.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::query::IntoJoin;
///
/// /// The titles of books by some path.
/// fn titles_by(path: impl IntoJoin) -> SelectColumns<orm_core::query::Computed<String>> {
///     select_columns(func::upper(Book::TITLE)).from::<Author>().join(path)
/// }
/// # fn main() {
/// let _ = titles_by(Author::BOOKS);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship to join",
    label = "expected a relationship: `User::ORDERS`",
    note = "to join by a condition of your own use `join_on::<Model>(condition)`"
)]
pub trait IntoJoin {
    /// The join, without its kind.
    #[doc(hidden)]
    fn into_join(self, kind: JoinKind) -> JoinSpec;
}

/// What `join_table` and `from_table` take: an alias, a subquery or a common table expression.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let reader = alias::<Author>("reader");
/// let recent = select_columns((Book::AUTHOR_ID, Book::TITLE)).filter(Book::YEAR.gt(1970)).subquery("recent");
/// let query = select_columns((reader.column(Author::NAME), recent.column(Book::TITLE)))
///     .from_table(&reader)
///     .join_table(&recent, recent.column(Book::AUTHOR_ID).eq(reader.column(Author::ID)));
/// assert_eq!(session.rows(query).await?.len(), 2);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table of a query",
    label = "expected an alias, a subquery or a common table expression",
    note = "to join a model's own table use `join_on::<Model>(condition)`"
)]
pub trait IntoTable {
    /// The table, and its model.
    #[doc(hidden)]
    fn into_table(self) -> (Arc<TableRef>, Option<&'static ModelDef>);
}

impl<M: Model> IntoTable for &Alias<M> {
    fn into_table(self) -> (Arc<TableRef>, Option<&'static ModelDef>) {
        (Arc::clone(self.table()), Some(M::def()))
    }
}

impl IntoTable for &Derived {
    fn into_table(self) -> (Arc<TableRef>, Option<&'static ModelDef>) {
        (Arc::clone(self.table()), None)
    }
}

/// A relationship with aliased ends: what [`RelationJoins::to_alias`] returns.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # fn main() {
/// let reader = alias::<Author>("reader");
/// let query = select_columns((Book::TITLE, reader.column(Author::NAME))).join(Book::AUTHOR.to_alias(&reader));
/// # let _ = query;
/// # }
/// ```
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct JoinPath<R> {
    from: Option<Source>,
    to: Option<Source>,
    of: PhantomData<fn() -> R>,
}

/// Relationships as joins between aliased tables.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # fn main() {
/// let other = alias::<Book>("other");
/// let same_author = select_columns((Book::TITLE, other.column(Book::TITLE)))
///     .join_table(&other, other.column(Book::AUTHOR_ID).eq(Book::AUTHOR_ID))
///     .join(Book::AUTHOR.from_alias(&other));
/// # let _ = same_author;
/// # }
/// ```
pub trait RelationJoins: Relation {
    /// The relationship from an aliased table of its model.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = alias::<Book>("b");
    /// let query = select_columns((book.column(Book::TITLE), Author::NAME))
    ///     .from_table(&book)
    ///     .join(Book::AUTHOR.from_alias(&book))
    ///     .order_by(book.column(Book::ID));
    /// let rows: Vec<(String, String)> = session.rows(query).await?;
    /// assert_eq!(rows[3].1, "Harper Lee");
    /// # Ok(()) }
    /// ```
    // It is FROM that has the alias.
    #[allow(clippy::wrong_self_convention)]
    fn from_alias(self, parent: &Alias<Self::Parent>) -> JoinPath<Self> {
        JoinPath { from: Some(parent.source()), to: None, of: PhantomData }
    }

    /// The relationship to its target under another name.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Employee { #[key] id: i64, name: String, manager_id: Option<i64>,
    /// #   #[belongs_to] manager: BelongsTo<Option<Employee>> }
    /// # fn main() {
    /// let manager = alias::<Employee>("manager");
    /// let query = select_columns((Employee::NAME, manager.column(Employee::NAME).optional()))
    ///     .left_join(Employee::MANAGER.to_alias(&manager));
    /// # let _ = query;
    /// # }
    /// ```
    fn to_alias(self, target: &Alias<Self::Target>) -> JoinPath<Self> {
        JoinPath { from: None, to: Some(target.source()), of: PhantomData }
    }
}

impl<R: Relation> RelationJoins for R {}

impl<R: Relation> JoinPath<R> {
    /// What its ends are called.
    pub(super) fn into_ends(self) -> (Option<Source>, Option<Source>) {
        (self.from, self.to)
    }

    /// Aliases the target too.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// let (book, writer) = (alias::<Book>("b"), alias::<Author>("w"));
    /// let query = select_columns((book.column(Book::TITLE), writer.column(Author::NAME)))
    ///     .from_table(&book)
    ///     .join(Book::AUTHOR.from_alias(&book).to_alias(&writer));
    /// # let _ = query;
    /// # }
    /// ```
    pub fn to_alias(self, target: &Alias<R::Target>) -> JoinPath<R> {
        JoinPath { to: Some(target.source()), ..self }
    }
}

impl<R> fmt::Debug for JoinPath<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinPath").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

impl<R: Relation> IntoJoin for R {
    fn into_join(self, kind: JoinKind) -> JoinSpec {
        relationship(R::def(), None, None, kind)
    }
}

impl<R: Relation> IntoJoin for JoinPath<R> {
    fn into_join(self, kind: JoinKind) -> JoinSpec {
        relationship(R::def(), self.from, self.to, kind)
    }
}

fn relationship(
    relation: &'static RelationDef,
    from: Option<Source>,
    to: Option<Source>,
    kind: JoinKind,
) -> JoinSpec {
    let target = relation.target();
    let parent = from.unwrap_or(Source::Table(relation.parent().table));
    let source = to.unwrap_or(Source::Table(target.table));
    let table = source.table().unwrap_or(TableRef::table(target.table));
    let (table, on) = match link(relation, &parent, table.clone(), &source) {
        Ok(linked) => linked,
        Err(error) => (table, Expr::Refused(error.message().into())),
    };
    let joined = Joined { table, source: Some(source), model: Some(target) };
    let (repeats, may_repeat) = (relation.is_collection(), relation.may_find_several());
    JoinSpec { kind, joined, on, left: Some(parent), repeats, may_repeat }
}

impl Joined {
    fn model<M: Model>() -> Joined {
        let source = Source::Table(M::def().table);
        Joined { table: TableRef::table(M::def().table), source: Some(source), model: Some(M::def()) }
    }

    fn table((table, model): (Arc<TableRef>, Option<&'static ModelDef>)) -> Joined {
        Joined { table: TableRef::clone(&table), source: Some(Source::Defined(table)), model }
    }
}

impl FromSpec {
    pub(super) fn name_first(&mut self, joined: Joined) {
        match self.first {
            None => self.first = Some(joined),
            // The second model occurs twice or is not joined; the message tells which.
            Some(_) => {
                let on = unjoined(&joined);
                self.join(JoinKind::Inner, joined, on);
            }
        }
    }

    pub(super) fn join(&mut self, kind: JoinKind, joined: Joined, on: Expr) {
        self.joins.push(JoinSpec { kind, joined, on, left: None, repeats: true, may_repeat: true });
    }

    /// Refuses joins for pages that begin after an entity: a repeated entity could lie on two pages, and the next page
    /// begins after all of its rows.
    ///
    /// # Errors
    /// `InvalidQuery`.
    pub(crate) fn check_behind(&self) -> Result<()> {
        match self.joins.iter().any(|join| join.repeats) {
            true => refuse(
                "`page_after` needs each entity to appear once, but a join may repeat entities; add `.distinct()` \
                 or `.unique()`, or use `any`, `has` or `exists` in place of the join",
            ),
            false => Ok(()),
        }
    }

    /// Whether a join may give a row several times.
    pub(crate) fn may_repeat(&self) -> bool {
        self.joins.iter().any(|join| join.may_repeat)
    }

    /// The tables that the joins add.
    fn joined(&self) -> Vec<Source> {
        let mut tables = Vec::new();
        self.joins.iter().for_each(|join| join.joined.table.leaves(&mut tables));
        tables.into_iter().filter_map(TableRef::source).collect()
    }

    /// The sources whose rows may be missing: those that a LEFT JOIN adds.
    pub(crate) fn outer(&self) -> Vec<Source> {
        let left = self.joins.iter().filter(|join| join.kind == JoinKind::Left);
        left.filter_map(|join| join.joined.source.clone()).collect()
    }

    pub(crate) fn models(&self) -> impl Iterator<Item = (Source, &'static ModelDef)> {
        let all = self.first.iter().chain(self.joins.iter().map(|join| &join.joined));
        all.filter_map(|joined| Some((joined.source.clone()?, joined.model?)))
    }

    /// FROM and its joins, for a query that names some sources.
    ///
    /// # Errors
    /// `InvalidQuery`: the query has no FROM, or its tables are not joined.
    pub(crate) fn lower(&self, named: &[Source]) -> Result<(Option<TableRef>, Vec<Join>)> {
        let joins = self.joins.iter().map(|join| Join {
            kind: join.kind,
            table: join.joined.table.clone(),
            on: join.on.clone(),
            sees: Sees::Same,
        });
        let joins: Vec<Join> = joins.collect();
        if let Some(first) = &self.first {
            return Ok((Some(first.table.clone()), joins));
        }
        let joined = self.joined();
        let mut first: Vec<&Source> = named.iter().filter(|source| !joined.contains(source)).collect();
        if first.is_empty() {
            let left = self.joins.iter().filter_map(|join| join.left.as_ref());
            first.extend(left.filter(|source| !joined.contains(source)).take(1));
        }
        let unclear = "the query does not specify which table it reads from; name it with `.from::<Model>()`";
        match *first {
            [] if joins.is_empty() => Ok((None, joins)),
            [] => refuse(unclear),
            [only] => match only.table() {
                Some(table) => Ok((Some(table), joins)),
                None => refuse(unclear),
            },
            [a, b, ..] => refuse(format!(
                "the query names `{}` and `{}` without joining them; add `.join(..)` or \
                 `.join_on::<..>(..)`, or `.cross_join::<..>()` if you want every pair",
                a.name(),
                b.name()
            )),
        }
    }
}

fn unjoined(joined: &Joined) -> Expr {
    let name = joined.source.as_ref().map_or("", Source::name);
    let text =
        format!("the query reads from two tables without joining `{name}`; use `join` or `cross_join`");
    Expr::Refused(text.into())
}

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why.into()))
}

/// The joins of a query type with a method `joins_mut`.
macro_rules! join_methods {
    () => {
        /// Joins a relationship: keeps the rows with a target, each as often as it has targets. The target's columns
        /// can then be used in the query.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let query = select::<Author>().join(Author::BOOKS).filter(Book::YEAR.eq(1960));
        /// assert_eq!(session.one(query).await?.name, "Harper Lee");
        /// # Ok(()) }
        /// ```
        pub fn join(mut self, relation: impl $crate::query::IntoJoin) -> Self {
            let join = relation.into_join($crate::sql::JoinKind::Inner);
            self.joins_mut().joins.push(join);
            self
        }

        /// Like [`join`](Self::join), but also keeps rows without a target: once, with NULL in the target's columns.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let without_tags = select::<Book>().left_join(Book::TAGS).filter(Tag::ID.is_null());
        /// assert_eq!(session.all(without_tags).await?.len(), 2);
        /// # Ok(()) }
        /// ```
        pub fn left_join(mut self, relation: impl $crate::query::IntoJoin) -> Self {
            let join = relation.into_join($crate::sql::JoinKind::Left);
            self.joins_mut().joins.push(join);
            self
        }

        /// Joins the rows of a model that meet a condition.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let query = select::<Author>().join_on::<Book>(Book::AUTHOR_ID.eq(Author::ID) & Book::YEAR.eq(1960));
        /// assert_eq!(session.one(query).await?.name, "Harper Lee");
        /// # Ok(()) }
        /// ```
        pub fn join_on<T: Model>(mut self, on: Predicate) -> Self {
            self.joins_mut().join_model::<T>($crate::sql::JoinKind::Inner, on);
            self
        }

        /// Like [`join_on`](Self::join_on), but also keeps rows without a match.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let without_old_books = select::<Author>()
        ///     .left_join_on::<Book>(Book::AUTHOR_ID.eq(Author::ID) & Book::YEAR.lt(1965))
        ///     .filter(Book::ID.is_null());
        /// assert_eq!(session.one(without_old_books).await?.name, "Ursula K. Le Guin");
        /// # Ok(()) }
        /// ```
        pub fn left_join_on<T: Model>(mut self, on: Predicate) -> Self {
            self.joins_mut().join_model::<T>($crate::sql::JoinKind::Left, on);
            self
        }

        /// Joins the rows of an alias, a subquery or a common table expression that meet a condition.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let other = alias::<Book>("other");
        /// let has_elder = select::<Book>().join_table(&other, other.column(Book::YEAR).lt(Book::YEAR)).distinct();
        /// assert_eq!(session.all(has_elder).await?.len(), 3, "all but the oldest");
        /// # Ok(()) }
        /// ```
        pub fn join_table(mut self, table: impl $crate::query::IntoTable, on: Predicate) -> Self {
            self.joins_mut().join_table($crate::sql::JoinKind::Inner, table, on);
            self
        }

        /// Like [`join_table`](Self::join_table), but also keeps rows without a match.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let other = alias::<Book>("other");
        /// let oldest = select::<Book>()
        ///     .left_join_table(&other, other.column(Book::YEAR).lt(Book::YEAR))
        ///     .filter(other.column(Book::ID).is_null());
        /// assert_eq!(session.one(oldest).await?.year, 1960);
        /// # Ok(()) }
        /// ```
        pub fn left_join_table(mut self, table: impl $crate::query::IntoTable, on: Predicate) -> Self {
            self.joins_mut().join_table($crate::sql::JoinKind::Left, table, on);
            self
        }
    };
}

pub(super) use join_methods;

impl FromSpec {
    pub(super) fn join_model<T: Model>(&mut self, kind: JoinKind, on: super::Predicate) {
        self.join(kind, Joined::model::<T>(), on.into_sql());
    }

    pub(super) fn join_table(&mut self, kind: JoinKind, table: impl IntoTable, on: super::Predicate) {
        self.join(kind, Joined::table(table.into_table()), on.into_sql());
    }

    pub(super) fn cross_model<T: Model>(&mut self) {
        self.join(JoinKind::Cross, Joined::model::<T>(), Expr::And(Vec::new()));
    }

    pub(super) fn cross_table(&mut self, table: impl IntoTable) {
        self.join(JoinKind::Cross, Joined::table(table.into_table()), Expr::And(Vec::new()));
    }

    pub(super) fn name_first_model<T: Model>(&mut self) {
        self.name_first(Joined::model::<T>());
    }

    /// As it is, from the table of a model.
    pub(crate) fn of_model(&self, def: &'static ModelDef) -> FromSpec {
        let (table, source) = (TableRef::table(def.table), Source::Table(def.table));
        let first = Joined { table, source: Some(source), model: Some(def) };
        FromSpec { first: Some(first), joins: self.joins.clone() }
    }

    /// Names a model's table first, before all joins.
    pub(super) fn name_model<T: Model>(&mut self) {
        self.first = Some(Joined::model::<T>());
    }

    pub(super) fn name_table(&mut self, table: impl IntoTable) {
        self.name_first(Joined::table(table.into_table()));
    }
}
