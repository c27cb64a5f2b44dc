use orm_core::prelude::*;
#[derive(Model, Debug)]
struct Visit {
    #[key]
    id: i64,
    day: chrono::NaiveDate,
}
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select_columns(func::hour(Visit::DAY))).await?;
    Ok(())
}
fn main() {}
