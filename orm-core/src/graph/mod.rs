//! The object graph: where a session's objects live and what handles point into.
//!
//! Enters: rows, as cells. Leaves: nodes at stable addresses, versions of them, what each relationship slot holds,
//! and the answers of queries as levels of indices. Called by entities (to read) and by loading and the unit of work
//! (to fill). Knows no SQL and no session.
//!
//! One graph belongs to one session. Objects of one model lie in one arena and refer to each other by index. So cycles
//! cannot leak, objects need no reference counts, and everything is freed with the last handle.

mod answer;
mod arena;
mod column_set;
mod field_place;
mod graph_handle;
mod node;
mod object_id;
mod record;
mod region;
mod slot;

pub use answer::{Answer, Edge, Level, Origin, Targets};
pub use arena::{Arena, ErasedArena};
pub use column_set::ColumnSet;
pub use field_place::{FieldPlace, Seed};
pub use graph_handle::GraphHandle;
pub use node::Node;
pub use object_id::{ArenaId, ObjectId};
pub use record::{CellError, Record};
pub use region::{Graph, Region};
pub use slot::{Slice, Slot, Slots};
