mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select_columns((Order::USER_ID, Order::ID.sum())).group_by(Order::USER_ID)).await?;
    session.rows(select_columns(Order::ID.max().label("latest"))).await?;
    Ok(())
}
fn main() {}
