//! Functions of the database: aggregates, window functions, and functions of single values.
//!
//! Each is called alike on every database and gives the same there; where one has another name or meaning, the
//! statement is written accordingly. What is not here is called by name with [`custom`].
//!
//! ```
//! # use orm_core::prelude::*;
//! # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64, total: i64, note: Option<String> }
//! # async fn f(session: &mut Session) -> Result<()> {
//! let rows: Vec<(i64, i64, Option<i64>)> = session
//!     .rows(
//!         select_columns((
//!             Order::USER_ID,
//!             func::count(Order::ID).filter(Order::TOTAL.gt(100)),
//!             func::sum(Order::TOTAL),
//!         ))
//!         .group_by(Order::USER_ID),
//!     )
//!     .await?;
//! let notes: Vec<String> = session.rows(select_columns(func::coalesce(Order::NOTE, "-"))).await?;
//! # let _ = (rows, notes); Ok(()) }
//! # fn main() {}
//! ```

mod aggregates;
mod call;
mod fragments;
mod numbers;
mod texts;
mod times;
mod values;
mod windows;

pub use aggregates::{Summed, avg, count, count_rows, join_text, max, min, sum};
pub use fragments::{IntoParts, condition, fragment};
pub use numbers::{Fractional, abs, round, round_to};
pub use texts::{
    concat, left, length, lower, position, replace, right, substring, trim, trim_end, trim_start, upper,
};
pub use times::{add_time, day, day_of_year, hour, minute, month, now, second, truncate, weekday, year};
pub use values::{case, cast, coalesce, custom, excluded, greatest, least, null_if, value};
pub use windows::{
    cume_dist, dense_rank, first_value, lag, last_value, lead, nth_value, ntile, percent_rank, rank,
    row_number,
};
