use orm_core::prelude::*;

#[derive(Model)]
#[model(unique = "tenant_id, emial", index = "email, email", index = "email")]
struct User {
    #[key]
    id: i64,
    tenant_id: i64,
    email: String,
}

fn main() {}
