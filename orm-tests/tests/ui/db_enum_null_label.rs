use orm_core::prelude::*;

#[derive(DbEnum, Clone, Debug)]
#[db_enum(native = "mood")]
enum Mood {
    Sad,
    #[db_enum(rename = "NULL")]
    Unknown,
}

fn main() {
    let _ = Mood::Sad;
}
