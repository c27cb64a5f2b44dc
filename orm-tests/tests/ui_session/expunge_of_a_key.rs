mod shop;
use orm_core::prelude::*;

fn f(session: &mut Session) -> Result<()> {
    session.expunge(7)
}
fn main() {}
