mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select_columns(func::year(User::NAME))).await?;
    Ok(())
}
fn main() {}
