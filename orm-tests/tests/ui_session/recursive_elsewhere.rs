mod shop;
use orm_core::prelude::*;
use shop::*;
fn f() {
    let _ = User::ORDERS.selectin().recursive(2);
}
fn main() {}
