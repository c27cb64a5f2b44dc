//! What an expression reads.

use super::{Expr, Function, Select, TableName, TableRef};

impl Expr {
    /// The columns that it names outside of queries; `None` if it has queries or SQL of the user's, which may read more.
    pub fn read_columns(&self) -> Option<Vec<&'static str>> {
        let (mut columns, mut unknown) = (Vec::new(), false);
        self.walk(&mut |part| match part {
            Expr::Column { name, .. } => columns.push(*name),
            Expr::Call(Function::Fragment(_), _) => unknown = true,
            part => unknown |= part.query().is_some(),
        });
        (!unknown).then_some(columns)
    }

    /// Adds the tables of the queries in it.
    pub fn read_tables(&self, tables: &mut Vec<TableName>) {
        self.walk(&mut |part| part.query().into_iter().for_each(|select| select.read_tables(tables)));
    }
}

impl Select {
    /// Adds the tables that it reads.
    pub fn read_tables(&self, tables: &mut Vec<TableName>) {
        for table in self.tables() {
            match table {
                TableRef::Table { name, .. } => tables.push(*name),
                TableRef::Query { select, .. } => select.read_tables(tables),
                TableRef::Cte { cte: Some(cte), .. } => cte.select.read_tables(tables),
                TableRef::Cte { cte: None, .. } | TableRef::Nested { .. } => {}
            }
        }
        self.visit_expressions(&mut |expr| expr.read_tables(tables));
        let operands = self.left.as_deref().into_iter().chain(self.set.iter().map(|(_, select)| select));
        operands.for_each(|select| select.read_tables(tables));
    }
}
