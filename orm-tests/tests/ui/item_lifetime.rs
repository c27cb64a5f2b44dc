use orm_core::prelude::*;

#[derive(Model)]
struct User<'a> {
    #[key]
    name: &'a str,
}

fn main() {}
