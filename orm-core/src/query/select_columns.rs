//! Queries for rows.

use std::fmt;
use std::marker::PhantomData;

use super::joins::join_methods;
use super::lock::{lock_methods, locked};
use super::rows_spec::MOST_UNIONS;
use super::selectable::Selectable;
use super::{
    Computed, Derived, Expression, IntoExpressions, IntoOrder, IntoPredicate, IntoTable, Predicate, RowsSpec,
};
use crate::entity::ToMany;
use crate::model::Model;
use crate::sql::{Expr, Lock, SetOp};
use crate::value::ColumnType;

/// A query for rows of columns, expressions and entities: what [`select_columns`] begins and
/// [`Session::rows`](crate::Session::rows) runs. `S` is what it selects, and `R` the struct that
/// [`into_struct`](Self::into_struct) makes of a row.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns((Author::NAME, func::max(Book::YEAR)))
///     .join(Author::BOOKS)
///     .group_by((Author::ID, Author::NAME))
///     .order_by(Author::NAME);
/// let rows: Vec<(String, Option<i32>)> = session.rows(query).await?;
/// assert_eq!(rows[1], ("Ursula K. Le Guin".to_owned(), Some(1974)));
/// # Ok(()) }
/// ```
#[must_use = "a query does nothing until a session runs it"]
pub struct SelectColumns<S: Selectable, R = ()> {
    pub(crate) spec: RowsSpec,
    pub(crate) reader: S::Reader,
    of: PhantomData<fn() -> (S, R)>,
}

/// A query for rows of columns, expressions, aggregates and entities, in a tuple of up to 16.
///
/// FROM is inferred: every table named by a selected column that is not joined explicitly. `.from::<Model>()` names it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns((Author::NAME, func::count(Book::ID)))
///     .left_join(Author::BOOKS)
///     .group_by((Author::ID, Author::NAME))
///     .order_by(Author::NAME);
/// let rows: Vec<(String, i64)> = session.rows(query).await?;
/// assert_eq!(rows[0], ("Harper Lee".to_owned(), 1));
/// # Ok(()) }
/// ```
pub fn select_columns<S: Selectable>(column_or_tuple: S) -> SelectColumns<S> {
    let mut spec = RowsSpec::default();
    let reader = column_or_tuple.list(&mut spec.list);
    SelectColumns { spec, reader, of: PhantomData }
}

impl<S: Selectable, R> SelectColumns<S, R> {
    join_methods!();
    lock_methods!();

    /// Names the model whose table the query reads from.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns(func::count_rows()).from::<Book>();
    /// assert_eq!(session.row(query).await?, 4);
    /// # Ok(()) }
    /// ```
    pub fn from<T: Model>(mut self) -> Self {
        self.joins_mut().name_first_model::<T>();
        self
    }

    /// Names the alias, subquery or common table expression that the query reads from.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = alias::<Book>("b");
    /// let query = select_columns(func::count_rows()).from_table(&book).filter(book.column(Book::YEAR).lt(1970));
    /// assert_eq!(session.row(query).await?, 2);
    /// # Ok(()) }
    /// ```
    // FROM is SQL's word.
    #[allow(clippy::wrong_self_convention)]
    pub fn from_table(mut self, table: impl IntoTable) -> Self {
        self.joins_mut().name_table(table);
        self
    }

    /// Pairs every row with every row of a model. Without it, two unjoined tables are an error.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let pairs = select_columns((Author::NAME, Tag::NAME)).from::<Author>().cross_join::<Tag>();
    /// assert_eq!(session.rows(pairs).await?.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn cross_join<T: Model>(mut self) -> Self {
        self.joins_mut().cross_model::<T>();
        self
    }

    /// Pairs every row with every row of an alias, a subquery or a common table expression.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let other = alias::<Author>("other");
    /// let pairs = select_columns((Author::NAME, other.column(Author::NAME))).cross_join_table(&other);
    /// assert_eq!(session.rows(pairs).await?.len(), 4);
    /// # Ok(()) }
    /// ```
    pub fn cross_join_table(mut self, table: impl IntoTable) -> Self {
        self.joins_mut().cross_table(table);
        self
    }

    /// Keeps the rows that meet this condition and every earlier one; `None` filters nothing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let titles = select_columns(Book::TITLE).filter(Book::YEAR.lt(1970)).filter(Book::AUTHOR_ID.eq(1));
    /// assert_eq!(session.rows(titles).await?, ["A Wizard of Earthsea"]);
    /// # Ok(()) }
    /// ```
    pub fn filter(self, condition: impl IntoPredicate) -> Self {
        let Some(condition) = condition.into_predicate() else { return self };
        self.part("filter", |spec| spec.core.and_where(condition.into_sql()))
    }

    /// Combines the rows with the same values for these into one row.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((Book::AUTHOR_ID, func::count_rows())).group_by(Book::AUTHOR_ID).order_by(Book::AUTHOR_ID);
    /// assert_eq!(session.rows(query).await?, [(1, 3), (2, 1)]);
    /// # Ok(()) }
    /// ```
    pub fn group_by(self, column_or_tuple: impl IntoExpressions) -> Self {
        self.part("group_by", |spec| spec.group.extend(column_or_tuple.into_expressions()))
    }

    /// Keeps the groups that meet this condition and every earlier one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns(Book::AUTHOR_ID).group_by(Book::AUTHOR_ID).having(func::count_rows().gt(1));
    /// assert_eq!(session.rows(query).await?, [1]);
    /// # Ok(()) }
    /// ```
    pub fn having(self, condition: impl IntoPredicate) -> Self {
        let Some(condition) = condition.into_predicate() else { return self };
        self.part("having", |spec| spec.having = Some(Expr::and(spec.having.take(), condition.into_sql())))
    }

    /// Returns equal rows once.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.rows(select_columns(Book::AUTHOR_ID).distinct()).await?.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn distinct(self) -> Self {
        self.part("distinct", |spec| spec.core.distinct = true)
    }

    /// Returns the first row, in the query's order, of those with the same values for these expressions. Only
    /// PostgreSQL supports it; on other databases it is an error that suggests what to write instead.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// let newest_of_each = select_columns((Book::AUTHOR_ID, Book::TITLE))
    ///     .distinct_on(Book::AUTHOR_ID)
    ///     .order_by((Book::AUTHOR_ID, Book::YEAR.desc()));
    /// # let _ = newest_of_each;
    /// # }
    /// ```
    pub fn distinct_on(self, by: impl IntoExpressions) -> Self {
        self.part("distinct_on", |spec| spec.distinct_on.extend(by.into_expressions()))
    }

    /// Sorts the rows, after every earlier order.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let titles = session.rows(select_columns(Book::TITLE).order_by((Book::YEAR.desc(), Book::ID))).await?;
    /// assert_eq!(titles[0], "The Dispossessed");
    /// # Ok(()) }
    /// ```
    pub fn order_by(self, order_or_tuple: impl IntoOrder) -> Self {
        self.map(|spec| spec.core.order_by(order_or_tuple))
    }

    /// The rows of both queries, without duplicates. An order or a limit after it applies to the whole; conditions, joins
    /// and locks belong to each query, and are an error after it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = select_columns(Book::TITLE).filter(Book::YEAR.lt(1970));
    /// let by_lee = select_columns(Book::TITLE).filter(Book::AUTHOR_ID.eq(2));
    /// let titles = session.rows(old.union(by_lee).order_by(Book::TITLE)).await?;
    /// assert_eq!(titles, ["A Wizard of Earthsea", "To Kill a Mockingbird"]);
    /// # Ok(()) }
    /// ```
    pub fn union<T: Selectable<Row = S::Row>>(self, other: SelectColumns<T>) -> Self {
        self.set(SetOp::Union, other.spec)
    }

    /// The rows of both queries.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = select_columns(Book::TITLE).filter(Book::YEAR.lt(1970));
    /// let by_lee = select_columns(Book::TITLE).filter(Book::AUTHOR_ID.eq(2));
    /// assert_eq!(session.rows(old.union_all(by_lee)).await?.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn union_all<T: Selectable<Row = S::Row>>(self, other: SelectColumns<T>) -> Self {
        self.set(SetOp::UnionAll, other.spec)
    }

    /// The rows that are in both queries.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = select_columns(Book::TITLE).filter(Book::YEAR.lt(1970));
    /// let by_lee = select_columns(Book::TITLE).filter(Book::AUTHOR_ID.eq(2));
    /// assert_eq!(session.rows(old.intersect(by_lee)).await?, ["To Kill a Mockingbird"]);
    /// # Ok(()) }
    /// ```
    pub fn intersect<T: Selectable<Row = S::Row>>(self, other: SelectColumns<T>) -> Self {
        self.set(SetOp::Intersect, other.spec)
    }

    /// The rows that are not in the other query.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = select_columns(Book::TITLE).filter(Book::YEAR.lt(1970));
    /// let by_lee = select_columns(Book::TITLE).filter(Book::AUTHOR_ID.eq(2));
    /// assert_eq!(session.rows(old.except(by_lee)).await?, ["A Wizard of Earthsea"]);
    /// # Ok(()) }
    /// ```
    pub fn except<T: Selectable<Row = S::Row>>(self, other: SelectColumns<T>) -> Self {
        self.set(SetOp::Except, other.spec)
    }

    /// The query as a table that another one can read from and join.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let recent = select_columns((Book::AUTHOR_ID, Book::TITLE)).filter(Book::YEAR.gt(1970)).subquery("recent");
    /// let query = select_columns((Author::NAME, recent.column(Book::TITLE)))
    ///     .join_table(&recent, recent.column(Book::AUTHOR_ID).eq(Author::ID));
    /// assert_eq!(session.rows(query).await?.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn subquery(self, name: &str) -> Derived {
        Derived::subquery(&self.spec, name, false)
    }

    /// Like [`subquery`](Self::subquery), but it sees the tables before it and runs for each of their rows. SQLite and
    /// MariaDB do not support it; there it is an error that suggests what to write instead.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
    /// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
    /// let latest = select_columns(Order::ID).filter(Order::USER_ID.eq(User::ID)).order_by(Order::ID.desc()).limit(1);
    /// let latest = latest.lateral("latest");
    /// let query = select_columns((User::NAME, latest.column(Order::ID).optional()))
    ///     .from::<User>()
    ///     .left_join_table(&latest, Predicate::all([]));
    /// # let _ = query;
    /// ```
    pub fn lateral(self, name: &str) -> Derived {
        Derived::subquery(&self.spec, name, true)
    }

    /// The query as a common table expression, `WITH name AS (..)`, that another one can name any number of times.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let counts = select_columns((Book::AUTHOR_ID, func::count_rows().label("books")))
    ///     .group_by(Book::AUTHOR_ID)
    ///     .cte("counts");
    /// let books = counts.column(label::<i64>("books"));
    /// let most = select_columns(func::max(books.clone())).from_table(&counts).scalar();
    /// let query = select_columns(counts.column(Book::AUTHOR_ID)).from_table(&counts).filter(books.optional().eq(most));
    /// assert_eq!(session.rows(query).await?, [1]);
    /// # Ok(()) }
    /// ```
    pub fn cte(self, name: &str) -> Derived {
        Derived::cte(&self.spec, name)
    }

    /// A recursive common table expression: it begins with the rows of this query, and `next` selects the rows that
    /// follow from those found last, until there are none. Duplicate rows are kept, so a cycle never ends;
    /// [`recursive_distinct`](Self::recursive_distinct) takes each row once.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Node { #[key] id: i64, parent_id: Option<i64> }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// const DEPTH: Label<i64> = label("depth");
    /// let tree = select_columns((Node::entity(), func::value(0i64).label(DEPTH)))
    ///     .filter(Node::PARENT_ID.is_null())
    ///     .recursive("tree", |tree| {
    ///         select_columns((Node::entity(), (tree.column(DEPTH) + 1).label(DEPTH)))
    ///             .from_table(tree)
    ///             .join_on::<Node>(Node::PARENT_ID.eq(tree.column(Node::ID)))
    ///     });
    /// let nodes: Vec<(Entity<Node>, i64)> =
    ///     session.rows(select_columns((tree.entity::<Node>(), tree.column(DEPTH)))).await?;
    /// # let _ = nodes; Ok(()) }
    /// # fn main() {}
    /// ```
    pub fn recursive<T: Selectable<Row = S::Row>>(
        self,
        name: &str,
        next: impl FnOnce(&Derived) -> SelectColumns<T>,
    ) -> Derived {
        Derived::recursive(&self.spec, name, false, |itself| next(itself).spec)
    }

    /// As [`recursive`](Self::recursive), with each row once: a circle ends.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Link { #[key] id: i64, from_page: i64, to_page: i64 }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// const PAGE: Label<i64> = label("page");
    /// // Every page that can be reached from page 1, although links lead back.
    /// let reached = select_columns(Link::TO_PAGE.label(PAGE))
    ///     .filter(Link::FROM_PAGE.eq(1))
    ///     .recursive_distinct("reached", |reached| {
    ///         select_columns(Link::TO_PAGE.label(PAGE))
    ///             .from_table(reached)
    ///             .join_on::<Link>(Link::FROM_PAGE.eq(reached.column(PAGE)))
    ///     });
    /// let pages: Vec<i64> = session.rows(select_columns(reached.column(PAGE)).from_table(&reached)).await?;
    /// # let _ = pages; Ok(()) }
    /// # fn main() {}
    /// ```
    pub fn recursive_distinct<T: Selectable<Row = S::Row>>(
        self,
        name: &str,
        next: impl FnOnce(&Derived) -> SelectColumns<T>,
    ) -> Derived {
        Derived::recursive(&self.spec, name, true, |itself| next(itself).spec)
    }

    /// Gives each row as a struct with `#[derive(FromRow)]`, whose fields are found by name: that of a column's field,
    /// or of a label.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// #[derive(FromRow, Debug, PartialEq)]
    /// struct Count {
    ///     author_id: i64,
    ///     books: i64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((Book::AUTHOR_ID, func::count_rows().label("books"))).group_by(Book::AUTHOR_ID);
    /// let counts = session.rows(query.order_by(Book::AUTHOR_ID).into_struct::<Count>()).await?;
    /// assert_eq!(counts[0], Count { author_id: 1, books: 3 });
    /// # Ok(()) }
    /// ```
    // What is not a struct of a row is reported where the query runs; a bound here would report it a second time.
    pub fn into_struct<T>(self) -> SelectColumns<S, T> {
        SelectColumns { spec: self.spec, reader: self.reader, of: PhantomData }
    }

    fn set(mut self, op: SetOp, mut other: RowsSpec) -> Self {
        // The types guarantee that both load the same; the first query's strategies apply.
        other.list.entities.iter_mut().for_each(|entity| entity.loads.clear());
        // INTERSECT binds more tightly than the others on some databases and not on others: in parentheses it is clear.
        if self.spec.unions().max(other.unions() + 1) > MOST_UNIONS {
            self.spec.core.refuse(format!(
                "more than {MOST_UNIONS} unions are nested; use subqueries, or several queries"
            ));
            return self;
        }
        let ends = !self.spec.core.order.is_empty()
            || self.spec.core.limit.is_some()
            || self.spec.core.offset.is_some();
        let mixed = self.spec.set.iter().any(|(earlier, _)| *earlier != op);
        if ends || mixed {
            self.spec = self.spec.wrapped();
        }
        self.spec.set.push((op, other));
        self
    }

    fn lock_mut(&mut self) -> &mut Lock {
        locked(&mut self.spec.core.lock)
    }

    fn joins_mut(&mut self) -> &mut super::joins::FromSpec {
        self.spec.refuse_of_union("a table");
        &mut self.spec.core.from
    }

    /// Changes what a union has none of.
    pub(super) fn part(self, method: &str, change: impl FnOnce(&mut RowsSpec)) -> Self {
        self.map(|spec| {
            spec.refuse_of_union(method);
            change(spec);
        })
    }

    pub(super) fn map(mut self, change: impl FnOnce(&mut RowsSpec)) -> Self {
        change(&mut self.spec);
        self
    }
}

impl<S: Selectable> SelectColumns<S> {
    /// Adds the number of targets of a relationship to each row, counted by the database.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let rows = session.rows(select_columns((Author::ID, Author::NAME)).with_count(Author::BOOKS)).await?;
    /// assert!(rows.contains(&(2, "Harper Lee".to_owned(), 1)));
    /// # Ok(()) }
    /// ```
    pub fn with_count<C: ToMany>(self, relation: C) -> SelectColumns<S::Appended>
    where
        S: super::Append<Computed<i64>>,
    {
        self.appended("with_count", super::RelationConditions::count(relation))
    }

    /// Adds a value to each row, for queries of a tuple of up to seven.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let titles = select_columns((Book::ID, Book::TITLE)).order_by(Book::ID);
    /// let rows: Vec<(i64, String, bool)> = session.rows(titles.add_column(Book::YEAR.lt(1970))).await?;
    /// assert!(rows[0].2);
    /// # Ok(()) }
    /// ```
    pub fn add_column<X: Selectable>(self, column: X) -> SelectColumns<S::Appended>
    where
        S: super::Append<X>,
    {
        self.appended("add_column", column)
    }

    fn appended<X: Selectable>(self, method: &str, column: X) -> SelectColumns<S::Appended>
    where
        S: super::Append<X>,
    {
        let mut spec = self.spec;
        spec.refuse_of_union(method);
        let column = column.itself().list(&mut spec.list);
        SelectColumns { spec, reader: S::append(self.reader, column), of: PhantomData }
    }
}

impl<E: Expression + Selectable> SelectColumns<E> {
    /// The query's one value, as an expression of another query; NULL where it finds no row.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let first = select_columns(func::min(Book::YEAR)).scalar();
    /// let oldest = select::<Book>().filter(Book::YEAR.optional().eq(first));
    /// assert_eq!(session.one(oldest).await?.title, "To Kill a Mockingbird");
    /// # Ok(()) }
    /// ```
    pub fn scalar(self) -> Computed<Option<<E::Value as ColumnType>::Bare>> {
        let (select, _) = super::derived::lowered(&self.spec);
        Computed::new(Expr::Scalar(Box::new(select)))
    }
}

/// Whether a query finds a row: `EXISTS (SELECT ..)`. Columns of the query around it can be named in its conditions.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
/// let has_orders = exists(select_columns(Order::ID).filter(Order::USER_ID.eq(User::ID)));
/// let query = select::<User>().filter(has_orders);
/// # let _ = query;
/// ```
pub fn exists<S: Selectable, R>(query: SelectColumns<S, R>) -> Predicate {
    let (select, _) = super::derived::lowered(&query.spec);
    Predicate::new(Expr::Exists(Box::new(select)))
}

impl<S: Selectable, R> Clone for SelectColumns<S, R> {
    fn clone(&self) -> Self {
        SelectColumns { spec: self.spec.clone(), reader: self.reader.clone(), of: PhantomData }
    }
}

impl<S: Selectable, R> fmt::Debug for SelectColumns<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SelectColumns").field(&super::derived::lowered(&self.spec).0).finish()
    }
}
