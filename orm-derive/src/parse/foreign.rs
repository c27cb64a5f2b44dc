//! Words of other libraries, and ours for the same thing.

use super::attributes::Kind;

/// What an option that another library has is called here; none for one that is not known.
pub fn option(name: &str, attribute: &str) -> Option<String> {
    let in_ours = match (attribute, name) {
        ("model", "table_name" | "tablename" | "__tablename__" | "name") => "write `table = \"users\"`",
        ("model", "schema_name") => "write `schema = \"app\"`",
        ("model", "primary_key" | "pk") => "mark the key's field with `#[key]`",
        ("model", "belongs_to" | "has_many" | "has_one") => {
            "a relationship is a field of its own with that attribute above it"
        }
        (
            "key",
            "auto_increment" | "autoincrement" | "generated" | "serial" | "identity" | "auto_generated",
        ) => "write `#[key(auto)]`",
        ("column", "primary_key" | "pk") => {
            "write `#[key]` instead, or `#[key(auto)]` where the database generates it"
        }
        ("column", "auto_increment" | "autoincrement" | "serial") => "write `#[key(auto)]` instead",
        ("column", "nullable" | "null" | "not_null" | "optional" | "required") => {
            "a column that may be NULL is an `Option<..>`, and every other one is NOT NULL"
        }
        ("column", "column_name" | "rename" | "db_name" | "sql_name") => "write `name = \"user_name\"`",
        ("column", "column_type" | "sql_type" | "db_type" | "type") => {
            "the field's type determines the column's type"
        }
        ("column", "default_value" | "server_default" | "default_expr") => "write `default = \"0\"`, in SQL",
        ("model" | "column", "soft_delete" | "soft_deletes" | "deleted_at" | "paranoid") => {
            "mark the field that holds when a row was deleted: `#[column(deleted)] deleted_at: Option<DateTime<Utc>>`"
        }
        (
            "model" | "column",
            "where" | "condition" | "filter" | "partial" | "postgresql_where" | "sqlite_where",
        ) => {
            "the condition of a partial index follows its columns: `#[model(unique = \"email where deleted_at is null\")]`"
        }
        ("column", "indexed") => "write `index`",
        ("column", "unique_key") => "write `unique`",
        ("column", "max_length" | "size" | "len") => "write `length = 50`",
        ("column", "onupdate" | "on_update" | "auto_now" | "updated_at") => {
            "write `updated` for the time of the last update"
        }
        ("column", "auto_now_add" | "created_at") => "write `created` for the time of the insert",
        ("column", "foreign_key" | "references" | "belongs_to" | "fk") => {
            "a foreign key is a plain column; the relationship beside it names it: `#[belongs_to(key = \"user_id\")] user: \
             BelongsTo<User>`"
        }
        (_, "foreign_key" | "foreign_keys" | "fk" | "from" | "local_key")
            if Kind::of(attribute).is_some() =>
        {
            "write `key = \"user_id\"`"
        }
        (_, "back_populates" | "backref" | "inverse_of") if Kind::of(attribute).is_some() => {
            "write `inverse = \"user\"`"
        }
        (_, "to" | "references" | "primary_key" | "remote_key") if Kind::of(attribute).is_some() => {
            "write `target_key = \"id\"`"
        }
        (_, "secondary" | "via" | "join_table" | "junction" | "through_table")
            if Kind::of(attribute).is_some() =>
        {
            "write `#[many_to_many(through = \"order_items\")]`"
        }
        ("belongs_to", "ondelete") => "write `on_delete = \"cascade\"`",
        ("belongs_to", "onupdate") => "write `on_update = \"cascade\"`",
        (_, "dependent" | "ondelete") if Kind::of(attribute).is_some() => {
            "write `cascade = \"all, delete-orphan\"`, or `passive_deletes` where the database does it"
        }
        (_, "lazyload" | "loading" | "fetch") if Kind::of(attribute).is_some() => {
            "write `lazy = \"selectin\"`"
        }
        (_, "where" | "condition" | "conditions" | "scope" | "primaryjoin")
            if Kind::of(attribute).is_some() =>
        {
            "write `filter = \"open_orders\"`, the path of a function that returns a `Predicate`"
        }
        (_, "uselist") if Kind::of(attribute).is_some() => "one row is `HasOne<..>`, many are `HasMany<..>`",
        (_, model) if Kind::of(attribute).is_some() && model.starts_with(char::is_uppercase) => {
            "the type of the field names the model: `BelongsTo<User>`, `HasMany<Order>`"
        }
        _ => return None,
    };
    Some(format!("`{name}` is not an option of `#[{attribute}]`: {in_ours}"))
}

/// What an attribute of a field that other libraries have is called here.
pub fn attribute(name: &str) -> Option<&'static str> {
    Some(match name {
        "primary_key" => "write `#[key]`, or `#[key(auto)]` where the database generates the key",
        "auto_increment" => "write `#[key(auto)]`",
        "foreign_key" => {
            "a foreign key is a plain column; the relationship beside it names it: `#[belongs_to(key = \"user_id\")] user: \
             BelongsTo<User>`"
        }
        "relationship" => {
            "write `#[has_many]`, `#[has_one]`, `#[belongs_to]` or `#[many_to_many(through = \"..\")]` above a `HasMany<..>`, \
             `HasOne<..>` or `BelongsTo<..>`"
        }
        "nullable" => "a column that may be NULL is an `Option<..>`",
        "unique" => "write `#[column(unique)]`",
        _ => return None,
    })
}
