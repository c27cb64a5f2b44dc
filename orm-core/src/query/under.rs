//! Where in a query the criteria of its session hold.

use super::Predicate;
use crate::error::Result;
use crate::model::{Model, RelationDef};
use crate::sql::{Criteria, Dialect, Expr, Sees, Select, Source, TableName};

/// The criteria of the session that runs a query, and where in it they hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Under {
    criteria: Criteria,
    holds: Holds,
    /// `.with_deleted()`.
    with_deleted: bool,
    /// Whether that shows rows which the session does not see.
    shows_more: bool,
}

/// Where in a query criteria hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Holds {
    #[default]
    Everywhere,
    /// In what is loaded and asked beside the query's own rows, which are those of objects that the session has.
    ButForOwnRows,
    /// `.without_criteria()`.
    Nowhere,
}

impl Under {
    /// Those of a session.
    pub(crate) fn set(&mut self, criteria: &Criteria) {
        self.criteria = criteria.clone();
        self.shows_more = self.with_deleted && self.criteria.show_deleted();
    }

    /// Shows deleted rows, from the next time on that criteria are set.
    pub(crate) fn show_deleted(&mut self) {
        self.with_deleted = true;
    }

    pub(crate) fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// Those that hold everywhere in a statement.
    pub(crate) fn holding(&self) -> Option<&Criteria> {
        (self.holds != Holds::Nowhere).then_some(&self.criteria)
    }

    pub(crate) fn ignore(&mut self) {
        self.holds = Holds::Nowhere;
    }

    pub(crate) fn ignore_for_own_rows(&mut self) {
        self.holds = Holds::ButForOwnRows;
    }

    /// Those of what the query loads.
    pub(crate) fn of_loads(&self) -> Under {
        let holds = match self.holds {
            Holds::ButForOwnRows => Holds::Everywhere,
            holds => holds,
        };
        Under { holds, ..self.clone() }
    }

    /// Those of a load that sees more than the query.
    pub(crate) fn seeing(&self, sees: Sees) -> Under {
        let mut under = self.clone();
        match sees {
            Sees::Same => {}
            Sees::Deleted => under.shows_more |= under.criteria.show_deleted(),
            Sees::Everything => under.ignore(),
        }
        under
    }

    /// # Errors
    /// `InvalidQuery`: they are not conditions on the rows of their tables.
    pub(crate) fn check(&self, dialect: Dialect) -> Result<()> {
        if self.is_plain() { Ok(()) } else { self.criteria.check(dialect) }
    }

    /// Whether they have no condition but that rows are not deleted.
    pub(crate) fn is_plain(&self) -> bool {
        !self.criteria.has_conditions() || self.holds == Holds::Nowhere
    }

    /// Whether deleted rows are seen.
    pub(crate) fn shows_deleted(&self) -> bool {
        self.criteria.shows_deleted() || self.holds == Holds::Nowhere
    }

    /// Whether a statement is another one with them.
    pub(crate) fn changes(&self, select: &Select) -> bool {
        self.holds != Holds::Nowhere && self.criteria.change(select)
    }

    /// Whether the query's own rows are exempt.
    pub(crate) fn spares_own_rows(&self) -> bool {
        self.holds == Holds::ButForOwnRows
    }

    /// The condition on the rows of a table.
    pub(crate) fn condition(&self, table: TableName) -> Option<Expr> {
        if self.holds == Holds::Nowhere { None } else { self.criteria.of(table) }
    }

    /// The condition on the query's own rows, where nothing else in it has one.
    pub(crate) fn take_own_condition(&mut self, table: TableName) -> Option<Expr> {
        let condition = self.condition(table).filter(|_| !self.spares_own_rows());
        self.criteria = Criteria::none();
        condition
    }

    /// Adds them to the statement of a query.
    pub(crate) fn apply(&self, select: &mut Select) {
        if self.holds == Holds::Nowhere {
            return;
        }
        let own = select.from.take_if(|_| self.spares_own_rows());
        self.criteria.apply(select);
        if own.is_some() {
            select.from = own;
        }
    }

    /// Whether they may hide targets of a relationship.
    pub(crate) fn hides(&self, relation: &RelationDef) -> bool {
        self.holds != Holds::Nowhere && hides(&self.criteria, relation)
    }

    /// Whether a load without them finds rows that others do not, so that objects must not hold it.
    pub(crate) fn shows_hidden(&self, relation: &RelationDef) -> bool {
        match self.holds {
            Holds::Nowhere => hides(&self.criteria, relation),
            _ => self.shows_more && marks_deleted(relation),
        }
    }
}

/// Whether criteria may hide targets of a relationship.
pub(crate) fn hides(criteria: &Criteria, relation: &RelationDef) -> bool {
    let through = relation.link_table().is_some_and(|table| criteria.hide(table));
    through || criteria.hide(relation.target().table)
}

fn marks_deleted(relation: &RelationDef) -> bool {
    let through = relation.link_table().is_some_and(|table| table.marks_deleted());
    through || relation.target().table.marks_deleted()
}

/// A condition on the rows of a model, which names no other table.
pub(crate) fn criterion<M: Model>(condition: Predicate) -> (TableName, Expr) {
    let (def, mut condition) = (M::def(), condition.into_sql());
    let mut other = None;
    condition.visit_free(&mut |source| {
        if *source != Source::Table(def.table) {
            other = Some(source.clone());
        }
    });
    let refused = |other: Source| {
        let name = def.name;
        let why = format!(
            "the criteria of `{name}` name a column of `{other}`, and they are about the rows of `{name}` alone; ask about other \
             rows with `any`, `has` or `exists`"
        );
        Expr::Refused(why.into())
    };
    (def.table, other.map_or(condition, refused))
}
