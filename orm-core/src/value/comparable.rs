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

/// What a column stores where it is text: that of `String`, and of a newtype around one.
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` are not text",
    label = "not text",
    note = "`func::cast::<String, _>(..)` makes text of other values"
)]
pub trait Textual {}

impl Textual for Text {}

/// Families of types that have a day, and with it a year and a month.
#[diagnostic::on_unimplemented(message = "values of the family `{Self}` have no day", label = "not a date")]
pub trait Calendar {}

impl Calendar for Date {}
impl Calendar for DateTime {}
impl Calendar for Timestamp {}

/// Families of types that have a time of day.
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` have no time of day",
    label = "not a time"
)]
pub trait Clock {}

impl Clock for Time {}
impl Clock for DateTime {}
impl Clock for Timestamp {}

/// Families of dates and times.
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` are no date and no time",
    label = "neither a date nor a time"
)]
pub trait Moment {}

impl Moment for Date {}
impl Moment for Time {}
impl Moment for DateTime {}
impl Moment for Timestamp {}

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
