mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    for (user, _) in session.rows(select_columns((User::entity(), User::NAME))).await? {
        user.get(User::ORDERS);
    }
    Ok(())
}
fn main() {}
