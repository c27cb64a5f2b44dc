use orm_core::prelude::*;

#[derive(DbEnum, Clone, Debug)]
#[db_enum(repr = "i128")]
enum Wide {
    A,
}

#[derive(DbEnum, Clone, Debug)]
#[db_enum(repr = "i16", native = "mood")]
enum Both {
    A,
}

#[derive(DbEnum, Clone, Debug)]
#[db_enum(number = "i16")]
enum Unknown {
    A,
}

#[derive(DbEnum, Clone, Debug)]
struct NoEnum;

#[derive(DbEnum, Clone, Debug)]
enum Empty {}

fn main() {}
