//! Subqueries in FROM, and common table expressions.

use std::sync::Arc;

use super::label::ColumnName;
use super::{Computed, EntityColumns, RowsSpec};
use crate::model::Model;
use crate::sql::{Cte, Expr, Select, SetOp, Source, TableRef};

/// A query that another one reads from: a subquery in FROM, or a common table expression.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// const BOOKS: Label<i64> = label("books");
/// let counts = select_columns((Book::AUTHOR_ID, func::count_rows().label(BOOKS)))
///     .group_by(Book::AUTHOR_ID)
///     .subquery("counts");
/// let query = select_columns((Author::NAME, counts.column(BOOKS)))
///     .from::<Author>()
///     .join_table(&counts, counts.column(Book::AUTHOR_ID).eq(Author::ID))
///     .order_by(Author::ID);
/// assert_eq!(session.rows(query).await?[0], ("Ursula K. Le Guin".to_owned(), 3));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Derived {
    table: Arc<TableRef>,
    columns: Arc<[DerivedColumn]>,
}

/// One column of a query that another one reads from.
#[derive(Debug, Clone, Copy)]
struct DerivedColumn {
    name: &'static str,
    /// Whether what it holds must not be shown.
    secret: bool,
    /// How many digits its times keep.
    precision: Option<u8>,
}

impl Derived {
    pub(super) fn subquery(spec: &RowsSpec, name: &str, lateral: bool) -> Derived {
        let (select, columns) = named(spec);
        let table = TableRef::Query { select: Box::new(select), alias: name.into(), lateral };
        Derived { table: Arc::new(table), columns }
    }

    pub(super) fn cte(spec: &RowsSpec, name: &str) -> Derived {
        let (select, columns) = named(spec);
        Derived::of_cte(Cte { name: name.into(), recursive: false, hides: false, select }, columns)
    }

    /// A common table expression that begins with some rows and continues with the rows that follow from them.
    pub(super) fn recursive(
        spec: &RowsSpec,
        name: &str,
        distinct: bool,
        next: impl FnOnce(&Derived) -> RowsSpec,
    ) -> Derived {
        let (mut select, columns) = named(spec);
        let itself = TableRef::Cte { cte: None, name: name.into(), alias: None };
        let itself = Derived { table: Arc::new(itself), columns: Arc::clone(&columns) };
        let (further, _) = lowered(&next(&itself));
        select.set.push((if distinct { SetOp::Union } else { SetOp::UnionAll }, further));
        // What follows was written before it was known to be secret, and may have carried it from column to column.
        let hides = (0..).zip(columns.iter()).any(|(at, first)| select.is_secret(at) && !first.secret);
        Derived::of_cte(Cte { name: name.into(), recursive: true, hides, select }, columns)
    }

    fn of_cte(cte: Cte, columns: Arc<[DerivedColumn]>) -> Derived {
        let name = Arc::clone(&cte.name);
        let table = TableRef::Cte { cte: Some(Arc::new(cte)), name, alias: None };
        Derived { table: Arc::new(table), columns }
    }

    /// The same common table expression or subquery under another name, for a query that uses it twice.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let years = select_columns(Book::YEAR).cte("years");
    /// let later = years.alias("later");
    /// let query = select_columns(years.column(Book::YEAR))
    ///     .from_table(&years)
    ///     .join_table(&later, later.column(Book::YEAR).gt(years.column(Book::YEAR)))
    ///     .distinct();
    /// assert_eq!(session.rows(query).await?.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn alias(&self, name: &str) -> Derived {
        let table = match TableRef::clone(&self.table) {
            TableRef::Cte { cte, name: own, .. } => {
                TableRef::Cte { cte, name: own, alias: Some(name.into()) }
            }
            TableRef::Query { select, lateral, .. } => {
                TableRef::Query { select, alias: name.into(), lateral }
            }
            other => other,
        };
        Derived { table: Arc::new(table), columns: self.columns.clone() }
    }

    /// One of its columns: a column of a model that it selects, or one with a [`Label`](super::Label).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = select_columns((Book::TITLE, Book::YEAR)).filter(Book::YEAR.lt(1970)).subquery("old");
    /// let query = select_columns(old.column(Book::TITLE)).from_table(&old).order_by(old.column(Book::YEAR));
    /// assert_eq!(session.rows(query).await?[0], "To Kill a Mockingbird");
    /// # Ok(()) }
    /// ```
    pub fn column<N: ColumnName>(&self, name: N) -> Computed<N::Value> {
        let (name, secret) = name.column_name();
        let Some(column) = self.columns.iter().find(|column| column.name == name) else {
            let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
            return Computed::refused(format!(
                "`{}` has no column `{name}`; it has `{}`",
                self.table.name(),
                names.join("`, `")
            ));
        };
        Computed::new(
            Expr::column_of(&self.source(), name, secret || column.secret).with_precision(column.precision),
        )
    }

    /// The entities whose columns it selects, as entities of the query that reads from it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = select_columns(Book::entity()).filter(Book::YEAR.lt(1970)).subquery("old");
    /// let books: Vec<Entity<Book>> = session.rows(select_columns(old.entity::<Book>()).from_table(&old)).await?;
    /// assert_eq!(books.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn entity<M: Model>(&self) -> EntityColumns<M> {
        EntityColumns::new(self.source())
    }

    pub(super) fn table(&self) -> &Arc<TableRef> {
        &self.table
    }

    fn source(&self) -> Source {
        Source::Defined(Arc::clone(&self.table))
    }
}

/// A query as a table: every column has a name, and no two the same.
fn named(spec: &RowsSpec) -> (Select, Arc<[DerivedColumn]>) {
    let (mut select, names) = lowered(spec);
    let secrets: Vec<bool> = (0..select.columns.len()).map(|at| select.is_secret(at)).collect();
    let mut columns: Vec<DerivedColumn> = Vec::with_capacity(names.len());
    for ((item, name), secret) in select.columns.iter_mut().zip(names).zip(secrets) {
        match name {
            None => {
                item.expr = Expr::Refused(
                    "a column of a subquery has no name; give it one with `.label(\"..\")`".into(),
                );
            }
            Some(name) if columns.iter().any(|column| column.name == name) => {
                let text = format!(
                    "two columns of a subquery are called `{name}`; give one of them a `.label(\"..\")`"
                );
                item.expr = Expr::Refused(text.into());
            }
            Some(name) => columns.push(DerivedColumn { name, secret, precision: item.expr.precision() }),
        }
    }
    (select, columns.into())
}

/// A query that is part of another one. What is wrong with it is found when that one runs.
pub(super) fn lowered(spec: &RowsSpec) -> (Select, Vec<Option<&'static str>>) {
    let names = spec.names();
    match spec.to_select() {
        Ok(select) => (select.bounded(), names),
        Err(error) => {
            let mut select = Select::constant();
            let refused = Expr::Refused(error.message().into());
            select.returns(refused);
            (select, names)
        }
    }
}
