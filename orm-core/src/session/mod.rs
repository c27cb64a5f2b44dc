//! The session: what users hold while they work with a database.
//!
//! Enters: queries, drafts, edits and links. Leaves: entities. Everything that may talk to the database takes
//! `&mut Session` and is awaited; nothing else does.

mod engine;
mod engine_builder;
mod hooks;
mod merging;
mod options;
mod reading;
mod repeats;
mod rows;
#[allow(clippy::module_inception)]
mod session;
mod states;
mod transaction;
mod writing;

pub use engine::Engine;
pub use engine_builder::EngineBuilder;
pub use hooks::SessionHooks;
pub use merging::Merged;
pub use options::{RepeatedLoads, SessionOptions};
pub use reading::{Getting, Loading};
pub use session::Session;
