use orm_core::prelude::*;
#[derive(Model, Debug)]
struct User {
    #[key]
    id: i64,
    settings: serde_json::Value,
}
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<User>().filter(User::SETTINGS.at("size").text().eq(7))).await?;
    Ok(())
}
fn main() {}
