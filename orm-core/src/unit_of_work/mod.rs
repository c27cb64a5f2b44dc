//! The unit of work: what the session must write, and in which order.
//!
//! Enters: drafts, edits and links. Leaves: statements, parents first and batched, and new objects in the graph. A
//! journal remembers what a rollback takes back.

mod bulk;
mod bulk_asked;
mod change;
mod circles;
mod conflict;
mod connect;
mod copy_spec;
mod delete;
mod detached;
mod discard;
mod disconnect;
mod draft;
mod expired_edits;
mod filtered;
mod flush;
mod flush_plan;
mod held_with;
mod holding;
#[cfg(feature = "serde")]
mod input;
mod insert;
mod insert_from;
mod journal;
mod key_links;
mod known;
mod late;
mod link_rows;
mod link_set;
mod links;
mod marking;
mod merge;
mod merge_graph;
mod moves;
mod order;
mod orphan;
mod pending;
mod pending_entry;
mod pending_set;
mod read_back;
mod references;
mod refusal;
mod register;
mod replace;
mod row_checks;
mod row_plan;
mod schedule;
mod slots;
mod state;
mod switch;
mod taking;
#[allow(clippy::module_inception)]
mod unit_of_work;
mod unsaved;
mod unsaved_links;
mod update;
mod update_statement;
mod waiting_keys;
mod work;
mod written_row;

pub use bulk::{Bulk, BulkOperation, Insert, insert};
pub use draft::{CompleteDraft, DraftData, DraftParts, Given, GivenOr, Missing};
pub(crate) use flush::{Authorship, Flush};
pub use flush_plan::{FlushPlan, FlushStep};
#[cfg(feature = "serde")]
pub(crate) use input::Problems;
#[cfg(feature = "serde")]
pub use input::{Input, InputDraft, Permitted};
pub use insert_from::{FitsColumn, FitsColumns, InsertFrom, insert_from};
pub(crate) use key_links::KeyLinkOf;
pub use links::{IntoLink, IntoLinks, LinkTarget, draft_link};
pub(crate) use merge::another_version;
pub(crate) use merge_graph::MergeGraph;
pub(crate) use pending::PendingState;
pub use pending::{Pending, PendingCell};
pub(crate) use register::{another_session, deleted, to_be_marked};
pub use state::EntityState;
pub(crate) use unit_of_work::{Ref, UnitOfWork};
pub use written_row::{RowChange, WrittenColumn, WrittenRow};
