/// An index over several columns of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexDef {
    /// The columns, by index, in the order of the index.
    pub columns: &'static [usize],
    /// Whether no two rows have the same values.
    pub unique: bool,
}
