use super::{ErasedModel, KeyAction, ModelDef, ResolvedRelation};
use crate::sql::{Expr, TableName};

/// One relationship of a model, as data. [`Relation::def`](crate::relation::Relation::def) returns it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::model::RelationDef;
/// use orm_core::relation::Relation;
///
/// fn def<R: Relation>(_: R) -> &'static RelationDef {
///     R::def()
/// }
/// # fn main() {
/// let books = def(Author::BOOKS);
/// assert_eq!((books.path().as_str(), books.target().name), ("Author.books", "Book"));
/// # }
/// ```
pub struct RelationDef {
    /// The field of the struct.
    pub name: &'static str,
    /// Its place among the model's relationships.
    pub index: usize,
    /// Which side it is.
    pub kind: RelationKind,
    /// The fields of this model that make the link: a `belongs_to`'s key, otherwise what the other side's key refers
    /// to; empty: the primary key.
    pub local: &'static [&'static str],
    /// The fields of the target that make the link: a `has_many`'s key, otherwise what the key here refers to; empty:
    /// the target's primary key.
    pub remote: &'static [&'static str],
    /// The link table of a `many_to_many`.
    pub through: Option<ThroughDef>,
    /// How a query that does not name it loads it.
    pub lazy: Lazy,
    /// The order of a collection.
    pub order_by: &'static [OrderDef],
    /// What follows the parent.
    pub cascade: Cascade,
    /// Whether the deletion of unloaded children is left to the database's ON DELETE.
    pub passive_deletes: bool,
    /// Whether it is for reading only: it says so, or it has a filter.
    pub view_only: bool,
    /// Makes the condition that its targets meet: `filter = ".."`.
    #[doc(hidden)]
    pub filter: Option<fn() -> Expr>,
    /// What the foreign key of a `belongs_to` does when its target is deleted: `on_delete = ".."`.
    pub on_delete: Option<KeyAction>,
    /// What the foreign key does when the target's key changes: `on_update = ".."`.
    pub on_update: Option<KeyAction>,
    /// The relationship on the other side, if the attribute names it.
    pub inverse: Option<&'static str>,
    /// Its name when it is serialised; `None` if it is left out.
    pub serialized: Option<&'static str>,
    /// The model it is declared on.
    pub parent: fn() -> &'static dyn ErasedModel,
    /// The model it leads to.
    pub target: fn() -> &'static dyn ErasedModel,
    /// What the names above refer to, looked up once.
    #[doc(hidden)]
    pub resolved: ResolvedRelation,
}

/// The four kinds of relationship.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::model::RelationKind;
///
/// # fn main() {
/// let kinds: Vec<RelationKind> = Book::def().relations.iter().map(|relation| relation.kind).collect();
/// assert_eq!(kinds, [RelationKind::BelongsTo { required: true }, RelationKind::ManyToMany]);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationKind {
    /// The key is on the target; any number of rows.
    HasMany,
    /// The key is on the target; at most one row.
    HasOne,
    /// The foreign key is in this model. `required`: it is NOT NULL, so there is exactly one target.
    BelongsTo {
        /// Whether the key is NOT NULL.
        required: bool,
    },
    /// Both keys are in a link table.
    ManyToMany,
}

/// The link table of a `many_to_many`, as data.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # fn main() {
/// let tags = Book::def().relations[1].through.expect("a many-to-many has a link table");
/// assert_eq!((tags.table.name, tags.key, tags.target_key), ("book_tags", &["book_id"][..], &["tag_id"][..]));
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ThroughDef {
    /// Its name, with its schema if it has one.
    pub table: TableName,
    /// Its columns that refer to this model.
    pub key: &'static [&'static str],
    /// Its columns that refer to the target.
    pub target_key: &'static [&'static str],
}

/// What happens to a relationship that a query does not name: the attribute `lazy = ".."`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::model::Lazy;
///
/// # fn main() {
/// assert_eq!(Author::def().relations[0].lazy, Lazy::Select);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lazy {
    /// Not loaded; `session.load` may load it.
    Select,
    /// Not loaded; `session.load` does not compile.
    Raise,
    /// Not loaded; `session.load` answers only from the identity map.
    RaiseOnSql,
    /// Loaded with every query of the model, by a second statement.
    Selectin,
    /// Loaded with every query of the model, by a join.
    Joined,
    /// Loaded with every query of the model, by a second statement that repeats the first.
    Subquery,
}

impl Lazy {
    /// The value as the attribute has it.
    ///
    /// ```
    /// use orm_core::model::Lazy;
    ///
    /// assert_eq!(Lazy::RaiseOnSql.as_str(), "raise_on_sql");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Lazy::Select => "select",
            Lazy::Raise => "raise",
            Lazy::RaiseOnSql => "raise_on_sql",
            Lazy::Selectin => "selectin",
            Lazy::Joined => "joined",
            Lazy::Subquery => "subquery",
        }
    }
}

/// One term of a relationship's `order_by`, as data.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # fn main() {
/// let order = Author::def().relations[0].order_by[0];
/// assert_eq!((order.field, order.descending), ("id", false));
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OrderDef {
    /// The field of the target.
    pub field: &'static str,
    /// Whether the order is descending.
    pub descending: bool,
}

/// What follows the parent of a relationship: the attribute `cascade = ".."`, as data.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # fn main() {
/// let cascade = Author::def().relations[0].cascade;
/// assert!(cascade.delete && !cascade.delete_orphan);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cascade {
    /// Loaded targets are merged with the parent.
    pub merge: bool,
    /// Children are deleted with the parent.
    pub delete: bool,
    /// A child that loses its parent is deleted.
    pub delete_orphan: bool,
    /// Loaded targets are expired with the parent.
    pub refresh_expire: bool,
    /// Loaded targets are expunged with the parent.
    pub expunge: bool,
}

impl RelationDef {
    /// Whether the key is on the target or in a link table, and not on this model.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert!(Author::def().relations[0].is_keyed_by_target());
    /// assert!(!Book::def().relations[0].is_keyed_by_target());
    /// # }
    /// ```
    pub fn is_keyed_by_target(&self) -> bool {
        !matches!(self.kind, RelationKind::BelongsTo { .. })
    }

    /// Whether it leads to any number of rows: a `has_many` or a `many_to_many`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert!(Author::def().relations[0].is_collection());
    /// # }
    /// ```
    pub fn is_collection(&self) -> bool {
        matches!(self.kind, RelationKind::HasMany | RelationKind::ManyToMany)
    }

    /// Whether it leads only to targets that meet a condition of its own: `filter = ".."`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert!(!Author::def().relations[0].is_filtered());
    /// # }
    /// ```
    pub fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether this is that relationship: the same one of the same model.
    pub(crate) fn is(&self, other: &RelationDef) -> bool {
        self.index == other.index && std::ptr::eq(self.parent(), other.parent())
    }

    /// The model it is declared on.
    pub fn parent(&self) -> &'static ModelDef {
        (self.parent)().def()
    }

    /// The model it leads to.
    pub fn target(&self) -> &'static ModelDef {
        (self.target)().def()
    }

    /// The name that messages and logs use: `User.orders`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Book::def().relations[1].path(), "Book.tags");
    /// # }
    /// ```
    pub fn path(&self) -> String {
        format!("{}.{}", self.parent().name, self.name)
    }

    /// The constant that names it in code: `User::ORDERS`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Book::def().relations[1].constant(), "Book::TAGS");
    /// # }
    /// ```
    pub fn constant(&self) -> String {
        format!("{}::{}", self.parent().name, self.name.to_ascii_uppercase())
    }
}

impl std::fmt::Debug for RelationDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelationDef")
            .field("path", &self.path())
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
