pub mod seed_0 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono`, `rust_decimal` and `uuid`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(index = "c3, c2")]
pub struct T1 {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub c2: Option<chrono::DateTime<chrono::Utc>>,
    #[column(unique)]
    pub c3: Option<i64>,
    pub c4: chrono::DateTime<chrono::Utc>,
    #[column(length = 30)]
    pub c5: String,
    pub c6: Option<rust_decimal::Decimal>,
    #[column(name = "r14")]
    pub r14_id: Option<i64>,
    #[column(index, check = "c17 >= (0)::numeric")]
    pub c17: Option<rust_decimal::Decimal>,
    #[column(index, check = "c19 >= 0")]
    pub c19: Option<i16>,
    #[belongs_to(on_update = "restrict")]
    pub r14: BelongsTo<Option<T1>>,
    #[has_many(key = "r14_id")]
    pub r14_t1s: HasMany<T1>,
    #[has_many(key = "r13_id")]
    pub t18s: HasMany<T18>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "mood")]
pub enum Mood {
    #[db_enum(rename = "sad")]
    Sad,
    #[db_enum(rename = "glad")]
    Glad,
    #[db_enum(rename = "it's")]
    ItS,
}

#[derive(Model, Debug)]
pub struct T18 {
    #[key]
    #[column(check = "id > '-5'::integer")]
    pub id: i64,
    #[key]
    pub number: i32,
    #[column(unique)]
    pub c8: Option<Vec<u8>>,
    #[column(default = "'glad'")]
    pub c16: Option<Mood>,
    #[column(unique)]
    pub c10: Option<chrono::NaiveDate>,
    #[column(unique)]
    pub c11: Option<uuid::Uuid>,
    #[column(default = "7")]
    pub c12: Option<i16>,
    #[column(name = "r13")]
    pub r13_id: Option<i64>,
    #[column(check = "c15 >= 0")]
    pub c15: Option<i32>,
    #[belongs_to(on_delete = "restrict", on_update = "set null")]
    pub r13: BelongsTo<Option<T1>>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T18]
}
}

pub mod seed_1 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono` and `uuid`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
pub struct T18 {
    #[key]
    #[column(check = "id > '-5'::integer")]
    pub id: i64,
    #[key]
    pub number: i32,
    #[column(index, default = "(1 = 1)")]
    pub c2: Option<bool>,
    #[column(index)]
    pub c3: Option<String>,
    #[column(name = "c16")]
    pub c16_id: Option<i64>,
    #[column(name = "r17")]
    pub r17_id: Option<i64>,
    #[belongs_to(on_delete = "cascade", on_update = "restrict")]
    pub c16: BelongsTo<Option<T8>>,
    #[belongs_to(on_delete = "cascade", on_update = "set null")]
    pub r17: BelongsTo<Option<T4>>,
}

#[derive(Model, Debug)]
pub struct T19 {
    #[key]
    #[column(check = "id > '-5'::integer")]
    pub id: i64,
    #[key]
    pub number: i32,
    #[column(default = "(1 = 1)")]
    pub c20: Option<bool>,
    pub c21: i64,
    pub c22: f64,
}

#[derive(Model, Debug)]
pub struct T4 {
    #[key]
    #[column(check = "id > '-5'::integer")]
    pub id: i64,
    pub c5: String,
    pub c6: Option<chrono::DateTime<chrono::Utc>>,
    pub c7: Option<uuid::Uuid>,
    #[has_many(key = "r17_id", cascade = "all, delete", passive_deletes)]
    pub t18s: HasMany<T18>,
    #[has_many(key = "r14_id", cascade = "all, delete", passive_deletes)]
    pub t8s: HasMany<T8>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "mood")]
pub enum Mood {
    #[db_enum(rename = "it's")]
    ItS,
    #[db_enum(rename = "glad")]
    Glad,
    #[db_enum(rename = "sad")]
    Sad,
}

#[derive(Model, Debug)]
#[model(index = "c10, c9")]
pub struct T8 {
    #[key(auto)]
    pub id: i64,
    #[column(length = 30, index)]
    pub c9: String,
    #[column(length = 30, index, default = "'it''s 100%'")]
    pub c10: String,
    #[column(index)]
    pub c11: Mood,
    #[column(index, check = "c12 >= 0")]
    pub c12: i32,
    pub c13: chrono::DateTime<chrono::Utc>,
    #[column(name = "r14")]
    pub r14_id: Option<i64>,
    #[belongs_to(on_delete = "cascade", on_update = "cascade")]
    pub r14: BelongsTo<Option<T4>>,
    #[has_many(key = "c16_id", cascade = "all, delete", passive_deletes)]
    pub t18s: HasMany<T18>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T18, T19, T4, T8]
}
}

pub mod seed_2 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono` and `rust_decimal`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(index = "c3, c2")]
pub struct T1 {
    #[key]
    #[column(check = "id > '-5'::integer")]
    pub id: i64,
    #[column(default = "7")]
    pub c2: Option<i64>,
    pub c3: Vec<u8>,
    #[column(unique)]
    pub c4: Option<i32>,
    #[column(unique)]
    pub c5: Option<i16>,
    pub c6: Option<i64>,
    #[column(name = "c18")]
    pub c18_id: Option<i64>,
    #[belongs_to(on_delete = "set null", on_update = "set null")]
    pub c18: BelongsTo<Option<T7>>,
}

#[derive(Model, Debug)]
pub struct T11 {
    #[key(auto)]
    pub id: i64,
    pub c12: Option<Vec<u8>>,
    #[column(name = "r22", unique)]
    pub r22_id: Option<i64>,
    #[belongs_to(on_delete = "restrict", on_update = "set null")]
    pub r22: BelongsTo<Option<T7>>,
}

#[derive(Model, Debug)]
#[model(index = "c15, c14")]
pub struct T13 {
    #[key]
    pub id: i64,
    #[column(index)]
    pub c14: Option<chrono::DateTime<chrono::Utc>>,
    #[column(index, default = "2.50")]
    pub c15: rust_decimal::Decimal,
    #[column(default = "7")]
    pub c19: i16,
    #[column(default = "7")]
    pub c20: Option<i64>,
}

#[derive(Model, Debug)]
#[model(unique = "c10, c9")]
pub struct T7 {
    #[key(auto)]
    pub id: i64,
    pub c8: Option<f32>,
    pub c9: Option<Vec<u8>>,
    #[column(unique)]
    pub c10: Option<Vec<u8>>,
    #[column(check = "c21 <> 'never'::text")]
    pub c21: Option<String>,
    #[has_many(key = "c18_id")]
    pub t1s: HasMany<T1>,
    #[has_one(key = "r22_id")]
    pub t11: HasOne<T11>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T11, T13, T7]
}
}

pub mod seed_3 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crate `chrono`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
pub struct T1 {
    #[key(auto)]
    pub id: i64,
    #[column(length = 30, unique, check = "(c2)::text <> 'never'::text")]
    pub c2: Option<String>,
    #[column(unique, check = "c3 >= 0")]
    pub c3: Option<i32>,
    pub c10: Option<chrono::NaiveDate>,
    #[many_to_many(through = "l11", key = "left_id", target_key = "right_id")]
    pub rights: HasMany<T1>,
    #[many_to_many(through = "l11", key = "right_id", target_key = "left_id")]
    pub lefts: HasMany<T1>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1]
}
}

