use orm_core::prelude::*;
#[derive(Model, Debug)]
struct User {
    #[key]
    id: i64,
    settings: serde_json::Value,
}
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select_columns(User::SETTINGS.at(1.5).text())).await?;
    Ok(())
}
fn main() {}
