use orm_core::prelude::*;

#[derive(Clone, Debug)]
struct Coordinates;

#[derive(DbType, Clone, Debug)]
struct Place(Coordinates);

fn main() {}
