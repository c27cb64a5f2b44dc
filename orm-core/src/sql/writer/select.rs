//! Writes SELECT.

use std::sync::Arc;

use super::Writer;
use crate::error::ErrorKind;
use crate::sql::secrecy::Hiding;
use crate::sql::{
    Alias, Bind, Cte, Dialect, Effect, Expr, Item, Join, JoinKind, Lock, LockWait, Nulls, Order, Param,
    Select, SetOp, Source, TableName, TableRef,
};
use crate::value::{Value, ValueKind};

/// What an operand of UNION is called that is a subquery.
const OPERAND: &str = "_set";

/// The name, followed by a number, of a selected expression that has none and needs one.
const SELECTED: &str = "_selected";

/// SELECT.
impl Writer {
    pub(super) fn write_select(&mut self, select: &Select) {
        let (shares, hiding) = (self.shares, self.hiding);
        self.hiding = hiding.inside_query();
        // The outer query may compare the result with a secret.
        let gives = std::mem::take(&mut self.gives) || select.left.is_some() || !select.set.is_empty();
        self.shares |= select.distinct || !select.group.is_empty();
        let around = std::mem::take(&mut self.grouped);
        self.depth += 1;
        let has_ctes = self.depth == 1 && self.with(select);
        let sight = self.names.enter(select);
        self.grouped = self.grouped_by_values(&select.group);
        let named = std::mem::take(&mut self.named);
        let names = self.named_in_order(select);
        match &select.left {
            Some(left) => self.set_operand(left),
            None => self.core(select, &names, gives),
        }
        if !select.set.is_empty() {
            // They do not see each other's tables.
            self.names.leave(sight);
        }
        for (op, operand) in &select.set {
            self.sql.push_str(match op {
                SetOp::Union => " UNION ",
                SetOp::UnionAll => " UNION ALL ",
                SetOp::Intersect => " INTERSECT ",
                SetOp::Except => " EXCEPT ",
            });
            self.set_operand(operand);
        }
        self.named = names;
        self.order_by(&select.order);
        self.named = named;
        self.page(select.limit, select.offset);
        if let Some(lock) = &select.lock {
            self.lock(lock);
        }
        self.names.leave(sight);
        if has_ctes {
            self.names.forget_ctes();
        }
        self.depth -= 1;
        self.hiding = hiding;
        self.shares = shares;
        self.grouped = around;
    }

    /// Terms of GROUP BY with values in them. To MySQL no two placeholders are the same, and so no two expressions with
    /// one are.
    fn grouped_by_values(&self, group: &[Expr]) -> Vec<Expr> {
        group.iter().filter(|expr| self.loses(expr)).cloned().collect()
    }

    /// What is selected with values in it and ordered by, as the order can name it.
    fn named_in_order(&self, select: &Select) -> Vec<(Expr, Arc<str>)> {
        if !select.distinct || !select.set.is_empty() || select.left.is_some() {
            return Vec::new();
        }
        let ordered = |expr: &Expr| select.order.iter().any(|term| term.expr == *expr);
        let items = select.columns.iter().enumerate();
        items
            .filter(|(_, item)| ordered(&item.expr) && self.loses(&item.expr))
            .map(|(at, item)| {
                let name = item.alias.clone().unwrap_or_else(|| format!("{SELECTED}{at}").into());
                (item.expr.clone(), name)
            })
            .collect()
    }

    /// Whether the database would not know an expression again.
    fn loses(&self, expr: &Expr) -> bool {
        let by_place = matches!(self.dialect, Dialect::Mysql(server) if !server.mariadb);
        by_place && {
            let mut asks = false;
            expr.walk(&mut |part| asks |= part.query().is_some());
            let mut alone = Writer::new(self.dialect);
            alone.expr(expr);
            asks || !alone.params.is_empty()
        }
    }

    /// The common table expressions that the outermost SELECT uses, wherever in it; returns whether there are any.
    fn with(&mut self, select: &Select) -> bool {
        let mut used = Used::default();
        used.gather(select);
        let Used { ctes, tables } = used;
        if ctes.is_empty() {
            return false;
        }
        self.names.name_ctes(&ctes, &tables);
        let recursive = ctes.iter().any(|cte| cte.recursive);
        self.sql.push_str(if recursive { "WITH RECURSIVE " } else { "WITH " });
        self.list(&ctes, ", ", |writer, cte| {
            writer.cte(Some(cte), &cte.name);
            writer.sql.push_str(" AS (");
            let around = writer.hiding;
            if cte.hides {
                writer.enter(Hiding::All);
            }
            writer.names.begin_cte(cte);
            writer.given(&cte.select);
            writer.names.end_cte();
            writer.hiding = around;
            writer.sql.push(')');
        });
        self.sql.push(' ');
        true
    }

    /// A subquery of FROM, which does not see the tables beside it.
    fn beside(&mut self, select: &Select) {
        let sight = self.names.beside();
        self.given(select);
        self.names.leave(sight);
    }

    /// The name of a common table expression; returns what it would be called by its own.
    fn cte(&mut self, cte: Option<&Arc<Cte>>, name: &str) -> bool {
        match self.names.cte(cte, name) {
            Some(found) => {
                self.quote(&found);
                *found == *name
            }
            None => {
                self.quote(name);
                true
            }
        }
    }

    /// A SELECT whose columns another one takes.
    fn given(&mut self, select: &Select) {
        self.gives = true;
        self.write_select(select);
    }

    fn core(&mut self, select: &Select, names: &[(Expr, Arc<str>)], gives: bool) {
        self.sql.push_str("SELECT ");
        if !select.distinct_on.is_empty() {
            self.sql.push_str("DISTINCT ON (");
            self.list(&select.distinct_on, ", ", Writer::operand);
            self.sql.push_str(") ");
        } else if select.distinct {
            self.sql.push_str("DISTINCT ");
        }
        if select.columns.is_empty() {
            self.sql.push('1');
        }
        let around = self.hiding;
        self.list(&select.columns, ", ", |writer, item| {
            if gives && writer.secrets {
                writer.hiding = Hiding::All;
            }
            writer.item(item);
            writer.hiding = around;
            let name = names.iter().find(|(expr, _)| item.alias.is_none() && *expr == item.expr);
            if let Some((_, name)) = name {
                writer.sql.push_str(" AS ");
                writer.quote(name);
            }
        });
        if let Some(from) = &select.from {
            self.sql.push_str(" FROM ");
            self.locked_table(from, select.lock.as_ref());
        }
        let grouped = std::mem::take(&mut self.grouped);
        select.joins.iter().for_each(|join| self.join(join));
        self.filter(select.filter.as_ref());
        if !select.group.is_empty() {
            self.sql.push_str(" GROUP BY ");
            self.list(&select.group, ", ", Writer::operand);
        }
        self.grouped = grouped;
        if let Some(having) = &select.having {
            self.sql.push_str(" HAVING ");
            self.expr(having);
        }
    }

    fn set_operand(&mut self, select: &Select) {
        if select.is_plain_operand() {
            let sight = self.names.enter(select);
            self.core(select, &[], true);
            return self.names.leave(sight);
        }
        self.rows_of(select);
    }

    /// A SELECT of what another one gives.
    pub(super) fn rows_of(&mut self, select: &Select) {
        self.sql.push_str("SELECT * FROM (");
        self.given(select);
        self.sql.push_str(") AS ");
        self.quote(OPERAND);
    }

    fn item(&mut self, item: &Item) {
        self.expr(&item.expr);
        if let Some(alias) = &item.alias {
            self.sql.push_str(" AS ");
            self.quote(alias);
        }
    }

    /// The first table of a SELECT that may lock. MySQL locks the rows of a subquery only if the subquery has its own
    /// lock clause.
    fn locked_table(&mut self, table: &TableRef, lock: Option<&Lock>) {
        let locks = |lock: &&Lock| lock.of.as_ref().is_none_or(|of| Some(of) == table.source().as_ref());
        match (table, lock.filter(locks), self.dialect) {
            (TableRef::Query { select, alias, lateral: false }, Some(lock), Dialect::Mysql(_)) => {
                self.sql.push('(');
                self.beside(select);
                if select.lock.is_none() {
                    self.lock(lock);
                }
                self.sql.push(')');
                self.alias(alias);
            }
            _ => self.table(table),
        }
    }

    fn table(&mut self, table: &TableRef) {
        match table {
            TableRef::Table { name, alias } => {
                if self.table == Some(*name) && self.dialect.refuses_its_own_table() {
                    // The limit keeps what is in the parentheses apart from the statement around it.
                    self.sql.push_str("(SELECT * FROM ");
                    self.name(*name);
                    self.sql.push_str(" LIMIT 18446744073709551615)");
                } else {
                    self.name(*name);
                }
                match (alias, self.names.renamed(*name)) {
                    (Some(alias), _) => self.alias(alias),
                    (None, Some(renamed)) => self.called_as(&renamed),
                    (None, None) => {}
                }
            }
            TableRef::Query { select, alias, lateral } => {
                if *lateral {
                    self.sql.push_str("LATERAL (");
                    self.given(select);
                } else {
                    self.sql.push('(');
                    self.beside(select);
                }
                self.sql.push(')');
                self.alias(alias);
            }
            TableRef::Cte { cte, name, alias } => {
                let is_own = self.cte(cte.as_ref(), name);
                let source = Source::Alias(Arc::clone(alias.as_ref().unwrap_or(name)));
                if alias.is_some() || !is_own || self.names.of(&source) != &**name {
                    self.alias(&Alias::Given(source.name().into()));
                }
            }
            TableRef::Nested { first, joins } => {
                self.sql.push('(');
                self.table(first);
                joins.iter().for_each(|join| self.join(join));
                self.sql.push(')');
            }
        }
    }

    fn alias(&mut self, alias: &Alias) {
        self.sql.push_str(" AS ");
        match alias {
            Alias::Given(name) => {
                self.check_name(ErrorKind::InvalidQuery, name);
                self.source(&Source::Alias(Arc::clone(name)));
            }
            Alias::Made(made) => self.source(&Source::Made(*made)),
        }
    }

    fn called_as(&mut self, name: &str) {
        self.sql.push_str(" AS ");
        self.quote(name);
    }

    fn join(&mut self, join: &Join) {
        if self.dialect == Dialect::Sqlite
            && join.kind == JoinKind::Left
            && matches!(join.table, TableRef::Nested { .. })
        {
            return self.flat_join(join);
        }
        let around = self.optional;
        self.optional |= join.kind == JoinKind::Left;
        self.join_table(join.kind, &join.table);
        if join.kind != JoinKind::Cross {
            self.sql.push_str(" ON ");
            self.expr(&join.on);
        }
        self.optional = around;
    }

    fn join_table(&mut self, kind: JoinKind, table: &TableRef) {
        self.sql.push_str(match kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT JOIN ",
            JoinKind::Cross => " CROSS JOIN ",
        });
        self.table(table);
    }

    /// An outer join of several tables in parentheses, without the parentheses: SQLite computes what is in them for all
    /// rows, before it knows which ones are looked for. Instead each table is joined where the next ones have rows.
    fn flat_join(&mut self, join: &Join) {
        let mut tables = Vec::new();
        flatten(&join.table, &join.on, &mut tables);
        for (at, (table, on)) in tables.iter().enumerate() {
            self.join_table(JoinKind::Left, table);
            self.sql.push_str(" ON ");
            let [(next, matches), rest @ ..] = &tables[at + 1..] else {
                self.expr(on);
                continue;
            };
            self.operand(on);
            self.sql.push_str(" AND EXISTS (SELECT 1 FROM ");
            self.table(next);
            for (table, on) in rest {
                self.join_table(JoinKind::Inner, table);
                self.sql.push_str(" ON ");
                self.expr(on);
            }
            self.filter(Some(matches));
            self.sql.push(')');
        }
    }

    fn order_by(&mut self, order: &[Order]) {
        if !order.is_empty() {
            self.sql.push_str(" ORDER BY ");
            self.list(order, ", ", Writer::order);
        }
    }

    pub(super) fn order(&mut self, term: &Order) {
        // MySQL has no word for it.
        if let (Some(nulls), Dialect::Mysql(_)) = (term.nulls, self.dialect) {
            self.operand(&term.expr);
            self.sql.push_str(if nulls == Nulls::First { " IS NOT NULL, " } else { " IS NULL, " });
        }
        self.operand(&term.expr);
        if term.descending {
            self.sql.push_str(" DESC");
        }
        if !matches!(self.dialect, Dialect::Mysql(_)) {
            self.sql.push_str(match term.nulls {
                None => "",
                Some(Nulls::First) => " NULLS FIRST",
                Some(Nulls::Last) => " NULLS LAST",
            });
        }
    }

    fn page(&mut self, limit: Option<u64>, offset: Option<u64>) {
        match (limit, offset, self.dialect) {
            (Some(limit), _, _) => {
                self.row_count(" LIMIT ", limit);
                if self.dialect == Dialect::Sqlite {
                    // With a plain `?` it compiles the statement again for each number, to plan with it.
                    self.sql.push_str(" + 0");
                }
            }
            // SQLite and MySQL know OFFSET only after LIMIT.
            (None, Some(_), Dialect::Sqlite | Dialect::Mysql(_)) => {
                self.sql.push_str(&format!(" LIMIT {}", i64::MAX));
            }
            (None, Some(_), Dialect::Postgres) | (None, None, _) => {}
        }
        if let Some(offset) = offset {
            self.row_count(" OFFSET ", offset);
        }
    }

    /// How many rows. It is bound, so that all pages are one text; no two of them are one parameter, or which pages have
    /// that text would depend on the numbers. It is nothing that a secret is compared with, and a plan needs it.
    fn row_count(&mut self, word: &str, rows: u64) {
        self.sql.push_str(word);
        let value = Value::Int(i64::try_from(rows).unwrap_or(i64::MAX));
        self.own_param(Param::One(Bind { value, secret: false, kind: Some(ValueKind::Int64) }));
    }

    /// SQLite locks the whole database when the transaction begins, and has no words for rows.
    fn lock(&mut self, lock: &Lock) {
        self.effect = self.effect.max(Effect::Locks);
        let mariadb = match self.dialect {
            Dialect::Sqlite => return,
            Dialect::Postgres => false,
            Dialect::Mysql(server) => server.mariadb,
        };
        self.sql.push_str(match (lock.share, mariadb) {
            (false, _) => " FOR UPDATE",
            (true, false) => " FOR SHARE",
            (true, true) => " LOCK IN SHARE MODE",
        });
        if let (Some(of), Dialect::Postgres) = (&lock.of, self.dialect) {
            self.sql.push_str(" OF ");
            match of {
                // The server accepts only the bare name here, without the schema.
                Source::Table(table) => {
                    let renamed = self.names.renamed(*table);
                    self.quote(renamed.as_deref().unwrap_or(table.name));
                }
                of => self.source(of),
            }
        }
        self.sql.push_str(match lock.wait {
            LockWait::Wait => "",
            LockWait::Skip => " SKIP LOCKED",
            LockWait::Fail => " NOWAIT",
        });
    }
}

/// The tables of a join, each with its condition.
fn flatten<'t>(table: &'t TableRef, on: &'t Expr, into: &mut Vec<(&'t TableRef, &'t Expr)>) {
    match table {
        TableRef::Nested { first, joins } => {
            flatten(first, on, into);
            joins.iter().for_each(|join| flatten(&join.table, &join.on, into));
        }
        leaf => into.push((leaf, on)),
    }
}

/// What a statement names, wherever in it.
#[derive(Debug, Default)]
struct Used {
    /// The common table expressions, each after those that it uses itself.
    ctes: Vec<Arc<Cte>>,
    tables: Vec<TableName>,
}

impl Used {
    fn gather(&mut self, select: &Select) {
        for table in select.tables() {
            match table {
                TableRef::Cte { cte: Some(cte), .. } => {
                    if !self.ctes.iter().any(|known| Arc::ptr_eq(known, cte)) {
                        self.gather(&cte.select);
                        self.ctes.push(Arc::clone(cte));
                    }
                }
                TableRef::Query { select, .. } => self.gather(select),
                TableRef::Table { name, .. } => self.tables.push(*name),
                TableRef::Cte { cte: None, .. } | TableRef::Nested { .. } => {}
            }
        }
        let mut inside = |expr: &Expr| expr.query().into_iter().for_each(|select| self.gather(select));
        select.visit_expressions(&mut |expr| expr.walk(&mut inside));
        let operands = select.left.as_deref().into_iter().chain(select.set.iter().map(|(_, select)| select));
        operands.for_each(|select| self.gather(select));
    }
}
