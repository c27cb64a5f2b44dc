//! Functions of texts.

use super::call::{Like, call, call_with};
use crate::query::{Computed, Expression, IntoOperand};
use crate::sql::{Expr, Function};
use crate::value::{ColumnType, Text, Textual};

/// The text in lower case; on SQLite only ASCII letters change.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select::<Tag>().filter(func::lower(Tag::NAME).eq("utopia"));
/// assert_eq!(session.count(query).await?, 1);
/// # Ok(()) }
/// ```
pub fn lower<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("lower"), of, [])
}

/// The text in upper case; on SQLite only ASCII letters change.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::upper(Tag::NAME))).await?, ["UTOPIA"]);
/// # Ok(()) }
/// ```
pub fn upper<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("upper"), of, [])
}

/// The text without spaces at its ends.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::trim(func::value("  utopia ".to_owned())));
/// assert_eq!(session.row(query).await?, "utopia");
/// # Ok(()) }
/// ```
pub fn trim<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("trim"), of, [])
}

/// The text without spaces at its start.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::trim_start(func::value("  utopia ".to_owned())));
/// assert_eq!(session.row(query).await?, "utopia ");
/// # Ok(()) }
/// ```
pub fn trim_start<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("ltrim"), of, [])
}

/// The text without spaces at its end.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::trim_end(func::value("  utopia ".to_owned())));
/// assert_eq!(session.row(query).await?, "  utopia");
/// # Ok(()) }
/// ```
pub fn trim_end<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("rtrim"), of, [])
}

/// The number of characters of a text.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::length(Tag::NAME))).await?, [6]);
/// # Ok(()) }
/// ```
pub fn length<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Length, of, [])
}

/// Two texts joined; NULL if either is NULL.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::concat(Tag::NAME, "!"))).await?, ["utopia!"]);
/// # Ok(()) }
/// ```
pub fn concat<E: Expression>(a: E, b: impl IntoOperand<Text>) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call_with(Function::Concat, a, b)
}

/// The first characters of a text, at most this many.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::left(Tag::NAME, 3))).await?, ["uto"]);
/// # Ok(()) }
/// ```
pub fn left<E: Expression>(of: E, characters: u32) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    substring(of, 1, characters)
}

/// The last characters of a text, at most this many.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::right(Tag::NAME, 3))).await?, ["pia"]);
/// # Ok(()) }
/// ```
pub fn right<E: Expression>(of: E, characters: u32) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Right, of, [Expr::Number(characters.into())])
}

/// At most this many characters of a text, starting with one of them, counted from 1.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::substring(Tag::NAME, 2, 3))).await?, ["top"]);
/// # Ok(()) }
/// ```
pub fn substring<E: Expression>(of: E, from: u32, characters: u32) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    let arguments = [Expr::Number(from.max(1).into()), Expr::Number(characters.into())];
    call(Function::Named("substr"), of, arguments)
}

/// The text with every occurrence of one text replaced by another.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::replace(Tag::NAME, "u", "eu"))).await?, ["eutopia"]);
/// # Ok(()) }
/// ```
pub fn replace<E: Expression>(
    of: E,
    what: impl IntoOperand<Text>,
    with: impl IntoOperand<Text>,
) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    let arguments = [what.into_operand(), with.into_operand()];
    call(Function::Named("replace"), of, arguments)
}

/// The position of another text in a text, counted from 1; 0 if it does not occur.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.rows(select_columns(func::position(Tag::NAME, "top"))).await?, [2]);
/// # Ok(()) }
/// ```
pub fn position<E: Expression>(of: E, what: impl IntoOperand<Text>) -> Computed<Like<E, i64>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call_with(Function::Position, of, what)
}
