// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono`, `rust_decimal`, `serde_json` and `uuid`.

use orm_core::prelude::*;

// The index `auth_group_name_like` is left out: no model declares it.
#[derive(Model, Debug)]
pub struct AuthGroup {
    #[key(auto)]
    pub id: i32,
    #[column(length = 150, unique)]
    pub name: String,
    #[many_to_many(
        through = "auth_group_permissions",
        key = "group_id",
        target_key = "permission_id",
    )]
    pub permissions: HasMany<AuthPermission>,
    #[many_to_many(through = "auth_user_groups", key = "group_id", target_key = "user_id")]
    pub users: HasMany<AuthUser>,
}

#[derive(Model, Debug)]
#[model(unique = "content_type_id, codename")]
pub struct AuthPermission {
    #[key(auto)]
    pub id: i32,
    #[column(length = 255)]
    pub name: String,
    pub content_type_id: i32,
    #[column(length = 100)]
    pub codename: String,
    #[belongs_to]
    pub content_type: BelongsTo<DjangoContentType>,
    #[many_to_many(
        through = "auth_group_permissions",
        key = "permission_id",
        target_key = "group_id",
    )]
    pub groups: HasMany<AuthGroup>,
    #[many_to_many(
        through = "auth_user_user_permissions",
        key = "permission_id",
        target_key = "user_id",
    )]
    pub users: HasMany<AuthUser>,
}

#[derive(Model, Debug)]
pub struct AuthUser {
    #[key(auto)]
    pub id: i32,
    #[column(length = 128)]
    pub password: String,
    pub last_login: Option<chrono::DateTime<chrono::Utc>>,
    pub is_superuser: bool,
    #[column(length = 150, unique)]
    pub username: String,
    #[column(length = 150)]
    pub first_name: String,
    #[column(length = 150)]
    pub last_name: String,
    #[column(length = 254)]
    pub email: String,
    pub is_staff: bool,
    pub is_active: bool,
    pub date_joined: chrono::DateTime<chrono::Utc>,
    #[has_many(key = "user_id")]
    pub django_admin_logs: HasMany<DjangoAdminLog>,
    #[has_one(key = "user_id")]
    pub shop_profile: HasOne<ShopProfile>,
    #[has_many(key = "created_by_id")]
    pub created_by_shop_tickets: HasMany<ShopTicket>,
    #[has_many(key = "assigned_to_id")]
    pub assigned_to_shop_tickets: HasMany<ShopTicket>,
    #[many_to_many(through = "auth_user_groups", key = "user_id", target_key = "group_id")]
    pub groups: HasMany<AuthGroup>,
    #[many_to_many(
        through = "auth_user_user_permissions",
        key = "user_id",
        target_key = "permission_id",
    )]
    pub permissions: HasMany<AuthPermission>,
}

#[derive(Model, Debug)]
pub struct DjangoAdminLog {
    #[key(auto)]
    pub id: i32,
    pub action_time: chrono::DateTime<chrono::Utc>,
    pub object_id: Option<String>,
    #[column(length = 200)]
    pub object_repr: String,
    #[column(check = "action_flag >= 0")]
    pub action_flag: i16,
    pub change_message: String,
    pub content_type_id: Option<i32>,
    pub user_id: i32,
    #[belongs_to]
    pub content_type: BelongsTo<Option<DjangoContentType>>,
    #[belongs_to]
    pub user: BelongsTo<AuthUser>,
}

#[derive(Model, Debug)]
#[model(unique = "app_label, model")]
pub struct DjangoContentType {
    #[key(auto)]
    pub id: i32,
    #[column(length = 100)]
    pub app_label: String,
    #[column(length = 100)]
    pub model: String,
    #[has_many(key = "content_type_id")]
    pub auth_permissions: HasMany<AuthPermission>,
    #[has_many(key = "content_type_id")]
    pub django_admin_logs: HasMany<DjangoAdminLog>,
}

#[derive(Model, Debug)]
#[model(table = "django_migrations")]
pub struct DjangoMigration {
    #[key(auto)]
    pub id: i64,
    #[column(length = 255)]
    pub app: String,
    #[column(length = 255)]
    pub name: String,
    pub applied: chrono::DateTime<chrono::Utc>,
}

#[derive(Model, Debug)]
pub struct DjangoSession {
    #[key]
    #[column(length = 40)]
    pub session_key: String,
    pub session_data: String,
    #[column(index)]
    pub expire_date: chrono::DateTime<chrono::Utc>,
}

#[derive(Model, Debug)]
pub struct ShopProfile {
    #[key]
    pub user_id: i32,
    pub bio: String,
    #[column(default = "'{}'")]
    pub settings: serde_json::Value,
    #[belongs_to]
    pub user: BelongsTo<AuthUser>,
}

#[derive(Model, Debug)]
pub struct ShopTicket {
    #[key]
    pub id: uuid::Uuid,
    #[column(length = 80)]
    pub title: String,
    #[column(length = 10)]
    pub r#type: String,
    pub price: rust_decimal::Decimal,
    pub opened: chrono::NaiveDate,
    pub closes: Option<chrono::NaiveTime>,
    pub created_by_id: i32,
    pub assigned_to_id: Option<i32>,
    pub parent_id: Option<uuid::Uuid>,
    #[belongs_to]
    pub created_by: BelongsTo<AuthUser>,
    #[belongs_to]
    pub assigned_to: BelongsTo<Option<AuthUser>>,
    #[belongs_to]
    pub parent: BelongsTo<Option<ShopTicket>>,
    #[has_many(key = "parent_id")]
    pub children: HasMany<ShopTicket>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![
        AuthGroup,
        AuthPermission,
        AuthUser,
        DjangoAdminLog,
        DjangoContentType,
        DjangoMigration,
        DjangoSession,
        ShopProfile,
        ShopTicket,
    ]
}
