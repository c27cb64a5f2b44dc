//! The statement that counts what a query returns.

use super::branch::inner_conditions;
use super::loads;
use crate::error::Result;
use crate::query::{Counted, Length, RowsSpec, SelectSpec, Strategy, names};
use crate::sql::{Dialect, Expected, Expr, Item, Made, Select, Source, Statement, TableRef, Writer, check};

/// # Errors
/// `InvalidQuery`: the query cannot be run.
pub(crate) fn count_statement(dialect: Dialect, query: Counted) -> Result<Statement> {
    let (select, path) = match query {
        Counted::Entities(spec) => count_of_entities(dialect, *spec)?,
        Counted::Rows(spec) => count_of_rows(dialect, *spec)?,
    };
    check(&select, dialect)?;
    let statement = Writer::select(dialect, &select).for_path(path, "count");
    Ok(Statement { expected: Expected::One, ..statement })
}

fn count_of_entities(dialect: Dialect, spec: SelectSpec) -> Result<(Select, &'static str)> {
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
    spec.core.under.apply(&mut select);
    Ok((select, def.name))
}

fn count_of_rows(dialect: Dialect, mut spec: RowsSpec) -> Result<(Select, &'static str)> {
    let mut conditions = Vec::new();
    for item in &spec.list.entities {
        conditions.extend(inner_conditions(&item.source, &loads::of_entity(item, &spec, dialect)?)?);
    }
    spec.list.entities.iter_mut().for_each(|item| item.loads.clear());
    let path = spec.list.entities.first().map_or("rows", |item| item.model.def().name);
    let length = spec.length();
    let mut rows = spec.to_select()?;
    conditions.into_iter().for_each(|condition| rows.and_where(condition));
    rows.order.clear();
    rows.lock = None;
    let mut select = match length {
        Length::OfRows => rows,
        Length::OfSelect { by_columns } => {
            match by_columns {
                true => name_columns(&mut rows),
                false => rows.columns = vec![Item { expr: Expr::Number(1), alias: Some("one".into()) }],
            }
            Select::from(TableRef::query(rows, Made::called("counted")))
        }
    };
    select.columns = vec![Item { expr: Expr::CountRows, alias: None }];
    spec.core.under.apply(&mut select);
    Ok((select, path))
}

/// Not every database accepts a subquery with two columns of one name.
fn name_columns(select: &mut Select) {
    match &mut select.left {
        Some(left) => name_columns(left),
        None => {
            for (number, item) in (1..).zip(&mut select.columns) {
                item.alias = Some(format!("value_{number}").into());
            }
        }
    }
}
