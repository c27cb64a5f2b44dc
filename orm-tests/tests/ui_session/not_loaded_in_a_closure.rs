mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<Vec<usize>> {
    let users = session.all(select::<User>()).await?;
    Ok(users.iter().map(|user| user.get(User::ADDRESSES).len()).collect())
}
fn main() {}
