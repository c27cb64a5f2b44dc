pub mod seed_0 {
// Models of the tables of a MariaDB database, as its catalogue describes them.
// They use the crates `chrono`, `rust_decimal` and `uuid`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(index = "c3, c2")]
pub struct T1 {
    #[key(auto)]
    pub id: i64,
    #[column(index)]
    pub c2: Option<chrono::NaiveDateTime>,
    #[column(unique)]
    pub c3: Option<i64>,
    pub c4: Option<chrono::NaiveDateTime>,
    #[column(length = 30, check = "`c5` <> 'never'")]
    pub c5: String,
    pub c6: Option<rust_decimal::Decimal>,
    #[column(name = "r17", index)]
    pub r17_id: Option<i64>,
    #[column(index, check = "`c18` >= 0")]
    pub c18: Option<i16>,
    #[belongs_to]
    pub r17: BelongsTo<Option<T1>>,
    #[has_many(key = "r17_id")]
    pub r17_t1s: HasMany<T1>,
    #[has_many(key = "r13_id")]
    pub r13_t7s: HasMany<T7>,
    #[has_many(key = "r14_id")]
    pub r14_t7s: HasMany<T7>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "t7c15")]
pub enum T7C15 {
    #[db_enum(rename = "sad")]
    Sad,
    #[db_enum(rename = "glad")]
    Glad,
    #[db_enum(rename = "it's")]
    ItS,
}

#[derive(Model, Debug)]
pub struct T7 {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub c8: Option<Vec<u8>>,
    #[column(default = "'glad'")]
    pub c15: Option<T7C15>,
    #[column(unique)]
    pub c10: Option<chrono::NaiveDate>,
    #[column(unique)]
    pub c11: Option<uuid::Uuid>,
    #[column(default = "7")]
    pub c12: Option<i16>,
    #[column(name = "r13", index)]
    pub r13_id: Option<i64>,
    #[column(name = "r14", index)]
    pub r14_id: Option<i64>,
    #[column(default = "1.5")]
    pub c16: Option<f64>,
    #[belongs_to]
    pub r13: BelongsTo<Option<T1>>,
    #[belongs_to(on_delete = "set null")]
    pub r14: BelongsTo<Option<T1>>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T7]
}
}

pub mod seed_1 {
// Models of the tables of a MariaDB database, as its catalogue describes them.
// They use the crates `chrono` and `uuid`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
pub struct T1 {
    #[key]
    pub id: i64,
    #[key]
    pub number: i32,
    #[column(index, default = "(1 = 1)")]
    pub c2: bool,
    #[column(length = 255, index)]
    pub c3: Option<String>,
    #[column(name = "r15", index)]
    pub r15_id: Option<i64>,
    #[belongs_to]
    pub r15: BelongsTo<Option<T4>>,
}

#[derive(Model, Debug)]
pub struct T4 {
    #[key(auto)]
    pub id: i64,
    pub c5: String,
    pub c7: Option<uuid::Uuid>,
    #[column(name = "r16", index)]
    pub r16_id: Option<i64>,
    #[belongs_to(on_delete = "set null", on_update = "set null")]
    pub r16: BelongsTo<Option<T8>>,
    #[has_many(key = "r15_id")]
    pub t1s: HasMany<T1>,
    #[has_many(key = "r14_id")]
    pub t8s: HasMany<T8>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "t8c10")]
pub enum T8C10 {
    #[db_enum(rename = "sad")]
    Sad,
    #[db_enum(rename = "glad")]
    Glad,
    #[db_enum(rename = "it's")]
    ItS,
}

#[derive(Model, Debug)]
pub struct T8 {
    #[key(auto)]
    pub id: i64,
    #[column(index)]
    pub c9: Option<chrono::NaiveDateTime>,
    #[column(index)]
    pub c10: T8C10,
    #[column(index, check = "`c11` >= 0")]
    pub c11: i32,
    pub c17: chrono::NaiveDateTime,
    pub c13: chrono::NaiveTime,
    #[column(name = "r14", index)]
    pub r14_id: Option<i64>,
    #[belongs_to]
    pub r14: BelongsTo<Option<T4>>,
    #[has_many(key = "r16_id")]
    pub t4s: HasMany<T4>,
    #[many_to_many(through = "l18", key = "left_id", target_key = "right_id")]
    pub rights: HasMany<T8>,
    #[many_to_many(through = "l18", key = "right_id", target_key = "left_id")]
    pub lefts: HasMany<T8>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T4, T8]
}
}

pub mod seed_2 {
// Models of the tables of a MariaDB database, as its catalogue describes them.
// They use the crates `chrono`, `rust_decimal` and `serde_json`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(index = "c3, c2")]
pub struct T1 {
    #[key]
    #[column(check = "`id` > -5")]
    pub id: i64,
    #[column(default = "7")]
    pub c2: Option<i64>,
    pub c3: Vec<u8>,
    #[column(unique)]
    pub c4: Option<i32>,
    #[column(unique, check = "`c5` >= 0")]
    pub c5: Option<i16>,
    pub c6: Option<f32>,
    #[column(name = "r25", index)]
    pub r25_id: Option<i64>,
    #[belongs_to(on_delete = "cascade", on_update = "cascade")]
    pub r25: BelongsTo<Option<T19>>,
    #[has_many(key = "r23_id")]
    pub t19s: HasMany<T19>,
    #[many_to_many(through = "l27", key = "left_id", target_key = "right_id")]
    pub t13s: HasMany<T13>,
    #[many_to_many(through = "l28", key = "right_id", target_key = "left_id")]
    pub t7s: HasMany<T7>,
}

#[derive(Model, Debug)]
pub struct T13 {
    #[key(auto)]
    pub id: i64,
    pub c14: bool,
    #[column(check = "`c15` >= 0")]
    pub c15: rust_decimal::Decimal,
    pub c16: Vec<u8>,
    #[column(unique)]
    pub c17: Option<chrono::NaiveDate>,
    #[column(index, default = "1.5", check = "`c18` >= 0")]
    pub c18: f32,
    #[many_to_many(through = "l26", key = "left_id", target_key = "right_id")]
    pub t7s: HasMany<T7>,
    #[many_to_many(through = "l27", key = "right_id", target_key = "left_id")]
    pub t1s: HasMany<T1>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "t19c22", rename_all = "snake_case")]
pub enum T19C22 {
    Sad,
    Glad,
}

#[derive(Model, Debug)]
pub struct T19 {
    #[key(auto)]
    pub id: i64,
    #[column(index, check = "`c20` >= 0")]
    pub c20: Option<f32>,
    pub c21: Option<bool>,
    #[column(index, default = "'glad'")]
    pub c22: Option<T19C22>,
    #[column(name = "r23", index)]
    pub r23_id: Option<i64>,
    #[column(name = "r24", index)]
    pub r24_id: Option<i64>,
    #[belongs_to(on_delete = "set null")]
    pub r23: BelongsTo<Option<T1>>,
    #[belongs_to(on_update = "set null")]
    pub r24: BelongsTo<Option<T19>>,
    #[has_many(key = "r25_id", cascade = "all, delete", passive_deletes)]
    pub t1s: HasMany<T1>,
    #[has_many(key = "r24_id")]
    pub r24_t19s: HasMany<T19>,
}

#[derive(Model, Debug)]
#[model(index = "c9, c8")]
pub struct T7 {
    #[key(auto)]
    pub id: i32,
    pub c8: chrono::NaiveTime,
    #[column(index)]
    pub c9: i16,
    #[column(default = "current_timestamp(6)")]
    pub c10: Option<chrono::NaiveDateTime>,
    #[column(default = "7")]
    pub c11: i16,
    pub c12: serde_json::Value,
    #[many_to_many(through = "l26", key = "right_id", target_key = "left_id")]
    pub t13s: HasMany<T13>,
    #[many_to_many(through = "l28", key = "left_id", target_key = "right_id")]
    pub t1s: HasMany<T1>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T13, T19, T7]
}
}

pub mod seed_3 {
// Models of the tables of a MariaDB database, as its catalogue describes them.
// They use the crates `chrono` and `serde_json`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
pub struct T1 {
    #[key(auto)]
    pub id: i64,
    #[column(length = 30, unique)]
    pub c2: Option<String>,
    #[column(unique)]
    pub c3: Option<i32>,
    #[column(index)]
    pub c4: i64,
    #[column(name = "r9", index)]
    pub r9_id: Option<i64>,
    pub c11: chrono::NaiveDate,
    pub c13: Option<serde_json::Value>,
    #[belongs_to(on_delete = "cascade", on_update = "set null")]
    pub r9: BelongsTo<Option<T1>>,
    #[has_many(key = "r9_id", cascade = "all, delete", passive_deletes)]
    pub r9_t1s: HasMany<T1>,
}

#[derive(Model, Debug)]
pub struct T5 {
    #[key(auto)]
    pub id: i32,
    pub c6: i16,
    pub c7: Option<chrono::NaiveDateTime>,
    #[column(index, default = "(1 = 1)")]
    pub c8: Option<bool>,
    #[column(name = "r12", unique)]
    pub r12_id: Option<i32>,
    #[belongs_to(on_delete = "cascade")]
    pub r12: BelongsTo<Option<T5>>,
    #[has_one(key = "r12_id", cascade = "all, delete", passive_deletes)]
    pub r12_t5: HasOne<T5>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T5]
}
}

