mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    if let Some(user) = session.get::<User>(7).await? {
        user.get(User::ADDRESSES);
    }
    Ok(())
}
fn main() {}
