mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<User>().with(User::ORDERS)).await?;
    Ok(())
}
fn main() {}
