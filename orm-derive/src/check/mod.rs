//! stub
use crate::errors::Errors;
use crate::model::{Column, Model};
pub const MOST_KEY_COLUMNS: usize = 8;
pub fn can_be_key(column: &Column) -> bool {
    !column.nullable
}
pub fn all(_model: &Model, _errors: &mut Errors) {}
