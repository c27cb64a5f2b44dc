//! Checks an INSERT .. SELECT, and runs it.

use std::fmt;

use super::flush::Flush;
use super::row_checks::check_assigned;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ErasedModel, ModelDef};
use crate::query::RowsSpec;
use crate::sql::{Criteria, Dialect, Expr, Item, Select, Statement, Writer, check};

/// An INSERT .. SELECT without its types.
pub(super) struct CopySpec {
    pub(super) model: &'static dyn ErasedModel,
    pub(super) columns: Vec<usize>,
    pub(super) rows: RowsSpec,
}

impl CopySpec {
    /// Sets the criteria of the session that runs it.
    pub(super) fn set_criteria(&mut self, criteria: &Criteria) {
        self.rows.core.under.set(criteria);
    }

    /// The query, and the columns that are filled in besides.
    ///
    /// # Errors
    /// `InvalidQuery`: it cannot be run as it is written.
    pub(super) fn check(&self, dialect: Dialect) -> Result<(Select, Vec<usize>)> {
        let def = self.model.def();
        def.check()?;
        let mut select = self.rows.to_select()?;
        self.rows.core.under.apply(&mut select);
        check(&select, dialect)?;
        let twice = |at: &usize| self.columns[..*at].contains(&self.columns[*at]);
        if let Some(at) = (0..self.columns.len()).find(twice) {
            let field = def.columns[self.columns[at]].field;
            return refuse(format!("`insert_from` names `{}.{field}` twice; leave one out", def.name));
        }
        self.check_values(dialect, &select)?;
        let mut filled = Vec::new();
        for at in (0..def.columns.len()).filter(|at| !self.columns.contains(at)) {
            let column = &def.columns[at];
            if column.version || column.is_stamped_on_insert() {
                filled.push(at);
            } else if !(column.nullable || column.generated) || column.default_with.is_some() {
                return refuse(format!(
                    "`insert_from` gives `{}.{}` no value, and the column needs one; select it too",
                    def.name, column.field
                ));
            }
        }
        if let Some(at) = filled.first().filter(|_| select.left.is_some() || !select.set.is_empty()) {
            let field = def.columns[*at].field;
            return refuse(format!(
                "the rows of a union have no place for `{}.{field}`; select it in each query of the union",
                def.name
            ));
        }
        Ok((select, filled))
    }

    /// What the rows of each query of a union have in common is checked as a row's own values are.
    fn check_values(&self, dialect: Dialect, select: &Select) -> Result<()> {
        let def = self.model.def();
        for (item, column) in select.columns.iter().zip(&self.columns) {
            check_assigned(dialect, def, &def.columns[*column], &item.expr)?;
        }
        let operands = select.set.iter().map(|(_, operand)| operand);
        select.left.as_deref().into_iter().chain(operands).try_for_each(|of| self.check_values(dialect, of))
    }
}

/// The statement, in which values for secret columns are hidden.
impl fmt::Debug for CopySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows.to_select() {
            Ok(select) => {
                let columns = self.columns.iter();
                let statement = copy_statement(Dialect::SHOWN, self.model.def(), columns, &select);
                write!(f, "{statement:?}")
            }
            Err(error) => write!(f, "({error})"),
        }
    }
}

impl Flush<'_> {
    /// Inserts the rows of a query.
    pub(super) async fn copy(&mut self, spec: &CopySpec) -> Result<u64> {
        let def = spec.model.def();
        let (mut select, filled) = spec.check(self.dialect)?;
        // The terms that sort a union are its columns as they are.
        if select.left.is_none() && select.set.is_empty() {
            for (item, column) in select.columns.iter_mut().zip(&spec.columns) {
                let value = std::mem::replace(&mut item.expr, Expr::All);
                item.expr = def.columns[*column].assigned(value);
            }
        }
        for column in &filled {
            let expr = match def.columns[*column].version {
                true => Expr::Number(1),
                false => self.stamped(def, &def.columns[*column])?,
            };
            select.columns.push(Item { expr, alias: None });
        }
        let statement = copy_statement(self.dialect, def, spec.columns.iter().chain(&filled), &select);
        let rows = self.lease.execute(self.monitor, &statement).await?;
        let arena = self.store.arena_of(spec.model)?;
        let gaining = self.unit.all_gaining(self.store, arena);
        self.unit.forget_gaining(self.store, &gaining);
        self.unit.rows_written(self.store, def.table);
        Ok(rows)
    }
}

fn copy_statement<'c>(
    dialect: Dialect,
    def: &ModelDef,
    columns: impl Iterator<Item = &'c usize>,
    select: &Select,
) -> Statement {
    let columns: Vec<_> = columns.map(|column| def.columns[*column].named()).collect();
    Writer::insert_select(dialect, def.table, &columns, select).for_path(def.name, "bulk")
}

fn refuse<T>(why: String) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why))
}
