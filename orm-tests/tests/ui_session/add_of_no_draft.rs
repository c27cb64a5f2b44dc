mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session, user: &Entity<User>) -> Result<()> {
    session.add(user);
    session.add(vec![User::draft().id(1).name("jack")]);
    session.insert("jack").await?;
    Ok(())
}
async fn g(session: &mut Session) -> Result<()> {
    session.execute("DELETE FROM users").await?;
    Ok(())
}
fn main() {}
