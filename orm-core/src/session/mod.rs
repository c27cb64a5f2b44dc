//! The session: what users hold while they work with a database.
//!
//! Enters: queries, drafts, edits and links. Leaves: entities. Everything that may talk to the database takes
//! `&mut Session` and is awaited; nothing else does.

mod columns;
mod engine;
mod engine_builder;
mod explaining;
mod expunge;
mod getting;
mod getting_many;
mod hooks;
mod kept_memory;
mod merging;
mod merging_cached;
mod merging_draft;
mod options;
mod reading;
mod repeats;
mod retry_policy;
mod rows;
mod run;
#[allow(clippy::module_inception)]
mod session;
mod states;
mod stats;
mod stream;
mod transaction;
mod writing;

pub use engine::Engine;
pub use engine_builder::EngineBuilder;
pub use explaining::Explain;
pub use expunge::Expunge;
pub use getting::Getting;
pub use getting_many::GettingMany;
pub use hooks::SessionHooks;
pub use merging::Merging;
pub use merging_draft::{Merged, MergingDraft};
pub use options::{RepeatedLoads, SessionOptions};
pub use reading::{Loading, LoadingAll};
pub use retry_policy::RetryPolicy;
pub use run::Run;
pub use session::Session;
pub use stats::SessionStats;
pub use stream::{QueryStream, Streamable};
