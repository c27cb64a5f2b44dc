mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<User>().filter(User::ID.in_query(select_columns(User::NAME)))).await?;
    Ok(())
}
fn main() {}
