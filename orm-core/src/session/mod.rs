//! The session: what users hold while they work with a database.
//!
//! Enters: queries, drafts, edits and links. Leaves: entities. Everything that may talk to the database takes
//! `&mut Session` and is awaited; nothing else does.

mod columns;
mod connection;
mod counting;
mod engine;
mod engine_builder;
mod explaining;
mod expunge;
mod get;
mod get_many;
mod hooks;
mod kept_memory;
mod linking;
mod lost_work;
mod merge;
mod merge_cached;
mod merge_draft;
mod options;
#[cfg(feature = "serde")]
mod patching;
mod reading;
mod repeats;
mod restarts;
mod retry_policy;
mod rows;
mod run;
#[allow(clippy::module_inception)]
mod session;
mod states;
mod stats;
mod stream;
mod temporary_database;
mod transaction;
mod writing;

pub use engine::Engine;
pub use engine_builder::EngineBuilder;
pub use explaining::Explain;
pub use expunge::Expunge;
pub use get::Get;
pub use get_many::GetMany;
pub use hooks::SessionHooks;
pub use merge::Merge;
pub use merge_draft::{MergeDraft, Merged};
pub use options::{RepeatedLoads, SessionOptions};
pub use reading::{LoadAll, LoadOne};
pub use retry_policy::{Repeatable, RetryPolicy};
pub use run::Run;
pub use session::Session;
pub use stats::SessionStats;
pub use stream::{QueryStream, ReadInBatches, Streamable};
pub use temporary_database::TemporaryDatabase;
