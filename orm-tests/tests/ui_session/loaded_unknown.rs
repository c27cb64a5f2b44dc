mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(user: &loaded!(User { addresses, ordres { items } })) -> i64 {
    user.id
}
fn g(order: &loaded!(Order { items { keyword } })) -> i64 {
    order.id
}
fn h(user: &loaded!(User [orders])) -> i64 {
    user.id
}
fn main() {}
