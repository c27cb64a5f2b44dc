use orm_core::prelude::*;

#[derive(Model)]
#[allow(non_snake_case)]
struct User {
    #[key]
    id: i64,
    draft_id: i64,
    entity_id: i64,
    #[belongs_to]
    draft: BelongsTo<User>,
    #[belongs_to]
    entity: BelongsTo<User>,
    #[belongs_to(key = "id")]
    OTHER: BelongsTo<User>,
}

#[derive(Model)]
struct Account {
    #[key]
    id: i64,
    #[belongs_to(key = "id")]
    draft_: BelongsTo<User>,
}

fn main() {
    let _ = User::draft();
}
