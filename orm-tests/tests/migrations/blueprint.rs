//! A schema as plain data, and the models of it.

use orm_core::model::{
    ColumnDef, ComputedDef, IndexDef, KeyAction, ModelDef, RelationDef, RelationKind, TableName, ThroughDef,
};
use orm_core::schema::Schema;
use orm_core::value::{EnumDef, ValueKind};

use crate::partial::Partial;
use crate::slots;

#[derive(Debug, Clone, Default)]
pub struct Blueprint {
    pub tables: Vec<Table>,
    /// Tables that link two others.
    pub links: Vec<Link>,
    /// The labels of the one native enum.
    pub labels: Vec<&'static str>,
    /// How many names were given out.
    pub names: usize,
    /// Whether doc comments become comments of the database.
    pub comments: bool,
    /// Whether the database has no indexes of some of the rows.
    pub without_partial: bool,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub renamed_from: Option<String>,
    pub key: Key,
    pub columns: Vec<Column>,
    pub unique: Vec<Vec<String>>,
    pub indexes: Vec<Vec<String>>,
    /// Indexes of some of the rows.
    pub partial: Vec<Partial>,
    /// A condition on rows.
    pub check: Option<String>,
    /// Columns that are unique in the version before: their values have to be so on the way back.
    pub was_unique: Vec<String>,
    /// The doc comments of the table, and of its key.
    pub docs: Option<&'static str>,
    pub key_docs: Option<&'static str>,
}

/// The primary key: `id`, and `number` where it is composite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Auto(Kind),
    Given(Kind),
    Composite,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub renamed_from: Option<String>,
    pub kind: Kind,
    pub nullable: bool,
    pub unique: bool,
    pub index: bool,
    pub default: Option<&'static str>,
    pub length: Option<u32>,
    pub precision: Option<u8>,
    pub docs: Option<&'static str>,
    pub checked: bool,
    /// Whether rows may have equal values in it: it was another type, or rows got a value when it was added.
    pub mixed: bool,
    /// The column that the database computes it from.
    pub computed: Option<Computed>,
    /// The table it refers to, whose key's type it has.
    pub refers_to: Option<Reference>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed {
    pub of: String,
    pub stored: bool,
}

#[derive(Debug, Clone)]
pub struct Reference {
    pub table: String,
    pub on_delete: Option<KeyAction>,
    pub on_update: Option<KeyAction>,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub name: String,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Text,
    Bytes,
    Date,
    Time,
    DateTime,
    Timestamp,
    Decimal,
    Uuid,
    Json,
    Enum,
}

impl Kind {
    pub const ALL: [Kind; 16] = [
        Kind::Bool,
        Kind::Int16,
        Kind::Int32,
        Kind::Int64,
        Kind::Float32,
        Kind::Float64,
        Kind::Text,
        Kind::Bytes,
        Kind::Date,
        Kind::Time,
        Kind::DateTime,
        Kind::Timestamp,
        Kind::Decimal,
        Kind::Uuid,
        Kind::Json,
        Kind::Enum,
    ];

    pub fn is_number(self) -> bool {
        matches!(
            self,
            Kind::Int16 | Kind::Int32 | Kind::Int64 | Kind::Float32 | Kind::Float64 | Kind::Decimal
        )
    }

    /// Whether any number of rows can have different values that compare as different everywhere.
    pub fn can_be_unique(self) -> bool {
        !matches!(self, Kind::Bool | Kind::Enum | Kind::Json | Kind::Float32 | Kind::Float64)
    }

    fn value_kind(self, enum_def: &'static EnumDef) -> ValueKind {
        match self {
            Kind::Bool => ValueKind::Bool,
            Kind::Int16 => ValueKind::Int16,
            Kind::Int32 => ValueKind::Int32,
            Kind::Int64 => ValueKind::Int64,
            Kind::Float32 => ValueKind::Float32,
            Kind::Float64 => ValueKind::Float64,
            Kind::Text => ValueKind::Text,
            Kind::Bytes => ValueKind::Bytes,
            Kind::Date => ValueKind::Date,
            Kind::Time => ValueKind::Time,
            Kind::DateTime => ValueKind::DateTime,
            Kind::Timestamp => ValueKind::Timestamp,
            Kind::Decimal => ValueKind::Decimal,
            Kind::Uuid => ValueKind::Uuid,
            Kind::Json => ValueKind::Json,
            Kind::Enum => ValueKind::Enum(enum_def),
        }
    }
}

impl Key {
    pub fn kind(self) -> Kind {
        match self {
            Key::Auto(kind) | Key::Given(kind) => kind,
            Key::Composite => Kind::Int64,
        }
    }
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether some unique values have the column as a part.
    pub fn is_unique(&self, name: &str) -> bool {
        self.column(name).is_some_and(|column| column.unique)
            || self.unique.iter().any(|columns| columns.iter().any(|other| other == name))
            || self
                .partial
                .iter()
                .any(|index| index.unique && index.columns.iter().any(|other| other == name))
    }
}

impl Blueprint {
    pub fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Whether another table, or the table itself, refers to one.
    pub fn is_referred(&self, name: &str) -> bool {
        let refers = |column: &Column| column.refers_to.as_ref().is_some_and(|to| to.table == name);
        self.tables.iter().any(|table| table.columns.iter().any(refers))
            || self.links.iter().any(|link| link.from == name || link.to == name)
    }

    /// The kind of a column: of a key that of what it refers to.
    pub fn kind(&self, column: &Column) -> Kind {
        let parent = column.refers_to.as_ref().and_then(|to| self.table(&to.table));
        parent.map_or(column.kind, |parent| parent.key.kind())
    }

    /// The models, in the slots from a place on.
    pub fn schema(&self, first: usize) -> Schema {
        let enum_def: &'static EnumDef =
            Box::leak(Box::new(EnumDef::new("mood", leak_list(self.labels.clone()))));
        let defs = (0..self.tables.len()).map(|at| self.def(first, at, enum_def)).collect();
        let schema = slots::schema(first, defs);
        if self.comments { schema.with_comments() } else { schema }
    }

    fn def(&self, first: usize, at: usize, enum_def: &'static EnumDef) -> ModelDef {
        let table = &self.tables[at];
        let mut columns = Vec::new();
        let key = |name: &'static str, kind: Kind, auto: bool| {
            let column = ColumnDef::new(name, name, kind.value_kind(enum_def), false);
            column.with_key(true).with_auto(auto).with_generated(auto)
        };
        let id = key("id", table.key.kind(), matches!(table.key, Key::Auto(_)));
        columns.push(id.with_docs(table.key_docs));
        if table.key == Key::Composite {
            columns.push(key("number", Kind::Int32, false));
        }
        let keys: Vec<usize> = (0..columns.len()).collect();
        for column in &table.columns {
            let name = leak(&column.name);
            columns.push(
                ColumnDef::new(name, name, self.kind(column).value_kind(enum_def), column.nullable)
                    .with_unique(column.unique)
                    .with_index(column.index)
                    .with_default(column.default)
                    .with_generated(column.default.is_some() || column.computed.is_some())
                    .with_read_only(column.computed.is_some())
                    .with_computed(column.computed.as_ref().map(|from| match column.kind {
                        Kind::Text => ComputedDef::new(leak(&format!("upper({})", from.of)), from.stored),
                        _ => ComputedDef::new(leak(&format!("{} + 1", from.of)), from.stored),
                    }))
                    .with_length(column.length)
                    .with_precision(column.precision)
                    .with_docs(column.docs)
                    .with_check(column.checked.then(|| leak(&self.condition(column))))
                    .with_renamed_from(column.renamed_from.as_deref().map(leak)),
            );
        }
        let place =
            |name: &String| columns.iter().position(|column| column.name() == name).expect("it is there");
        let lists = [(true, &table.unique), (false, &table.indexes)];
        let indexes =
            lists.into_iter().flat_map(|(unique, lists)| lists.iter().map(move |list| (unique, list)));
        let indexes =
            indexes.map(|(unique, list)| IndexDef::new(leak_list(list.iter().map(place).collect()), unique));
        let partial = table.partial.iter().filter(|_| !self.without_partial).map(|index| {
            let columns = leak_list(index.columns.iter().map(place).collect());
            IndexDef::new(columns, index.unique).with_condition(Some(leak(&index.condition())))
        });
        let indexes = leak_list(indexes.chain(partial).collect());
        let slot = |name: &str| {
            let at = self.tables.iter().position(|table| table.name == name).expect("it is there");
            slots::model(first + at)
        };
        let mut relations = Vec::new();
        let relation = |name: &str, index, kind, target| {
            RelationDef::new(leak(name), index, kind, slots::model(first + at), target)
        };
        for column in &table.columns {
            let Some(to) = &column.refers_to else { continue };
            let (name, required) = (format!("of_{}", column.name), !column.nullable);
            relations.push(
                relation(&name, relations.len(), RelationKind::ManyToOne { required }, slot(&to.table))
                    .with_local(leak_list(vec![leak(&column.name)]))
                    .with_on_delete(to.on_delete)
                    .with_on_update(to.on_update),
            );
        }
        for link in self.links.iter().filter(|link| link.from == table.name) {
            let through = ThroughDef::new(TableName::new(leak(&link.name)), &["left_id"], &["right_id"]);
            relations.push(
                relation(&link.name, relations.len(), RelationKind::ManyToMany, slot(&link.to))
                    .with_through(Some(through)),
            );
        }
        let name = leak(&table.name);
        let relations = Box::leak(relations.into_boxed_slice());
        ModelDef::new(name, TableName::new(name), leak_list(columns), leak_list(keys), relations)
            .with_check_constraint(table.check.as_deref().map(leak))
            .with_renamed_from(table.renamed_from.as_deref().map(leak))
            .with_indexes(indexes)
            .with_docs(table.docs)
    }

    /// A condition that every value of a checked column satisfies; only numbers and texts are checked.
    fn condition(&self, column: &Column) -> String {
        match self.kind(column) {
            Kind::Text => format!("{} <> 'never'", column.name),
            _ => format!("{} >= 0", column.name),
        }
    }
}

pub fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn leak_list<T>(list: Vec<T>) -> &'static [T] {
    Box::leak(list.into_boxed_slice())
}
