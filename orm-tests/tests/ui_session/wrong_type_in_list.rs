mod shop;
use orm_core::prelude::*;
use shop::*;
fn f() {
    let _ = select::<User>().filter(User::ID.is_in(["7", "8"]));
}
fn main() {}
