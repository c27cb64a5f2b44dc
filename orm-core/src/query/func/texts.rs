use super::call::{Like, call, call_with};
use crate::query::{Computed, Expression, IntoOperand};
use crate::sql::{Expr, Function};
use crate::value::{ColumnType, Text, Textual};

/// The text in lower case; on SQLite the letters of ASCII alone.
pub fn lower<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("lower"), of, [])
}

/// The text in upper case; on SQLite the letters of ASCII alone.
pub fn upper<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("upper"), of, [])
}

/// The text without blanks at its ends.
pub fn trim<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("trim"), of, [])
}

/// The text without blanks at its start.
pub fn trim_start<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("ltrim"), of, [])
}

/// The text without blanks at its end.
pub fn trim_end<E: Expression>(of: E) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Named("rtrim"), of, [])
}

/// The number of characters of a text.
pub fn length<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Length, of, [])
}

/// Two texts one after the other; NULL where one of them is.
pub fn concat<E: Expression>(a: E, b: impl IntoOperand<Text>) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call_with(Function::Concat, a, b)
}

/// The first characters of a text, at most so many.
pub fn left<E: Expression>(of: E, characters: u32) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    substring(of, 1, characters)
}

/// The last characters of a text, at most so many.
pub fn right<E: Expression>(of: E, characters: u32) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call(Function::Right, of, [Expr::Number(characters.into())])
}

/// So many characters of a text from one of them on, counted from 1.
pub fn substring<E: Expression>(of: E, from: u32, characters: u32) -> Computed<Like<E, String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    let arguments = [Expr::Number(from.max(1).into()), Expr::Number(characters.into())];
    call(Function::Named("substr"), of, arguments)
}

/// The text with every occurrence of one text replaced by another.
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

/// The place of a text in another one, counted from 1; 0 where it is not in it.
pub fn position<E: Expression>(of: E, what: impl IntoOperand<Text>) -> Computed<Like<E, i64>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    call_with(Function::Position, of, what)
}
