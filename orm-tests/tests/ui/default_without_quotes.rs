use orm_core::prelude::*;

#[derive(Model)]
struct Note {
    #[key(auto)]
    id: i64,
    #[column(default = "new")]
    status: String,
    #[column(default = "CURRENT_TIMESTAMP")]
    made: String,
}

fn main() {}
