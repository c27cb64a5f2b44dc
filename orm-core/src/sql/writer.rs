use super::{
    Bind, Conflict, Delete, Dialect, Expr, Insert, Item, Join, JoinKind, NEW_COLUMNS, NEW_ROWS, Order, Param,
    Select, Source, Statement, TableRef, Update,
};
use crate::value::Value;

/// Writes statements as the text of one dialect.
#[derive(Debug)]
pub struct Writer {
    dialect: Dialect,
    sql: String,
    params: Vec<Param>,
}

impl Writer {
    /// The text of a SELECT.
    pub fn select(dialect: Dialect, select: &Select) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.write_select(select);
        writer.finish()
    }

    /// The text of an INSERT.
    pub fn insert(dialect: Dialect, insert: &Insert) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.write_insert(insert);
        writer.finish()
    }

    /// The text of an UPDATE.
    pub fn update(dialect: Dialect, update: &Update) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.sql.push_str("UPDATE ");
        writer.quote(update.table);
        match dialect {
            Dialect::Mysql(_) if !update.from.is_empty() => {
                writer.sql.push_str(" JOIN (");
                writer.new_rows(&update.from);
                writer.sql.push_str(") AS ");
                writer.quote(NEW_ROWS);
                writer.set(update);
            }
            _ => {
                writer.set(update);
                if !update.from.is_empty() {
                    writer.sql.push_str(" FROM (VALUES ");
                    writer.rows(&update.from);
                    writer.sql.push_str(") AS ");
                    writer.quote(NEW_ROWS);
                }
            }
        }
        writer.filter(update.filter.as_ref());
        writer.returning(update.table, &update.returning);
        writer.finish()
    }

    /// The text of a DELETE.
    pub fn delete(dialect: Dialect, delete: &Delete) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.sql.push_str("DELETE FROM ");
        writer.quote(delete.table);
        writer.filter(delete.filter.as_ref());
        writer.returning(delete.table, &delete.returning);
        writer.finish()
    }

    fn new(dialect: Dialect) -> Writer {
        Writer { dialect, sql: String::with_capacity(256), params: Vec::new() }
    }

    fn finish(self) -> Statement {
        Statement { sql: self.sql.into(), params: self.params, path: None, strategy: None, few: false }
    }

    fn list<T>(&mut self, items: &[T], separator: &str, mut write: impl FnMut(&mut Writer, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.sql.push_str(separator);
            }
            write(self, item);
        }
    }

    fn write_select(&mut self, select: &Select) {
        self.sql.push_str(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        if select.columns.is_empty() {
            self.sql.push('1');
        }
        self.list(&select.columns, ", ", Writer::item);
        self.sql.push_str(" FROM ");
        self.table(&select.from);
        select.joins.iter().for_each(|join| self.join(join));
        self.filter(select.filter.as_ref());
        self.order_by(&select.order);
        self.page(select.limit, select.offset);
    }

    fn item(&mut self, item: &Item) {
        self.expr(&item.expr);
        if let Some(alias) = &item.alias {
            self.sql.push_str(" AS ");
            self.quote(alias);
        }
    }

    fn table(&mut self, table: &TableRef) {
        match table {
            TableRef::Table { name, alias } => {
                self.quote(name);
                if let Some(alias) = alias {
                    self.sql.push_str(" AS ");
                    self.quote(alias);
                }
            }
            TableRef::Query { select, alias } => {
                self.sql.push('(');
                self.write_select(select);
                self.sql.push_str(") AS ");
                self.quote(alias);
            }
            TableRef::Nested { first, joins } => {
                self.sql.push('(');
                self.table(first);
                joins.iter().for_each(|join| self.join(join));
                self.sql.push(')');
            }
        }
    }

    fn join(&mut self, join: &Join) {
        self.sql.push_str(match join.kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT JOIN ",
        });
        self.table(&join.table);
        self.sql.push_str(" ON ");
        self.expr(&join.on);
    }

    fn order_by(&mut self, order: &[Order]) {
        if !order.is_empty() {
            self.sql.push_str(" ORDER BY ");
            self.list(order, ", ", |writer, term| {
                writer.operand(&term.expr);
                if term.descending {
                    writer.sql.push_str(" DESC");
                }
            });
        }
    }

    fn page(&mut self, limit: Option<u64>, offset: Option<u64>) {
        // Numbers, not binds: they are no secret, and a page then keeps its plan.
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        match (limit, offset, self.dialect) {
            (Some(limit), _, _) => self.sql.push_str(&format!(" LIMIT {}", number(limit))),
            // SQLite and MySQL know OFFSET only after LIMIT.
            (None, Some(_), Dialect::Sqlite | Dialect::Mysql(_)) => {
                self.sql.push_str(&format!(" LIMIT {}", i64::MAX));
            }
            (None, Some(_), Dialect::Postgres) | (None, None, _) => {}
        }
        if let Some(offset) = offset {
            self.sql.push_str(&format!(" OFFSET {}", number(offset)));
        }
    }

    /// An expression that stands beside an operator, in parentheses where it needs them.
    fn operand(&mut self, expr: &Expr) {
        let atom = matches!(
            expr,
            Expr::Column { .. }
                | Expr::Bind(_)
                | Expr::Call(..)
                | Expr::CountRows
                | Expr::RowNumber { .. }
                | Expr::Exists(_)
        );
        if atom {
            self.expr(expr);
        } else {
            self.sql.push('(');
            self.expr(expr);
            self.sql.push(')');
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Column { source, name } => self.column(source, name),
            Expr::Bind(bind) => self.bind(bind.clone()),
            Expr::Binary(left, op, right) => {
                self.operand(left);
                self.sql.push_str(op.sql());
                self.operand(right);
            }
            Expr::And(all) if all.is_empty() => self.sql.push_str("1 = 1"),
            Expr::Or(all) if all.is_empty() => self.sql.push_str("1 = 0"),
            Expr::And(all) => self.list(all, " AND ", Writer::operand),
            Expr::Or(all) => self.list(all, " OR ", Writer::operand),
            Expr::Not(inner) => {
                self.sql.push_str("NOT ");
                self.operand(inner);
            }
            Expr::IsNull(inner) => {
                self.operand(inner);
                self.sql.push_str(" IS NULL");
            }
            Expr::IsNotNull(inner) => {
                self.operand(inner);
                self.sql.push_str(" IS NOT NULL");
            }
            Expr::Between(inner, low, high) => {
                self.operand(inner);
                self.sql.push_str(" BETWEEN ");
                self.operand(low);
                self.sql.push_str(" AND ");
                self.operand(high);
            }
            Expr::In(_, list) if list.is_empty() => self.sql.push_str("1 = 0"),
            Expr::In(inner, list) => self.one_of(inner, list),
            Expr::RowIn(row, rows) => self.row_in(row, rows),
            Expr::Call(name, arguments) => {
                self.sql.push_str(name);
                self.sql.push('(');
                self.list(arguments, ", ", Writer::expr);
                self.sql.push(')');
            }
            Expr::CountRows => self.sql.push_str("count(*)"),
            Expr::RowNumber { partition, order, dense } => {
                self.sql.push_str(if *dense { "dense_rank()" } else { "row_number()" });
                self.sql.push_str(" OVER (PARTITION BY ");
                self.list(partition, ", ", Writer::operand);
                self.order_by(order);
                self.sql.push(')');
            }
            Expr::Exists(select) => {
                self.sql.push_str("EXISTS (");
                self.write_select(select);
                if self.dialect == Dialect::Sqlite && select.limit.is_none() {
                    // SQLite 3.51 turns EXISTS into a join and lets OFFSET count the rows that it multiplies; a limit keeps
                    // it from doing so.
                    self.sql.push_str(" LIMIT 1");
                }
                self.sql.push(')');
            }
        }
    }

    fn one_of(&mut self, inner: &Expr, list: &[Expr]) {
        self.operand(inner);
        let array = match self.dialect {
            Dialect::Postgres => array(list),
            Dialect::Sqlite | Dialect::Mysql(_) => None,
        };
        if let Some(array) = array {
            self.sql.push_str(" = ANY(");
            self.param(array);
            self.sql.push(')');
            return;
        }
        self.sql.push_str(" IN (");
        self.list(list, ", ", Writer::operand);
        if matches!(self.dialect, Dialect::Mysql(_))
            && let Some(last) = list.last()
        {
            for _ in list.len()..padded(list.len()) {
                self.sql.push_str(", ");
                self.operand(last);
            }
        }
        self.sql.push(')');
    }

    fn row_in(&mut self, row: &[Expr], rows: &[Vec<Bind>]) {
        if rows.is_empty() {
            self.sql.push_str("1 = 0");
            return;
        }
        self.sql.push('(');
        self.list(row, ", ", Writer::operand);
        match self.dialect {
            // SQLite takes a list of rows only as VALUES.
            Dialect::Sqlite => {
                self.sql.push_str(") IN (VALUES ");
                self.rows(rows);
            }
            Dialect::Mysql(_) => {
                self.sql.push_str(") IN (");
                self.rows(rows);
                for last in rows.last().into_iter().cycle().take(padded(rows.len()) - rows.len()) {
                    self.sql.push_str(", ");
                    self.rows(std::slice::from_ref(last));
                }
            }
            Dialect::Postgres => {
                self.sql.push_str(") IN (SELECT * FROM unnest(");
                for column in 0..row.len() {
                    if column > 0 {
                        self.sql.push_str(", ");
                    }
                    let cells = rows.iter().filter_map(|row| row.get(column));
                    let secret = cells.clone().any(|bind| bind.secret);
                    self.param(Param::Many {
                        values: cells.map(|bind| bind.value.clone()).collect(),
                        secret,
                    });
                }
                self.sql.push(')');
            }
        }
        self.sql.push(')');
    }

    fn rows(&mut self, rows: &[Vec<Bind>]) {
        self.list(rows, ", ", |writer, row| {
            writer.sql.push('(');
            writer.list(row, ", ", |writer, bind| writer.bind(bind.clone()));
            writer.sql.push(')');
        });
    }

    fn column(&mut self, source: &Source, name: &str) {
        match source {
            Source::Table(table) => self.quote(table),
            Source::Alias(alias) => self.quote(alias),
        }
        self.sql.push('.');
        self.quote(name);
    }

    fn bind(&mut self, bind: Bind) {
        match self.dialect {
            // A statement keeps the types of its first values, and a NULL that nobody knows the type of has none.
            Dialect::Postgres if bind.value.is_null() && bind.kind.is_none() => self.sql.push_str("NULL"),
            _ => self.param(Param::One(bind)),
        }
    }

    fn param(&mut self, param: Param) {
        self.params.push(param);
        match self.dialect {
            Dialect::Sqlite | Dialect::Mysql(_) => self.sql.push('?'),
            Dialect::Postgres => self.sql.push_str(&format!("${}", self.params.len())),
        }
    }

    fn quote(&mut self, name: &str) {
        self.dialect.quote(&mut self.sql, name);
    }

    fn write_insert(&mut self, insert: &Insert) {
        self.sql.push_str("INSERT INTO ");
        self.quote(insert.table);
        if insert.columns.is_empty() {
            self.sql.push_str(match self.dialect {
                Dialect::Sqlite | Dialect::Postgres => " DEFAULT VALUES",
                Dialect::Mysql(_) => " () VALUES ()",
            });
        } else {
            self.sql.push_str(" (");
            self.list(&insert.columns, ", ", |writer, column| writer.quote(column));
            self.sql.push_str(") VALUES ");
            self.rows(&insert.rows);
        }
        if let Some(conflict) = &insert.conflict {
            self.conflict(conflict, insert);
        }
        self.returning(insert.table, &insert.returning);
    }

    fn conflict(&mut self, conflict: &Conflict, insert: &Insert) {
        if let Dialect::Mysql(_) = self.dialect {
            return self.duplicate_key(conflict, insert);
        }
        self.sql.push_str(" ON CONFLICT");
        if !conflict.columns.is_empty() {
            self.sql.push_str(" (");
            self.list(&conflict.columns, ", ", |writer, column| writer.quote(column));
            self.sql.push(')');
        }
        if conflict.update.is_empty() {
            self.sql.push_str(" DO NOTHING");
            return;
        }
        self.sql.push_str(" DO UPDATE SET ");
        self.list(&conflict.update, ", ", |writer, column| {
            writer.quote(column);
            writer.sql.push_str(" = excluded.");
            writer.quote(column);
        });
    }

    /// MySQL's ON CONFLICT: for every unique key of the table, whatever columns are named. A row that stays as it is
    /// gives a column its own value: INSERT IGNORE would also ignore values that do not fit.
    fn duplicate_key(&mut self, conflict: &Conflict, insert: &Insert) {
        self.sql.push_str(" ON DUPLICATE KEY UPDATE ");
        let Some(kept) =
            conflict.columns.first().or(insert.columns.first()).filter(|_| conflict.update.is_empty())
        else {
            return self.list(&conflict.update, ", ", |writer, column| {
                writer.quote(column);
                writer.sql.push_str(" = VALUES(");
                writer.quote(column);
                writer.sql.push(')');
            });
        };
        self.quote(kept);
        self.sql.push_str(" = ");
        self.quote(insert.table);
        self.sql.push('.');
        self.quote(kept);
    }

    fn set(&mut self, update: &Update) {
        self.sql.push_str(" SET ");
        // MySQL takes a column of a join by its table's name, which the others refuse.
        let table = matches!(self.dialect, Dialect::Mysql(_)).then_some(update.table);
        self.list(&update.set, ", ", |writer, (column, value)| {
            if let Some(table) = table {
                writer.quote(table);
                writer.sql.push('.');
            }
            writer.quote(column);
            writer.sql.push_str(" = ");
            writer.operand(value);
        });
    }

    /// Rows with named columns where VALUES cannot name them: the first row does.
    fn new_rows(&mut self, rows: &[Vec<Bind>]) {
        let Some((first, others)) = rows.split_first() else { return };
        self.sql.push_str("SELECT ");
        for (at, bind) in first.iter().enumerate() {
            if at > 0 {
                self.sql.push_str(", ");
            }
            self.bind(bind.clone());
            self.sql.push_str(" AS ");
            self.quote(NEW_COLUMNS.get(at).copied().unwrap_or_default());
        }
        if others.is_empty() {
            return;
        }
        self.sql.push_str(" UNION ALL VALUES ");
        let row = match self.dialect {
            Dialect::Mysql(server) if !server.mariadb => "ROW(",
            _ => "(",
        };
        self.list(others, ", ", |writer, binds| {
            writer.sql.push_str(row);
            writer.list(binds, ", ", |writer, bind| writer.bind(bind.clone()));
            writer.sql.push(')');
        });
    }

    fn filter(&mut self, filter: Option<&Expr>) {
        if let Some(filter) = filter {
            self.sql.push_str(" WHERE ");
            self.expr(filter);
        }
    }

    /// With the table's name: SQLite takes a quoted name that is no column for a text.
    fn returning(&mut self, table: &str, columns: &[&'static str]) {
        if !columns.is_empty() {
            self.sql.push_str(" RETURNING ");
            self.list(columns, ", ", |writer, column| {
                writer.quote(table);
                writer.sql.push('.');
                writer.quote(column);
            });
        }
    }
}

/// A list of values as one array; none where there is something else in it, or nothing that has a type.
fn array(list: &[Expr]) -> Option<Param> {
    let mut values = Vec::with_capacity(list.len());
    let mut hidden = false;
    for expr in list {
        let Expr::Bind(Bind { value, secret, .. }) = expr else { return None };
        hidden |= secret;
        values.push(value.clone());
    }
    let typed = !values.iter().all(Value::is_null);
    typed.then_some(Param::Many { values, secret: hidden })
}

/// The length of a list that is filled up by repeating its last member, so that lists of many lengths are few
/// statements to prepare. Long ones are rare, and cost more to run than to prepare.
fn padded(length: usize) -> usize {
    const LONGEST: usize = 1024;
    match length.checked_next_power_of_two() {
        Some(padded) if padded <= LONGEST => padded,
        _ => length,
    }
}
