use std::any::TypeId;
use std::sync::{LazyLock, PoisonError, RwLock};

use hashbrown::HashMap;

use super::loader::Loader;
use crate::error::Result;
use crate::model::{ModelDef, Selection};
use crate::query::Strategy;
use crate::sql::{Bind, Dialect, Expected, Expr, Param, Select, Source, Statement, TableRef, Writer};
use crate::value::{Cells, Value};

impl Loader<'_> {
    /// The object with a primary key, read from its row; `None` if there is no such row. Only for a model that
    /// [`is_plain`]: with nothing to plan or to answer, all that is left is one statement whose text is kept.
    ///
    /// # Errors
    /// The database refuses the statement, or the row does not fit.
    pub(crate) async fn by_key(&mut self, arena: u32, key: Vec<Value>) -> Result<Option<u32>> {
        let def = self.store.def(arena);
        let dialect = self.dialect;
        let selection = Selection::new(self.store.model(arena), &[]);
        let mut statement = self.store.by_key(arena, || known_text(dialect, &selection, &key));
        let bind = |(column, value): (&usize, Value)| {
            let column = &def.columns[*column];
            Param::One(Bind { value, secret: column.secret, kind: Some(column.kind) })
        };
        statement.params = def.key.iter().zip(key).map(bind).collect();
        let mut node = None;
        let (store, existing) = (&mut *self.store, self.existing);
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let part = selection.cells(cells, 0);
            let own: &dyn Cells = if selection.is_whole() { cells } else { &part };
            node = store.hydrate(arena, own, existing)?.map(|found| found.node);
            Ok(())
        };
        self.lease.fetch(self.monitor, &statement, &mut sink).await?;
        Ok(node)
    }
}

/// Whether a query for one object of a model is one statement without joins.
pub(crate) fn is_plain(def: &ModelDef) -> bool {
    def.relations.iter().all(|relation| Strategy::of_default(relation.lazy).is_none())
}

/// The text of a model's statement for a dialect, which is written once in the process: a session often reads one row.
fn known_text(dialect: Dialect, selection: &Selection, key: &[Value]) -> Statement {
    static KNOWN: LazyLock<RwLock<HashMap<(TypeId, Dialect), Statement>>> = LazyLock::new(RwLock::default);
    let model = (selection.model.type_id(), dialect);
    // A text that is there is complete, whoever panicked meanwhile.
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&model) {
        return known.clone();
    }
    let text = text(dialect, selection, key);
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).entry(model).or_insert(text).clone()
}

/// The text has places for the values of a key, and depends on their types alone.
fn text(dialect: Dialect, selection: &Selection, key: &[Value]) -> Statement {
    let def = selection.def();
    let source = Source::Table(def.table);
    let mut select = Select::from(TableRef::Table { name: def.table, alias: None });
    selection.columns().for_each(|column| select.returns(column.expr(&source)));
    select.filter = Some(Expr::among(&source, &def.key_columns(def.key), &[key.to_vec()]));
    let statement = Writer::select(dialect, &select).for_path(def.name, "select");
    Statement { params: Vec::new(), expected: Expected::One, ..statement }
}
