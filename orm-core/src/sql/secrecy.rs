//! What must not be shown.
//!
//! Secrecy begins at `secret` columns and at values that were bound as secrets, and follows them. An expression is secret
//! if any part of it is. Values that are bound beside a secret in an expression, or in the same column of a union, could
//! reveal it, so they are hidden as well. The database's message about a statement is shown only if nothing secret is
//! bound or computed with.

use std::fmt;

use super::{
    Bind, Conflict, Dialect, Expr, Function, NamedColumn, Param, Select, Shown, Source, Statement, TableRef,
    Writer,
};
use crate::value::{Date, DateTime, Decimal, Time, Timestamp, Uuid, Value, ValueKind};

/// The replacement of hidden values.
const HIDDEN: &str = "***";

/// Whether a column's content must not be shown. It does not count in comparisons: expressions that differ only in it
/// are equal.
#[derive(Debug, Clone, Copy)]
pub struct Secret(pub bool);

impl PartialEq for Secret {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// What is known of the values in the part of a statement that is being written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Hiding {
    /// Nothing: each expression in it is looked at.
    #[default]
    Unknown,
    /// They are part of an expression that is made of nothing secret.
    Nothing,
    /// The values are beside something secret.
    All,
}

impl Hiding {
    /// What is known inside an expression.
    pub(super) fn inside(self, expr: &Expr) -> Hiding {
        match self {
            Hiding::Unknown if expr.combines() => match expr.is_secret() {
                true => Hiding::All,
                false => Hiding::Nothing,
            },
            known => known,
        }
    }

    /// What is known inside a query that is part of an expression.
    pub(super) fn inside_query(self) -> Hiding {
        match self {
            Hiding::All => Hiding::All,
            Hiding::Unknown | Hiding::Nothing => Hiding::Unknown,
        }
    }

    /// What is known inside what a column is set to.
    pub(super) fn assigned(self, column: NamedColumn, value: &Expr) -> Hiding {
        match column.secret || value.is_secret() {
            true => Hiding::All,
            false => self,
        }
    }
}

impl Expr {
    /// Whether what it gives must not be shown: it is made of something that must not be.
    pub fn is_secret(&self) -> bool {
        let mut found = false;
        self.walk(&mut |part| {
            found |= match part {
                Expr::Column { secret, .. } => secret.0,
                Expr::Bind(bind) => bind.secret,
                Expr::RowIn(_, rows) => rows.iter().flatten().any(|bind| bind.secret),
                Expr::Scalar(select) | Expr::InQuery(_, select) => select.is_secret(0),
                Expr::All => true,
                _ => false,
            };
        });
        found
    }

    /// Whether its parts have to do with each other. Those of a conjunction do not, nor does a query that is only asked
    /// whether it finds a row.
    fn combines(&self) -> bool {
        !matches!(
            self,
            Expr::Column { .. }
                | Expr::Bind(_)
                | Expr::And(_)
                | Expr::Or(_)
                | Expr::Not(_)
                | Expr::All
                | Expr::Number(_)
                | Expr::CountRows
                | Expr::Exists(_)
                | Expr::Refused(_)
        )
    }

    /// Whether anything in it is secret, also what its value is not made of.
    pub(super) fn mentions_secret(&self) -> bool {
        let mut found = self.is_secret();
        self.walk(&mut |part| found = found || part.query().is_some_and(|select| select.mixes_secret(false)));
        found
    }

    /// Whether it reads a value that was bound in another query.
    fn reads_bound(&self) -> bool {
        let mut found = false;
        self.walk(&mut |part| {
            found |= match part {
                Expr::Column { source, name, .. } => source.gives_bound(name),
                _ => false,
            };
        });
        found
    }

    /// Whether raw SQL is a part of it, which may read any column.
    fn is_raw(&self) -> bool {
        let mut found = false;
        self.walk(&mut |part| {
            found |= match part {
                Expr::Call(Function::Fragment(_), _) => true,
                Expr::Scalar(select) | Expr::InQuery(_, select) => select.is_raw(0),
                Expr::Column { source, name, .. } => source.gives_raw(name),
                _ => false,
            };
        });
        found
    }

    fn has_bind(&self) -> bool {
        let mut found = false;
        self.walk(&mut |part| found |= matches!(part, Expr::Bind(_)));
        found
    }
}

impl Select {
    /// Whether what it returns at a place must not be shown.
    pub fn is_secret(&self, at: usize) -> bool {
        let own = match &self.left {
            Some(left) => left.is_secret(at),
            None => self.columns.get(at).is_some_and(|item| item.expr.is_secret()),
        };
        own || self.set.iter().any(|(_, select)| select.is_secret(at))
    }

    /// Whether something secret in it has to do with something else. A column that it lists has not, but for that of a
    /// union, which others share.
    pub(super) fn mixes_secret(&self, shared: bool) -> bool {
        let shared = shared || self.left.is_some() || !self.set.is_empty();
        let mut found = false;
        self.visit_expressions(&mut |expr| {
            let is_listed = !shared && matches!(expr, Expr::Column { .. });
            found = found || (!is_listed && expr.mentions_secret());
        });
        let mut operands = self.left.as_deref().into_iter().chain(self.set.iter().map(|(_, select)| select));
        let of_table = |table: &TableRef| table.as_query().is_some_and(|select| select.mixes_secret(false));
        found || operands.any(|select| select.mixes_secret(true)) || self.tables().into_iter().any(of_table)
    }

    /// Whether a column that it returns under a name must not be shown.
    fn holds_secret(&self, name: &str) -> bool {
        self.place(name).is_some_and(|at| self.is_secret(at))
    }

    /// Whether what it returns at a place has a value in it that was bound.
    fn has_bind(&self, at: usize) -> bool {
        let own = match &self.left {
            Some(left) => left.has_bind(at),
            None => self.columns.get(at).is_some_and(|item| item.expr.has_bind() || item.expr.reads_bound()),
        };
        own || self.set.iter().any(|(_, select)| select.has_bind(at))
    }

    /// Whether raw SQL is a part of what it returns at a place.
    fn is_raw(&self, at: usize) -> bool {
        let own = match &self.left {
            Some(left) => left.is_raw(at),
            None => self.columns.get(at).is_some_and(|item| item.expr.is_raw()),
        };
        own || self.set.iter().any(|(_, select)| select.is_raw(at))
    }

    /// The place of a column that it returns under a name.
    fn place(&self, name: &str) -> Option<usize> {
        let first = self.left.as_deref().map_or(self, Select::first);
        let is_named = |item: &super::Item| match (&item.alias, &item.expr) {
            (Some(alias), _) => **alias == *name,
            (None, Expr::Column { name: own, .. }) => *own == name,
            (None, _) => false,
        };
        first.columns.iter().position(is_named)
    }

    /// The query that names the columns of a union.
    fn first(&self) -> &Select {
        self.left.as_deref().map_or(self, Select::first)
    }
}

impl TableRef {
    /// The query that it is, if it is one.
    fn as_query(&self) -> Option<&Select> {
        match self {
            TableRef::Query { select, .. } => Some(select),
            TableRef::Cte { cte, .. } => cte.as_ref().map(|cte| &cte.select),
            TableRef::Table { .. } | TableRef::Nested { .. } => None,
        }
    }
}

impl Source {
    /// Whether it is a query in which a column of that name must not be shown.
    pub(super) fn holds_secret(&self, name: &str) -> bool {
        let Source::Defined(table) = self else { return false };
        match &**table {
            TableRef::Cte { cte: Some(cte), .. } if cte.hides => true,
            table => table.as_query().is_some_and(|select| select.holds_secret(name)),
        }
    }
}

impl Source {
    /// Whether it is a query that gives a value under that name which was bound there.
    fn gives_bound(&self, name: &str) -> bool {
        self.gives(name).is_some_and(|(select, at)| select.has_bind(at))
    }

    /// Whether it is a query that gives under that name what raw SQL is a part of.
    fn gives_raw(&self, name: &str) -> bool {
        self.gives(name).is_some_and(|(select, at)| select.is_raw(at))
    }

    /// The query that it is, and the place of its column with that name.
    fn gives(&self, name: &str) -> Option<(&Select, usize)> {
        let Source::Defined(table) = self else { return None };
        let select = table.as_query()?;
        Some((select, select.place(name)?))
    }
}

impl Shown {
    /// What may be shown of the rows of a SELECT: nothing that is made of something secret, or of raw SQL, if it has any.
    /// Where it mixes something secret with other values, nothing that another query gives it of a value that was bound: it
    /// may be that of the secret.
    pub(super) fn of_mixed(select: &Select, mixes: bool, has_raw: bool) -> Shown {
        let given = |at: usize| mixes && select.columns.get(at).is_some_and(|item| item.expr.reads_bound());
        let raw = |at: usize| has_raw && select.is_raw(at);
        Shown::of((0..select.width()).map(|at| select.is_secret(at) || given(at) || raw(at)))
    }
}

impl Statement {
    /// Whether the database's messages about the statement must not be shown, because they may quote something secret.
    pub fn is_secret(&self) -> bool {
        self.computes_secret || self.params.iter().any(Param::is_secret)
    }
}

impl Param {
    /// Whether it must not be shown.
    pub fn is_secret(&self) -> bool {
        match self {
            Param::One(bind) | Param::Padding(bind) => bind.secret,
            Param::Many { secret, .. } => *secret,
        }
    }

    /// Hides it from now on.
    pub(super) fn hide(&mut self) {
        match self {
            Param::One(bind) | Param::Padding(bind) => bind.secret = true,
            Param::Many { secret, .. } => *secret = true,
        }
    }

    /// The same, with some other value of the same kind in the place of a secret one: for a statement that is only looked
    /// at, by a database that repeats what it was given.
    #[must_use]
    pub fn without_secret(self) -> Param {
        match self {
            Param::One(bind) if bind.secret => {
                Param::One(Bind { value: stand_in(&bind.value, bind.kind), ..bind })
            }
            Param::Padding(bind) if bind.secret => {
                Param::Padding(Bind { value: stand_in(&bind.value, bind.kind), ..bind })
            }
            Param::Many { kind, values, secret: true } => {
                let values = values.iter().map(|value| stand_in(value, kind)).collect();
                Param::Many { kind, values, secret: true }
            }
            shown => shown,
        }
    }
}

const MIDNIGHT: DateTime = DateTime { date: Date::from_days(0), time: Time::MIDNIGHT };

/// A value that every database takes where it takes the other one. The text is a number, as one may be asked for.
fn stand_in(value: &Value, kind: Option<ValueKind>) -> Value {
    match (value, kind) {
        (Value::Text(_), Some(ValueKind::Enum(def))) => {
            Value::from(def.labels.first().copied().unwrap_or("0"))
        }
        (Value::Null | Value::Unfit(_) | Value::NotLoaded, _) => value.clone(),
        (Value::Bool(_), _) => Value::Bool(false),
        (Value::Int(_) | Value::UInt(_), _) => Value::Int(0),
        (Value::Float(_), _) => Value::Float(0.0),
        (Value::Text(_), _) => Value::from("0"),
        (Value::Bytes(_), _) => Value::Bytes(Vec::new()),
        (Value::Date(_), _) => Value::Date(Date::from_days(0)),
        (Value::Time(_), _) => Value::Time(Time::MIDNIGHT),
        (Value::DateTime(_), _) => Value::DateTime(MIDNIGHT),
        (Value::Timestamp(_), _) => Value::Timestamp(Timestamp(MIDNIGHT)),
        (Value::Decimal(_), _) => Value::Decimal(Decimal::ZERO),
        (Value::Uuid(_), _) => Value::Uuid(Uuid([0; 16])),
        (Value::Json(_), _) => Value::Json("0".to_owned()),
        (Value::Array(values), _) => Value::Array(values.iter().map(|value| stand_in(value, None)).collect()),
    }
}

/// The value as text, or `***`.
impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Param::One(bind) | Param::Padding(bind) if bind.secret => f.write_str(HIDDEN),
            Param::One(bind) | Param::Padding(bind) => bind.value.fmt(f),
            Param::Many { secret: true, values, .. } => write!(f, "[{HIDDEN} x {}]", values.len()),
            Param::Many { values, .. } => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", values.join(", "))
            }
        }
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.secret {
            true => f.write_str(HIDDEN),
            false => self.value.fmt(f),
        }
    }
}

/// With what secret columns are set to hidden.
impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnConflict")
            .field("columns", &self.columns)
            .field("set", &Writer::assigned(Dialect::Sqlite, &self.set))
            .field("filter", &self.filter)
            .finish()
    }
}

/// The SQL with its values.
impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)?;
        match self.params.is_empty() {
            true => Ok(()),
            false => write!(f, " {:?}", self.params),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{
        BinaryOp, Bind, Cte, Dialect, Expr, Function, Item, Select, SetOp, Source, TableName, TableRef,
        Writer,
    };
    use crate::value::Value;

    const USERS: TableName = TableName::new("users");

    fn column(name: &'static str, secret: bool) -> Expr {
        Expr::column_of(&Source::Table(USERS), name, secret)
    }

    fn bind(text: &str) -> Expr {
        Expr::Bind(Bind::from(Value::from(text)))
    }

    fn select(columns: Vec<Item>) -> Select {
        Select { columns, ..Select::from(TableRef::table(USERS)) }
    }

    fn named(expr: Expr, alias: &str) -> Item {
        Item { expr, alias: Some(alias.into()) }
    }

    fn params(select: &Select) -> Vec<String> {
        Writer::select(Dialect::Sqlite, select).params.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_stands_beside_a_secret_is_hidden() {
        let mut query = select(vec![named(column("id", false), "id")]);
        query.and_where(Expr::eq(column("name", false), bind("jack")));
        query.and_where(Expr::eq(bind("hush"), column("password", true)));
        assert_eq!(params(&query), ["\"jack\"", "***"]);
        let shown = format!("{:?}", Expr::eq(bind("hush"), column("password", true)));
        assert_eq!(shown, "? = \"users\".\"password\" [***]");
    }

    #[test]
    fn a_value_in_a_place_of_a_union_that_a_secret_fills_is_hidden() {
        let mut query = select(vec![named(bind("hush"), "it")]);
        query.set.push((SetOp::UnionAll, select(vec![named(column("password", true), "it")])));
        assert_eq!(params(&query), ["***"]);
        assert_eq!(format!("{query:?}").matches("hush").count(), 0);
    }

    #[test]
    fn a_value_that_a_subquery_gives_to_be_compared_with_a_secret_is_hidden() {
        let inner = select(vec![named(bind("hush"), "it")]);
        let table = TableRef::query(inner, "d");
        let given = Expr::column_of(&Source::Defined(Arc::new(table.clone())), "it", false);
        let mut query = Select { columns: vec![named(column("id", false), "id")], ..Select::from(table) };
        query.and_where(Expr::eq(given, column("password", true)));
        query.and_where(Expr::eq(column("name", false), bind("jack")));
        assert_eq!(params(&query), ["***", "\"jack\""]);
    }

    #[test]
    fn a_column_of_a_query_is_what_the_query_returns() {
        let inner = select(vec![named(column("password", true), "it"), named(column("name", false), "name")]);
        let source = Source::Defined(Arc::new(TableRef::query(inner, "d")));
        assert!(Expr::column(&source, "it").is_secret() && !Expr::column(&source, "name").is_secret());
        let longer =
            Expr::Binary(Box::new(Expr::column(&source, "it")), BinaryOp::Add, Box::new(bind("hush")));
        assert!(!format!("{longer:?}").contains("hush"));
    }

    #[test]
    fn what_a_fragment_is_part_of_is_not_shown() {
        let fragment = || Expr::Call(Function::Fragment("(SELECT password FROM users)"), Vec::new());
        let shown = |select: &Select| {
            let shown = Writer::select(Dialect::Sqlite, select).shown;
            (0..select.columns.len()).map(|at| shown.shows(at)).collect::<Vec<_>>()
        };
        let joined = Expr::Binary(Box::new(column("name", false)), BinaryOp::Add, Box::new(fragment()));
        let own = select(vec![named(column("name", false), "name"), named(joined, "joined")]);
        assert_eq!(shown(&own), [true, false]);
        let table = TableRef::query(own.clone(), "d");
        let source = Source::Defined(Arc::new(table.clone()));
        let columns = ["name", "joined"].map(|name| named(Expr::column(&source, name), name));
        assert_eq!(shown(&Select { columns: columns.into(), ..Select::from(table) }), [true, false]);
        let scalar = select(vec![named(Expr::Scalar(Box::new(select(vec![named(fragment(), "it")]))), "it")]);
        assert_eq!(shown(&scalar), [false]);
        let mut union = select(vec![named(column("name", false), "it")]);
        union.set.push((SetOp::UnionAll, select(vec![named(fragment(), "it")])));
        assert_eq!(shown(&union), [false]);
        let mut filtered = select(vec![named(column("name", false), "name")]);
        filtered.and_where(fragment());
        assert_eq!(shown(&filtered), [true]);
    }

    #[test]
    fn a_recursion_that_becomes_secret_hides_all_of_itself() {
        let cte = |hides| {
            let cte = Cte {
                name: "r".into(),
                recursive: true,
                hides,
                select: select(vec![named(bind("hush"), "it")]),
            };
            TableRef::Cte { cte: Some(Arc::new(cte)), name: "r".into(), alias: None }
        };
        let query = |hides| Select { columns: vec![named(Expr::Number(1), "n")], ..Select::from(cte(hides)) };
        assert_eq!(
            (params(&query(false)), params(&query(true))),
            (vec!["\"hush\"".to_owned()], vec!["***".to_owned()])
        );
    }
}
