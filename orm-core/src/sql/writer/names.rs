//! Names the tables of a statement.

use std::ops::Range;
use std::sync::Arc;

use crate::error::ErrorKind;
use crate::sql::{Alias, Cte, Dialect, Join, Made, Select, Source, TableName, TableRef};

/// What the tables of a statement are called in it: each by a name that no other table in sight has, after the database
/// has cut it, and whatever it takes for the same. Tables and what a user named keep their names where they can; what the
/// library made is given one.
#[derive(Debug)]
pub(super) struct Names {
    dialect: Dialect,
    /// The tables of the SELECT being written and of those around it.
    in_sight: Vec<Named>,
    /// Where those of the innermost SELECT begin.
    frame: usize,
    /// Which of them the SELECT being written cannot see: a subquery of FROM sees what is around its query, and not the
    /// tables beside it.
    hidden: Vec<Range<usize>>,
    /// How many of them are not called what their source is.
    renamed: usize,
    /// The common table expressions of the statement, and what they are called.
    ctes: Vec<(Arc<Cte>, Arc<str>)>,
    /// Which of them are being written, the innermost one last.
    within: Vec<usize>,
    /// Why the statement cannot be sent.
    pub(super) refused: Option<(ErrorKind, Arc<str>)>,
}

#[derive(Debug)]
struct Named {
    source: Source,
    /// Where it is not what the source is called.
    name: Option<Arc<str>>,
}

/// What was in sight before a SELECT.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    known: usize,
    frame: usize,
    hidden: usize,
    renamed: usize,
}

impl Named {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.source.name())
    }
}

impl Names {
    pub(super) fn new(dialect: Dialect) -> Names {
        Names {
            dialect,
            in_sight: Vec::new(),
            frame: 0,
            hidden: Vec::new(),
            renamed: 0,
            ctes: Vec::new(),
            within: Vec::new(),
            refused: None,
        }
    }

    /// Begins a SELECT that sees the tables around it, and names its own.
    pub(super) fn enter(&mut self, select: &Select) -> Sight {
        let before = self.sight();
        self.frame = before.known;
        let tables = select.from.iter().chain(select.joins.iter().map(|join| &join.table));
        let mut made = Vec::new();
        tables.for_each(|table| self.table(table, &mut made));
        // A loader's aliases are numbered as they were made, from the parents to the children.
        made.sort_unstable_by_key(Made::order);
        made.into_iter().for_each(|made| self.make(made));
        before
    }

    /// Begins an UPDATE or DELETE.
    pub(super) fn enter_change(&mut self, table: TableName, rows: Option<Made>) {
        self.add(Source::Table(table));
        rows.into_iter().for_each(|rows| self.make(rows));
    }

    /// In ON CONFLICT, a table with a schema is called by its bare name: SQLite accepts no other.
    pub(super) fn call_by_name(&mut self, table: TableName) {
        let name = table.schema.map(|_| Arc::from(table.name));
        self.renamed += usize::from(name.is_some());
        self.in_sight.push(Named { source: Source::Table(table), name });
    }

    /// Ends what [`enter`](Self::enter) began.
    pub(super) fn leave(&mut self, before: Sight) {
        self.in_sight.truncate(before.known);
        self.frame = before.frame;
        self.hidden.truncate(before.hidden);
        self.renamed = before.renamed;
    }

    /// Begins a subquery of FROM, which does not see the tables of the innermost SELECT.
    pub(super) fn beside(&mut self) -> Sight {
        let before = self.sight();
        self.hidden.push(self.frame..before.known);
        before
    }

    fn sight(&self) -> Sight {
        let (known, hidden) = (self.in_sight.len(), self.hidden.len());
        Sight { known, frame: self.frame, hidden, renamed: self.renamed }
    }

    fn table(&mut self, table: &TableRef, made: &mut Vec<Made>) {
        match table {
            TableRef::Nested { first, joins } => {
                self.table(first, made);
                joins.iter().for_each(|Join { table, .. }| self.table(table, made));
            }
            TableRef::Table { alias: Some(Alias::Made(own)), .. }
            | TableRef::Query { alias: Alias::Made(own), .. } => made.push(*own),
            named => named.source().into_iter().for_each(|source| self.add(source)),
        }
    }

    /// Adds a source with a name. It keeps the name unless another source in scope has it.
    fn add(&mut self, source: Source) {
        let own = source.name();
        let hides = self.visible().any(|named| {
            self.is_same(named.name(), own) && named.source != source && !have_schemas(&named.source, &source)
        });
        let name = hides.then(|| self.numbered(own));
        self.renamed += usize::from(name.is_some());
        self.in_sight.push(Named { source, name });
    }

    fn make(&mut self, made: Made) {
        let meets = made.numbered || self.visible().any(|named| self.is_same(named.name(), made.like));
        let name = match meets {
            true => Some(self.numbered(made.like)),
            false => None,
        };
        self.in_sight.push(Named { source: Source::Made(made), name });
    }

    fn visible(&self) -> impl Iterator<Item = &Named> {
        let is_hidden = |at: usize| self.hidden.iter().any(|hidden| hidden.contains(&at));
        let known = self.in_sight.iter().enumerate();
        known.filter(move |(at, _)| !is_hidden(*at)).map(|(_, named)| named)
    }

    fn is_same(&self, a: &str, b: &str) -> bool {
        self.dialect.is_same_name(a, b)
    }

    /// `orders_1`: the first name of this form that is not in scope.
    fn numbered(&self, like: &str) -> Arc<str> {
        let made = self.visible().filter(|named| matches!(named.source, Source::Made(_)));
        let mut number = made.count() + 1;
        loop {
            let name = self.dialect.numbered(like, number);
            if !self.visible().any(|named| self.is_same(named.name(), &name)) {
                return name.into();
            }
            number += 1;
        }
    }

    /// What a source is called here.
    pub(super) fn of<'n>(&'n self, source: &'n Source) -> &'n str {
        let is_plain = self.renamed == 0 && !matches!(source, Source::Made(_));
        if is_plain {
            return source.name();
        }
        let named = self.in_sight.iter().rev().find(|named| named.source == *source);
        named.map_or(source.name(), Named::name)
    }

    /// What a table is called here, where it is not what it is called in the database.
    pub(super) fn renamed(&self, table: TableName) -> Option<Arc<str>> {
        if self.renamed == 0 {
            return None;
        }
        let source = Source::Table(table);
        self.in_sight.iter().rev().find(|named| named.source == source)?.name.clone()
    }

    /// Names the common table expressions of a statement, each after those that it uses. `tables` are the tables of the
    /// whole statement, none of which may share a name with them.
    pub(super) fn name_ctes(&mut self, ctes: &[Arc<Cte>], tables: &[TableName]) {
        for cte in ctes {
            let is_taken = |name: &str| {
                let mut plain = tables.iter().filter(|table| table.schema.is_none());
                plain.any(|table| self.is_same(table.name, name))
                    || self.in_sight.iter().any(|named| self.is_same(named.name(), name))
                    || self.ctes.iter().any(|(_, other)| self.is_same(other, name))
            };
            let mut name = Arc::clone(&cte.name);
            let mut number = 0;
            while is_taken(&name) {
                number += 1;
                name = self.dialect.numbered(&cte.name, number).into();
            }
            self.ctes.push((Arc::clone(cte), name));
        }
    }

    /// No common table expressions any more: the statement has ended.
    pub(super) fn forget_ctes(&mut self) {
        self.ctes.clear();
    }

    /// The name of a common table expression; inside itself it is known only by name.
    pub(super) fn cte(&self, cte: Option<&Arc<Cte>>, name: &str) -> Option<Arc<str>> {
        let found = match cte {
            Some(cte) => self.ctes.iter().find(|(known, _)| Arc::ptr_eq(known, cte)),
            None => {
                let around = self.within.iter().rev().filter_map(|at| self.ctes.get(*at));
                around.into_iter().find(|(known, _)| *known.name == *name)
            }
        };
        found.map(|(_, name)| Arc::clone(name))
    }

    /// Begins to write one of them.
    pub(super) fn begin_cte(&mut self, cte: &Arc<Cte>) {
        self.within.extend(self.ctes.iter().position(|(known, _)| Arc::ptr_eq(known, cte)));
    }

    /// Ends what [`begin_cte`](Self::begin_cte) began.
    pub(super) fn end_cte(&mut self) {
        self.within.pop();
    }

    /// Notes a name that the database would cut or refuse.
    #[cold]
    pub(super) fn check(&mut self, kind: ErrorKind, name: &str) {
        if let (None, Some(why)) = (&self.refused, self.dialect.refuses_name(name)) {
            self.refused = Some((kind, why.into()));
        }
    }
}

/// Whether two sources are tables that differ in their schemas.
fn have_schemas(a: &Source, b: &Source) -> bool {
    let has_schema = |source: &Source| matches!(source, Source::Table(TableName { schema: Some(_), .. }));
    has_schema(a) && has_schema(b)
}
