// Models of the tables of a MariaDB database, as its catalogue describes them.
// They use the crates `chrono`, `rust_decimal`, `serde_json` and `uuid`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "active_storage_attachments", unique = "record_type, record_id, name, blob_id")]
pub struct ActiveStorageAttachment {
    #[key(auto)]
    pub id: i64,
    #[column(length = 255)]
    pub name: String,
    #[column(length = 255)]
    pub record_type: String,
    pub record_id: i64,
    #[column(index)]
    pub blob_id: i64,
    pub created_at: chrono::NaiveDateTime,
    #[belongs_to]
    pub blob: BelongsTo<ActiveStorageBlob>,
}

#[derive(Model, Debug)]
#[model(table = "active_storage_blobs")]
pub struct ActiveStorageBlob {
    #[key(auto)]
    pub id: i64,
    #[column(length = 255, unique)]
    pub key: String,
    #[column(length = 255)]
    pub filename: String,
    #[column(length = 255)]
    pub content_type: Option<String>,
    pub metadata: Option<String>,
    #[column(length = 255)]
    pub service_name: String,
    pub byte_size: i64,
    #[column(length = 255)]
    pub checksum: Option<String>,
    pub created_at: chrono::NaiveDateTime,
    #[has_many(key = "blob_id")]
    pub active_storage_attachments: HasMany<ActiveStorageAttachment>,
}

#[derive(Model, Debug)]
pub struct ArInternalMetadata {
    #[key]
    #[column(length = 255)]
    pub key: String,
    #[column(length = 255)]
    pub value: Option<String>,
    pub created_at: chrono::NaiveDateTime,
    pub updated_at: chrono::NaiveDateTime,
}

#[derive(Model, Debug)]
#[model(table = "comments", index = "commentable_type, commentable_id")]
pub struct Comment {
    #[key(auto)]
    pub id: i64,
    pub body: Option<String>,
    #[column(length = 255)]
    pub commentable_type: String,
    pub commentable_id: i64,
    #[column(index)]
    pub author_id: i64,
    #[column(index)]
    pub parent_id: Option<i64>,
    pub created_at: chrono::NaiveDateTime,
    pub updated_at: chrono::NaiveDateTime,
    #[belongs_to(on_delete = "cascade")]
    pub author: BelongsTo<User>,
    #[belongs_to(on_delete = "set null")]
    pub parent: BelongsTo<Option<Comment>>,
    #[has_many(key = "parent_id")]
    pub children: HasMany<Comment>,
}

// The column `place` is left out: no Rust type of a column is a point.
// The column `since` is left out: no Rust type of a column is a year(4).
#[derive(Model, Debug)]
#[model(table = "measures")]
pub struct Measure {
    #[key(auto)]
    pub id: u32,
    pub small: u16,
    #[column(default = "1")]
    pub tiny: i8,
    pub medium: Option<i32>,
    pub big: Option<u64>,
    #[column(check = "`half` > 0")]
    pub half: f32,
    pub whole: f64,
    pub flags: String,
    pub token: uuid::Uuid,
    pub photo: Option<Vec<u8>>,
    #[column(generated = "`medium` * 2")]
    pub doubled: Option<i32>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "post_mood")]
pub enum PostMood {
    #[db_enum(rename = "sad")]
    Sad,
    #[db_enum(rename = "very happy")]
    VeryHappy,
}

#[derive(Model, Debug)]
#[model(table = "posts", index = "status, published_on")]
pub struct Post {
    #[key(auto)]
    pub id: i64,
    #[column(index)]
    pub user_id: i64,
    #[column(length = 255)]
    pub title: Option<String>,
    pub body: Option<String>,
    #[column(default = "0")]
    pub status: i32,
    #[column(default = "0")]
    pub comments_count: i32,
    pub metadata: Option<serde_json::Value>,
    pub rating: Option<rust_decimal::Decimal>,
    #[column(default = "'sad'")]
    pub mood: PostMood,
    pub published_on: Option<chrono::NaiveDate>,
    pub created_at: chrono::NaiveDateTime,
    pub updated_at: chrono::NaiveDateTime,
    #[belongs_to]
    pub user: BelongsTo<User>,
    #[many_to_many(through = "taggings")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "schema_migrations")]
pub struct SchemaMigration {
    #[key]
    #[column(length = 255)]
    pub version: String,
}

#[derive(Model, Debug)]
#[model(table = "sessions")]
pub struct SessionRow {
    #[key(auto)]
    pub id: i64,
    #[column(length = 255, unique)]
    pub session_id: String,
    pub data: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
pub struct Tag {
    #[key(auto)]
    pub id: i64,
    #[column(length = 255)]
    pub name: String,
    #[many_to_many(through = "taggings")]
    pub posts: HasMany<Post>,
}

#[derive(Model, Debug)]
#[model(table = "users")]
pub struct User {
    #[key(auto)]
    pub id: i64,
    #[column(length = 255, unique, default = "''")]
    pub email: String,
    #[column(length = 255, default = "''")]
    pub encrypted_password: String,
    #[column(length = 255, unique)]
    pub reset_password_token: Option<String>,
    pub reset_password_sent_at: Option<chrono::NaiveDateTime>,
    #[column(default = "0")]
    pub sign_in_count: i32,
    #[column(default = "0")]
    pub admin: bool,
    pub created_at: chrono::NaiveDateTime,
    pub updated_at: chrono::NaiveDateTime,
    #[has_many(key = "author_id", cascade = "all, delete", passive_deletes)]
    pub comments: HasMany<Comment>,
    #[has_many]
    pub posts: HasMany<Post>,
}

// The table `posts_tags` has no model: it has no primary key; with one over the columns of both
// its foreign keys it links two models.

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![
        ActiveStorageAttachment,
        ActiveStorageBlob,
        ArInternalMetadata,
        Comment,
        Measure,
        Post,
        SchemaMigration,
        SessionRow,
        Tag,
        User,
    ]
}
