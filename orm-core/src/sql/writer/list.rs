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
                    let kind = cells.clone().find_map(|bind| bind.kind);
                    let values = cells.map(|bind| bind.value.clone()).collect();
                    self.array(Param::Many { kind, values, secret });
                }
                self.sql.push(')');
            }
        }
        self.sql.push(')');
    }

    /// An array of values, each of which has a type of its own.
    fn array(&mut self, param: Param) {
        let cast = match &param {
            Param::Many { kind: kind @ Some(ValueKind::Enum(_)), .. } => {
                self.dialect.cast(*kind, &Value::Null).map(|name| format!("{name}[]"))
            }
            _ => None,
        };
        self.cast(param, cast);
    }
}

/// A list of values as one array; none where there is something else in it, or nothing that has a type.
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

/// The length of a list that is filled up by repeating its last member, so that lists of many lengths are few
/// statements to prepare. Long ones are rare, and cost more to run than to prepare.
fn padded(length: usize) -> usize {
    const LONGEST: usize = 1024;
    match length.checked_next_power_of_two() {
        Some(padded) if padded <= LONGEST => padded,
        _ => length,
    }
}
