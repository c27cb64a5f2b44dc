mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(session: &mut Session) -> Result<()> {
    let pending = session.add(User::draft().id(1).name("a"));
    session.delete(&pending)
}
fn main() {}
