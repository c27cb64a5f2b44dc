//! Writes functions of dates and times.

use super::Writer;
use crate::sql::{Bind, Dialect, Expr, TimeFunction, TimePart, TimeUnit};
use crate::value::{Value, ValueKind};

/// Where a part is in a text that begins with a day, from 1, and how long it is.
fn place(part: TimePart) -> (usize, usize) {
    match part {
        TimePart::Of(TimeUnit::Year) => (1, 4),
        TimePart::Of(TimeUnit::Month) => (6, 2),
        TimePart::Of(TimeUnit::Day) => (9, 2),
        TimePart::Of(TimeUnit::Hour) => (TIME, 2),
        TimePart::Of(TimeUnit::Minute) => (TIME + 3, 2),
        TimePart::Of(TimeUnit::Second) => (TIME + 6, 2),
        TimePart::Weekday | TimePart::DayOfYear => (1, 10),
    }
}

/// The position at which the time begins in such a text.
const TIME: usize = 12;

/// How long a text of a time is without a fraction.
const TIME_LENGTH: usize = 8;

/// Functions of dates and times. SQLite's work on parts of the text: its own know milliseconds and round.
impl Writer {
    pub(super) fn time(&mut self, function: TimeFunction, kind: ValueKind, arguments: &[Expr]) {
        match (function, arguments) {
            (TimeFunction::Now, _) => self.now(kind),
            (TimeFunction::Part(part), [of]) => self.part(part, kind, of),
            (TimeFunction::Truncate(unit), [of]) => self.truncate(unit, kind, of),
            (TimeFunction::Add(unit, count), [of]) => self.add_time(unit, count, kind, of),
            (TimeFunction::Keep(digits), [of]) => self.keep(digits, kind, of),
            _ => self.sql.push_str("NULL"),
        }
    }

    /// Servers round or cut what is assigned to a column, and SQLite stores the text as it is.
    fn keep(&mut self, digits: u8, kind: ValueKind, of: &Expr) {
        if self.dialect != Dialect::Sqlite {
            return self.operand(of);
        }
        let whole = if kind == ValueKind::Time { TIME_LENGTH } else { TIME + TIME_LENGTH - 1 };
        if digits == 0 {
            return self.substring(of, 1, Some(whole));
        }
        self.sql.push('(');
        self.substring(of, 1, Some(whole));
        self.sql.push_str(" || rtrim(");
        self.substring(of, whole + 1, Some(usize::from(digits) + 1));
        self.sql.push_str(", '0.'))");
    }

    fn now(&mut self, kind: ValueKind) {
        // It is later when the statement runs again.
        self.repeatable = false;
        // Without zeros at the end of the fraction, as all texts of times are.
        const SQLITE: [&str; 2] = ["rtrim(rtrim(strftime('", "', 'now'), '0'), '.')"];
        let text = match (self.dialect, kind) {
            (Dialect::Sqlite, ValueKind::Date) => "date('now')".to_owned(),
            (Dialect::Sqlite, ValueKind::Time) => SQLITE.join("%H:%M:%f"),
            (Dialect::Sqlite, _) => SQLITE.join("%Y-%m-%d %H:%M:%f"),
            (Dialect::Postgres, ValueKind::Timestamp) => "CURRENT_TIMESTAMP".to_owned(),
            (Dialect::Postgres, kind) => {
                format!("CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS {})", self.dialect.cast_type(kind))
            }
            (Dialect::Mysql(_), ValueKind::Date) => "UTC_DATE()".to_owned(),
            (Dialect::Mysql(_), ValueKind::Time) => "UTC_TIME(6)".to_owned(),
            (Dialect::Mysql(_), _) => "UTC_TIMESTAMP(6)".to_owned(),
        };
        self.sql.push_str(&text);
    }

    fn part(&mut self, part: TimePart, kind: ValueKind, of: &Expr) {
        match self.dialect {
            Dialect::Sqlite => {
                let (mut from, length) = place(part);
                if kind == ValueKind::Time {
                    from = from.saturating_sub(TIME - 1);
                }
                let (before, behind) = match part {
                    // Sunday is 0.
                    TimePart::Weekday => ("((CAST(strftime('%w', ", ") AS INTEGER) + 6) % 7 + 1)"),
                    TimePart::DayOfYear => ("CAST(strftime('%j', ", ") AS INTEGER)"),
                    _ => ("CAST(", " AS INTEGER)"),
                };
                self.sql.push_str(before);
                self.substring(of, from, Some(length));
                self.sql.push_str(behind);
            }
            Dialect::Postgres => {
                self.sql.push_str("CAST(floor(EXTRACT(");
                self.sql.push_str(match part {
                    TimePart::Of(unit) => unit.name(),
                    TimePart::Weekday => "ISODOW",
                    TimePart::DayOfYear => "DOY",
                });
                self.sql.push_str(" FROM ");
                self.local(of, kind);
                self.sql.push_str(")) AS BIGINT)");
            }
            Dialect::Mysql(_) => {
                let (before, behind) = match part {
                    TimePart::Of(unit) => (format!("EXTRACT({} FROM ", unit.name()), ")"),
                    TimePart::Weekday => ("(weekday(".to_owned(), ") + 1)"),
                    TimePart::DayOfYear => ("dayofyear(".to_owned(), ")"),
                };
                self.sql.push_str(&before);
                self.expr(of);
                self.sql.push_str(behind);
            }
        }
    }

    fn truncate(&mut self, unit: TimeUnit, kind: ValueKind, of: &Expr) {
        // How much of a text is kept, and what is appended.
        let (kept, rest) = match unit {
            TimeUnit::Year => (4, "-01-01 00:00:00"),
            TimeUnit::Month => (7, "-01 00:00:00"),
            TimeUnit::Day => (10, " 00:00:00"),
            TimeUnit::Hour => (13, ":00:00"),
            TimeUnit::Minute => (16, ":00"),
            TimeUnit::Second => (19, ""),
        };
        let rest = if kind == ValueKind::Date { rest.trim_end_matches(" 00:00:00") } else { rest };
        match (self.dialect, kind) {
            (Dialect::Sqlite, _) => {
                self.sql.push('(');
                self.substring(of, 1, Some(kept));
                self.sql.push_str(&format!(" || '{rest}')"));
            }
            (Dialect::Postgres, ValueKind::Date) => {
                self.sql.push_str(&format!("CAST(date_trunc('{}', CAST(", unit.name().to_lowercase()));
                self.expr(of);
                self.sql.push_str(" AS TIMESTAMP)) AS DATE)");
            }
            (Dialect::Postgres, _) => {
                self.sql.push_str(&format!("date_trunc('{}', ", unit.name().to_lowercase()));
                self.expr(of);
                self.sql.push_str(if kind == ValueKind::Timestamp { ", 'UTC')" } else { ")" });
            }
            (Dialect::Mysql(_), _) => {
                let all = ["%Y", "-%m", "-%d", " %H", ":%i", ":%s"];
                let format = all.iter().take(1 + unit as usize).copied().collect::<String>();
                self.sql.push_str("CAST(date_format(");
                self.expr(of);
                self.sql.push_str(&format!(", '{format}{rest}') AS {})", self.dialect.cast_type(kind)));
            }
        }
    }

    fn add_time(&mut self, unit: TimeUnit, count: i32, kind: ValueKind, of: &Expr) {
        let words = format!("{count:+} {}", unit.name().to_lowercase());
        match (self.dialect, kind) {
            (Dialect::Sqlite, _) => {
                let below = unit.is_below_day();
                let (function, kept) =
                    if below { ("strftime('%Y-%m-%d %H:%M:%S', ", 19) } else { ("date(", 10) };
                self.sql.push('(');
                self.sql.push_str(function);
                self.substring(of, 1, Some(kept));
                self.sql.push_str(", ");
                self.bind(Bind::from(Value::from(words)));
                // The last day of a month without such a day, as on the other databases.
                self.sql.push_str(if below { ")" } else { ", 'floor')" });
                if kind != ValueKind::Date {
                    self.sql.push_str(" || ");
                    self.substring(of, kept + 1, None);
                }
                self.sql.push(')');
            }
            (Dialect::Postgres, _) => {
                let (before, behind) = match kind {
                    ValueKind::Date => ("CAST((", ") AS DATE)"),
                    ValueKind::Timestamp => ("((", ") AT TIME ZONE 'UTC')"),
                    _ => ("(", ")"),
                };
                self.sql.push_str(before);
                self.local(of, kind);
                self.sql.push_str(" + CAST(");
                self.bind(Bind::from(Value::from(words)));
                self.sql.push_str(" AS INTERVAL)");
                self.sql.push_str(behind);
            }
            (Dialect::Mysql(_), _) => {
                self.sql.push_str("date_add(");
                self.expr(of);
                self.sql.push_str(", INTERVAL ");
                self.bind(Bind::from(Value::Int(count.into())));
                self.sql.push_str(&format!(" {})", unit.name()));
            }
        }
    }

    /// A date or time as one of another kind; `None` if the database converts implicitly.
    pub(super) fn time_as(&mut self, of: &Expr, from: ValueKind, to: ValueKind) {
        match (self.dialect, from, to) {
            (_, from, to) if from == to => self.expr(of),
            (Dialect::Sqlite, _, ValueKind::Date) => self.substring(of, 1, Some(10)),
            (Dialect::Sqlite, _, ValueKind::Time) => self.substring(of, TIME, None),
            (Dialect::Sqlite, ValueKind::Date, _) => {
                self.sql.push('(');
                self.operand(of);
                self.sql.push_str(" || ' 00:00:00')");
            }
            (Dialect::Sqlite, ..) => self.expr(of),
            (Dialect::Postgres, from, to) => {
                let instant = to == ValueKind::Timestamp;
                let local = if instant { ValueKind::DateTime } else { to };
                self.sql.push_str(if instant { "(CAST(" } else { "CAST(" });
                self.local(of, from);
                self.sql.push_str(&format!(" AS {})", self.dialect.cast_type(local)));
                self.sql.push_str(if instant { " AT TIME ZONE 'UTC')" } else { "" });
            }
            (Dialect::Mysql(_), ..) => {
                self.sql.push_str("CAST(");
                self.expr(of);
                self.sql.push_str(&format!(" AS {})", self.dialect.cast_type(to)));
            }
        }
    }

    /// What PostgreSQL computes with: of an instant day and time in UTC, and not in the time zone of the session.
    fn local(&mut self, of: &Expr, kind: ValueKind) {
        if kind != ValueKind::Timestamp {
            return self.operand(of);
        }
        self.sql.push('(');
        self.operand(of);
        self.sql.push_str(" AT TIME ZONE 'UTC')");
    }

    fn substring(&mut self, of: &Expr, from: usize, length: Option<usize>) {
        self.sql.push_str("substr(");
        self.expr(of);
        self.sql.push_str(&format!(", {from}"));
        if let Some(length) = length {
            self.sql.push_str(&format!(", {length}"));
        }
        self.sql.push(')');
    }
}
