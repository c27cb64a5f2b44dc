// Models of the tables of a PostgreSQL database, as its catalogue describes them.
// They use the crates `chrono` and `rust_decimal`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
pub struct Actor {
    #[key(auto)]
    pub actor_id: i32,
    pub first_name: String,
    pub last_name: String,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[has_many]
    pub film_actors: HasMany<FilmActor>,
}

#[derive(Model, Debug)]
pub struct Address {
    #[key(auto)]
    pub address_id: i32,
    pub address: String,
    pub address2: Option<String>,
    pub district: String,
    pub city_id: i32,
    pub postal_code: Option<String>,
    pub phone: String,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[belongs_to(on_delete = "restrict", on_update = "cascade")]
    pub city: BelongsTo<City>,
    #[has_many]
    pub customers: HasMany<Customer>,
    #[has_many]
    pub staff: HasMany<Staff>,
    #[has_many]
    pub stores: HasMany<Store>,
}

#[derive(Model, Debug)]
pub struct Category {
    #[key(auto)]
    pub category_id: i32,
    pub name: String,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[many_to_many(through = "film_category")]
    pub films: HasMany<Film>,
}

#[derive(Model, Debug)]
pub struct City {
    #[key(auto)]
    pub city_id: i32,
    pub city: String,
    #[column(index)]
    pub country_id: i32,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[belongs_to(on_delete = "restrict", on_update = "cascade")]
    pub country: BelongsTo<Country>,
    #[has_many]
    pub addresses: HasMany<Address>,
}

#[derive(Model, Debug)]
pub struct Country {
    #[key(auto)]
    pub country_id: i32,
    pub country: String,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[has_many]
    pub cities: HasMany<City>,
}

#[derive(Model, Debug)]
pub struct Customer {
    #[key(auto)]
    pub customer_id: i32,
    pub store_id: i32,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub address_id: i32,
    #[column(default = "true")]
    pub activebool: bool,
    #[column(default = "CURRENT_DATE")]
    pub create_date: chrono::NaiveDate,
    #[column(default = "now()")]
    pub last_update: Option<chrono::DateTime<chrono::Utc>>,
    pub active: Option<i32>,
    #[belongs_to]
    pub store: BelongsTo<Store>,
    #[belongs_to]
    pub address: BelongsTo<Address>,
    #[has_many]
    pub payments: HasMany<Payment>,
    #[has_many]
    pub rentals: HasMany<Rental>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "mpaa_rating")]
pub enum MpaaRating {
    G,
    #[db_enum(rename = "PG")]
    Pg,
    #[db_enum(rename = "PG-13")]
    Pg13,
    R,
    #[db_enum(rename = "NC-17")]
    Nc17,
}

// The column `fulltext` is left out: no Rust type of a column is a tsvector.
// The index `film_fulltext_idx` is left out: no model declares it.
#[derive(Model, Debug)]
pub struct Film {
    #[key(auto)]
    pub film_id: i32,
    #[column(length = 255, index)]
    pub title: String,
    pub description: Option<String>,
    pub release_year: Option<i32>,
    pub language_id: i32,
    pub original_language_id: Option<i32>,
    #[column(default = "3")]
    pub rental_duration: i16,
    #[column(default = "4.99")]
    pub rental_rate: rust_decimal::Decimal,
    pub length: Option<i16>,
    #[column(default = "19.99")]
    pub replacement_cost: rust_decimal::Decimal,
    #[column(default = "'G'")]
    pub rating: Option<MpaaRating>,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    pub special_features: Option<Vec<String>>,
    #[belongs_to(on_delete = "restrict", on_update = "cascade")]
    pub language: BelongsTo<Language>,
    #[belongs_to(key = "original_language_id", on_delete = "restrict", on_update = "cascade")]
    pub original: BelongsTo<Option<Language>>,
    #[has_many]
    pub film_actors: HasMany<FilmActor>,
    #[has_many]
    pub inventories: HasMany<Inventory>,
    #[many_to_many(through = "film_category")]
    pub categories: HasMany<Category>,
}

#[derive(Model, Debug)]
pub struct FilmActor {
    #[key]
    pub actor_id: i32,
    #[key]
    #[column(index)]
    pub film_id: i32,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[belongs_to]
    pub actor: BelongsTo<Actor>,
    #[belongs_to]
    pub film: BelongsTo<Film>,
}

#[derive(Model, Debug)]
#[model(index = "store_id, film_id")]
pub struct Inventory {
    #[key(auto)]
    pub inventory_id: i32,
    pub film_id: i32,
    pub store_id: i32,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[belongs_to]
    pub film: BelongsTo<Film>,
    #[belongs_to]
    pub store: BelongsTo<Store>,
    #[has_many]
    pub rentals: HasMany<Rental>,
}

#[derive(Model, Debug)]
pub struct Language {
    #[key(auto)]
    pub language_id: i32,
    pub name: String,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[has_many]
    pub films: HasMany<Film>,
    #[has_many(key = "original_language_id")]
    pub original_films: HasMany<Film>,
}

#[derive(Model, Debug)]
pub struct Payment {
    #[key]
    #[column(default)]
    pub payment_id: i32,
    #[key]
    pub payment_date: chrono::DateTime<chrono::Utc>,
    pub customer_id: i32,
    pub staff_id: i32,
    pub rental_id: i32,
    pub amount: rust_decimal::Decimal,
    #[belongs_to]
    pub customer: BelongsTo<Customer>,
    #[belongs_to]
    pub staff: BelongsTo<Staff>,
    #[belongs_to]
    pub rental: BelongsTo<Rental>,
}

// The column `rental_period` is left out: no Rust type of a column is a tstzrange.
#[derive(Model, Debug)]
#[model(unique = "rental_date, inventory_id, customer_id")]
pub struct Rental {
    #[key(auto)]
    pub rental_id: i32,
    pub rental_date: chrono::DateTime<chrono::Utc>,
    pub inventory_id: i32,
    pub customer_id: i32,
    pub return_date: Option<chrono::DateTime<chrono::Utc>>,
    pub staff_id: i32,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[belongs_to]
    pub inventory: BelongsTo<Inventory>,
    #[belongs_to]
    pub customer: BelongsTo<Customer>,
    #[belongs_to]
    pub staff: BelongsTo<Staff>,
    #[has_many]
    pub payments: HasMany<Payment>,
}

#[derive(Model, Debug)]
pub struct Staff {
    #[key(auto)]
    pub staff_id: i32,
    pub first_name: String,
    pub last_name: String,
    pub address_id: i32,
    pub email: Option<String>,
    pub store_id: i32,
    #[column(default = "true")]
    pub active: bool,
    pub username: String,
    pub password: Option<String>,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    pub picture: Option<Vec<u8>>,
    #[belongs_to]
    pub address: BelongsTo<Address>,
    #[belongs_to]
    pub store: BelongsTo<Store>,
    #[has_many]
    pub payments: HasMany<Payment>,
    #[has_many]
    pub rentals: HasMany<Rental>,
    #[has_one(key = "manager_staff_id")]
    pub manager_store: HasOne<Store>,
}

#[derive(Model, Debug)]
pub struct Store {
    #[key(auto)]
    pub store_id: i32,
    #[column(unique)]
    pub manager_staff_id: i32,
    pub address_id: i32,
    #[column(default = "now()")]
    pub last_update: chrono::DateTime<chrono::Utc>,
    #[belongs_to(key = "manager_staff_id")]
    pub manager: BelongsTo<Staff>,
    #[belongs_to]
    pub address: BelongsTo<Address>,
    #[has_many]
    pub customers: HasMany<Customer>,
    #[has_many]
    pub inventories: HasMany<Inventory>,
    #[has_many]
    pub staff: HasMany<Staff>,
}

// `customer_list` has no model: a view has no key that the catalogue knows; write a struct whose
// `#[key]` finds a row of it.

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![
        Actor,
        Address,
        Category,
        City,
        Country,
        Customer,
        Film,
        FilmActor,
        Inventory,
        Language,
        Payment,
        Rental,
        Staff,
        Store,
    ]
}
