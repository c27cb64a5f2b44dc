use orm_core::prelude::*;

#[derive(DbType, Clone, Debug)]
struct Point(i64, i64);

#[derive(DbType, Clone, Debug)]
struct Named {
    id: i64,
}

#[derive(DbType, Clone, Debug)]
struct Nothing;

#[derive(DbType, Clone, Debug)]
enum Either {
    A,
}

#[derive(DbType, Clone, Debug)]
struct Maybe(Option<i64>);

#[derive(DbType, Clone, Debug)]
struct Generic<T>(T);

fn main() {}
