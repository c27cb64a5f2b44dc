use super::{ErasedModel, KeyAction, ModelDef, ResolvedRelation};
use crate::sql::TableName;

/// One relationship of a model.
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
    /// What happens when nobody named it in a query.
    pub lazy: Lazy,
    /// The order of a collection.
    pub order_by: &'static [OrderDef],
    /// What follows the parent.
    pub cascade: Cascade,
    /// Leaves the children of a deleted parent to the database's ON DELETE.
    pub passive_deletes: bool,
    /// Whether it is for reading alone: what another relationship writes.
    pub view_only: bool,
    /// What the foreign key of a `belongs_to` does when its target is deleted: `on_delete = ".."`.
    pub on_delete: Option<KeyAction>,
    /// What it does when the target's key changes: `on_update = ".."`.
    pub on_update: Option<KeyAction>,
    /// The relationship on the other side, where it is named.
    pub inverse: Option<&'static str>,
    /// What serialising calls it; none where it is left out.
    pub serialized: Option<&'static str>,
    /// The model it is declared on.
    pub parent: fn() -> &'static dyn ErasedModel,
    /// The model it leads to.
    pub target: fn() -> &'static dyn ErasedModel,
    /// What the names above stand for, once it was looked up.
    #[doc(hidden)]
    pub resolved: ResolvedRelation,
}

/// The four kinds of relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationKind {
    /// The key is on the target; any number of rows.
    HasMany,
    /// The key is on the target; at most one row.
    HasOne,
    /// The key is here. `required`: it is NOT NULL, so there is exactly one row.
    BelongsTo {
        /// Whether the key is NOT NULL.
        required: bool,
    },
    /// Both keys are in a link table.
    ManyToMany,
}

/// The link table of a `many_to_many`.
#[derive(Debug, Clone, Copy)]
pub struct ThroughDef {
    /// Its name, with its schema where it is in one.
    pub table: TableName,
    /// Its columns that refer to this model.
    pub key: &'static [&'static str],
    /// Its columns that refer to the target.
    pub target_key: &'static [&'static str],
}

/// What a relationship does when a query did not name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lazy {
    /// Not loaded; `session.load` may ask for it.
    Select,
    /// Not loaded; `session.load` does not compile.
    Raise,
    /// Not loaded; `session.load` answers from the identity map alone.
    RaiseOnSql,
    /// Loaded with every query of the model, by a second statement.
    Selectin,
    /// Loaded with every query of the model, by a join.
    Joined,
    /// Loaded with every query of the model, by a second statement around the first.
    Subquery,
}

impl Lazy {
    /// As it is written in the attribute.
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

/// One term of a relationship's order.
#[derive(Debug, Clone, Copy)]
pub struct OrderDef {
    /// The field of the target.
    pub field: &'static str,
    /// Whether the order is descending.
    pub descending: bool,
}

/// What follows the parent of a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cascade {
    /// What is held is merged with the parent.
    pub merge: bool,
    /// Children are deleted with the parent.
    pub delete: bool,
    /// A child that loses its parent is deleted.
    pub delete_orphan: bool,
    /// What is held is expired with the parent.
    pub refresh_expire: bool,
    /// What is held is taken out of the session with the parent.
    pub expunge: bool,
}

impl RelationDef {
    /// Whether the key is on the target or in a link table, so that targets of all parents are all rows with a key.
    pub fn is_keyed_by_target(&self) -> bool {
        !matches!(self.kind, RelationKind::BelongsTo { .. })
    }

    /// Whether it leads to any number of rows.
    pub fn is_collection(&self) -> bool {
        matches!(self.kind, RelationKind::HasMany | RelationKind::ManyToMany)
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

    /// `User.orders`, as messages name it.
    pub fn path(&self) -> String {
        format!("{}.{}", self.parent().name, self.name)
    }

    /// The constant that names it in code: `User::ORDERS`.
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
