mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select::<User>().add_column(User::ORDERS)).await?;
    session.rows(select_columns(User::NAME).add_column("count(*)")).await?;
    Ok(())
}
fn main() {}
