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

/// JSON. Databases disagree on when two documents are equal, so it compares only with NULL.
#[derive(Debug)]
pub enum Document {}

/// Families that are stored as text: that of `String`, and of newtypes around it. The functions of texts take their
/// columns.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let shouted = select_columns(func::upper(Author::NAME)).order_by(Author::ID).limit(1);
/// assert_eq!(session.row(shouted).await?, "URSULA K. LE GUIN");
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` are not text",
    label = "not text",
    note = "`func::cast::<String, _>(..)` makes text of other values"
)]
pub trait Textual {}

impl Textual for Text {}

/// Families of types with a day, and so with a year and a month. The functions of days take their columns.
///
/// ```
/// use orm_core::family::Calendar;
/// use orm_core::prelude::*;
///
/// /// Rows of one year, by any column with a date.
/// fn of_year<E: Expression<Family: Calendar>>(column: E, year: i64) -> Predicate {
///     func::year(column).eq(year)
/// }
/// ```
#[diagnostic::on_unimplemented(message = "values of the family `{Self}` have no day", label = "not a date")]
pub trait Calendar {}

impl Calendar for Date {}
impl Calendar for DateTime {}
impl Calendar for Timestamp {}

/// Families of types with a time of day. The functions of times take their columns, such as
/// [`func::hour`](crate::query::func::hour).
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
    message = "values of the family `{Self}` are neither dates nor times",
    label = "neither a date nor a time"
)]
pub trait Moment {}

impl Moment for Date {}
impl Moment for Time {}
impl Moment for DateTime {}
impl Moment for Timestamp {}

/// Two families of SQL types whose columns can be compared, so a key of one can refer to a key of the other.
///
/// ```
/// use orm_core::family::Comparable;
/// use orm_core::value::ColumnType;
///
/// fn comparable<A: ColumnType, B: ColumnType>()
/// where
///     A::Family: Comparable<B::Family>,
/// {
/// }
/// comparable::<i64, i32>();
/// ```
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
