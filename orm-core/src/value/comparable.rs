//! The families of SQL types: a column compares with every value and column of its family.

use super::{Date, DateTime, Decimal, Time, Timestamp, Uuid};

/// Integers of all widths.
#[derive(Debug)]
pub enum Integer {}
/// Floating-point numbers.
#[derive(Debug)]
pub enum Float {}
/// Text.
#[derive(Debug)]
pub enum Text {}
/// Truth values.
#[derive(Debug)]
pub enum Boolean {}
/// Bytes.
#[derive(Debug)]
pub enum Bytes {}

/// JSON. Databases disagree on when two documents are equal, so it compares with NULL alone.
#[derive(Debug)]
pub enum Document {}

/// Two families that a key and the column it refers to may have.
#[diagnostic::on_unimplemented(
    message = "a key column of type `{Self}` cannot refer to a column of type `{Other}`",
    label = "this key and the column it refers to have different types"
)]
pub trait Comparable<Other> {}

impl Comparable<Integer> for Integer {}
impl Comparable<Float> for Float {}
impl Comparable<Text> for Text {}
impl Comparable<Boolean> for Boolean {}
impl Comparable<Bytes> for Bytes {}
impl Comparable<Date> for Date {}
impl Comparable<Time> for Time {}
impl Comparable<DateTime> for DateTime {}
impl Comparable<Timestamp> for Timestamp {}
impl Comparable<Decimal> for Decimal {}
impl Comparable<Uuid> for Uuid {}
