mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<User>().join(User::NAME)).await?;
    Ok(())
}
fn main() {}
