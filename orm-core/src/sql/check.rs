//! The rules for a user's query, checked before it is written: every column is from an existing table, no table appears
//! twice, and the database supports what the query uses.

use super::writer::LONGEST_SQLITE_PATTERN;
use super::{
    BinaryOp, Bind, Conflict, Dialect, Expr, Frame, Function, Item, JoinKind, JsonStep, LockWait,
    NamedColumn, Select, Source, TableRef, refused_fragment,
};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Value, ValueKind};

/// How many queries SQLite takes in a union.
const MOST_SQLITE_OPERANDS: usize = 500;

/// Checks a SELECT and everything in it.
///
/// # Errors
/// `InvalidQuery`: a column of a table that is not in the query, a table that is in it twice, or something that the
/// database cannot do.
pub fn check(select: &Select, dialect: Dialect) -> Result<()> {
    Checker { dialect, locks: false, excludes: false }.select(select, &[])
}

/// Checks an expression on the rows of some tables.
///
/// # Errors
/// As for [`check`].
pub fn check_expression(expr: &Expr, tables: &[Source], dialect: Dialect) -> Result<()> {
    Checker { dialect, locks: false, excludes: false }.expr(expr, tables)
}

/// Checks a condition on the rows of some tables.
///
/// # Errors
/// As for [`check`].
pub fn check_condition(expr: &Expr, tables: &[Source], dialect: Dialect) -> Result<()> {
    Checker { dialect, locks: false, excludes: false }.condition(expr, tables)
}

/// Checks an expression of an UPDATE or DELETE, whose subqueries may lock what they find.
///
/// # Errors
/// As for [`check`].
pub fn check_change(expr: &Expr, table: &Source, dialect: Dialect) -> Result<()> {
    Checker { dialect, locks: true, excludes: false }.condition(expr, std::slice::from_ref(table))
}

/// Checks what an INSERT does with existing rows.
///
/// # Errors
/// As for [`check`], and for what the database cannot do.
pub fn check_conflict(conflict: &Conflict, table: &Source, dialect: Dialect) -> Result<()> {
    let checker = Checker { dialect, locks: true, excludes: true };
    for expr in conflict.set.iter().map(|(_, value)| value).chain(&conflict.filter) {
        checker.condition(expr, std::slice::from_ref(table))?;
    }
    let twice = conflict
        .set
        .iter()
        .enumerate()
        .find(|(at, (column, _))| conflict.set[..*at].iter().any(|(other, _)| other.name == column.name));
    if let Some((_, (column, _))) = twice {
        return refuse(format!("`on_conflict` sets the column `{}` twice; leave one out", column.name));
    }
    if conflict.filter.is_some() && conflict.set.is_empty() {
        return refuse(
            "`on_conflict` has a condition but does not update any column; name the columns to take from the new \
             row, `OnConflict::update(columns, ..)`, or call `.set(..)`",
        );
    }
    if dialect == Dialect::Postgres && conflict.columns.is_empty() && !conflict.set.is_empty() {
        return refuse(
            "PostgreSQL updates an existing row only if it knows which values the row shares with the new one; name the \
             unique columns, `OnConflict::update(columns, ..)`",
        );
    }
    match conflict.filter.is_some() && matches!(dialect, Dialect::Mysql(_)) {
        true => refuse(
            "MySQL and MariaDB have no condition for existing rows; give each column \
             `func::case().when(condition, func::excluded(column)).otherwise(column)`",
        ),
        false => Ok(()),
    }
}

/// Puts assignments into an order in which MySQL computes each from the row as it was: there an assignment sees those before
/// it, and elsewhere none.
///
/// # Errors
/// `InvalidQuery`: columns take each other's values.
pub fn order_assignments(dialect: Dialect, table: &Source, set: &mut Vec<(NamedColumn, Expr)>) -> Result<()> {
    if !matches!(dialect, Dialect::Mysql(_)) || set.len() < 2 {
        return Ok(());
    }
    let mut left = std::mem::take(set);
    while !left.is_empty() {
        let is_read = |at: &usize| {
            let (name, others) = (left[*at].0.name, left.iter().enumerate());
            others.filter(|(other, _)| other != at).any(|(_, (_, value))| value.reads(table, name))
        };
        let Some(next) = (0..left.len()).find(|at| !is_read(at)) else {
            let names: Vec<&str> = left.iter().map(|(column, _)| column.name).collect();
            return refuse(format!(
                "the columns `{}` take each other's values, but MySQL and MariaDB set columns one after the \
                 other; read the rows and set the values",
                names.join("`, `")
            ));
        };
        set.push(left.remove(next));
    }
    Ok(())
}

/// Checks that a SELECT joins no more tables than the database takes.
///
/// # Errors
/// `InvalidQuery`.
pub fn check_joins(select: &Select, dialect: Dialect) -> Result<()> {
    let Some(most) = dialect.most_tables().filter(|most| select.joins.len() >= *most / 2) else {
        return Ok(());
    };
    let tables = select.tables().len();
    match tables > most {
        true => refuse(format!(
            "the query joins {tables} tables, but the database accepts at most {most}; load some of the \
             relationships with `.selectin()`"
        )),
        false => Ok(()),
    }
}

struct Checker {
    dialect: Dialect,
    /// Whether queries inside others may lock: those of a statement that is in a transaction anyway.
    locks: bool,
    /// Whether `excluded` is known: the row that an INSERT did not insert.
    excludes: bool,
}

impl Checker {
    fn select(&self, select: &Select, outer: &[Source]) -> Result<()> {
        if let Some(left) = &select.left {
            self.operand(left, outer)?;
            self.operands(select, left.columns.len(), outer)?;
            return self.database(select);
        }
        check_joins(select, self.dialect)?;
        let own = self.tables(select, outer)?;
        let mut scope = own;
        scope.extend_from_slice(outer);
        let conditions = [&select.filter, &select.having].into_iter().flatten();
        let listed = select.columns.iter().map(|item| &item.expr).chain(&select.distinct_on);
        let order = select.order.iter().map(|term| &term.expr);
        for expr in listed.chain(order) {
            self.expr(expr, &scope)?;
        }
        for expr in conditions.chain(&select.group) {
            self.condition(expr, &scope)?;
        }
        select.columns.iter().filter_map(|item| item.alias.as_deref()).try_for_each(check_name)?;
        self.operands(select, select.columns.len(), outer)?;
        self.database(select)
    }

    fn operands(&self, select: &Select, columns: usize, outer: &[Source]) -> Result<()> {
        if self.dialect == Dialect::Sqlite && select.set.len() >= MOST_SQLITE_OPERANDS {
            return refuse(format!(
                "a union has at most {MOST_SQLITE_OPERANDS} queries on SQLite, and this one has {}; run some of them by \
                 themselves, or make one query of them with `Predicate::any(..)`",
                select.set.len() + 1
            ));
        }
        for (_, operand) in &select.set {
            if operand.columns.len() != columns {
                return refuse("the queries of a union select different numbers of columns");
            }
            self.operand(operand, outer)?;
        }
        Ok(())
    }

    fn operand(&self, select: &Select, outer: &[Source]) -> Result<()> {
        match &select.lock {
            Some(_) => refuse("a query of a union cannot lock its rows; lock them with a separate query"),
            None => {
                self.select(select, outer)?;
                if select.is_plain_operand() { Ok(()) } else { self.derived(select, outer) }
            }
        }
    }

    /// A query inside another one.
    fn inner(&self, select: &Select, outer: &[Source]) -> Result<()> {
        match &select.lock {
            Some(_) if !self.locks => {
                refuse("a subquery does not lock the rows that its query returns; lock in the outer query")
            }
            _ => self.select(select, outer),
        }
    }

    /// SQLite gives the columns of a query that is a table other names than `true` and `false`, quoted or not.
    fn named(&self, select: &Select) -> Result<()> {
        let name = |item: &'_ Item| match (&item.alias, &item.expr) {
            (Some(alias), _) => Some(alias.to_string()),
            (None, Expr::Column { name, .. }) => Some(name.to_string()),
            _ => None,
        };
        let value = |name: &String| ["true", "false"].iter().any(|value| name.eq_ignore_ascii_case(value));
        match select.columns.iter().filter_map(name).find(value) {
            Some(name) if self.dialect == Dialect::Sqlite => refuse(format!(
                "SQLite reads `{name}` as a value and not as a column of a subquery; give it another name \
                 with `.label(..)`"
            )),
            _ => Ok(()),
        }
    }

    /// The tables of a SELECT, each checked with those before it in sight of its condition.
    fn tables(&self, select: &Select, outer: &[Source]) -> Result<Vec<Source>> {
        let mut seen = Vec::new();
        if let Some(from) = &select.from {
            self.table(from, &mut seen, outer)?;
        }
        for join in &select.joins {
            self.table(&join.table, &mut seen, outer)?;
            if join.kind != JoinKind::Cross {
                let scope: Vec<Source> = seen.iter().chain(outer).cloned().collect();
                self.condition(&join.on, &scope)?;
            }
        }
        Ok(seen)
    }

    fn table(&self, table: &TableRef, seen: &mut Vec<Source>, outer: &[Source]) -> Result<()> {
        match table {
            TableRef::Nested { first, joins } => {
                self.table(first, seen, outer)?;
                for join in joins {
                    self.table(&join.table, seen, outer)?;
                    let scope: Vec<Source> = seen.iter().chain(outer).cloned().collect();
                    self.condition(&join.on, &scope)?;
                }
                return Ok(());
            }
            TableRef::Query { select, lateral: false, .. } => {
                self.named(select)?;
                self.inner(select, outer)?;
                self.derived(select, outer)?;
            }
            TableRef::Query { select, lateral: true, .. } => {
                if !self.dialect.lateral() {
                    return refuse(
                        "this database has no LATERAL; number the rows of each group with \
                         `func::row_number().over(..)` in a subquery, and filter by the number",
                    );
                }
                let scope: Vec<Source> = seen.iter().chain(outer).cloned().collect();
                self.inner(select, &scope)?;
            }
            TableRef::Cte { cte: Some(cte), .. } => {
                check_name(&cte.name)?;
                self.named(&cte.select)?;
                self.inner(&cte.select, &[])?;
            }
            TableRef::Cte { cte: None, .. } | TableRef::Table { .. } => {}
        }
        let Some(source) = table.source() else { return Ok(()) };
        check_name(source.name())?;
        let is_named_alike = |known: &Source| match (known, &source) {
            (Source::Table(known), Source::Table(table)) => self.dialect.is_same_table(*known, *table),
            (Source::Made(_), _) | (_, Source::Made(_)) => false,
            _ => self.dialect.is_same_name(known.name(), source.name()),
        };
        if seen.iter().any(is_named_alike) {
            return refuse(format!(
                "`{source}` is in the query twice; give one of them another name with `alias`"
            ));
        }
        seen.push(source);
        Ok(())
    }

    /// A subquery of FROM inside a query that is inside another one.
    fn derived(&self, select: &Select, outer: &[Source]) -> Result<()> {
        let sees_none = matches!(self.dialect, Dialect::Mysql(server) if server.mariadb);
        match sees_none && !outer.is_empty() && is_correlated(select) {
            true => refuse(
                "on MariaDB a subquery in FROM, or a query of a union with an order or a limit, cannot use \
                 columns of an outer query; use the column in a condition of the query that reads from the \
                 subquery",
            ),
            false => Ok(()),
        }
    }

    /// What is computed before window functions are.
    fn condition(&self, expr: &Expr, scope: &[Source]) -> Result<()> {
        let mut has_window = false;
        expr.walk(&mut |part| has_window |= matches!(part, Expr::Over(..)));
        if has_window {
            return refuse(
                "a window function is computed after the rows are filtered, grouped and joined; select it with a label in \
                 a subquery, `.subquery(\"numbered\")`, and filter by that column",
            );
        }
        self.expr(expr, scope)
    }

    fn expr(&self, expr: &Expr, scope: &[Source]) -> Result<()> {
        match expr {
            Expr::Column { source, name, .. } if !scope.contains(source) => {
                let there: Vec<String> = scope.iter().map(Source::to_string).collect();
                let made = scope.iter().filter(|there| matches!(there, Source::Made(_)));
                if made.map(Source::to_string).any(|there| there == source.to_string()) {
                    return refuse(format!(
                        "the query names `{source}.{name}`, but its `{source}` is the link table of a relationship that it joins, \
                         which has no name there; join the links by their own relationship, and then their targets: \
                         `.join(Playlist::ENTRIES).join(Entry::TRACK)`"
                    ));
                }
                return refuse(format!(
                    "the query names `{source}.{name}`, but the table `{source}` is not part of it; join it. \
                     There {} {}",
                    if there.len() == 1 { "is" } else { "are" },
                    if there.is_empty() { "none".to_owned() } else { format!("`{}`", there.join("`, `")) }
                ));
            }
            Expr::Refused(reason) => return refuse(&**reason),
            Expr::InQuery(_, select) if self.dialect.pages_in_subqueries(select) && is_correlated(select) => {
                return refuse(
                    "MySQL and MariaDB do not support a limit in IN, and a subquery that names a column of \
                     the outer query cannot be wrapped; use `exists(..)`, or leave the limit out",
                );
            }
            Expr::Decimal { .. }
            | Expr::Aggregate { function: Function::SumDecimal | Function::MeanDecimal, .. }
                if self.dialect == Dialect::Sqlite =>
            {
                return refuse(
                    "SQLite has no exact decimals: they are stored as text, which can be compared and \
                     sorted, but not computed with; select the values, and compute in Rust",
                );
            }
            Expr::Json { path, .. } if matches!(self.dialect, Dialect::Mysql(server) if server.mariadb) => {
                let lost = |step: &JsonStep| matches!(step, JsonStep::Key(key) if key.starts_with('-'));
                if path.iter().any(lost) {
                    return refuse(
                        "MariaDB does not find keys in JSON that begin with `-`; select the document, and \
                         read the key in Rust",
                    );
                }
            }
            Expr::Json { path, .. } if self.dialect == Dialect::Sqlite => {
                let lost = |step: &JsonStep| matches!(step, JsonStep::Key(key) if key.contains('\0'));
                if path.iter().any(lost) {
                    return refuse(
                        "SQLite does not find keys in JSON that contain a NUL character; select the document, and read \
                         the key in Rust",
                    );
                }
            }
            Expr::Aggregate {
                function: Function::Smallest(ValueKind::Json) | Function::Largest(ValueKind::Json),
                ..
            } => {
                return refuse(
                    "JSON has no order; take the smallest or largest of what is at a place in it: \
                     `func::min(column.at(\"age\").integer())`",
                );
            }
            Expr::Over(_, window) if window.frame.is_some_and(Frame::is_empty) => {
                return refuse(
                    "the frame of a window has no rows: its end is before its start; `rows(-1..=0)` is the current row and \
                     the one before it",
                );
            }
            Expr::Over(function, _)
                if matches!(**function, Expr::Aggregate { function: Function::JoinText(_), .. })
                    && matches!(self.dialect, Dialect::Mysql(_)) =>
            {
                return refuse(
                    "MySQL and MariaDB cannot join texts in a window; join the texts of each group in a subquery \
                     with `group_by`, and join that to the rows",
                );
            }
            Expr::Aggregate { function: Function::JoinText(_), distinct: true, .. }
                if self.dialect == Dialect::Sqlite =>
            {
                return refuse("SQLite cannot join distinct texts; select them distinct in a subquery");
            }
            Expr::Binary(_, BinaryOp::Like | BinaryOp::NotLike, pattern)
                if self.dialect == Dialect::Sqlite =>
            {
                match text(pattern) {
                    Some(pattern) if pattern.len() > LONGEST_SQLITE_PATTERN => {
                        return refuse(format!(
                            "a pattern of LIKE has at most {LONGEST_SQLITE_PATTERN} bytes on SQLite; `contains`, \
                             `starts_with` and `ends_with` take longer texts"
                        ));
                    }
                    Some(pattern) if pattern.contains('\0') => {
                        return refuse(
                            "SQLite's LIKE ends at the character NUL; `contains`, `starts_with` and `ends_with` find it",
                        );
                    }
                    _ => {}
                }
            }
            Expr::Call(Function::Excluded, _) if !self.excludes => {
                return refuse(
                    "`func::excluded` is the value that the new row would have had, so it can be used only \
                     in `on_conflict` of an insert",
                );
            }
            Expr::Call(Function::Fragment(text), parts) => {
                if let Some(why) = refused_fragment(self.dialect, text, parts.len()) {
                    return refuse(why);
                }
            }
            Expr::Call(Function::Operator(operator), _) if self.dialect != Dialect::Postgres => {
                return refuse(format!(
                    "only PostgreSQL has the operator `{operator}`; write the condition for this database with \
                     `func::condition(..)`, or compare in another way (`like`, `contains`, `at(..)` of JSON)"
                ));
            }
            Expr::Call(Function::Named("replace"), arguments)
                if self.dialect == Dialect::Sqlite
                    && arguments.get(1).and_then(text).is_some_and(|what| what.starts_with('\0')) =>
            {
                return refuse(
                    "SQLite's `replace` does not find a text that begins with the character NUL; replace it in Rust",
                );
            }
            _ => {}
        }
        if let Some(select) = expr.query() {
            self.inner(select, scope)?;
        }
        let mut result = Ok(());
        expr.visit_parts(&mut |part| {
            if result.is_ok() {
                result = self.expr(part, scope);
            }
        });
        result
    }

    fn database(&self, select: &Select) -> Result<()> {
        if !select.distinct_on.is_empty() && self.dialect != Dialect::Postgres {
            return refuse(
                "only PostgreSQL has DISTINCT ON; number the rows of each group with `func::row_number().over(..)` \
                 in a subquery, and filter by the number",
            );
        }
        let Some(lock) = &select.lock else { return Ok(()) };
        let groups = select.distinct
            || !select.distinct_on.is_empty()
            || !select.group.is_empty()
            || !select.set.is_empty();
        if groups {
            return refuse("rows of a query with DISTINCT, GROUP BY or UNION cannot be locked");
        }
        let computes = |item: &Item| {
            let mut found = false;
            item.expr.walk(&mut |part| {
                found |= matches!(part, Expr::Aggregate { .. } | Expr::CountRows | Expr::Over(..));
            });
            found
        };
        if self.dialect == Dialect::Postgres && select.columns.iter().any(computes) {
            return refuse(
                "PostgreSQL cannot lock rows in a query with an aggregate or a window function; select the \
                 rows themselves",
            );
        }
        if self.dialect == Dialect::Sqlite && lock.wait == LockWait::Fail {
            return refuse(
                "SQLite locks the whole database and waits for it up to `busy_timeout`; it does not support `no_wait`",
            );
        }
        Ok(())
    }
}

/// A text that is known.
fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Bind(Bind { value: Value::Text(text), .. }) => Some(text),
        _ => None,
    }
}

/// Whether a query names what is outside of it.
fn is_correlated(select: &Select) -> bool {
    let mut found = false;
    select.clone().visit_free(&mut |_| found = true);
    found
}

/// What a user calls something in a query.
fn check_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return refuse("an alias, a subquery or a label of the query has an empty name; give it one");
    }
    match name.contains('\0') {
        true => refuse("a name in the query contains the character NUL, which databases do not accept"),
        false => Ok(()),
    }
}

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why.into()))
}
