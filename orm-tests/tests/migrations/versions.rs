//! Three versions of the models of one program.

/// The first one.
pub mod one {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "people")]
    pub struct Person {
        #[key(auto)]
        pub id: i64,
        pub name: String,
        #[has_many(cascade = "all, delete", passive_deletes)]
        pub pets: HasMany<Pet>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pets")]
    pub struct Pet {
        #[key(auto)]
        pub id: i64,
        pub person_id: i64,
        pub name: Option<String>,
        #[belongs_to]
        pub person: BelongsTo<Person>,
    }

    pub fn schema() -> orm_core::schema::Schema {
        orm_core::schema![Person, Pet]
    }
}

/// A column more, which needs nothing.
pub mod two {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "people", index = "age, name")]
    pub struct Person {
        #[key(auto)]
        pub id: i64,
        #[column(length = 100)]
        pub name: String,
        pub age: Option<i32>,
        #[has_many(cascade = "all, delete", passive_deletes)]
        pub pets: HasMany<Pet>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pets", unique = "person_id, name")]
    pub struct Pet {
        #[key(auto)]
        pub id: i64,
        pub person_id: i64,
        #[column(length = 100)]
        pub name: Option<String>,
        #[belongs_to(on_update = "cascade")]
        pub person: BelongsTo<Person>,
    }

    pub fn schema() -> orm_core::schema::Schema {
        orm_core::schema![Person, Pet]
    }
}

/// A column with another name and one that needs a value.
pub mod three {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "people")]
    pub struct Person {
        #[key(auto)]
        pub id: i64,
        pub full_name: String,
        pub email: String,
        #[column(check = "points >= 0", default = "0")]
        pub points: i32,
        #[has_many(cascade = "all, delete", passive_deletes)]
        pub pets: HasMany<super::three::Pet>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pets")]
    pub struct Pet {
        #[key(auto)]
        pub id: i64,
        pub person_id: i64,
        pub name: Option<String>,
        #[belongs_to]
        pub person: BelongsTo<Person>,
    }

    pub fn schema() -> orm_core::schema::Schema {
        orm_core::schema![Person, Pet]
    }
}
