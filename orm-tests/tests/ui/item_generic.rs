use orm_core::prelude::*;

#[derive(Model)]
struct User<T> {
    #[key]
    id: T,
}

fn main() {}
