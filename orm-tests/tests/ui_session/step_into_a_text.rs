mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select_columns(User::NAME.at("first").text())).await?;
    Ok(())
}
fn main() {}
