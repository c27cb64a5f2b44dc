//! Values and choices between them.

use super::call::{Bare, Like, call_with};
use crate::model::{Column, Model};
use crate::query::{Case, Computed, Expression, IntoExpressions, IntoOperand};
use crate::sql::{Bind, Expr, Function};
use crate::value::{ColumnType, IntoValue, ValueKind};

/// A value as an expression: `func::value(0i64)`. It is bound as a parameter.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.row(select_columns(func::value(7i64))).await?, 7);
/// # Ok(()) }
/// ```
pub fn value<T: ColumnType + IntoValue<T>>(value: T) -> Computed<T> {
    Computed::new(Expr::Bind(Bind { kind: Some(T::KIND), ..value.into_value().into() }))
}

/// The value as another type. A value that the database cannot convert is an error, or whatever the database makes of
/// it. Dates and times are converted in UTC. SQLite has no exact decimals, so a cast to or from them there is an error
/// before SQL is sent.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::cast::<String, _>(Book::YEAR)).filter(Book::ID.eq(1));
/// assert_eq!(session.row(query).await?, "1968");
/// # Ok(()) }
/// ```
pub fn cast<T: ColumnType, E: Expression>(of: E) -> Computed<Like<E, T>> {
    let (from, to) = (<E::Value as ColumnType>::KIND, T::KIND);
    let of = of.into_sql();
    let dated = |kind| matches!(kind, ValueKind::Date | ValueKind::DateTime | ValueKind::Timestamp);
    let expr = match (dated(from), dated(to) || to == ValueKind::Time) {
        (true, true) => Expr::Call(Function::TimeAs(from, to), vec![of]),
        _ => Expr::Cast(Box::new(of), to),
    };
    let exact = (from == ValueKind::Decimal) != (to == ValueKind::Decimal);
    let expr = if exact { Expr::Decimal { of: Box::new(expr), rounds: false } } else { expr };
    Computed::new(expr)
}

/// The value, or another one if it is NULL.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::coalesce(Author::EMAIL, "unknown")).order_by(Author::ID);
/// assert_eq!(session.rows(query).await?, ["ursula@example.com", "unknown"]);
/// # Ok(()) }
/// ```
pub fn coalesce<E: Expression>(of: E, fallback: impl IntoOperand<E::Family>) -> Computed<Bare<E>> {
    call_with(Function::Named("coalesce"), of, fallback)
}

/// The value, or NULL if it equals another one.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::null_if(Tag::NAME, "utopia"));
/// assert_eq!(session.rows(query).await?, [None]);
/// # Ok(()) }
/// ```
pub fn null_if<E: Expression>(of: E, nothing: impl IntoOperand<E::Family>) -> Computed<Option<Bare<E>>> {
    call_with(Function::Named("nullif"), of, nothing)
}

/// A value that depends on conditions.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let label = func::case::<String>().when(Book::YEAR.lt(1965), "old").otherwise("new");
/// assert_eq!(session.rows(select_columns(label).order_by(Book::ID)).await?[3], "old");
/// # Ok(()) }
/// ```
pub fn case<T: ColumnType>() -> Case<T> {
    Case::new()
}

/// The larger of two values, and NULL if one is NULL.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::greatest(Book::YEAR, 1970)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [1970, 1971, 1974, 1970]);
/// # Ok(()) }
/// ```
pub fn greatest<E: Expression>(a: E, b: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    call_with(Function::Greatest, a, b)
}

/// The smaller of two values, and NULL if one is NULL.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::least(Book::YEAR, 1970)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [1968, 1970, 1970, 1960]);
/// # Ok(()) }
/// ```
pub fn least<E: Expression>(a: E, b: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    call_with(Function::Least, a, b)
}

/// The new row's value in a column where an INSERT meets an existing row: for [`OnConflict`](crate::write::OnConflict).
/// Any other query that contains it fails with `InvalidQuery`.
pub fn excluded<M: Model, T: ColumnType, A>(column: Column<M, T, A>) -> Computed<T> {
    Computed::new(Expr::Call(Function::Excluded, vec![column.into_sql()]))
}

/// A function of the database by its name: `func::custom::<i64>("pg_backend_pid", ())`. You specify the type that it
/// returns.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, name: String }
/// # fn main() {
/// let process = select_columns(func::custom::<i64>("pg_backend_pid", ()));
/// let sound = func::custom::<String>("soundex", Item::NAME);
/// let query = select::<Item>().filter(sound.eq("R163"));
/// # let _ = (process, query);
/// # }
/// ```
pub fn custom<T: ColumnType>(name: &str, arguments: impl IntoExpressions) -> Computed<T> {
    if !Function::is_name(name) {
        return Computed::refused(format!(
            "`{name}` is not a valid function name; use letters, digits, `_` and dots"
        ));
    }
    Computed::new(Expr::Call(Function::Custom(name.into()), arguments.into_expressions()))
}
