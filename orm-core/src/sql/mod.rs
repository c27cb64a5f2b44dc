//! SQL: statements as data, and their text for a database.
//!
//! Enters: tables, columns and values as the query, the loaders and the unit of work name them. Leaves: one SQL text
//! with its bound values. Identifiers are always quoted and values always bound. Knows no model.
//!
//! The tree is the project's own: an inner join below an outer one, `LEFT JOIN (b JOIN c ..)`, has no place in those of
//! the builder crates, and a query's columns are moved to aliases and subqueries after they were written.

mod alias;
pub(crate) mod backend;
mod capabilities;
mod check;
mod criteria;
mod depth;
mod dialect;
mod effect;
mod expr;
mod fragment;
mod function;
#[cfg(test)]
mod hostile_names;
mod json_read;
mod known;
mod precision;
mod raw;
mod reads;
mod refusal;
mod secrecy;
mod select;
mod statement;
mod table_name;
mod time_function;
mod tokens;
mod window;
mod write;
mod writer;

pub use alias::{Alias, Made};
pub use capabilities::UpdateForm;
pub use check::{
    check, check_change, check_condition, check_conflict, check_expression, check_joins, order_assignments,
};
pub use criteria::{Criteria, Sees};
pub use depth::MOST_DEPTH;
pub use dialect::{Dialect, MOST_BINDS, MysqlServer, Size};
pub use effect::{Effect, NotRun, RawEffect};
pub use expr::{BinaryOp, Expr, KeyColumn, Source};
pub use fragment::{Piece, pieces, refused_fragment};
pub use function::{Function, TextPlace};
pub use json_read::{JsonRead, JsonStep};
pub use raw::{is_at_end, raw};
pub use select::{Cte, Item, Join, JoinKind, Lock, LockWait, Nulls, Order, Select, SetOp, TableRef};
pub use statement::{Bind, Expected, Leading, Param, Runs, Shown, Statement, shortened};
pub use table_name::TableName;
pub use time_function::{TimeFunction, TimePart, TimeUnit};
pub use tokens::{Token, closing, tokens};
pub use window::{Bound, Frame, Window};
pub use write::{Conflict, Delete, Insert, NEW_COLUMNS, NamedColumn, NewRows, Update};
pub use writer::Writer;
