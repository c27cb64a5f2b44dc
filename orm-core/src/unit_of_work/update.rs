use super::flush::Flush;
use super::unit_of_work::Node;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::sql::{Bind, Expr, Source, Update, Writer};
use crate::value::Value;

impl Flush<'_> {
    /// Writes the changed columns of changed objects; an object that equals its row costs nothing.
    pub(super) async fn updates(&mut self) -> Result<()> {
        let dirty: Vec<Node> =
            self.unit.dirty.keys().copied().collect();
        for node in dirty {
            let columns = self.unit.changed_columns(self.store, node);
            if !columns.is_empty() {
                self.update(node, columns).await?;
            }
            self.unit.dirty.shift_remove(&node);
        }
        Ok(())
    }

    async fn update(&mut self, node: Node, mut columns: Vec<usize>) -> Result<()> {
        let def = self.store.def(node.arena);
        let saved = self.unit.dirty.get(&node).copied().unwrap_or_default();
        if let Some(version) = def.columns.iter().position(|column| column.version) {
            self.bump(node, saved, version)?;
            if !columns.contains(&version) {
                columns.push(version);
            }
        }
        let arena = self.store.arena(node.arena);
        let now = |column: usize| arena.view(node.node, column).to_value();
        let was = |column: usize| arena.view_version(node.node, saved, column).to_value();
        let bind = |column: usize, value| Expr::Bind(Bind { value, secret: def.columns[column].secret });
        let equals = |column: usize| {
            let name = def.columns[column].name;
            Expr::eq(Expr::Column { source: Source::Table(def.table), name }, bind(column, was(column)))
        };
        let version = def.columns.iter().position(|column| column.version);
        let update = Update {
            table: def.table,
            set: columns.iter().map(|column| (def.columns[*column].name, bind(*column, now(*column)))).collect(),
            filter: Expr::And(def.key.iter().copied().chain(version).map(equals).collect()),
        };
        let (key_was, key_is): (Vec<Value>, Vec<Value>) =
            (def.key.iter().map(|column| was(*column)).collect(), def.key.iter().map(|column| now(*column)).collect());
        let mut statement = Writer::update(self.dialect, &update);
        statement.path = Some(def.name.into());
        statement.strategy = Some("flush");
        if self.lease.execute(self.monitor, &statement).await? != 1 {
            return Err(stale(def, &key_was));
        }
        if key_was != key_is {
            self.rekey(node, key_was, key_is);
        }
        Ok(())
    }

    /// Counts the version up from what the database had, whatever the object says now.
    fn bump(&mut self, node: Node, saved: usize, version: usize) -> Result<()> {
        let was = self.store.arena(node.arena).view_version(node.node, saved, version).to_value();
        let next = match was {
            Value::Int(was) => Value::Int(was.wrapping_add(1)),
            other => other,
        };
        self.unit.change(self.store, node, vec![(version, next)])
    }

    fn rekey(&mut self, node: Node, from: Vec<Value>, to: Vec<Value>) {
        let identity = self.store.identity_mut(node.arena);
        // Both keys were read from the object, so the map accepts them.
        let _ = identity.remove(&from);
        let _ = identity.insert(&to, node.node);
        self.unit.journal.rekeyed(node, from, to);
    }
}

fn stale(def: &ModelDef, key: &[Value]) -> Error {
    let key: Vec<String> = key.iter().map(ToString::to_string).collect();
    Error::new(
        ErrorKind::Stale,
        format!(
            "the `{}` with the key {} is no longer what this session read: its row was changed or deleted by \
             somebody else; roll back, load it again and repeat the change",
            def.name,
            key.join(", ")
        ),
    )
}
