//! The statement that counts the entities of a query.

use super::branch::inner_conditions;
use super::loads;
use crate::error::Result;
use crate::query::{SelectSpec, Strategy, names};
use crate::sql::{Dialect, Expected, Expr, Item, Made, Select, Source, Statement, TableRef, Writer, check};

/// A count of the rows that a query selects.
pub(crate) fn count_statement(dialect: Dialect, spec: SelectSpec) -> Result<Statement> {
    let loads = loads::of_select(&spec, dialect)?;
    let def = spec.model.def();
    let source = Source::Table(def.table);
    let (from, joins) = spec.core.from.of_model(def).lower(&[])?;
    let paged = spec.core.is_paged();
    let mut rows = Select { from, joins, filter: spec.core.filter, ..Select::constant() };
    for condition in inner_conditions(&source, &loads)? {
        rows.and_where(condition);
    }
    let filled = loads.iter().any(|load| load.strategy == Strategy::Filled);
    rows.distinct = !spec.core.from.joins.is_empty() && (spec.unique || spec.core.distinct || filled);
    if rows.distinct {
        names(def, def.key).for_each(|name| rows.returns(Expr::column(&source, name)));
    }
    let mut select = if paged || rows.distinct {
        rows.limit = spec.core.limit;
        rows.offset = spec.core.offset;
        Select::from(TableRef::query(rows, Made::called(def.table.name)))
    } else {
        rows
    };
    select.columns = vec![Item { expr: Expr::CountRows, alias: None }];
    check(&select, dialect)?;
    let statement = Writer::select(dialect, &select).for_path(def.name, "count");
    Ok(Statement { expected: Expected::One, ..statement })
}
