pub mod seed_0 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono`, `rust_decimal` and `serde_json`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(index = "c3, c2")]
pub struct T16 {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub c2: Option<chrono::DateTime<chrono::Utc>>,
    /// $ddl$ $$ /* */ {} COMMENT 'x' CHECK (id > 1)
    #[column(unique)]
    pub c3: Option<i64>,
    pub c4: chrono::DateTime<chrono::Utc>,
    #[column(length = 30, check = "(c5)::text <> 'never'::text")]
    pub c5: String,
    /// üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü
    pub c6: Option<rust_decimal::Decimal>,
    /// A plain one.
    #[column(generated = "(c3 + 1)")]
    pub c7: Option<i64>,
    pub c13: Option<serde_json::Value>,
    #[column(generated = "(c3 + 1)")]
    pub c14: Option<i64>,
    #[column(index, default = "'2024-02-29'")]
    pub c15: Option<chrono::NaiveDate>,
}

#[derive(Model, Debug)]
pub struct T8 {
    #[key(auto)]
    pub id: i32,
    #[column(default = "7")]
    pub c17: Option<i64>,
    #[column(generated = "(c17 + 1)")]
    pub c10: Option<i64>,
    #[column(name = "r11")]
    pub r11_id: Option<i32>,
    #[belongs_to(on_delete = "restrict", on_update = "set null")]
    pub r11: BelongsTo<Option<T8>>,
    #[has_many(key = "r11_id")]
    pub r11_t8s: HasMany<T8>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T16, T8]
}
}

pub mod seed_1 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crate `rust_decimal`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
pub struct T1 {
    #[key]
    #[column(check = "id > '-5'::integer")]
    pub id: i64,
    #[key]
    pub number: i32,
    #[column(index, default = "(1 = 1)")]
    pub c2: bool,
    /// It's "100 %"; -- of `x`, $1, ? and :name
    #[column(length = 20, index)]
    pub c3: Option<String>,
}

#[derive(Model, Debug)]
#[model(index = "c6, c5")]
pub struct T4 {
    #[key(auto)]
    pub id: i32,
    /// A plain one.
    #[column(unique)]
    pub c5: Option<rust_decimal::Decimal>,
    pub c6: Vec<u8>,
}

#[derive(Model, Debug)]
#[model(unique = "c9, c8")]
pub struct T7 {
    #[key]
    #[column(check = "id > '-5'::integer")]
    pub id: i64,
    #[key]
    pub number: i32,
    #[column(check = "c8 >= 0")]
    pub c8: Option<i16>,
    pub c9: Option<i64>,
    /// A plain one.
    #[column(index, check = "c10 >= 0")]
    pub c10: i64,
    pub c11: bool,
    #[column(generated = "(c8 + 1)")]
    pub c12: Option<i64>,
    #[column(unique)]
    pub c13: Option<rust_decimal::Decimal>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T4, T7]
}
}

pub mod seed_2 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono`, `serde_json` and `uuid`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(index = "c3, c2")]
pub struct T1 {
    #[key(auto)]
    pub id: i64,
    /// Grüße, 世界
    ///
    /// * one
    /// * two
    #[column(default = "7")]
    pub c2: Option<i64>,
    pub c3: Vec<u8>,
    #[column(unique, check = "c4 >= 0")]
    pub c4: Option<i32>,
    #[column(unique)]
    pub c5: Option<i16>,
    /// \
    pub c6: Option<f32>,
    pub c19: Option<f32>,
    pub c21: serde_json::Value,
}

#[derive(Model, Debug)]
pub struct T11 {
    /// C:\temp\'; DROP TABLE t1; --
    #[key]
    pub id: i64,
    #[key]
    pub number: i32,
    #[column(index)]
    pub c12: Option<chrono::NaiveDate>,
    /// üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü
    pub c13: bool,
}

#[derive(Model, Debug)]
#[model(
    index = "c16, c15",
    index = "c16, c18 where c16 is null and (c17 = 1 or c17 = 2) and c15 is null",
)]
pub struct T14 {
    #[key(auto)]
    pub id: i64,
    pub c15: Vec<u8>,
    #[column(unique)]
    pub c16: Option<chrono::NaiveDate>,
    /// üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü
    #[column(index, check = "c17 >= (0)::double precision")]
    pub c17: f32,
    /// Grüße, 世界
    ///
    /// * one
    /// * two
    #[column(index)]
    pub c18: Option<uuid::Uuid>,
    #[many_to_many(through = "l20", key = "right_id", target_key = "left_id")]
    pub t7s: HasMany<T7>,
}

#[derive(Model, Debug)]
#[model(unique = "c9 where c9 is null", index = "c9, c8")]
pub struct T7 {
    /// $ddl$ $$ /* */ {} COMMENT 'x' CHECK (id > 1)
    #[key(auto)]
    pub id: i64,
    #[column(default = "7")]
    pub c8: i64,
    #[column(unique)]
    pub c9: Option<chrono::NaiveDateTime>,
    #[column(generated = "(c8 + 1)")]
    pub c10: Option<i64>,
    #[column(generated = "(c8 + 1)")]
    pub c22: Option<i64>,
    #[many_to_many(through = "l20", key = "left_id", target_key = "right_id")]
    pub t14s: HasMany<T14>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T11, T14, T7]
}
}

pub mod seed_3 {
// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono` and `serde_json`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(index = "c2 where r11_id is not null")]
pub struct T1 {
    /// Grüße, 世界
    ///
    /// * one
    /// * two
    #[key(auto)]
    pub id: i64,
    /// Grüße, 世界
    ///
    /// * one
    /// * two
    #[column(length = 30, unique)]
    pub c2: Option<String>,
    #[column(unique, check = "c3 >= 0")]
    pub c3: Option<i32>,
    #[column(index)]
    pub c4: i64,
    #[column(name = "r11")]
    pub r11_id: Option<i32>,
    /// Grüße, 世界
    ///
    /// * one
    /// * two
    #[column(name = "r15", unique)]
    pub r15_id: Option<i32>,
    #[column(index, default = "7", check = "c18 >= 0")]
    pub c18: Option<i16>,
    /// \
    #[column(index)]
    pub c19: chrono::DateTime<chrono::Utc>,
    #[belongs_to(on_delete = "set null")]
    pub r11: BelongsTo<Option<T5>>,
    #[belongs_to(on_delete = "restrict", on_update = "restrict")]
    pub r15: BelongsTo<Option<T5>>,
    #[many_to_many(through = "l16", key = "right_id", target_key = "left_id")]
    pub l16_t5s: HasMany<T5>,
    #[many_to_many(through = "l20", key = "right_id", target_key = "left_id")]
    pub l20_t5s: HasMany<T5>,
}

#[derive(Model, Debug)]
#[model(unique = "c7 where c8 = false and r12_id is null", index = "c7, c6")]
pub struct T5 {
    #[key(auto)]
    pub id: i32,
    /// A plain one.
    #[column(check = "c6 >= 0")]
    pub c6: i16,
    /// üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü
    pub c7: Option<chrono::DateTime<chrono::Utc>>,
    #[column(index, default = "(1 = 1)")]
    pub c8: bool,
    /// A plain one.
    #[column(unique)]
    pub c9: Option<i64>,
    pub c10: serde_json::Value,
    #[column(name = "r12")]
    pub r12_id: Option<i32>,
    #[column(name = "r13", index)]
    pub r13_id: Option<i32>,
    #[column(name = "r14")]
    pub r14_id: Option<i32>,
    #[column(default = "7")]
    pub c17: Option<i32>,
    #[belongs_to(on_delete = "restrict")]
    pub r12: BelongsTo<Option<T5>>,
    #[belongs_to(on_delete = "set null", on_update = "cascade")]
    pub r13: BelongsTo<Option<T5>>,
    #[belongs_to(on_delete = "set null", on_update = "restrict")]
    pub r14: BelongsTo<Option<T5>>,
    #[has_many(key = "r11_id")]
    pub r11_t1s: HasMany<T1>,
    #[has_one(key = "r15_id")]
    pub r15_t1: HasOne<T1>,
    #[has_many(key = "r12_id")]
    pub r12_t5s: HasMany<T5>,
    #[has_many(key = "r13_id")]
    pub r13_t5s: HasMany<T5>,
    #[has_many(key = "r14_id")]
    pub r14_t5s: HasMany<T5>,
    #[many_to_many(through = "l16", key = "left_id", target_key = "right_id")]
    pub l16_t1s: HasMany<T1>,
    #[many_to_many(through = "l20", key = "left_id", target_key = "right_id")]
    pub l20_t1s: HasMany<T1>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![T1, T5]
}
}

