//! Expressions.

use std::fmt;
use std::sync::Arc;

use super::precision::Precision;
use super::secrecy::Secret;
use super::{Bind, Dialect, Function, JsonRead, JsonStep, Made, Select, TableName, TableRef, Window, Writer};
use crate::value::{Value, ValueKind};

/// An expression. `Debug` writes it as SQL.
#[derive(Clone, PartialEq)]
pub enum Expr {
    /// A column of a table or alias.
    Column {
        /// Where it is from.
        source: Source,
        /// Its name.
        name: &'static str,
        /// Whether its values must not be shown.
        secret: Secret,
        /// How many digits its times keep.
        precision: Precision,
    },
    /// A bound value.
    Bind(Bind),
    /// Two operands.
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// All of them; true when there are none.
    And(Vec<Expr>),
    /// Any of them; false when there are none.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// `IS NULL`.
    IsNull(Box<Expr>),
    /// `IS NOT NULL`.
    IsNotNull(Box<Expr>),
    /// `BETWEEN`.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// One expression in a list.
    In(Box<Expr>, Vec<Expr>),
    /// One expression in the rows of a query.
    InQuery(Box<Expr>, Box<Select>),
    /// A row of expressions in a list of rows.
    RowIn(Vec<Expr>, Vec<Vec<Bind>>),
    /// A function call.
    Call(Function, Vec<Expr>),
    /// `*`: all columns of a subquery.
    All,
    /// A whole number, written out: where a database takes no bound value, and a column of the result by its place from 1.
    Number(u64),
    /// `count(*)`.
    CountRows,
    /// A function over all rows of a group.
    Aggregate {
        /// Which.
        function: Function,
        /// The argument; `None` means every row.
        of: Option<Box<Expr>>,
        /// Whether equal values count once.
        distinct: bool,
        /// Which rows it takes.
        filter: Option<Box<Expr>>,
    },
    /// A function over the rows near a row.
    Over(Box<Expr>, Box<Window>),
    /// `CASE WHEN .. THEN .. ELSE .. END`.
    Case {
        /// Conditions and what they give.
        whens: Vec<(Expr, Expr)>,
        /// ELSE.
        otherwise: Option<Box<Expr>>,
    },
    /// The same value as another type.
    Cast(Box<Expr>, ValueKind),
    /// What is at a place in a document.
    Json {
        /// The document.
        of: Box<Expr>,
        /// The way to the place.
        path: Vec<JsonStep>,
        /// What is read there.
        read: JsonRead,
    },
    /// An exact number that the database computes, if it has such numbers.
    Decimal {
        /// What it is of.
        of: Box<Expr>,
        /// Whether it may have more places than fit, as a quotient has.
        rounds: bool,
    },
    /// `EXISTS (SELECT ..)`.
    Exists(Box<Select>),
    /// The one value of a query.
    Scalar(Box<Select>),
    /// The default of the column that an UPDATE sets; with its SQL where the database has no word for it.
    Default(Option<Arc<str>>),
    /// Something that cannot be written, and the reason. A statement that contains it is refused before it is written.
    Refused(Arc<str>),
}

/// A column of a key, as statements name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyColumn {
    /// Its name.
    pub name: &'static str,
    /// Whether its values must not be shown.
    pub secret: bool,
    /// What it is declared as.
    pub kind: ValueKind,
}

/// Where a column is from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A table by its name, as queries are written.
    Table(TableName),
    /// A name that a user gave.
    Alias(Arc<str>),
    /// A table that the library put into a statement.
    Made(Made),
    /// What a user gave a name to, with what it is: the table of an alias, a subquery, a common table expression.
    Defined(Arc<TableRef>),
}

/// Sources with a name are equal if their names are; a source made by the library equals only itself.
impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Source::Table(this), Source::Table(other)) => this == other,
            (Source::Made(this), Source::Made(other)) => this == other,
            (Source::Table(_) | Source::Made(_), _) | (_, Source::Table(_) | Source::Made(_)) => false,
            _ => self.name() == other.name(),
        }
    }
}

impl Eq for Source {}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", Writer::expression(Dialect::Sqlite, self))
    }
}

/// `app.users`, for messages.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Table(table) => table.fmt(f),
            Source::Alias(_) | Source::Made(_) | Source::Defined(_) => f.write_str(self.name()),
        }
    }
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `LIKE`
    Like,
    /// `NOT LIKE`
    NotLike,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `/` of integers, without a fraction on every database.
    DivideWhole,
    /// `%`
    Remainder,
}

impl BinaryOp {
    fn compares(self) -> bool {
        !matches!(
            self,
            BinaryOp::Add
                | BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
                | BinaryOp::DivideWhole
                | BinaryOp::Remainder
        )
    }

    pub(super) fn sql(self) -> &'static str {
        match self {
            BinaryOp::Eq => " = ",
            BinaryOp::Ne => " <> ",
            BinaryOp::Lt => " < ",
            BinaryOp::Le => " <= ",
            BinaryOp::Gt => " > ",
            BinaryOp::Ge => " >= ",
            BinaryOp::Like => " LIKE ",
            BinaryOp::NotLike => " NOT LIKE ",
            BinaryOp::Add => " + ",
            BinaryOp::Subtract => " - ",
            BinaryOp::Multiply => " * ",
            BinaryOp::Divide | BinaryOp::DivideWhole => " / ",
            BinaryOp::Remainder => " % ",
        }
    }
}

impl Source {
    /// Its name, without a schema; of what the library made, what it is to be called like.
    pub fn name(&self) -> &str {
        match self {
            Source::Table(table) => table.name,
            Source::Alias(name) => name,
            Source::Made(made) => made.like,
            Source::Defined(table) => table.name(),
        }
    }

    /// What stands in FROM for it, where that is known.
    pub fn table(&self) -> Option<TableRef> {
        match self {
            Source::Table(name) => Some(TableRef::table(*name)),
            Source::Alias(_) | Source::Made(_) => None,
            Source::Defined(table) => Some(TableRef::clone(table)),
        }
    }
}

/// Visits the expressions that one is made of, but not those inside its queries: by reference, or to change them.
macro_rules! visit_parts {
    ($expr:expr, $visit:expr, $iter:ident) => {
        match $expr {
            Expr::Column { .. }
            | Expr::Bind(_)
            | Expr::All
            | Expr::Number(_)
            | Expr::CountRows
            | Expr::Exists(_)
            | Expr::Scalar(_)
            | Expr::Default(_)
            | Expr::Refused(_) => {}
            Expr::Binary(left, _, right) => [left, right].into_iter().for_each(|expr| $visit(expr)),
            Expr::And(all) | Expr::Or(all) | Expr::Call(_, all) | Expr::RowIn(all, _) => {
                all.$iter().for_each($visit);
            }
            Expr::Not(expr)
            | Expr::IsNull(expr)
            | Expr::IsNotNull(expr)
            | Expr::Cast(expr, _)
            | Expr::Json { of: expr, .. }
            | Expr::Decimal { of: expr, .. }
            | Expr::InQuery(expr, _) => $visit(expr),
            Expr::Between(expr, low, high) => [expr, low, high].into_iter().for_each(|expr| $visit(expr)),
            Expr::In(expr, list) => {
                $visit(expr);
                list.$iter().for_each($visit);
            }
            Expr::Aggregate { of, filter, .. } => {
                of.$iter().chain(filter).for_each(|expr| $visit(expr));
            }
            Expr::Over(function, window) => {
                $visit(function);
                window.partition.$iter().for_each(&mut *$visit);
                window.order.$iter().for_each(|term| $visit(borrow!($iter term.expr)));
            }
            Expr::Case { whens, otherwise } => {
                whens.$iter().flat_map(|(when, then)| [when, then]).for_each(&mut *$visit);
                otherwise.$iter().for_each(|expr| $visit(expr));
            }
        }
    };
}

/// A reference of the kind that an iterator gives.
macro_rules! borrow {
    (iter $place:expr) => {
        &$place
    };
    (iter_mut $place:expr) => {
        &mut $place
    };
}

impl Expr {
    /// A column that is joined or sorted by: no value is compared with it, and no statement returns it.
    pub fn column(source: &Source, name: &'static str) -> Expr {
        Expr::column_of(source, name, false)
    }

    /// A column, and whether what it holds must not be shown. One of a query may be so because of what the query makes it
    /// of.
    pub fn column_of(source: &Source, name: &'static str, secret: bool) -> Expr {
        let secret = Secret(secret || source.holds_secret(name));
        Expr::Column { source: source.clone(), name, secret, precision: Precision(None) }
    }

    /// The same column, with the digits that its times keep.
    pub fn with_precision(mut self, digits: Option<u8>) -> Expr {
        if let Expr::Column { precision, .. } = &mut self {
            precision.0 = digits;
        }
        self
    }

    /// `left = right`.
    pub fn eq(left: Expr, right: Expr) -> Expr {
        Expr::Binary(Box::new(left), BinaryOp::Eq, Box::new(right))
    }

    /// Both conditions, if there are two.
    pub fn and(left: Option<Expr>, right: Expr) -> Expr {
        match left {
            None => right,
            Some(Expr::And(mut all)) => {
                all.push(right);
                Expr::And(all)
            }
            Some(left) => Expr::And(vec![left, right]),
        }
    }

    /// The columns have one of the keys: `=` for one key, `IN` for several, rows for composite ones.
    pub fn among(source: &Source, columns: &[KeyColumn], keys: &[Vec<Value>]) -> Expr {
        let column = |key: &KeyColumn| Expr::column_of(source, key.name, key.secret);
        let bind = |key: &KeyColumn, value: &Value| Bind {
            value: value.clone(),
            secret: key.secret,
            kind: Some(key.kind),
        };
        match (columns, keys) {
            (columns, [only]) => {
                let pair = |(key, value)| Expr::eq(column(key), Expr::Bind(bind(key, value)));
                let mut pairs: Vec<Expr> = columns.iter().zip(only).map(pair).collect();
                if pairs.len() == 1 { pairs.swap_remove(0) } else { Expr::And(pairs) }
            }
            ([single], keys) => {
                let list = keys.iter().flatten().map(|value| Expr::Bind(bind(single, value))).collect();
                Expr::In(Box::new(column(single)), list)
            }
            (columns, keys) => {
                let row =
                    |key: &Vec<Value>| columns.iter().zip(key).map(|(key, value)| bind(key, value)).collect();
                let rows = keys.iter().map(row).collect();
                Expr::RowIn(columns.iter().map(column).collect(), rows)
            }
        }
    }

    /// The same expression with the columns of one table taken from another source: a query's filter on an aliased
    /// table.
    pub fn relocate(mut self, table: TableName, to: &Source) -> Expr {
        self.visit_free(&mut |source| {
            if *source == Source::Table(table) {
                *source = to.clone();
            }
        });
        self
    }

    /// Visits the expressions that this one is made of, but not those inside its queries.
    pub fn visit_parts<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit_parts!(self, visit, iter);
    }

    pub(super) fn visit_parts_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        visit_parts!(self, visit, iter_mut);
    }

    /// Visits the expression and all that it is made of, but not those inside its queries.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        self.visit_parts(&mut |part| part.walk(visit));
    }

    /// Whether it depends on a column of an existing row.
    pub fn reads(&self, table: &Source, column: &str) -> bool {
        if matches!(self, Expr::Call(Function::Excluded, _)) {
            return false;
        }
        let mut found =
            matches!(self, Expr::Column { source, name, .. } if source == table && *name == column);
        // A subquery may read it too.
        found |= self.query().is_some();
        self.visit_parts(&mut |part| found |= part.reads(table, column));
        found
    }

    /// Whether it calculates with numbers, or takes what a query has calculated.
    pub(crate) fn calculates(&self) -> bool {
        let mut found = false;
        self.walk(&mut |part| {
            found |= match part {
                Expr::Binary(_, op, _) => !op.compares(),
                Expr::Scalar(select) => select.columns.iter().any(|item| item.expr.calculates()),
                Expr::Column { source: Source::Defined(of), .. } => {
                    matches!(**of, TableRef::Query { .. } | TableRef::Cte { .. })
                }
                _ => false,
            };
        });
        found
    }

    /// A column of a table that a comparison has on both sides: it is the same row's on both.
    pub fn compared_with_itself(&self, table: TableName) -> Option<&'static str> {
        let mut found = None;
        self.walk(&mut |part| {
            let (left, right) = match part {
                Expr::Binary(left, op, right) if op.compares() => (left, [Some(right), None]),
                Expr::Between(of, low, high) => (of, [Some(low), Some(high)]),
                _ => return,
            };
            let own = left.columns_of(table);
            let others = right.into_iter().flatten().flat_map(|right| right.columns_of(table));
            found = found.or(others.into_iter().find(|name| own.contains(name)));
        });
        found
    }

    fn columns_of(&self, table: TableName) -> Vec<&'static str> {
        let mut columns = Vec::new();
        self.walk(&mut |part| {
            if let Expr::Column { source: Source::Table(of), name, .. } = part
                && *of == table
            {
                columns.push(*name);
            }
        });
        columns
    }

    /// Its own query, if it is one.
    pub fn query(&self) -> Option<&Select> {
        match self {
            Expr::Exists(select) | Expr::Scalar(select) | Expr::InQuery(_, select) => Some(select),
            _ => None,
        }
    }

    /// Visits the source of every column that is not from a query inside the expression.
    pub fn visit_free(&mut self, visit: &mut dyn FnMut(&mut Source)) {
        match self {
            Expr::Column { source, .. } => visit(source),
            Expr::Exists(select) | Expr::Scalar(select) => select.visit_free(visit),
            Expr::InQuery(expr, select) => {
                expr.visit_free(visit);
                select.visit_free(visit);
            }
            _ => self.visit_parts_mut(&mut |part| part.visit_free(visit)),
        }
    }

    /// The same expression with other tables for some that the library made, wherever they are named in it.
    pub(super) fn remake(&mut self, remade: &dyn Fn(&mut Made)) {
        match self {
            Expr::Column { source: Source::Made(made), .. } => remade(made),
            Expr::Exists(select) | Expr::Scalar(select) => select.remake(remade),
            Expr::InQuery(expr, select) => {
                expr.remake(remade);
                select.remake(remade);
            }
            _ => self.visit_parts_mut(&mut |part| part.remake(remade)),
        }
    }
}
