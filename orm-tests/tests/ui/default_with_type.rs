use orm_core::prelude::*;

#[derive(Model)]
pub struct Line {
    #[key]
    id: i64,
    #[column(default_with = "text")]
    size: i64,
    #[column(default_with = "missing")]
    other: i64,
}

fn text() -> String {
    String::new()
}

fn main() {}
