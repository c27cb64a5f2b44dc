mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(mut session: Session) {
    let first = tokio::spawn(async { session.all(select::<User>()).await.map(|users| users.len()) });
    let second = tokio::spawn(async { session.all(select::<Order>()).await.map(|orders| orders.len()) });
    let _ = (first.await, second.await);
}
fn main() {}
