use crate::error::{Error, ErrorKind, Result};
use crate::model::Selection;
use crate::query::{SelectSpec, names};
use crate::sql::{BinaryOp, Bind, Expr, Item, Nulls, Order, Select, Source};
use crate::value::{Cells, Value};

/// A query in pages, each of which begins after the last row of the one before: what reads a long result where no
/// statement can be read a part at a time.
///
/// The query's order is made unique with the primary key, and a page asks for the rows behind a row's values. Where the
/// order does not say it, NULL comes before every value, as on SQLite and MySQL.
#[derive(Debug)]
pub(super) struct Keyset {
    terms: Vec<Term>,
    /// The values of the terms in the last row so far.
    after: Option<Vec<Value>>,
    /// How many entities the query still has to give.
    left: Option<u64>,
}

/// One term of the order.
#[derive(Debug)]
struct Term {
    order: Order,
    nullable: bool,
    secret: bool,
    /// The column of the model that it is; none for an expression.
    column: Option<usize>,
    /// Whether it is among the model's columns that a row has.
    selected: bool,
    /// The cell it has in a row.
    cell: usize,
}

impl Keyset {
    pub(super) fn new(spec: &SelectSpec) -> Keyset {
        let def = spec.model.def();
        let source = Source::Table(def.table);
        let key = names(def, def.key).map(|name| Order {
            expr: Expr::Column { source: source.clone(), name },
            descending: false,
            nulls: None,
        });
        let selection = Selection::new(spec.model, &spec.undeferred);
        let mut terms: Vec<Term> = Vec::new();
        for order in spec.order.iter().cloned().chain(key) {
            let term = Term::new(order, &selection);
            let repeats = term.column.is_some() && terms.iter().any(|earlier| earlier.column == term.column);
            let unique = def.key.iter().all(|key| terms.iter().any(|earlier| earlier.column == Some(*key)));
            if !repeats && !unique {
                terms.push(term);
            }
        }
        Keyset { terms, after: None, left: spec.limit }
    }

    /// The query of the next page, of at most so many entities; none when the limit of the query is reached.
    pub(super) fn page(&self, mut spec: SelectSpec, entities: usize) -> Option<SelectSpec> {
        let most = u64::try_from(entities).unwrap_or(u64::MAX);
        let most = self.left.map_or(most, |left| left.min(most));
        if most == 0 {
            return None;
        }
        spec.order = self.terms.iter().map(|term| term.order.clone()).collect();
        spec.limit = Some(most);
        if let Some(after) = &self.after {
            spec.offset = None;
            spec.filter = Some(Expr::and(spec.filter.take(), self.behind(after)));
        }
        Some(spec)
    }

    /// Selects the terms that are not among the columns of the model, behind them.
    pub(super) fn select_terms(&mut self, select: &mut Select) {
        for term in self.terms.iter_mut().filter(|term| !term.selected) {
            term.cell = select.columns.len();
            select.columns.push(Item { expr: term.order.expr.clone(), alias: None });
        }
    }

    /// The last row of a full page, and how many rows the page had.
    ///
    /// # Errors
    /// A cell cannot be read.
    pub(super) fn set_last(&mut self, cells: &dyn Cells, rows: u64) -> Result<()> {
        let read = |term: &Term| cells.cell(term.cell).map(|cell| cell.to_value());
        let values: Result<Vec<Value>, _> = self.terms.iter().map(read).collect();
        let unreadable = |error| {
            let text = format!("what a stream sorts by cannot be read: {error}");
            Error::new(ErrorKind::InvalidValue, text).with_source(error)
        };
        self.after = Some(values.map_err(unreadable)?);
        self.left = self.left.map(|left| left.saturating_sub(rows));
        Ok(())
    }

    /// The rows behind a row: equal in the first terms and behind in the next, for each number of terms.
    fn behind(&self, after: &[Value]) -> Expr {
        let mut alternatives = Vec::with_capacity(self.terms.len());
        for (at, (term, value)) in self.terms.iter().zip(after).enumerate() {
            let Some(behind) = term.behind(value) else { continue };
            let equal = self.terms.iter().zip(after).take(at).map(|(term, value)| term.equal(value));
            let mut all: Vec<Expr> = equal.collect();
            all.push(behind);
            alternatives.push(if all.len() == 1 { all.swap_remove(0) } else { Expr::And(all) });
        }
        if alternatives.len() == 1 { alternatives.swap_remove(0) } else { Expr::Or(alternatives) }
    }
}

impl Term {
    fn new(order: Order, selection: &Selection) -> Term {
        let def = selection.def();
        let column = match &order.expr {
            Expr::Column { source: Source::Table(table), name } if *table == def.table => {
                def.columns.iter().position(|column| column.name == *name)
            }
            _ => None,
        };
        let place = column.and_then(|column| selection.place(column));
        let def = column.and_then(|column| def.columns.get(column));
        Term {
            nullable: def.is_none_or(|column| column.nullable),
            secret: def.is_none_or(|column| column.secret),
            selected: place.is_some(),
            cell: place.unwrap_or_default(),
            column,
            order,
        }
    }

    fn equal(&self, value: &Value) -> Expr {
        match value {
            Value::Null => Expr::IsNull(self.expr()),
            value => Expr::Binary(self.expr(), BinaryOp::Eq, Box::new(self.bind(value))),
        }
    }

    /// What comes behind a value; none where nothing does.
    fn behind(&self, value: &Value) -> Option<Expr> {
        let nulls_first = self.order.nulls.map_or(!self.order.descending, |nulls| nulls == Nulls::First);
        if value.is_null() {
            return nulls_first.then(|| Expr::IsNotNull(self.expr()));
        }
        let op = if self.order.descending { BinaryOp::Lt } else { BinaryOp::Gt };
        let behind = Expr::Binary(self.expr(), op, Box::new(self.bind(value)));
        match self.nullable && !nulls_first {
            true => Some(Expr::Or(vec![behind, Expr::IsNull(self.expr())])),
            false => Some(behind),
        }
    }

    fn expr(&self) -> Box<Expr> {
        Box::new(self.order.expr.clone())
    }

    fn bind(&self, value: &Value) -> Expr {
        Expr::Bind(Bind { secret: self.secret, ..Bind::from(value.clone()) })
    }
}
