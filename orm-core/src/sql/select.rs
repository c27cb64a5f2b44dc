//! SELECT as a tree.

use std::fmt;
use std::sync::Arc;

use super::{Alias, Dialect, Expr, Made, Sees, Source, TableName, Writer};

/// A SELECT. `Debug` writes it as SQL.
#[derive(Clone)]
pub struct Select {
    /// The first operand of a set, if it is more than a plain SELECT; it then replaces the parts up to HAVING.
    pub left: Option<Box<Select>>,
    /// What it returns.
    pub columns: Vec<Item>,
    /// Whether equal rows are returned once.
    pub distinct: bool,
    /// DISTINCT ON: the first row of each value of these.
    pub distinct_on: Vec<Expr>,
    /// The first table; none for a SELECT of constants.
    pub from: Option<TableRef>,
    /// What is joined to it.
    pub joins: Vec<Join>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// GROUP BY.
    pub group: Vec<Expr>,
    /// HAVING.
    pub having: Option<Expr>,
    /// What follows it by UNION and its like, from left to right.
    pub set: Vec<(SetOp, Select)>,
    /// ORDER BY.
    pub order: Vec<Order>,
    /// LIMIT.
    pub limit: Option<u64>,
    /// OFFSET.
    pub offset: Option<u64>,
    /// FOR UPDATE and its like.
    pub lock: Option<Lock>,
    /// What it sees of rows that criteria hide.
    pub sees: Sees,
}

/// One expression of a SELECT's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The expression.
    pub expr: Expr,
    /// AS.
    pub alias: Option<Arc<str>>,
}

/// Something with columns. `Debug` prints its name.
#[derive(Clone, PartialEq)]
pub enum TableRef {
    /// A table.
    Table {
        /// Its name.
        name: TableName,
        /// AS.
        alias: Option<Alias>,
    },
    /// A SELECT in parentheses.
    Query {
        /// The SELECT.
        select: Box<Select>,
        /// AS.
        alias: Alias,
        /// Whether it sees the tables before it.
        lateral: bool,
    },
    /// A common table expression.
    Cte {
        /// What it is, or nothing inside the expression itself, which is recursive then.
        cte: Option<Arc<Cte>>,
        /// Its name.
        name: Arc<str>,
        /// AS.
        alias: Option<Arc<str>>,
    },
    /// A join in parentheses, so that an inner join can stand below an outer one.
    Nested {
        /// The first table; the condition of the whole is only about it.
        first: Box<TableRef>,
        /// The inner joins to it.
        joins: Vec<Join>,
    },
}

/// One entry of WITH.
#[derive(Debug, PartialEq)]
pub struct Cte {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it names itself.
    pub recursive: bool,
    /// Whether a secret passes through the recursion, so that all of it is hidden.
    pub hides: bool,
    /// What it is.
    pub select: Select,
}

/// One JOIN.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Which.
    pub kind: JoinKind,
    /// What is joined.
    pub table: TableRef,
    /// ON.
    pub on: Expr,
    /// What it sees of rows that criteria hide.
    pub sees: Sees,
}

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Those with a match.
    Inner,
    /// All of the left side.
    Left,
    /// Every pair; it has no ON.
    Cross,
}

/// How the rows of two SELECTs become one result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOp {
    /// Those of both, equal ones once.
    Union,
    /// Those of both.
    UnionAll,
    /// Those that are in both.
    Intersect,
    /// Those of the first that are not in the second.
    Except,
}

/// What a SELECT does with the rows it returns until its transaction ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Whether others may still read them with a lock: FOR SHARE.
    pub share: bool,
    /// What happens where another transaction has locked a row.
    pub wait: LockWait,
    /// The one table whose rows are locked.
    pub of: Option<Source>,
}

/// What a locking SELECT does with a row that another transaction has locked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockWait {
    /// Waits for it.
    #[default]
    Wait,
    /// Leaves it out: SKIP LOCKED.
    Skip,
    /// Is an error at once: NOWAIT.
    Fail,
}

/// One term of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What is compared.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
    /// Where NULL sorts; `None` leaves it to the database.
    pub nulls: Option<Nulls>,
}

/// Where NULL stands in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// Before every value.
    First,
    /// After every value.
    Last,
}

/// Two queries are equal if they select the same, even from different tables of the library's own: each time a condition
/// is written it gets new ones.
impl PartialEq for Select {
    fn eq(&self, other: &Select) -> bool {
        let (own, others) = (self.made(), other.made());
        if own == others {
            return self.says(other);
        }
        let mut remade = other.clone();
        remade.remake(&|made| {
            if let Some(own) = others.iter().position(|other| other == made).and_then(|at| own.get(at)) {
                *made = *own;
            }
        });
        own.len() == others.len() && self.says(&remade)
    }
}

impl Select {
    /// `SELECT .. FROM table`, without columns yet.
    pub fn from(table: TableRef) -> Select {
        Select { from: Some(table), ..Select::constant() }
    }

    /// A SELECT without a table, and without columns yet.
    pub fn constant() -> Select {
        Select {
            left: None,
            columns: Vec::new(),
            distinct: false,
            distinct_on: Vec::new(),
            from: None,
            joins: Vec::new(),
            filter: None,
            group: Vec::new(),
            having: None,
            set: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
            sees: Sees::Same,
        }
    }

    /// Adds an expression.
    pub fn returns(&mut self, expr: Expr) {
        self.columns.push(Item { expr, alias: None });
    }

    /// How many columns it returns.
    pub fn width(&self) -> usize {
        self.left.as_ref().map_or(self.columns.len(), |left| left.width())
    }

    /// Adds a condition to WHERE.
    pub fn and_where(&mut self, condition: Expr) {
        self.filter = Some(Expr::and(self.filter.take(), condition));
    }

    /// Whether it can be an operand of a union without a wrapper. SQLite does not accept parentheses around operands, so an
    /// operand with its own order or limit becomes a subquery of FROM.
    pub(super) fn is_plain_operand(&self) -> bool {
        let is_set = self.left.is_some() || !self.set.is_empty();
        !is_set && self.order.is_empty() && (self.limit, self.offset) == (None, None)
    }

    /// The tables of FROM, those in parentheses included.
    pub fn tables(&self) -> Vec<&TableRef> {
        let mut tables = Vec::new();
        for table in self.from.iter().chain(self.joins.iter().map(|join| &join.table)) {
            table.leaves(&mut tables);
        }
        tables
    }

    /// Visits the source of every column that is from outside the SELECT.
    pub fn visit_free(&mut self, visit: &mut dyn FnMut(&mut Source)) {
        let own: Vec<Source> = self.tables().into_iter().filter_map(TableRef::source).collect();
        let mut outer = |source: &mut Source| {
            if !own.contains(source) {
                visit(source);
            }
        };
        self.visit_expressions_mut(&mut |expr| expr.visit_free(&mut outer));
        for select in
            self.left.as_deref_mut().into_iter().chain(self.set.iter_mut().map(|(_, select)| select))
        {
            select.visit_free(visit);
        }
        let joined = self.joins.iter_mut().map(|join| &mut join.table);
        self.from.iter_mut().chain(joined).for_each(|table| table.visit_free(visit));
    }

    fn says(&self, other: &Select) -> bool {
        let Select { left, columns, distinct, distinct_on, from, joins, filter, group, .. } = self;
        let Select { having, set, order, limit, offset, lock, .. } = self;
        (left, columns, distinct, distinct_on)
            == (&other.left, &other.columns, &other.distinct, &other.distinct_on)
            && (from, joins, filter, group) == (&other.from, &other.joins, &other.filter, &other.group)
            && (having, set, order) == (&other.having, &other.set, &other.order)
            && (limit, offset, lock) == (&other.limit, &other.offset, &other.lock)
    }

    /// The tables of FROM that the library made.
    fn made(&self) -> Vec<Made> {
        self.tables().into_iter().filter_map(TableRef::made).collect()
    }

    pub(super) fn remake(&mut self, remade: &dyn Fn(&mut Made)) {
        self.visit_expressions_mut(&mut |expr| expr.remake(remade));
        let joined = self.joins.iter_mut().map(|join| &mut join.table);
        self.from.iter_mut().chain(joined).for_each(|table| table.remake(remade));
        let operands = self.left.as_deref_mut().into_iter();
        operands
            .chain(self.set.iter_mut().map(|(_, select)| select))
            .for_each(|select| select.remake(remade));
        if let Some(Lock { of: Some(Source::Made(made)), .. }) = &mut self.lock {
            remade(made);
        }
    }

    /// Visits its expressions, but not those of the queries it reads from or is followed by.
    pub fn visit_expressions<'s>(&'s self, visit: &mut dyn FnMut(&'s Expr)) {
        let listed = self.columns.iter().map(|item| &item.expr).chain(&self.distinct_on);
        listed.for_each(&mut *visit);
        for table in self.from.iter().chain(self.joins.iter().map(|join| &join.table)) {
            table.visit_conditions(visit);
        }
        self.joins.iter().for_each(|join| visit(&join.on));
        self.filter.iter().chain(&self.group).chain(&self.having).for_each(&mut *visit);
        self.order.iter().for_each(|term| visit(&term.expr));
    }

    pub(super) fn visit_expressions_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        self.visit_own_expressions_mut(visit);
        let joined = self.joins.iter_mut().map(|join| &mut join.table);
        self.from.iter_mut().chain(joined).for_each(|table| table.visit_conditions_mut(visit));
        self.joins.iter_mut().for_each(|join| visit(&mut join.on));
    }

    /// Its expressions but for the conditions of its joins.
    pub(super) fn visit_own_expressions_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        let listed = self.columns.iter_mut().map(|item| &mut item.expr).chain(&mut self.distinct_on);
        listed.for_each(&mut *visit);
        self.filter.iter_mut().chain(&mut self.group).chain(&mut self.having).for_each(&mut *visit);
        self.order.iter_mut().for_each(|term| visit(&mut term.expr));
    }
}

impl TableRef {
    /// A table by its name.
    pub fn table(name: TableName) -> TableRef {
        TableRef::Table { name, alias: None }
    }

    /// A SELECT in parentheses.
    pub fn query(select: Select, alias: impl Into<Alias>) -> TableRef {
        TableRef::Query { select: Box::new(select), alias: alias.into(), lateral: false }
    }

    /// What its columns are named with; nothing for several tables in parentheses.
    pub fn source(&self) -> Option<Source> {
        match self {
            TableRef::Table { name, alias: None } => Some(Source::Table(*name)),
            TableRef::Nested { .. } => None,
            TableRef::Table { alias: Some(Alias::Made(made)), .. }
            | TableRef::Query { alias: Alias::Made(made), .. } => Some(Source::Made(*made)),
            _ => Some(Source::Alias(self.name().into())),
        }
    }

    /// The name of its columns' source; empty for several tables in parentheses.
    pub fn name(&self) -> &str {
        match self {
            TableRef::Table { name, alias: None } => name.name,
            TableRef::Table { alias: Some(alias), .. } | TableRef::Query { alias, .. } => alias.name(),
            TableRef::Cte { name, alias, .. } => alias.as_ref().unwrap_or(name),
            TableRef::Nested { .. } => "",
        }
    }

    fn made(&self) -> Option<Made> {
        match self {
            TableRef::Table { alias, .. } => alias.as_ref().and_then(Alias::made),
            TableRef::Query { alias, .. } => alias.made(),
            TableRef::Cte { .. } | TableRef::Nested { .. } => None,
        }
    }

    fn remake(&mut self, remade: &dyn Fn(&mut Made)) {
        match self {
            TableRef::Table { alias: Some(Alias::Made(made)), .. } => remade(made),
            TableRef::Query { select, alias, .. } => {
                select.remake(remade);
                if let Alias::Made(made) = alias {
                    remade(made);
                }
            }
            TableRef::Nested { first, joins } => {
                first.remake(remade);
                joins.iter_mut().for_each(|join| join.table.remake(remade));
            }
            TableRef::Table { .. } | TableRef::Cte { .. } => {}
        }
    }

    /// The tables in it, without parentheses.
    pub fn leaves<'t>(&'t self, into: &mut Vec<&'t TableRef>) {
        match self {
            TableRef::Nested { first, joins } => {
                first.leaves(into);
                joins.iter().for_each(|join| join.table.leaves(into));
            }
            leaf => into.push(leaf),
        }
    }

    fn visit_conditions<'t>(&'t self, visit: &mut dyn FnMut(&'t Expr)) {
        if let TableRef::Nested { first, joins } = self {
            first.visit_conditions(visit);
            for join in joins {
                join.table.visit_conditions(visit);
                visit(&join.on);
            }
        }
    }

    fn visit_conditions_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        if let TableRef::Nested { first, joins } = self {
            first.visit_conditions_mut(visit);
            for join in joins {
                join.table.visit_conditions_mut(visit);
                visit(&mut join.on);
            }
        }
    }

    fn visit_free(&mut self, visit: &mut dyn FnMut(&mut Source)) {
        match self {
            TableRef::Query { select, .. } => select.visit_free(visit),
            TableRef::Nested { first, joins } => {
                first.visit_free(visit);
                joins.iter_mut().for_each(|join| join.table.visit_free(visit));
            }
            // A common table expression cannot see the query that uses it.
            TableRef::Table { .. } | TableRef::Cte { .. } => {}
        }
    }
}

impl Order {
    /// Ascending or descending, with NULL where the database puts it.
    pub fn new(expr: Expr, descending: bool) -> Order {
        Order { expr, descending, nulls: None }
    }

    /// The same term on another source; see [`Expr::relocate`].
    #[must_use]
    pub fn relocate(self, table: TableName, to: &Source) -> Order {
        Order { expr: self.expr.relocate(table, to), ..self }
    }
}

impl fmt::Debug for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", Writer::select(Dialect::Sqlite, self))
    }
}

impl fmt::Debug for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableRef::Nested { first, joins } => f.debug_tuple("Nested").field(first).field(joins).finish(),
            named => f.debug_tuple("Table").field(&named.name()).finish(),
        }
    }
}
