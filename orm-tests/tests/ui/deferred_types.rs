use orm_core::prelude::*;

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(deferred)]
    body: String,
    text: Deferred<String>,
    #[column(deferred)]
    note: Option<Deferred<String>>,
}

fn main() {}
