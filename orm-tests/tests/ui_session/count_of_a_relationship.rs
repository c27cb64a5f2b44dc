mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select_columns(func::count(User::ORDERS))).await?;
    Ok(())
}
fn main() {}
