//! The conditions by which rows of two tables belong together.

use crate::error::Result;
use crate::model::{ModelDef, RelationDef};
use crate::sql::{Expr, Join, JoinKind, KeyColumn, Made, Sees, Select, Source, TableName, TableRef};

/// What to join for a relationship, and on what: the target itself, or the link table with the target inside.
///
/// # Errors
/// `InvalidModel`: the relationship names what is not there.
pub fn link(
    relation: &RelationDef,
    parent: &Source,
    target: TableRef,
    source: &Source,
) -> Result<(TableRef, Expr)> {
    relation.parent().check()?;
    let (local, remote) = (relation.local_columns(), relation.remote_columns());
    let (here, there) = (relation.parent(), relation.target());
    let Some(table) = relation.link_table() else {
        let on = equal(names(there, remote), source, names(here, local), parent);
        return Ok((target, both(on, relation.condition(source, None)?)));
    };
    let made = Made::like(table.name);
    let link = Source::Made(made);
    let condition = relation.condition(source, Some(&link))?;
    let to_target = equal(names(there, remote), source, link_names(relation.link_target_columns()), &link);
    let first = TableRef::Table { name: table, alias: Some(made.into()) };
    let joins =
        vec![Join { kind: JoinKind::Inner, table: target, on: both(to_target, condition), sees: Sees::Same }];
    let on = equal(link_names(relation.link_columns()), &link, names(here, local), parent);
    Ok((TableRef::Nested { first: Box::new(first), joins }, on))
}

/// A SELECT of the targets that belong to the row of `parent` around it, without columns yet. The link table is called as
/// it is, unless it is to be told apart from others.
///
/// # Errors
/// `InvalidModel`: the relationship names what is not there.
pub fn targets_of(
    relation: &RelationDef,
    parent: &Source,
    (table, source): (TableRef, &Source),
    link: impl FnOnce(TableName) -> Option<Made>,
) -> Result<Select> {
    let (here, there) = (relation.parent(), relation.target());
    here.check()?;
    let (local, remote) = (relation.local_columns(), relation.remote_columns());
    let Some(name) = relation.link_table() else {
        let condition = relation.condition(source, None)?;
        let mut select = Select::from(table);
        select.and_where(both(equal(names(there, remote), source, names(here, local), parent), condition));
        return Ok(select);
    };
    let alias = link(name);
    let link = alias.map_or(Source::Table(name), Source::Made);
    let condition = relation.condition(source, Some(&link))?;
    let mut select = Select::from(TableRef::Table { name, alias: alias.map(Into::into) });
    let on = equal(names(there, remote), source, link_names(relation.link_target_columns()), &link);
    select.joins.push(Join { kind: JoinKind::Inner, table, on: both(on, condition), sees: Sees::Same });
    select.and_where(equal(link_names(relation.link_columns()), &link, names(here, local), parent));
    Ok(select)
}

/// Two conditions, where there is a second one.
fn both(on: Expr, condition: Option<Expr>) -> Expr {
    match condition {
        Some(condition) => Expr::and(Some(on), condition),
        None => on,
    }
}

/// The names of some columns.
pub fn names(def: &'static ModelDef, columns: &[usize]) -> impl Iterator<Item = &'static str> {
    columns.iter().map(|column| def.columns[*column].name)
}

/// The names of columns of a link table.
pub fn link_names(columns: &[KeyColumn]) -> impl Iterator<Item = &'static str> {
    columns.iter().map(|column| column.name)
}

/// `a.x = b.x AND a.y = b.y`.
pub fn equal<'n>(
    left: impl Iterator<Item = &'static str> + 'n,
    left_source: &Source,
    right: impl Iterator<Item = &'static str> + 'n,
    right_source: &Source,
) -> Expr {
    let pair = |(l, r)| Expr::eq(Expr::column(left_source, l), Expr::column(right_source, r));
    let mut pairs = left.zip(right).map(pair);
    let first = pairs.next().unwrap_or(Expr::And(Vec::new()));
    pairs.fold(first, |all, pair| Expr::and(Some(all), pair))
}
