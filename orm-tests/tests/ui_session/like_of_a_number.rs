mod shop;
use orm_core::prelude::*;
use shop::*;
fn f() {
    let _ = select::<User>().filter(User::ID.like("7%"));
}
fn main() {}
