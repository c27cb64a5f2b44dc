//! Writes expressions.

use std::sync::Arc;

use super::Writer;
use crate::sql::secrecy::Hiding;
use crate::sql::{
    BinaryOp, Bind, Bound, Dialect, Expr, Frame, Function, Param, Piece, RawEffect, Window, pieces,
};
use crate::value::{Value, ValueKind};

/// What is kept of a quotient of decimals: MySQL would give more places than a field holds.
const MYSQL_QUOTIENT: &str = "DECIMAL(57,15)";

/// How many conditions are written side by side for SQLite.
const MOST_BESIDE: usize = 32;

/// Expressions.
impl Writer {
    /// An operand of an operator, in parentheses if it needs them.
    pub(super) fn operand(&mut self, expr: &Expr) {
        let compound = matches!(
            expr,
            Expr::Binary(..)
                | Expr::And(_)
                | Expr::Or(_)
                | Expr::Not(_)
                | Expr::IsNull(_)
                | Expr::IsNotNull(_)
                | Expr::Between(..)
                | Expr::In(..)
                | Expr::InQuery(..)
                | Expr::RowIn(..)
        );
        if compound {
            self.sql.push('(');
            self.expr(expr);
            self.sql.push(')');
        } else {
            self.expr(expr);
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        let around = self.hiding;
        self.enter(around.inside(expr));
        self.write_expr(expr);
        self.hiding = around;
    }

    /// Begins a part of the statement, with the hiding of its values.
    pub(super) fn enter(&mut self, hiding: Hiding) {
        self.hiding = hiding;
        self.computes_secret |= hiding == Hiding::All;
    }

    fn write_expr(&mut self, expr: &Expr) {
        if self.grouped.contains(expr) {
            // The value is the same for all rows of a group, which MySQL does not recognise.
            let grouped = std::mem::take(&mut self.grouped);
            self.sql.push_str("any_value(");
            self.expr(expr);
            self.sql.push(')');
            self.grouped = grouped;
            return;
        }
        if let Some((_, name)) = self.named.iter().find(|(named, _)| named == expr) {
            let name = Arc::clone(name);
            return self.quote(&name);
        }
        match expr {
            Expr::Column { source, name, .. } => self.column(source, name),
            Expr::Bind(bind) => self.bind(bind.clone()),
            Expr::Binary(left, op, right) => self.binary(left, *op, right),
            Expr::And(all) if all.is_empty() => self.sql.push_str("1 = 1"),
            Expr::Or(all) if all.is_empty() => self.sql.push_str("1 = 0"),
            Expr::And(all) => self.combined(all, " AND "),
            Expr::Or(all) => self.combined(all, " OR "),
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
                let ranked = self.compares_ranks(low, high);
                self.compared(inner, ranked);
                self.sql.push_str(" BETWEEN ");
                self.compared(low, ranked);
                self.sql.push_str(" AND ");
                self.compared(high, ranked);
            }
            Expr::In(_, list) if list.is_empty() => self.sql.push_str("1 = 0"),
            Expr::In(inner, list) => self.one_of(inner, list),
            Expr::InQuery(..) | Expr::Exists(_)
                if self.optional && self.dialect.loses_optional_conditions() =>
            {
                self.optional = false;
                self.sql.push_str("CASE ");
                self.operand(expr);
                self.sql.push_str(" WHEN TRUE THEN TRUE WHEN FALSE THEN FALSE END");
                self.optional = true;
            }
            Expr::InQuery(inner, select) => {
                self.operand(inner);
                self.sql.push_str(" IN (");
                match self.dialect.pages_in_subqueries(select) {
                    false => self.write_select(select),
                    true => self.rows_of(select),
                }
                self.sql.push(')');
            }
            Expr::RowIn(row, rows) => self.row_in(row, rows),
            Expr::Call(function, arguments) => self.call(function, arguments),
            Expr::All => self.sql.push('*'),
            Expr::Number(number) => self.sql.push_str(&number.to_string()),
            Expr::CountRows => self.sql.push_str("count(*)"),
            Expr::Aggregate { function, of, distinct, filter } => {
                self.aggregate((function, of.as_deref(), *distinct, filter.as_deref()), None);
            }
            Expr::Over(function, window) => match &**function {
                Expr::Aggregate { function, of, distinct, filter } => {
                    self.aggregate((function, of.as_deref(), *distinct, filter.as_deref()), Some(window));
                }
                function => {
                    self.expr(function);
                    self.over(window);
                }
            },
            Expr::Case { whens, otherwise } => {
                self.sql.push_str("CASE");
                for (when, then) in whens {
                    self.sql.push_str(" WHEN ");
                    self.expr(when);
                    self.sql.push_str(" THEN ");
                    self.expr(then);
                }
                if let Some(otherwise) = otherwise {
                    self.sql.push_str(" ELSE ");
                    self.expr(otherwise);
                }
                self.sql.push_str(" END");
            }
            Expr::Cast(inner, kind) => {
                self.sql.push_str("CAST(");
                self.expr(inner);
                self.sql.push_str(" AS ");
                self.sql.push_str(&self.dialect.cast_type(*kind));
                self.sql.push(')');
            }
            Expr::Json { of, path, read } => self.json(of, path, *read),
            Expr::Decimal { of, rounds } => match self.dialect {
                Dialect::Mysql(_) if *rounds => {
                    self.sql.push_str("CAST(");
                    self.expr(of);
                    self.sql.push_str(&format!(" AS {MYSQL_QUOTIENT})"));
                }
                _ => self.operand(of),
            },
            Expr::Exists(select) => {
                self.sql.push_str("EXISTS (");
                self.write_select(select);
                if self.dialect == Dialect::Sqlite && (select.limit, select.offset) == (None, None) {
                    // SQLite 3.51 turns EXISTS into a join and lets OFFSET count the rows that it multiplies; a limit keeps
                    // it from doing so.
                    self.sql.push_str(" LIMIT 1");
                }
                self.sql.push(')');
            }
            Expr::Scalar(select) => {
                let around = std::mem::take(&mut self.optional);
                self.sql.push('(');
                self.write_select(select);
                self.sql.push(')');
                self.optional = around;
            }
            // `check` has found it before.
            Expr::Default(None) => self.sql.push_str("DEFAULT"),
            Expr::Default(Some(text)) => {
                self.sql.push('(');
                self.sql.push_str(text);
                self.sql.push(')');
            }
            Expr::Refused(_) => self.sql.push_str("NULL"),
        }
    }

    /// Conditions with one operator between them. SQLite nests each one in those after it and allows at most 1000 levels, so
    /// long lists are halved with parentheses.
    fn combined(&mut self, all: &[Expr], word: &str) {
        if self.dialect != Dialect::Sqlite || all.len() <= MOST_BESIDE {
            return self.list(all, word, Writer::operand);
        }
        let (first, second) = all.split_at(all.len() / 2);
        self.sql.push('(');
        self.combined(first, word);
        self.sql.push(')');
        self.sql.push_str(word);
        self.sql.push('(');
        self.combined(second, word);
        self.sql.push(')');
    }

    fn binary(&mut self, left: &Expr, op: BinaryOp, right: &Expr) {
        let orders = matches!(op, BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
        let ranked = orders && self.compares_ranks(left, right);
        match (self.dialect, left, right) {
            // Of two placeholders MySQL makes floating-point numbers.
            (Dialect::Mysql(server), Expr::Bind(bind @ Bind { value: Value::Int(_), .. }), Expr::Bind(_))
                if !server.mariadb && !ranked =>
            {
                self.cast(Param::One(bind.clone()), Some("SIGNED".to_owned()));
            }
            _ => self.compared(left, ranked),
        }
        self.sql.push_str(match (op, self.dialect) {
            (BinaryOp::DivideWhole, Dialect::Mysql(_)) => " DIV ",
            _ => op.sql(),
        });
        self.compared(right, ranked);
    }

    /// MySQL sorts a native enum by the position of its label but compares it as a text: `lt` and `gt` have to compare
    /// positions.
    fn compares_ranks(&self, a: &Expr, b: &Expr) -> bool {
        matches!(self.dialect, Dialect::Mysql(_)) && (rank(a).is_some() || rank(b).is_some())
    }

    fn compared(&mut self, expr: &Expr, ranked: bool) {
        match (ranked, rank(expr)) {
            (true, Some(rank)) => self.bind(rank),
            (true, None) => {
                self.sql.push('(');
                self.operand(expr);
                self.sql.push_str(" + 0)");
            }
            (false, _) => self.operand(expr),
        }
    }

    fn function(&mut self, function: &Function) {
        if let Function::Custom(name) = function {
            self.repeatable = false;
            let told = RawEffect::of_function(self.dialect, name);
            self.effect = self.effect.max(told.effect);
            self.changes_connection |= told.changes_connection;
        }
        self.sql.push_str(function.name(self.dialect));
    }

    /// In parentheses, so adjacent operators do not bind to a part of it.
    fn fragment(&mut self, text: &str, arguments: &[Expr]) {
        (self.repeatable, self.has_raw) = (false, true);
        let told = RawEffect::of_expression(self.dialect, text);
        self.effect = self.effect.max(told.effect);
        self.changes_connection |= told.changes_connection;
        let mut arguments = arguments.iter();
        self.sql.push('(');
        for piece in pieces(self.dialect, text) {
            match piece {
                Piece::Text(text) => self.sql.push_str(text),
                Piece::Place => {
                    if let Some(argument) = arguments.next() {
                        self.operand(argument);
                    }
                }
            }
        }
        self.sql.push(')');
    }

    fn call(&mut self, function: &Function, arguments: &[Expr]) {
        match (function, self.dialect) {
            // SQLite has had `concat` only since 3.44, and it takes NULL for an empty text.
            (Function::Concat, Dialect::Sqlite | Dialect::Postgres) => {
                self.sql.push('(');
                self.list(arguments, " || ", Writer::operand);
                self.sql.push(')');
            }
            // One argument would make an aggregate of them.
            (Function::Greatest | Function::Least, Dialect::Sqlite) if arguments.len() == 1 => {
                self.list(arguments, "", Writer::operand);
            }
            // PostgreSQL would leave out what is NULL.
            (Function::Greatest | Function::Least, Dialect::Postgres) => {
                let is_known = |of: &&Expr| matches!(of, Expr::Bind(Bind { value, .. }) if !value.is_null());
                let unknown: Vec<&Expr> = arguments.iter().filter(|of| !is_known(of)).collect();
                self.sql.push_str("CASE WHEN ");
                self.list(&unknown, " AND ", |writer, of| match of {
                    Expr::Bind(_) => writer.sql.push_str("1 = 0"),
                    of => {
                        writer.operand(of);
                        writer.sql.push_str(" IS NOT NULL");
                    }
                });
                self.sql.push_str(if unknown.is_empty() { "1 = 1 THEN " } else { " THEN " });
                self.function(function);
                self.sql.push('(');
                self.list(arguments, ", ", Writer::expr);
                self.sql.push_str(") END");
            }
            // SQLite makes a float of an integer that has no room, and this is the error that it has for one.
            (Function::Whole, Dialect::Sqlite) => {
                self.sql.push_str("CASE typeof(");
                self.list(arguments, "", Writer::expr);
                self.sql.push_str(&format!(") WHEN 'real' THEN abs({}) ELSE ", i64::MIN));
                self.list(arguments, "", Writer::operand);
                self.sql.push_str(" END");
            }
            (Function::Whole, _) => self.list(arguments, "", Writer::operand),
            // The collation of a column may ignore case; MySQL takes that of the first text, and MariaDB that of either.
            (Function::Position, Dialect::Mysql(_)) if arguments.len() == 2 => {
                self.sql.push_str("instr(");
                self.list(arguments, ", ", |writer, text| {
                    writer.sql.push_str("CONVERT(");
                    writer.expr(text);
                    writer.sql.push_str(" USING utf8mb4) COLLATE utf8mb4_bin");
                });
                self.sql.push(')');
            }
            (Function::Time(function, kind), _) => self.time(*function, *kind, arguments),
            (Function::TimeAs(from, to), _) => match arguments {
                [of] => self.time_as(of, *from, *to),
                _ => self.sql.push_str("NULL"),
            },
            (Function::HasText(place), _) => match arguments {
                [of, what] => self.has_text(*place, of, what),
                _ => self.sql.push_str("NULL"),
            },
            (Function::Excluded, _) => self.excluded(arguments),
            (Function::Fragment(text), _) => self.fragment(text, arguments),
            (Function::Operator(operator), _) => {
                self.sql.push('(');
                self.list(arguments, &format!(" {operator} "), Writer::operand);
                self.sql.push(')');
            }
            (Function::TextVector(language) | Function::TextQuery(language), _) => {
                self.function(function);
                // Written out, or an index of the same expression would not be used.
                self.sql.push_str(&format!("('{}', ", language.replace('\'', "''")));
                self.list(arguments, ", ", Writer::expr);
                self.sql.push(')');
            }
            (Function::Right, Dialect::Sqlite) => match arguments {
                [of, characters] => {
                    self.sql.push_str("substr(");
                    self.expr(of);
                    self.sql.push_str(", -");
                    self.expr(characters);
                    self.sql.push_str(", ");
                    self.expr(characters);
                    self.sql.push(')');
                }
                _ => self.sql.push_str("NULL"),
            },
            // PostgreSQL rounds only exact numbers to some places.
            (Function::RoundFloat, Dialect::Postgres) => match arguments {
                [of, places] => {
                    self.sql.push_str("CAST(round(CAST(");
                    self.expr(of);
                    self.sql.push_str(" AS NUMERIC), ");
                    self.expr(places);
                    self.sql.push_str(") AS DOUBLE PRECISION)");
                }
                _ => self.sql.push_str("NULL"),
            },
            _ => {
                self.function(function);
                self.sql.push('(');
                self.list(arguments, ", ", Writer::expr);
                self.sql.push(')');
            }
        }
    }

    fn aggregate(
        &mut self,
        (function, of, distinct, filter): (&Function, Option<&Expr>, bool, Option<&Expr>),
        window: Option<&Window>,
    ) {
        if let (Function::JoinText(between), Dialect::Mysql(_), Some(of)) = (function, self.dialect, of) {
            return self.join_texts(of, between, distinct, filter);
        }
        let cast = match (function, self.dialect) {
            (Function::SumInteger, Dialect::Postgres) => Some("BIGINT"),
            (Function::Smallest(ValueKind::Uuid) | Function::Largest(ValueKind::Uuid), Dialect::Postgres) => {
                Some("UUID")
            }
            (Function::Average, Dialect::Postgres) => Some("DOUBLE PRECISION"),
            (Function::Average, Dialect::Mysql(_)) => Some("DOUBLE"),
            (Function::MeanDecimal, Dialect::Mysql(_)) => Some(MYSQL_QUOTIENT),
            _ => None,
        };
        // Of these PostgreSQL compares any two, but not those of a group; their texts sort alike.
        let (outer, before, behind, end) = match (function, self.dialect) {
            (Function::Smallest(kind) | Function::Largest(kind), Dialect::Postgres) => match kind {
                ValueKind::Uuid => ("", "CAST(", " AS TEXT) COLLATE \"C\"", ""),
                ValueKind::Bytes => ("decode(", "encode(", ", 'hex') COLLATE \"C\"", ", 'hex')"),
                _ => Default::default(),
            },
            _ => Default::default(),
        };
        if cast.is_some() {
            self.sql.push_str("CAST(");
        }
        self.sql.push_str(outer);
        self.function(function);
        self.sql.push_str(if distinct { "(DISTINCT " } else { "(" });
        self.sql.push_str(before);
        let filter = self.aggregated(of, filter);
        self.sql.push_str(behind);
        if let Function::JoinText(between) = function {
            self.sql.push_str(", ");
            self.bind(Value::from(&**between).into());
        }
        self.sql.push(')');
        if let Some(filter) = filter {
            self.sql.push_str(" FILTER (WHERE ");
            self.expr(filter);
            self.sql.push(')');
        }
        if let Some(window) = window {
            self.over(window);
        }
        self.sql.push_str(end);
        if let Some(cast) = cast {
            self.sql.push_str(&format!(" AS {cast})"));
        }
    }

    /// What an aggregate is of; returns the filter that is to follow it. MySQL has no FILTER: what is left out counts as
    /// NULL, which aggregates skip.
    fn aggregated<'e>(&mut self, of: Option<&Expr>, filter: Option<&'e Expr>) -> Option<&'e Expr> {
        let unfiltered = filter.filter(|_| matches!(self.dialect, Dialect::Mysql(_)));
        if let Some(filter) = unfiltered {
            self.sql.push_str("CASE WHEN ");
            self.expr(filter);
            self.sql.push_str(" THEN ");
        }
        match (of, unfiltered) {
            (Some(of), _) => self.expr(of),
            (None, Some(_)) => self.sql.push('1'),
            (None, None) => self.sql.push('*'),
        }
        if unfiltered.is_some() {
            self.sql.push_str(" END");
            return None;
        }
        filter
    }

    /// Joins texts with a separator. MySQL accepts only a literal separator, so a bound one is put before each text and
    /// removed from the first.
    fn join_texts(&mut self, of: &Expr, between: &str, distinct: bool, filter: Option<&Expr>) {
        let between = Bind::from(Value::from(between));
        self.sql.push_str("substring(group_concat(");
        self.sql.push_str(if distinct { "DISTINCT concat(" } else { "concat(" });
        self.bind(between.clone());
        self.sql.push_str(", ");
        self.aggregated(Some(of), filter);
        self.sql.push_str(") SEPARATOR ''), char_length(");
        self.bind(between);
        self.sql.push_str(") + 1)");
    }

    fn over(&mut self, window: &Window) {
        self.sql.push_str(" OVER (");
        if !window.partition.is_empty() {
            self.sql.push_str("PARTITION BY ");
            self.list(&window.partition, ", ", Writer::operand);
        }
        if !window.order.is_empty() {
            self.sql.push_str(if window.partition.is_empty() { "ORDER BY " } else { " ORDER BY " });
            self.list(&window.order, ", ", Writer::order);
        }
        if let Some(Frame { range, from, to }) = window.frame {
            self.sql.push_str(if range { " RANGE BETWEEN " } else { " ROWS BETWEEN " });
            self.bound(from, "PRECEDING");
            self.sql.push_str(" AND ");
            self.bound(to, "FOLLOWING");
        }
        self.sql.push(')');
    }

    fn bound(&mut self, bound: Bound, side: &str) {
        match bound {
            Bound::Unbounded => self.sql.push_str(&format!("UNBOUNDED {side}")),
            Bound::Preceding(rows) => self.sql.push_str(&format!("{rows} PRECEDING")),
            Bound::Current => self.sql.push_str("CURRENT ROW"),
            Bound::Following(rows) => self.sql.push_str(&format!("{rows} FOLLOWING")),
        }
    }
}

/// The place of a label among those of its type, from 1.
fn rank(expr: &Expr) -> Option<Bind> {
    let Expr::Bind(Bind { value: Value::Text(label), secret, kind: Some(ValueKind::Enum(def)) }) = expr
    else {
        return None;
    };
    let place = def.labels.iter().position(|known| *known == &**label)?;
    let place = i64::try_from(place).ok()?.saturating_add(1);
    Some(Bind { value: Value::Int(place), secret: *secret, kind: None })
}
