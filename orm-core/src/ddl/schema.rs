//! A list of models, which `schema!` builds.

use crate::error::{Error, ErrorKind, Result};
use crate::model::{ErasedModel, IndexDef, Model, ModelDef, RelationDef, RelationKind, ThroughDef, erased};
use crate::sql::Dialect;

/// A list of models: what [`schema!`](crate::schema!) builds, and what
/// [`Engine::create_all`](crate::Engine::create_all), [`Engine::check`](crate::Engine::check) and migrations take.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// engine.check(schema![Author, Book, Tag]).await?.into_result()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
#[must_use = "a schema does nothing until it is given to an engine"]
pub struct Schema {
    models: Vec<&'static dyn ErasedModel>,
    /// Whether doc comments become comments of the database.
    pub(crate) comments: bool,
}

impl Schema {
    /// An empty list.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// use orm_core::schema::Schema;
    ///
    /// /// The models of a library.
    /// fn models() -> Schema {
    ///     Schema::new().with::<Author>().with::<Book>().with::<Tag>()
    /// }
    /// # fn main() {}
    /// ```
    pub fn new() -> Schema {
        Schema::default()
    }

    /// Adds a model. Adding it again changes nothing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// /// Adds the models that only tests need.
    /// fn for_tests(schema: orm_core::schema::Schema) -> orm_core::schema::Schema {
    ///     schema.with::<Tag>()
    /// }
    /// # fn main() {}
    /// ```
    pub fn with<M: Model>(mut self) -> Schema {
        let model = erased::<M>();
        if self.models.iter().all(|other| other.type_id() != model.type_id()) {
            self.models.push(model);
        }
        self
    }

    /// Makes the doc comments of models and their columns comments of tables and columns, in
    /// [`Engine::create_all`](crate::Engine::create_all) and in migrations. Without it, migrations leave existing comments as
    /// they are.
    ///
    /// PostgreSQL, MariaDB and MySQL have comments; SQLite has none, so this has no effect there. `check` does not compare them.
    /// A comment is the text after `///` without the indentation that all lines share. Relationships, and link tables without a
    /// model, have none.
    ///
    /// # Errors
    /// `create_all` and migrations fail with `InvalidModel` if a comment is too long for MariaDB and MySQL, which keep 1,024
    /// characters for a column and 2,048 for a table, or contains a character that the database cannot keep.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// /// A person who may borrow books.
    /// #[derive(Model, Debug)]
    /// struct Member {
    ///     #[key(auto)]
    ///     id: i64,
    ///     /// As on the card.
    ///     name: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::connect("sqlite::memory:").await?;
    /// engine.create_all(schema![Member].with_comments()).await?;
    /// assert_eq!(Member::NAME.def().docs(), Some("As on the card."));
    /// # Ok(()) }
    /// ```
    pub fn with_comments(mut self) -> Schema {
        self.comments = true;
        self
    }

    /// The models, in the order in which they were added.
    pub(super) fn models(&self) -> impl Iterator<Item = &'static dyn ErasedModel> {
        self.models.iter().copied()
    }

    /// The models in an order in which a table comes after those that its keys refer to, as far as possible.
    pub(super) fn ordered(&self, dialect: Dialect) -> Result<Vec<&'static dyn ErasedModel>> {
        self.check(dialect)?;
        let mut ordered = Vec::with_capacity(self.models.len());
        let mut entered = vec![false; self.models.len()];
        for start in 0..self.models.len() {
            let mut stack = vec![(start, false)];
            while let Some((at, done)) = stack.pop() {
                if done {
                    ordered.push(self.models[at]);
                } else if !std::mem::replace(&mut entered[at], true) {
                    stack.push((at, true));
                    stack.extend(self.parents(at).map(|parent| (parent, false)));
                }
            }
        }
        Ok(ordered)
    }

    /// What the keys of a model's table refer to, whichever side declares them.
    fn parents(&self, at: usize) -> impl Iterator<Item = usize> {
        let child = self.models[at].type_id();
        self.relations().filter_map(move |relation| {
            let (of, to) = ((relation.parent)(), (relation.target)());
            match relation.kind {
                RelationKind::ManyToOne { .. } if of.type_id() == child => self.position(to),
                RelationKind::OneToMany | RelationKind::OneToOne if to.type_id() == child => {
                    self.position(of)
                }
                _ => None,
            }
        })
    }

    fn position(&self, model: &'static dyn ErasedModel) -> Option<usize> {
        self.models.iter().position(|other| other.type_id() == model.type_id())
    }

    /// The models' definitions.
    pub(crate) fn defs(&self) -> impl Iterator<Item = &'static ModelDef> {
        self.models.iter().map(|model| model.def())
    }

    /// Every relationship of the models; their targets are in the list.
    pub(super) fn relations(&self) -> impl Iterator<Item = &'static RelationDef> {
        self.models.iter().flat_map(|model| model.def().relations)
    }

    /// The link tables that no model of the list declares, each once.
    pub(crate) fn link_tables(&self) -> Vec<(&'static RelationDef, &'static ThroughDef)> {
        let mut tables: Vec<(&'static RelationDef, &'static ThroughDef)> = Vec::new();
        for relation in self.relations() {
            let Some(through) = &relation.through else { continue };
            let is_model = self.models.iter().any(|model| model.def().table == through.table());
            if !is_model && tables.iter().all(|(_, other)| other.table() != through.table()) {
                tables.push((relation, through));
            }
        }
        tables
    }

    /// The link table of a relationship is the one that is meant: a model's, with the columns that are named, or one that
    /// all relationships through it agree on.
    fn check_link(&self, relation: &RelationDef, through: &ThroughDef) -> Result<()> {
        let (path, table) = (relation.path(), through.table());
        let refuse = |why: String| Err(Error::new(ErrorKind::InvalidModel, why));
        if let Some(model) = self.defs().find(|def| def.table == table) {
            let names = link_columns(through);
            let missing = names.iter().find(|name| model.columns.iter().all(|column| column.name != **name));
            return match missing {
                Some(name) => refuse(format!(
                    "`{path}` goes through `{table}` by the column `{name}`, which the model `{}` of that table does not \
                     have; name the columns with `key` and `target_key`",
                    model.name
                )),
                None => Ok(()),
            };
        }
        let meant = bare(table.name);
        let alike = |def: &&ModelDef| {
            def.table.schema == table.schema
                && [def.table.name, def.name].into_iter().any(|name| bare(name) == meant)
        };
        if let Some(model) = self.defs().find(alike) {
            return refuse(format!(
                "`{path}` goes through `{table}`, and no model has that table: that of `{}` is `{}`; write \
                 `through = \"{}\"`",
                model.name, model.table, model.table.name
            ));
        }
        let others = self.relations().filter_map(|other| Some((other, other.through.as_ref()?)));
        let mut others = others.filter(|(_, other)| other.table() == table);
        match others.find(|(_, other)| link_columns(other) != link_columns(through)) {
            Some((other, _)) => refuse(format!(
                "`{path}` and `{}` go through `{table}` by different columns; name the same ones with `key` and \
                 `target_key`, or give one of them another table",
                other.path()
            )),
            None => Ok(()),
        }
    }

    fn check(&self, dialect: Dialect) -> Result<()> {
        for (at, model) in self.models.iter().enumerate() {
            let def = model.def();
            if let Some(other) =
                self.models[..at].iter().find(|other| dialect.is_same_table(other.def().table, def.table))
            {
                return Err(Error::new(
                    ErrorKind::InvalidModel,
                    format!(
                        "`{}` and `{}` both map to the table `{}`",
                        other.def().name,
                        def.name,
                        def.table
                    ),
                ));
            }
            let columns = def.columns.iter().map(|column| (Some(column.field), column.name));
            for (field, name) in
                columns.chain(def.table.schema.into_iter().chain([def.table.name]).map(|name| (None, name)))
            {
                check_name(
                    dialect,
                    || match field {
                        Some(field) => format!("{}.{field}", def.name),
                        None => def.name.to_owned(),
                    },
                    name,
                )?;
            }
            def.check()?;
            if !dialect.has_partial_indexes()
                && let Some((index, condition)) =
                    def.indexes.iter().find_map(|index| Some((index, index.condition?)))
            {
                return Err(no_partial_indexes(def, index, condition));
            }
            for relation in def.relations {
                if let Some(association) = relation.through.and_then(|through| through.model())
                    && self.defs().all(|def| !std::ptr::eq(def, association))
                {
                    return Err(not_in_schema("goes through", relation, association));
                }
                if let Some(through) = relation.through.filter(|through| through.model().is_none()) {
                    let through = &through;
                    self.check_link(relation, through)?;
                    let names = through.table().schema.into_iter().chain([through.table().name]);
                    let columns = through.key.iter().chain(through.target_key).copied();
                    for name in names.chain(columns) {
                        check_name(dialect, || relation.path(), name)?;
                    }
                }
                if self.position((relation.target)()).is_none() {
                    return Err(not_in_schema("leads to", relation, relation.target()));
                }
            }
        }
        Ok(())
    }
}

fn not_in_schema(how: &str, relation: &RelationDef, model: &ModelDef) -> Error {
    let (path, name) = (relation.path(), model.name);
    let message = format!("`{path}` {how} `{name}`, which is not in this schema; add it to `schema![..]`");
    Error::new(ErrorKind::InvalidModel, message)
}

/// The columns of a link table, in the order of their names: relationships of both sides name them.
fn link_columns(through: &ThroughDef) -> Vec<&'static str> {
    let mut columns: Vec<_> = through.key.iter().chain(through.target_key).copied().collect();
    columns.sort_unstable();
    columns
}

/// A name of a table or a struct without what the two write differently.
fn bare(name: &str) -> String {
    name.chars().filter(|char| *char != '_').flat_map(char::to_lowercase).collect()
}

fn no_partial_indexes(def: &ModelDef, index: &IndexDef, condition: &str) -> Error {
    let option = if index.unique { "unique" } else { "index" };
    let fields: Vec<&str> = index.columns.iter().map(|column| def.columns[*column].field).collect();
    let fields = fields.join(", ");
    let instead = match index.unique {
        true => {
            "; instead, make a generated column unique that is NULL in all other rows, such as `#[column(generated = \
             \"IF(deleted_at IS NULL, email, NULL)\", unique)]`"
        }
        false => "; leave out the condition",
    };
    Error::new(
        ErrorKind::InvalidModel,
        format!(
            "`{}`: `{option} = \"{fields} where {condition}\"` is an index of some of the rows, which MariaDB and MySQL do not \
             have{instead}",
            def.name
        ),
    )
}

/// A name that the database cuts would be another one's.
fn check_name(dialect: Dialect, of: impl FnOnce() -> String, name: &str) -> Result<()> {
    match dialect.refuses_name(name) {
        None => Ok(()),
        Some(why) => Err(Error::new(ErrorKind::InvalidModel, format!("`{}`: {why}", of()))),
    }
}

/// The models that `create_all` and `drop_all` take: `schema![User, Order, Item]`, in any order.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::connect("sqlite::memory:").await?;
/// engine.create_all(schema![Author, Book, Tag]).await?;
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! schema {
    ($($model:ty),* $(,)?) => {
        $crate::schema::Schema::new()$(.with::<$model>())*
    };
    ($($other:tt)*) => {
        ::core::compile_error!("`schema!` takes models, without quotes: `schema![User, Order]`")
    };
}

// A path to the macro that does not also lead to the module of the same name.
pub use schema;
