mod shop;
use orm_core::prelude::*;
use shop::*;
fn render<L>(user: &Entity<User, L>) -> usize
where
    user::Orders: LoadedIn<L>,
{
    user.get(User::ORDERS).len()
}
async fn f(session: &mut Session) -> Result<()> {
    let user = session.one(select::<User>().with(User::ADDRESSES.selectin())).await?;
    render(&user);
    Ok(())
}
fn main() {}
