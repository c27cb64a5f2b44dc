//! Writes CREATE statements for what models need and a database lacks.

use super::Schema;
use super::comment::{check_comments, mysql_comment, with_comments};
use super::enum_type::{create_type, enum_types, unless_there};
use super::foreign_key::ForeignKey;
use super::name::{distinct, name};
use crate::error::Result;
use crate::model::{ComputedDef, KeyAction, ModelDef, RelationDef, ThroughDef};
use crate::sql::{Dialect, Size, TableName};

/// CREATE SCHEMA, CREATE TABLE and CREATE INDEX for what is not there yet.
///
/// # Errors
/// `InvalidModel`: two models are one table, or a relationship leads out of the list.
pub fn create_statements(schema: &Schema, dialect: Dialect) -> Result<Vec<String>> {
    check_comments(schema, dialect)?;
    let tables = Tables::of(schema, dialect)?;
    let types = enum_types(schema, dialect)?;
    let mut statements = tables.create_schemas(schema);
    statements.extend(types.into_iter().map(|def| create_type(dialect, def)));
    for def in &tables.order {
        let create = tables.create(def);
        statements.push(match dialect {
            Dialect::Postgres if schema.comments => with_comments(create, def),
            _ => create,
        });
        if !matches!(dialect, Dialect::Mysql(_)) {
            statements.extend(tables.indexes_of(def).map(|index| tables.create_index(index)));
        }
    }
    for (at, (relation, through)) in schema.link_tables().into_iter().enumerate() {
        statements.push(tables.create_link(at, relation, through));
        if !matches!(dialect, Dialect::Mysql(_)) {
            statements.push(tables.create_link_index(at, through));
        }
    }
    match dialect {
        Dialect::Sqlite => {}
        Dialect::Postgres => statements.extend(tables.later_keys().map(|key| tables.add_key(key))),
        Dialect::Mysql(_) => {
            // Tables refer to tables that come after them only while keys are not checked.
            statements.insert(0, "SET foreign_key_checks = 0".to_owned());
            statements.push("SET foreign_key_checks = 1".to_owned());
        }
    }
    Ok(statements)
}

/// The tables of a schema, in the order they are created in, and the keys between them.
pub(super) struct Tables {
    dialect: Dialect,
    pub(super) keys: Vec<ForeignKey>,
    /// What each of them is called, where it has a name.
    key_names: Vec<String>,
    /// The names of the keys that lead out of link tables, two for each.
    link_key_names: Vec<String>,
    /// The indexes that CREATE INDEX makes; constraints have none of these names.
    indexes: Vec<NamedIndex>,
    /// What the index of each link table is called.
    link_indexes: Vec<String>,
    /// The conditions that values and rows have to meet, and what they are called.
    pub(super) checks: Vec<(&'static ModelDef, &'static str, String)>,
    pub(super) order: Vec<&'static ModelDef>,
    /// Whether doc comments become comments.
    comments: bool,
}

/// An index that CREATE INDEX makes.
struct NamedIndex {
    def: &'static ModelDef,
    columns: Vec<&'static str>,
    unique: bool,
    /// Which rows it contains.
    condition: Option<String>,
    name: String,
}

impl Tables {
    pub(super) fn of(schema: &Schema, dialect: Dialect) -> Result<Tables> {
        let models = schema.ordered(dialect)?;
        let order: Vec<&'static ModelDef> = models.iter().map(|model| model.def()).collect();
        let links = schema.link_tables();
        let tables = order.iter().map(|def| def.table.name);
        let tables: Vec<&str> = tables.chain(links.iter().map(|(_, through)| through.table().name)).collect();

        let keys = ForeignKey::all(schema)?;
        let of_links = links.iter().flat_map(|(_, through)| {
            [through.key, through.target_key].map(|columns| name("fk", through.table().name, columns))
        });
        let mut key_names = distinct(dialect, keys.iter().map(key_name).chain(of_links).collect(), &[]);
        let link_key_names = key_names.split_off(keys.len());

        let indexed = order.iter().flat_map(|def| {
            let index = |columns: Vec<&'static str>, unique: bool, condition: Option<String>| {
                let name = name(if unique { "ux" } else { "ix" }, def.table.name, &columns);
                NamedIndex { def, columns, unique, condition, name }
            };
            let single = def.columns.iter().filter(|column| column.index);
            let single = single.map(move |column| index(vec![column.name], false, None));
            let several = def.indexes.iter().filter(|index| !index.is_key()).map(move |several| {
                let condition = def.condition(several);
                let condition = condition.map(|condition| condition.of_model(dialect, def.columns));
                index(def.names(several.columns), several.unique, condition)
            });
            single.chain(several)
        });
        let mut indexes: Vec<NamedIndex> = indexed.collect();
        let mut names: Vec<String> = indexes.iter().map(|index| index.name.clone()).collect();
        let of_links = links.iter().map(|(_, through)| name("lx", through.table().name, through.target_key));
        names.extend(of_links);
        // Tables and indexes have one namespace.
        let mut names = distinct(dialect, names, &tables);
        let link_indexes = names.split_off(indexes.len());
        indexes.iter_mut().zip(names).for_each(|(index, name)| index.name = name);

        let conditions = order.iter().flat_map(|def| {
            let of_columns = def.columns.iter().filter_map(|column| Some((Some(column.name), column.check?)));
            let of_row = def.check_constraint.map(|check| (None, check));
            of_columns
                .chain(of_row)
                .map(|(column, check)| ((*def, check), name("ck", def.table.name, column.as_slice())))
        });
        let (conditions, names): (Vec<(&'static ModelDef, &'static str)>, Vec<String>) = conditions.unzip();
        let checks = conditions.into_iter().zip(distinct(dialect, names, &[]));
        let checks = checks.map(|((def, check), name)| (def, check, name)).collect();
        Ok(Tables {
            dialect,
            keys,
            key_names,
            link_key_names,
            indexes,
            link_indexes,
            checks,
            order,
            comments: schema.comments,
        })
    }

    /// The schemas that tables are in; on SQLite an engine attaches them.
    fn create_schemas(&self, schema: &Schema) -> Vec<String> {
        if self.dialect == Dialect::Sqlite {
            return Vec::new();
        }
        let links = schema.link_tables().into_iter().map(|(_, through)| through.table());
        let tables = self.order.iter().map(|def| def.table).chain(links);
        let mut schemas: Vec<&str> = tables.filter_map(|table| table.schema).collect();
        schemas.sort_unstable();
        schemas.dedup();
        let create = |schema| format!("CREATE SCHEMA IF NOT EXISTS {}", self.quoted(schema));
        schemas.into_iter().map(create).collect()
    }

    fn create(&self, def: &'static ModelDef) -> String {
        let mut parts: Vec<String> =
            def.columns.iter().enumerate().map(|(at, _)| self.column(def, at)).collect();
        if def.key.len() > 1 {
            parts.push(format!("PRIMARY KEY {}", self.list(def, def.key)));
        }
        let unique = def.indexes.iter().filter(|index| index.is_key());
        parts.extend(unique.map(|index| format!("UNIQUE {}", self.list(def, index.columns))));
        parts.extend(self.checks(def));
        if matches!(self.dialect, Dialect::Mysql(_)) {
            // MySQL has no CREATE INDEX IF NOT EXISTS.
            parts.extend(self.indexes_of(def).map(|index| {
                let columns = self.names(index.columns.iter().copied());
                format!("INDEX {} {columns}", self.quoted(&index.name))
            }));
        }
        let own = self.keys.iter().filter(|key| std::ptr::eq(key.child, def) && self.is_declared(key));
        let later = |key: &ForeignKey| self.dialect == Dialect::Postgres && self.is_later(key);
        parts.extend(own.filter(|key| !later(key)).map(|key| self.key(key)));
        let mut create = self.table(def.table, &parts);
        create.push_str(&self.comment(def.docs));
        create
    }

    /// SQLite has no key that leads out of its file.
    pub(super) fn is_declared(&self, key: &ForeignKey) -> bool {
        self.can_refer(key.child.table, key.parent.table)
    }

    fn can_refer(&self, from: TableName, to: TableName) -> bool {
        self.dialect != Dialect::Sqlite || from.schema == to.schema
    }

    /// The table behind REFERENCES; SQLite looks for it beside the one that refers to it, and takes no schema.
    fn referred(&self, table: TableName) -> String {
        match self.dialect {
            Dialect::Sqlite => self.quoted(table.name),
            Dialect::Postgres | Dialect::Mysql(_) => self.named(table),
        }
    }

    fn indexes_of(&self, def: &'static ModelDef) -> impl Iterator<Item = &NamedIndex> {
        self.indexes.iter().filter(move |index| std::ptr::eq(index.def, def))
    }

    fn create_index(&self, index: &NamedIndex) -> String {
        let columns = self.names(index.columns.iter().copied());
        let kind = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
        let mut sql = self.index(kind, &index.name, index.def.table, &columns);
        if let Some(condition) = &index.condition {
            sql.push_str(&format!(" WHERE {condition}"));
        }
        sql
    }

    fn index(&self, kind: &str, name: &str, of: TableName, columns: &str) -> String {
        // SQLite names the schema with the index, PostgreSQL with the table.
        let (index, table) = match (self.dialect, of.schema) {
            (Dialect::Sqlite, Some(schema)) => {
                (format!("{}.{}", self.quoted(schema), self.quoted(name)), self.quoted(of.name))
            }
            _ => (self.quoted(name), self.named(of)),
        };
        format!("CREATE {kind} IF NOT EXISTS {index} ON {table} {columns}")
    }

    fn create_link(&self, at: usize, relation: &RelationDef, through: &ThroughDef) -> String {
        let sides = [
            (through.key, relation.parent(), relation.local_columns()),
            (through.target_key, relation.target(), relation.remote_columns()),
        ];
        let mut parts = Vec::new();
        for (names, def, columns) in &sides {
            for (name, column) in names.iter().zip(*columns) {
                parts.push(format!("{} {} NOT NULL", self.quoted(name), self.declared(def, *column, true)));
            }
        }
        let all = through.key.iter().chain(through.target_key);
        parts.push(format!("PRIMARY KEY {}", self.names(all.copied())));
        for (side, (names, def, columns)) in sides.iter().enumerate() {
            if !self.can_refer(through.table(), def.table) {
                continue;
            }
            let constraint = match self.is_named() {
                true => self.constraint(self.link_key_names.get(2 * at + side)),
                false => String::new(),
            };
            let (key, table) = (self.names(names.iter().copied()), self.referred(def.table));
            let refers_to = self.list(def, columns);
            parts.push(format!("{constraint}FOREIGN KEY {key} REFERENCES {table} {refers_to}"));
        }
        self.table(through.table(), &parts)
    }

    /// The primary key finds a link from one side, and this from the other. MySQL makes one with the foreign key.
    fn create_link_index(&self, at: usize, through: &ThroughDef) -> String {
        let name = self.link_indexes.get(at).map_or("", String::as_str);
        self.index("INDEX", name, through.table(), &self.names(through.target_key.iter().copied()))
    }

    fn column(&self, def: &'static ModelDef, at: usize) -> String {
        let column = &def.columns[at];
        let indexed = def.is_indexed(at) || self.keys.iter().any(|key| key.names(def, at));
        let mut sql = format!("{} {}", self.quoted(column.name), self.declared(def, at, indexed));
        if let Some(computed) = column.computed {
            sql.push_str(&self.generated(computed));
        }
        // MariaDB does not accept NOT NULL on a generated column.
        let may_be_declared = column.computed.is_none() || !matches!(self.dialect, Dialect::Mysql(_));
        if !column.nullable && may_be_declared {
            sql.push_str(" NOT NULL");
        }
        if let Some(default) = column.default {
            sql.push_str(&format!(" DEFAULT ({default})"));
        }
        if column.auto {
            sql.push_str(self.dialect.auto_key());
        }
        if column.key && def.key.len() == 1 {
            sql.push_str(" PRIMARY KEY");
        } else if column.unique {
            sql.push_str(" UNIQUE");
        }
        sql.push_str(&self.comment(column.docs));
        sql
    }

    /// What a definition of MySQL says about a doc comment; PostgreSQL has statements for it.
    fn comment(&self, docs: Option<&str>) -> String {
        let docs = docs.filter(|_| self.comments && matches!(self.dialect, Dialect::Mysql(_)));
        docs.map_or_else(String::new, |docs| mysql_comment(self.dialect, docs))
    }

    /// The clause that generates a column. PostgreSQL before 18 stores every generated column.
    fn generated(&self, ComputedDef { sql, stored }: ComputedDef) -> String {
        let kept = if stored || self.dialect == Dialect::Postgres { "STORED" } else { "VIRTUAL" };
        format!(" GENERATED ALWAYS AS ({sql}) {kept}")
    }

    /// What values and rows have to meet, each by a name that errors give.
    fn checks(&self, def: &'static ModelDef) -> impl Iterator<Item = String> {
        let own = self.checks.iter().filter(move |(of, ..)| std::ptr::eq(*of, def));
        own.map(|(_, check, name)| format!("CONSTRAINT {} CHECK ({check})", self.quoted(name)))
    }

    /// What a column is declared as. MySQL wants a key to have the very type of what it refers to.
    pub(super) fn declared(&self, def: &'static ModelDef, at: usize, indexed: bool) -> String {
        let target = match self.dialect {
            Dialect::Mysql(_) => self.keys.iter().find_map(|key| key.target(def, at)),
            Dialect::Sqlite | Dialect::Postgres => None,
        };
        let column = target.map_or(&def.columns[at], |(parent, column)| &parent.columns[column]);
        let size = Size { length: column.length, precision: column.precision };
        self.dialect.type_name(column.kind, size, indexed)
    }

    fn key(&self, key: &ForeignKey) -> String {
        let name = match self.is_later(key) || self.is_named() {
            true => self.constraint(self.key_name(key)),
            false => String::new(),
        };
        let (columns, table) = (self.list(key.child, &key.columns), self.referred(key.parent.table));
        let refers_to = self.list(key.parent, &key.refers_to);
        let mut sql = format!("{name}FOREIGN KEY {columns} REFERENCES {table} {refers_to}");
        for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
            if action != KeyAction::NoAction {
                sql.push_str(&format!(" ON {event} {}", action.sql()));
            }
        }
        sql
    }

    /// MySQL's own names of keys depend on which keys there were before, and one may be too long: `orders_ibfk_1`.
    fn is_named(&self) -> bool {
        matches!(self.dialect, Dialect::Mysql(_))
    }

    fn constraint(&self, name: Option<&String>) -> String {
        name.map_or_else(String::new, |name| format!("CONSTRAINT {} ", self.quoted(name)))
    }

    pub(super) fn key_name(&self, key: &ForeignKey) -> Option<&String> {
        let at = self.keys.iter().position(|other| std::ptr::eq(other, key))?;
        self.key_names.get(at)
    }

    /// The keys to tables that are created after the one with the key: those of circles.
    pub(super) fn later_keys(&self) -> impl Iterator<Item = &ForeignKey> {
        self.keys.iter().filter(|key| self.is_later(key))
    }

    fn is_later(&self, key: &ForeignKey) -> bool {
        let place = |def: &'static ModelDef| self.order.iter().position(|other| std::ptr::eq(*other, def));
        place(key.parent) > place(key.child)
    }

    /// PostgreSQL has no ADD CONSTRAINT IF NOT EXISTS.
    fn add_key(&self, key: &ForeignKey) -> String {
        unless_there(&format!("ALTER TABLE {} ADD {}", self.named(key.child.table), self.key(key)))
    }

    fn table(&self, name: TableName, parts: &[String]) -> String {
        format!("CREATE TABLE IF NOT EXISTS {} ({})", self.named(name), parts.join(", "))
    }

    pub(super) fn list(&self, def: &ModelDef, columns: &[usize]) -> String {
        self.names(columns.iter().map(|column| def.columns[*column].name))
    }

    pub(super) fn names<'n>(&self, names: impl Iterator<Item = &'n str>) -> String {
        let names: Vec<String> = names.map(|name| self.quoted(name)).collect();
        format!("({})", names.join(", "))
    }

    pub(super) fn named(&self, table: TableName) -> String {
        let mut sql = String::new();
        self.dialect.name(&mut sql, table);
        sql
    }

    pub(super) fn quoted(&self, name: &str) -> String {
        let mut sql = String::new();
        self.dialect.quote(&mut sql, name);
        sql
    }
}

fn key_name(key: &ForeignKey) -> String {
    let columns: Vec<&str> = key.columns.iter().map(|column| key.child.columns[*column].name).collect();
    name("fk", key.child.table.name, &columns)
}
