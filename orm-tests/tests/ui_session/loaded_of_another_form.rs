mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(user: &loaded!(User::ORDERS)) -> i64 {
    user.id
}
fn g(user: &loaded!(User { orders.items })) -> i64 {
    user.id
}
fn h(keyword: &loaded!(Keyword { items })) -> i64 {
    keyword.id
}
fn main() {}
