//! A relationship: its kind, its target and the keys that it links.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, Type, Visibility};

use crate::names;
use crate::parse::{
    Cascade, Field, Function, Holder, KeyAction, Kind, Lazy, Names, OrderBy, RenameAll, Text, Through,
    last_name,
};

/// A field that is a relationship.
pub struct Relation {
    pub visibility: Visibility,
    pub ident: Ident,
    /// The field's name without `r#`.
    pub field: String,
    /// The field's type.
    pub ty: Type,
    pub holder: Holder,
    /// The model it leads to.
    pub target: Type,
    /// Whether the type's parameter is an `Option`.
    pub optional: bool,
    /// The kind by the attribute; if none fits, by the type.
    pub kind: Kind,
    /// The relationship attributes that are written: one, or there is a mistake.
    pub attributes: Vec<(Kind, Span)>,
    /// Whether all of the attributes could be read.
    complete: bool,
    /// `#[key]` and `#[column]`, which a relationship must not have.
    pub stray: Vec<(&'static str, Span)>,
    /// A `belongs_to`'s fields here, a `has_many`'s on the target, a `many_to_many`'s columns of the link table.
    pub key: Names,
    /// What the key refers to; empty: the primary key. A `many_to_many`'s columns of the link table.
    pub target_key: Names,
    pub through: Option<Through>,
    /// The link table's schema; none: that of the model.
    pub through_schema: Option<Text>,
    pub lazy: Lazy,
    pub order_by: Option<OrderBy>,
    pub cascade: Option<(Cascade, Span)>,
    pub passive_deletes: Option<Span>,
    /// Whether it is for reading alone: it says so, it has a filter, or it goes through a model.
    pub view_only: Option<Span>,
    /// The function that makes the condition on its targets.
    pub filter: Option<Function>,
    pub on_delete: Option<(KeyAction, Span)>,
    pub on_update: Option<(KeyAction, Span)>,
    pub inverse: Option<Text>,
    /// What serialising calls it; `None` if it is left out.
    pub serialized: Option<Text>,
    /// The doc comment of the field.
    pub docs: Vec<Attribute>,
}

impl Relation {
    pub(super) fn new(
        field: Field,
        holder: Holder,
        target: Type,
        optional: bool,
        rename_all: RenameAll,
    ) -> Relation {
        let span = field.ident.span();
        let serialized = field.serialized(rename_all);
        let attributes = field.relations.iter().map(|attribute| (attribute.kind, attribute.span)).collect();
        let mut stray = Vec::new();
        stray.extend(field.key.map(|key| ("key", key.span)));
        stray.extend(field.column.map(|column| ("column", column.span)));
        let mut relation = Relation {
            visibility: field.visibility,
            field: names::plain(&field.ident),
            ident: field.ident,
            ty: field.ty,
            holder,
            target,
            optional,
            kind: match holder {
                Holder::HasMany => Kind::HasMany,
                Holder::HasOne => Kind::HasOne,
                Holder::BelongsTo => Kind::BelongsTo,
            },
            attributes,
            complete: field.relations.iter().all(|attribute| attribute.complete),
            stray,
            key: Names::default(Vec::new(), span),
            target_key: Names::default(Vec::new(), span),
            through: None,
            through_schema: None,
            lazy: Lazy::default(),
            order_by: None,
            cascade: None,
            passive_deletes: None,
            view_only: None,
            filter: None,
            on_delete: None,
            on_update: None,
            inverse: None,
            serialized,
            docs: field.docs,
        };
        if let Some(attribute) =
            field.relations.into_iter().find(|attribute| attribute.kind.holder() == holder)
        {
            relation.kind = attribute.kind;
            relation.key = attribute.key.unwrap_or(relation.key);
            relation.target_key = attribute.target_key.unwrap_or(relation.target_key);
            relation.through = attribute.through;
            relation.through_schema = attribute.through_schema;
            relation.lazy = attribute.lazy;
            relation.order_by = attribute.order_by;
            relation.cascade = attribute.cascade;
            relation.passive_deletes = attribute.passive_deletes;
            let through_model = relation.through.as_ref().filter(|through| through.model().is_some());
            relation.view_only = attribute
                .view_only
                .or(attribute.filter.as_ref().map(|function| function.span))
                .or(through_model.map(Through::span));
            relation.filter = attribute.filter;
            relation.on_delete = attribute.on_delete;
            relation.on_update = attribute.on_update;
            relation.inverse = attribute.inverse;
        }
        relation
    }

    /// Fills in the keys that are not written, for a model of a name and a number of key columns.
    pub(super) fn fill_in_keys(&mut self, snake: &str, keys: usize) {
        let one = |name: &str| vec![format!("{name}_id")];
        if !self.key.given {
            self.key.names = match self.kind {
                Kind::BelongsTo => one(&self.field),
                // A key of several columns has no obvious names on the other side; a rule asks for them.
                _ if keys > 1 => Vec::new(),
                _ => one(snake),
            };
        }
        if !self.target_key.given && self.kind == Kind::ManyToMany {
            let target = last_name(&self.target).unwrap_or_default();
            self.target_key.names = one(&names::snake(&target));
        }
    }

    /// Whether the attribute could be read and fits the type; otherwise that has been reported, and no further rule
    /// looks at it.
    pub fn is_sound(&self) -> bool {
        let fits = matches!(self.attributes.as_slice(), [(kind, _)] if kind.holder() == self.holder);
        fits && self.complete && self.stray.is_empty() && (self.holder == Holder::BelongsTo || !self.optional)
    }

    /// The model that has its links: `through = OrderItem`.
    pub fn association(&self) -> Option<&TokenStream> {
        self.through.as_ref()?.model()
    }

    /// Whether a column of this model is in the relationship's key.
    pub fn has_key_here(&self, field: &str) -> bool {
        self.kind == Kind::BelongsTo && self.key.names.iter().any(|name| name == field)
    }

    /// Whether there is always one row: a key that is NOT NULL.
    pub fn is_required(&self) -> bool {
        self.kind == Kind::BelongsTo && !self.optional
    }
}
