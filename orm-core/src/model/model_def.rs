use super::{ColumnDef, RelationDef};

/// One model: its table, columns and relationships.
#[derive(Debug)]
pub struct ModelDef {
    /// The struct's name.
    pub name: &'static str,
    /// The table's name.
    pub table: &'static str,
    /// The columns, in declaration order; a column's index is its place here.
    pub columns: &'static [ColumnDef],
    /// The indices of the primary key's columns, in declaration order.
    pub key: &'static [usize],
    /// The relationships, in declaration order.
    pub relations: &'static [RelationDef],
}

impl ModelDef {
    /// The index of the column that belongs to a field.
    pub fn column_of(&self, field: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.field == field)
    }

    /// The key column that the database generates, if the key is one such column.
    pub fn auto_key(&self) -> Option<usize> {
        match self.key {
            [only] if self.columns.get(*only).is_some_and(|column| column.auto) => Some(*only),
            _ => None,
        }
    }
}
