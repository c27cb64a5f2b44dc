//! Writes lists of values.

use super::Writer;
use crate::sql::{Bind, Dialect, Expr, Param};
use crate::value::{Value, ValueKind};

/// Lists of values.
impl Writer {
    pub(super) fn one_of(&mut self, inner: &Expr, list: &[Expr]) {
        self.operand(inner);
        let array = match self.dialect {
            Dialect::Postgres => array(list),
            Dialect::Sqlite | Dialect::Mysql(_) => None,
        };
        if let Some(array) = array {
            self.sql.push_str(" = ANY(");
            self.array(array);
            self.sql.push(')');
            return;
        }
        self.sql.push_str(" IN (");
        self.list(list, ", ", Writer::operand);
        let bound =
            list.iter().rev().find_map(|item| if let Expr::Bind(bind) = item { Some(bind) } else { None });
        if let Some(again) = bound {
            for _ in 0..self.padding(list.len(), 1) {
                self.sql.push_str(", ");
                self.fill(again.clone());
            }
        }
        self.sql.push(')');
    }

    pub(super) fn row_in(&mut self, row: &[Expr], rows: &[Vec<Bind>]) {
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
                self.padded_rows(rows, Bind::clone);
            }
            Dialect::Mysql(_) => {
                self.sql.push_str(") IN (");
                self.padded_rows(rows, Bind::clone);
            }
            Dialect::Postgres => {
                self.sql.push_str(") IN (SELECT * FROM unnest(");
                for column in 0..row.len() {
                    if column > 0 {
                        self.sql.push_str(", ");
                    }
                    let cells = rows.iter().filter_map(|row| row.get(column));
                    let secret = cells.clone().any(|bind| bind.secret);
                    let kind = cells.clone().find_map(|bind| bind.kind);
                    let values = cells.map(|bind| bind.value.clone()).collect();
                    self.array(Param::Many { kind, values, secret });
                }
                self.sql.push(')');
            }
        }
        self.sql.push(')');
    }

    /// Rows of values, filled up to a length that more lists have; `filling` makes what fills them up of the values of the
    /// last row.
    pub(super) fn padded_rows(&mut self, rows: &[Vec<Bind>], filling: impl Fn(&Bind) -> Bind) {
        self.rows(rows);
        let Some(last) = rows.last() else { return };
        for _ in 0..self.padding(rows.len(), last.len()) {
            self.sql.push_str(", ");
            self.sql.push('(');
            self.list(last, ", ", |writer, bind| writer.fill(filling(bind)));
            self.sql.push(')');
        }
    }

    /// How many more members fill up a list whose members are written; `None` if the statement would not take them.
    pub(super) fn padding(&self, members: usize, width: usize) -> usize {
        let more = padded(members).saturating_sub(members);
        let room = self.dialect.bind_limit().saturating_sub(self.params.len());
        if self.pads && more.saturating_mul(width) <= room { more } else { 0 }
    }

    /// An array of values, each of which has a type of its own.
    pub(super) fn array(&mut self, param: Param) {
        let cast = match &param {
            Param::Many { kind: kind @ Some(ValueKind::Enum(_)), .. } => {
                self.dialect.cast(*kind, &Value::Null).map(|name| format!("{name}[]"))
            }
            _ => None,
        };
        self.cast(param, cast);
    }
}

/// A list of values as one array; `None` if there is something else in it, or nothing that has a type.
fn array(list: &[Expr]) -> Option<Param> {
    let mut values = Vec::with_capacity(list.len());
    let (mut hidden, mut known) = (false, None);
    for expr in list {
        let Expr::Bind(Bind { value, secret, kind }) = expr else { return None };
        // PostgreSQL has no lists of lists.
        if matches!(value, Value::Array(_)) {
            return None;
        }
        hidden |= secret;
        known = known.or(*kind);
        values.push(value.clone());
    }
    let typed = !values.iter().all(Value::is_null);
    typed.then_some(Param::Many { kind: known, values, secret: hidden })
}

/// The length to which a list is filled up, so that lists of all lengths are few statements to prepare: powers of two, and
/// one length between each and the next.
fn padded(length: usize) -> usize {
    const EXACT: usize = 4;
    if length <= EXACT {
        return length;
    }
    let power = length.next_power_of_two();
    let between = power / 4 * 3;
    if length <= between { between } else { power }
}
