use orm_core::prelude::*;
use orm_core::schema::Schema;

/// Its items know it by its code, and one of them leads it: tables in a circle.
#[derive(Model, Debug)]
#[model(table = "mx_shops")]
pub struct Shop {
    #[key(auto)]
    pub id: i64,
    /// Which row of the model it is.
    pub uid: i64,
    #[column(unique, length = 20)]
    pub code: String,
    #[column(default_with = "unnamed", length = 20)]
    pub name: String,
    #[column(read_back)]
    pub lead_id: Option<i64>,
    #[column(generated = "uid * 2")]
    pub twice: i64,
    #[column(version)]
    pub version: i64,
    #[belongs_to(key = "lead_id")]
    pub lead: BelongsTo<Option<Item>>,
    #[has_many(key = "shop_code", target_key = "code", order_by = "id")]
    pub items: HasMany<Item>,
    #[has_one(key = "shop_id", cascade = "all, delete-orphan")]
    pub badge: HasOne<Badge>,
}

pub fn unnamed() -> &'static str {
    "unnamed"
}

#[derive(Model, Debug)]
#[model(table = "mx_items")]
pub struct Item {
    #[key(auto)]
    pub id: i64,
    pub uid: i64,
    #[column(length = 20)]
    pub shop_code: Option<String>,
    #[column(unique)]
    pub slot: Option<i64>,
    pub price: i64,
    #[column(default = "1")]
    pub quantity: i64,
    #[column(generated = "price * 2 + quantity")]
    pub total: i64,
    #[column(version)]
    pub version: i64,
    #[belongs_to(key = "shop_code", target_key = "code", on_update = "cascade")]
    pub shop: BelongsTo<Option<Shop>>,
    #[has_many(key = "lead_id", order_by = "id")]
    pub leads: HasMany<Shop>,
    #[many_to_many(through = "mx_item_tags", key = "item_id", target_key = "tag_id", order_by = "id")]
    pub tags: HasMany<Tag>,
    #[has_many(key = "item_id", order_by = "id", cascade = "all, delete-orphan")]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "mx_badges")]
pub struct Badge {
    #[key(auto)]
    pub id: i64,
    pub uid: i64,
    #[column(unique)]
    pub shop_id: i64,
    #[belongs_to(key = "shop_id")]
    pub shop: BelongsTo<Shop>,
}

#[derive(Model, Debug)]
#[model(table = "mx_tags")]
pub struct Tag {
    #[key]
    pub id: i64,
    #[many_to_many(through = "mx_item_tags", key = "tag_id", target_key = "item_id", order_by = "id")]
    pub items: HasMany<Item>,
}

/// Stays when it is deleted, and its answers with it; it goes with its item.
#[derive(Model, Debug)]
#[model(table = "mx_notes")]
pub struct Note {
    #[key]
    pub id: i64,
    pub item_id: i64,
    pub parent_id: Option<i64>,
    #[column(length = 20)]
    pub text: String,
    #[column(version)]
    pub version: i64,
    #[column(deleted)]
    pub gone: Option<chrono::NaiveDateTime>,
    #[belongs_to]
    pub item: BelongsTo<Item>,
    #[belongs_to(key = "parent_id")]
    pub parent: BelongsTo<Option<Note>>,
    #[has_many(key = "parent_id", order_by = "id", cascade = "all")]
    pub answers: HasMany<Note>,
}

pub fn schema() -> Schema {
    schema![Shop, Item, Badge, Tag, Note]
}
