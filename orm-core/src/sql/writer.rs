use super::{
    Bind, Conflict, Delete, Dialect, Expr, Insert, Item, Join, JoinKind, NEW_ROWS, Order, Select, Source,
    Statement, TableRef, Update, quote,
};

/// Writes statements as the text of one dialect.
#[derive(Debug)]
pub struct Writer {
    dialect: Dialect,
    sql: String,
    binds: Vec<Bind>,
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
        quote(&mut writer.sql, update.table);
        writer.sql.push_str(" SET ");
        writer.list(&update.set, ", ", |writer, (column, value)| {
            quote(&mut writer.sql, column);
            writer.sql.push_str(" = ");
            writer.operand(value);
        });
        if !update.from.is_empty() {
            writer.sql.push_str(" FROM (VALUES ");
            writer.rows(&update.from);
            writer.sql.push_str(") AS ");
            quote(&mut writer.sql, NEW_ROWS);
        }
        writer.filter(update.filter.as_ref());
        writer.returning(&update.returning);
        writer.finish()
    }

    /// The text of a DELETE.
    pub fn delete(dialect: Dialect, delete: &Delete) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.sql.push_str("DELETE FROM ");
        quote(&mut writer.sql, delete.table);
        writer.filter(delete.filter.as_ref());
        writer.returning(&delete.returning);
        writer.finish()
    }

    fn new(dialect: Dialect) -> Writer {
        Writer { dialect, sql: String::with_capacity(256), binds: Vec::new() }
    }

    fn finish(self) -> Statement {
        Statement { sql: self.sql.into(), binds: self.binds, path: None, strategy: None }
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
            quote(&mut self.sql, alias);
        }
    }

    fn table(&mut self, table: &TableRef) {
        match table {
            TableRef::Table { name, alias } => {
                quote(&mut self.sql, name);
                if let Some(alias) = alias {
                    self.sql.push_str(" AS ");
                    quote(&mut self.sql, alias);
                }
            }
            TableRef::Query { select, alias } => {
                self.sql.push('(');
                self.write_select(select);
                self.sql.push_str(") AS ");
                quote(&mut self.sql, alias);
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
        match (limit, offset, self.dialect) {
            (Some(limit), _, _) => self.sql.push_str(&format!(" LIMIT {limit}")),
            // SQLite knows OFFSET only after LIMIT, and a negative limit is none.
            (None, Some(_), Dialect::Sqlite) => self.sql.push_str(" LIMIT -1"),
            (None, None, _) => {}
        }
        if let Some(offset) = offset {
            self.sql.push_str(&format!(" OFFSET {offset}"));
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
            Expr::In(inner, list) => {
                self.operand(inner);
                self.sql.push_str(" IN (");
                self.list(list, ", ", Writer::operand);
                self.sql.push(')');
            }
            Expr::RowIn(row, rows) => self.row_in(row, rows),
            Expr::Call(name, arguments) => {
                self.sql.push_str(name);
                self.sql.push('(');
                self.list(arguments, ", ", Writer::expr);
                self.sql.push(')');
            }
            Expr::CountRows => self.sql.push_str("count(*)"),
            Expr::RowNumber { partition, order } => {
                self.sql.push_str("row_number() OVER (PARTITION BY ");
                self.list(partition, ", ", Writer::operand);
                self.order_by(order);
                self.sql.push(')');
            }
            Expr::Exists(select) => {
                self.sql.push_str("EXISTS (");
                self.write_select(select);
                self.sql.push(')');
            }
        }
    }

    fn row_in(&mut self, row: &[Expr], rows: &[Vec<Bind>]) {
        if rows.is_empty() {
            self.sql.push_str("1 = 0");
            return;
        }
        self.sql.push('(');
        self.list(row, ", ", Writer::operand);
        // SQLite takes a list of rows only as VALUES.
        self.sql.push_str(") IN (VALUES ");
        self.rows(rows);
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
            Source::Table(table) => quote(&mut self.sql, table),
            Source::Alias(alias) => quote(&mut self.sql, alias),
        }
        self.sql.push('.');
        quote(&mut self.sql, name);
    }

    fn bind(&mut self, bind: Bind) {
        self.sql.push('?');
        self.binds.push(bind);
    }

    fn write_insert(&mut self, insert: &Insert) {
        self.sql.push_str("INSERT INTO ");
        quote(&mut self.sql, insert.table);
        if insert.columns.is_empty() {
            self.sql.push_str(" DEFAULT VALUES");
        } else {
            self.sql.push_str(" (");
            self.list(&insert.columns, ", ", |writer, column| quote(&mut writer.sql, column));
            self.sql.push_str(") VALUES ");
            self.rows(&insert.rows);
        }
        if let Some(conflict) = &insert.conflict {
            self.conflict(conflict);
        }
        self.returning(&insert.returning);
    }

    fn conflict(&mut self, conflict: &Conflict) {
        self.sql.push_str(" ON CONFLICT");
        if !conflict.columns.is_empty() {
            self.sql.push_str(" (");
            self.list(&conflict.columns, ", ", |writer, column| quote(&mut writer.sql, column));
            self.sql.push(')');
        }
        if conflict.update.is_empty() {
            self.sql.push_str(" DO NOTHING");
            return;
        }
        self.sql.push_str(" DO UPDATE SET ");
        self.list(&conflict.update, ", ", |writer, column| {
            quote(&mut writer.sql, column);
            writer.sql.push_str(" = excluded.");
            quote(&mut writer.sql, column);
        });
    }

    fn filter(&mut self, filter: Option<&Expr>) {
        if let Some(filter) = filter {
            self.sql.push_str(" WHERE ");
            self.expr(filter);
        }
    }

    fn returning(&mut self, columns: &[&'static str]) {
        if !columns.is_empty() {
            self.sql.push_str(" RETURNING ");
            self.list(columns, ", ", |writer, column| quote(&mut writer.sql, column));
        }
    }
}
