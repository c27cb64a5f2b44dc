use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table_name = "users")]
struct User {
    #[primary_key]
    id: i64,
    #[column(nullable)]
    name: String,
    #[has_many(foreign_key = "user_id", back_populates = "user")]
    orders: HasMany<Order>,
    #[relationship(back_populates = "user")]
    notes: HasMany<Note>,
}

#[derive(Model, Debug)]
struct Order {
    #[key(auto_increment)]
    id: i64,
    user_id: i64,
    #[belongs_to(User)]
    user: BelongsTo<User>,
}

#[derive(Model, Debug)]
struct Note {
    #[key]
    id: i64,
    #[foreign_key]
    user_id: i64,
}

#[derive(FromRow, Debug)]
#[row(model = "User")]
struct Line {
    name: String,
}

#[derive(FromRow, Debug)]
struct Borrowed<'a> {
    name: &'a str,
}

fn main() {
    let _ = schema!["users"];
}
