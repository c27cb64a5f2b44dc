/// Which object of a graph: the arena of its model, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectId {
    pub(crate) arena: u32,
    pub(crate) node: u32,
}
