//! The families of SQL types: a column compares with every value and column of its family.

use super::{Date, DateTime, Decimal, Time, Timestamp, Uuid};

/// Integers of all widths.
///
/// ```
/// use orm_core::family::Integer;
/// use orm_core::prelude::*;
///
/// /// Whether the value is positive, of an integer column of any width.
/// fn positive<E: Expression<Family = Integer>>(column: E) -> Predicate {
///     column.gt(0)
/// }
/// ```
#[derive(Debug)]
pub enum Integer {}
/// Floating-point numbers.
///
/// ```
/// use orm_core::family::Float;
/// use orm_core::prelude::*;
///
/// /// Whether the value is a share, of an `f32` or `f64` column.
/// fn is_share<E: Expression<Family = Float>>(column: E) -> Predicate {
///     column.between(0.0, 1.0)
/// }
/// ```
#[derive(Debug)]
pub enum Float {}
/// Text.
///
/// ```
/// use orm_core::family::Text;
/// use orm_core::prelude::*;
///
/// /// Whether the text is not empty, of a `String` column or one of a newtype around it.
/// fn not_empty<E: Expression<Family = Text>>(column: E) -> Predicate {
///     column.ne("")
/// }
/// ```
#[derive(Debug)]
pub enum Text {}
/// Truth values.
///
/// ```
/// use orm_core::family::Boolean;
/// use orm_core::prelude::*;
///
/// /// Whether the flag is off, of any expression that is true or false.
/// fn off<E: Expression<Family = Boolean>>(flag: E) -> Predicate {
///     flag.eq(false)
/// }
/// ```
#[derive(Debug)]
pub enum Boolean {}
/// Bytes.
///
/// ```
/// use orm_core::family::Bytes;
/// use orm_core::prelude::*;
///
/// /// Whether a column of bytes contains this digest.
/// fn has_digest<E: Expression<Family = Bytes>>(column: E, digest: &[u8; 32]) -> Predicate {
///     column.eq(digest)
/// }
/// ```
#[derive(Debug)]
pub enum Bytes {}

/// JSON. Databases disagree on when two documents are equal, so it compares only with NULL.
///
/// ```
/// use orm_core::family::Document;
/// use orm_core::prelude::*;
///
/// /// Whether there is a document, of a column of any JSON type.
/// fn present<E: Expression<Family = Document>>(column: E) -> Predicate {
///     column.is_not_null()
/// }
/// ```
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
///
/// ```
/// use orm_core::family::Clock;
/// use orm_core::prelude::*;
///
/// /// Rows of the evening, by any column with a time of day.
/// fn of_the_evening<E: Expression<Family: Clock>>(column: E) -> Predicate {
///     func::hour(column).ge(18)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` have no time of day",
    label = "not a time"
)]
pub trait Clock {}

impl Clock for Time {}
impl Clock for DateTime {}
impl Clock for Timestamp {}

/// Families of dates and times.
///
/// ```
/// use orm_core::family::Moment;
/// use orm_core::prelude::*;
/// use orm_core::value::ColumnType;
///
/// /// The database's clock, as the type of the column that it is compared with.
/// fn now_as<T: ColumnType<Family: Moment>>() -> orm_core::query::Computed<T> {
///     func::now::<T>()
/// }
/// ```
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
