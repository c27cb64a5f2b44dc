use std::sync::Arc;

use super::link::targets_of;
use super::{Computed, Predicate};
use crate::entity::{Relation, ToMany, ToOne};
use crate::error::Result;
use crate::model::RelationDef;
use crate::sql::{Expr, Select, Source, TableName};

/// Conditions on the targets of a relationship, answered by the database without loading them.
///
/// A column of the target's model is one of the targets, also where the relationship leads from a model to itself.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Book { #[key(auto)] id: i64, author_id: i64, title: String,
/// #   #[belongs_to] author: BelongsTo<Author> }
/// # #[derive(Model, Debug)] struct Author { #[key(auto)] id: i64, name: String, #[has_many] books: HasMany<Book> }
/// let about_snow = select::<Author>().filter(Author::BOOKS.any(Book::TITLE.like("%snow%")));
/// let busy = select::<Author>().filter(Author::BOOKS.count().ge(10)).order_by(Author::BOOKS.count().desc());
/// let by_ursula = select::<Book>().filter(Book::AUTHOR.has(Author::NAME.eq("Ursula")));
/// # let _ = (about_snow, busy, by_ursula);
/// # fn main() {}
/// ```
pub trait RelationConditions: Relation {
    /// Whether one of the targets meets a condition: `EXISTS (SELECT ..)`.
    fn any(self, condition: Predicate) -> Predicate
    where
        Self: ToMany,
    {
        exists(Self::def(), Some(condition))
    }

    /// Whether the target meets a condition: `EXISTS (SELECT ..)`; false where there is none.
    fn has(self, condition: Predicate) -> Predicate
    where
        Self: ToOne,
    {
        exists(Self::def(), Some(condition))
    }

    /// Whether there is a target at all.
    fn exists(self) -> Predicate {
        exists(Self::def(), None)
    }

    /// How many targets there are, counted by the database: `(SELECT count(*) ..)`.
    fn count(self) -> Computed<i64>
    where
        Self: ToMany,
    {
        count(Self::def(), None)
    }

    /// How many targets meet a condition, counted by the database.
    fn count_of(self, condition: Predicate) -> Computed<i64>
    where
        Self: ToMany,
    {
        count(Self::def(), Some(condition))
    }
}

impl<R: Relation> RelationConditions for R {}

fn exists(relation: &'static RelationDef, condition: Option<Predicate>) -> Predicate {
    Predicate::new(match targets(relation, condition) {
        Ok(select) => Expr::Exists(Box::new(select)),
        Err(error) => Expr::Refused(error.to_string().into()),
    })
}

fn count(relation: &'static RelationDef, condition: Option<Predicate>) -> Computed<i64> {
    match targets(relation, condition) {
        Ok(mut select) => {
            select.returns(Expr::CountRows);
            Computed::new(Expr::Scalar(Box::new(select)))
        }
        Err(error) => Computed::refused(error),
    }
}

/// The targets of the row around it that meet a condition.
///
/// A target has its table's name where it can: only from a model to itself it needs another, and one that no target
/// inside the condition has.
fn targets(relation: &'static RelationDef, condition: Option<Predicate>) -> Result<Select> {
    let (here, there) = (relation.parent().table, relation.target().table);
    let condition = condition.map(Predicate::into_sql);
    let alias: Option<Arc<str>> = (here == there).then(|| {
        let depth = condition.as_ref().map_or(0, |condition| deepest(condition, there.name));
        format!("{}_{}", there.name, depth + 1).into()
    });
    let source = alias.as_ref().map_or(Source::Table(there), |alias| Source::Alias(Arc::clone(alias)));
    let link =
        |table: TableName| (table == here || table == there).then(|| format!("{}_link", table.name).into());
    let mut select = targets_of(relation, &Source::Table(here), alias, link)?;
    if let Some(condition) = condition {
        select.and_where(condition.relocate(there, &source));
    }
    Ok(select)
}

/// The highest number among the names that queries inside a condition gave to a table.
fn deepest(condition: &Expr, table: &str) -> u32 {
    let mut highest = 0;
    condition.walk(&mut |expr| {
        let Some(select) = expr.query() else { return };
        for named in select.tables() {
            let number = named.name().strip_prefix(table).and_then(|rest| rest.strip_prefix('_'));
            highest = highest.max(number.and_then(|number| number.parse().ok()).unwrap_or(0));
        }
        if let Some(filter) = &select.filter {
            highest = highest.max(deepest(filter, table));
        }
    });
    highest
}
