//! Relationships as data.

use super::descriptor::descriptor;
use super::{ErasedModel, KeyAction, ModelDef, ResolvedRelation};
use crate::sql::{Expr, TableName};

descriptor! {
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
    /// assert_eq!((books.path().as_str(), books.target().name()), ("Author.books", "Book"));
    /// # }
    /// ```
    pub struct RelationDef {
        /// The field of the struct.
        name: &'static str,
        /// Its place among the model's relationships.
        index: usize,
        /// Which side it is.
        kind: RelationKind,
        /// The fields of this model that make the link: a `belongs_to`'s key, otherwise what the other side's key refers
        /// to; empty: the primary key.
        local => with_local: &'static [&'static str],
        /// The fields of the target that make the link: a `has_many`'s key, otherwise what the key here refers to; empty:
        /// the target's primary key.
        remote => with_remote: &'static [&'static str],
        /// The link table of a `many_to_many`.
        through => with_through: Option<ThroughDef>,
        /// How a query that does not name it loads it.
        lazy => with_lazy: Lazy,
        /// The order of a collection.
        order_by => with_order_by: &'static [OrderDef],
        /// What follows the parent.
        cascade => with_cascade: Cascade,
        /// Whether the deletion of unloaded children is left to the database's ON DELETE.
        passive_deletes => with_passive_deletes: bool,
        /// Whether it is for reading only: it says so, it has a filter, or it goes through an association model.
        view_only => with_view_only: bool,
        /// What the foreign key of a `belongs_to` does when its target is deleted: `on_delete = ".."`.
        on_delete => with_on_delete: Option<KeyAction>,
        /// What the foreign key does when the target's key changes: `on_update = ".."`.
        on_update => with_on_update: Option<KeyAction>,
        /// The relationship on the other side, if the attribute names it.
        inverse_name => with_inverse_name: Option<&'static str>,
        /// Its name when it is serialised; `None` if it is left out.
        serialized => with_serialized: Option<&'static str>,
    }
    unread {
        /// Makes the condition that its targets meet: `filter = ".."`.
        filter: Option<fn() -> Expr>,
        parent: fn() -> &'static dyn ErasedModel,
        target: fn() -> &'static dyn ErasedModel,
        /// What the names above refer to, looked up once.
        resolved: ResolvedRelation,
    }
}

/// The four kinds of relationship.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::model::RelationKind;
///
/// # fn main() {
/// let kinds: Vec<RelationKind> = Book::def().relations().iter().map(|relation| relation.kind()).collect();
/// assert_eq!(kinds, [RelationKind::ManyToOne { required: true }, RelationKind::ManyToMany]);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationKind {
    /// `has_many`: the key is on the target; any number of rows.
    OneToMany,
    /// `has_one`: the key is on the target; at most one row.
    OneToOne,
    /// `belongs_to`: the foreign key is in this model. `required`: it is NOT NULL, so there is exactly one target.
    ManyToOne {
        /// Whether the key is NOT NULL.
        required: bool,
    },
    /// `many_to_many`: both keys are in a link table.
    ManyToMany,
}

descriptor! {
    /// The link table of a `many_to_many`, as data.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// let tags = Book::def().relations()[1].through().expect("a many-to-many has a link table");
    /// assert_eq!((tags.table().name, tags.key(), tags.target_key()), ("book_tags", &["book_id"][..], &["tag_id"][..]));
    /// # }
    /// ```
    #[derive(Debug, Clone, Copy)]
    pub struct ThroughDef {
        /// Its columns that refer to this model; if it is the table of an association model, the fields of that model.
        key: &'static [&'static str],
        /// Its columns that refer to the target; if it is the table of an association model, the fields of that model.
        target_key: &'static [&'static str],
    }
    unread {
        links: Links,
    }
}

/// What has the rows of a `many_to_many`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Links {
    /// A table: `through = "order_items"`.
    Table(TableName),
    /// The table of a model: `through = OrderItem`.
    Model(fn() -> &'static dyn ErasedModel),
}

impl ThroughDef {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(
        table: TableName,
        key: &'static [&'static str],
        target_key: &'static [&'static str],
    ) -> ThroughDef {
        ThroughDef { links: Links::Table(table), key, target_key }
    }

    /// For generated code.
    #[doc(hidden)]
    pub const fn of(
        model: fn() -> &'static dyn ErasedModel,
        key: &'static [&'static str],
        target_key: &'static [&'static str],
    ) -> ThroughDef {
        ThroughDef { links: Links::Model(model), key, target_key }
    }

    /// Its name, with its schema if it has one.
    pub fn table(&self) -> TableName {
        match self.links {
            Links::Table(table) => table,
            Links::Model(model) => model().def().table,
        }
    }

    /// The association model that the relationship goes through: `through = OrderItem`.
    pub fn model(&self) -> Option<&'static ModelDef> {
        match self.links {
            Links::Table(_) => None,
            Links::Model(model) => Some(model().def()),
        }
    }
}

/// What happens to a relationship that a query does not name: the attribute `lazy = ".."`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::model::Lazy;
///
/// # fn main() {
/// assert_eq!(Author::def().relations()[0].lazy(), Lazy::OnDemand);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lazy {
    /// `select`: not loaded; `session.load` may load it.
    OnDemand,
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
            Lazy::OnDemand => "select",
            Lazy::Raise => "raise",
            Lazy::RaiseOnSql => "raise_on_sql",
            Lazy::Selectin => "selectin",
            Lazy::Joined => "joined",
            Lazy::Subquery => "subquery",
        }
    }
}

descriptor! {
    /// One term of a relationship's `order_by`, as data.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// let order = Author::def().relations()[0].order_by()[0];
    /// assert_eq!((order.field(), order.descending()), ("id", false));
    /// # }
    /// ```
    #[derive(Debug, Clone, Copy)]
    pub struct OrderDef {
        /// The field of the target, or of the association model.
        field: &'static str,
        /// Whether the order is descending.
        descending: bool,
        /// Whether the field is of the association model that the relationship goes through, and not of the target.
        of_association => with_of_association: bool,
    }
}

impl OrderDef {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(field: &'static str, descending: bool) -> OrderDef {
        OrderDef { field, descending, of_association: false }
    }
}

descriptor! {
    /// What follows the parent of a relationship: the attribute `cascade = ".."`, as data.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// let cascade = Author::def().relations()[0].cascade();
    /// assert!(cascade.delete() && !cascade.delete_orphan());
    /// # }
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Cascade {
        /// Loaded targets are merged with the parent.
        merge => with_merge: bool,
        /// Children are deleted with the parent.
        delete => with_delete: bool,
        /// A child that loses its parent is deleted.
        delete_orphan => with_delete_orphan: bool,
        /// Loaded targets are expired with the parent.
        refresh_expire => with_refresh_expire: bool,
        /// Loaded targets are expunged with the parent.
        expunge => with_expunge: bool,
    }
}

impl Cascade {
    /// Nothing follows the parent; for generated code.
    #[doc(hidden)]
    pub const fn new() -> Cascade {
        Cascade { merge: false, delete: false, delete_orphan: false, refresh_expire: false, expunge: false }
    }
}

impl RelationDef {
    /// A relationship that names nothing more; for generated code.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        index: usize,
        kind: RelationKind,
        parent: fn() -> &'static dyn ErasedModel,
        target: fn() -> &'static dyn ErasedModel,
    ) -> RelationDef {
        RelationDef {
            name,
            index,
            kind,
            local: &[],
            remote: &[],
            through: None,
            lazy: Lazy::OnDemand,
            order_by: &[],
            cascade: Cascade::new(),
            passive_deletes: false,
            view_only: false,
            filter: None,
            on_delete: None,
            on_update: None,
            inverse_name: None,
            serialized: Some(name),
            parent,
            target,
            resolved: ResolvedRelation::new(),
        }
    }

    /// The condition that its targets meet; for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_filter(mut self, filter: fn() -> Expr) -> RelationDef {
        self.filter = Some(filter);
        self
    }

    /// Whether the key is on the target or in a link table, and not on this model.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert!(Author::def().relations()[0].is_keyed_by_target());
    /// assert!(!Book::def().relations()[0].is_keyed_by_target());
    /// # }
    /// ```
    pub fn is_keyed_by_target(&self) -> bool {
        !matches!(self.kind, RelationKind::ManyToOne { .. })
    }

    /// Whether it leads to any number of rows: a `has_many` or a `many_to_many`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert!(Author::def().relations()[0].is_collection());
    /// # }
    /// ```
    pub fn is_collection(&self) -> bool {
        matches!(self.kind, RelationKind::OneToMany | RelationKind::ManyToMany)
    }

    /// Whether it leads only to targets that meet a condition of its own: `filter = ".."`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert!(!Author::def().relations()[0].is_filtered());
    /// # }
    /// ```
    pub fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether only the database can say who is in it: it has a filter, or shows links that others write.
    pub(crate) fn is_derived(&self) -> bool {
        self.is_filtered() || (self.through.is_some() && self.view_only)
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
    /// assert_eq!(Book::def().relations()[1].path(), "Book.tags");
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
    /// assert_eq!(Book::def().relations()[1].constant(), "Book::TAGS");
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
