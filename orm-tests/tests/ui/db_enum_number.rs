use orm_core::prelude::*;

#[derive(DbEnum, Clone, Debug)]
#[db_enum(repr = "u8")]
enum Level {
    Low = 1,
    High = 256,
}

fn main() {}
