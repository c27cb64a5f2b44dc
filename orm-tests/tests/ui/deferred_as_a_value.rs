use orm_core::prelude::*;

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(deferred)]
    body: Deferred<String>,
}

fn body(post: &Entity<Post>) -> &String {
    &post.body
}

fn main() {}
