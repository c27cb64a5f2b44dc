mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(mut session: Session) -> Result<()> {
    let mut users = session.stream(update::<User>().set(User::NAME, "jack"));
    users.next_batch().await.map(drop)
}
fn main() {}
