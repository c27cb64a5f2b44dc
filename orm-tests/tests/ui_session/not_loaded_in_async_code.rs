mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session
        .transaction(async |session| {
            let user = session.one(select::<User>()).await?;
            user.get(User::ORDERS);
            Ok(())
        })
        .await
}
fn main() {}
