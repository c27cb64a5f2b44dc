use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Account {
    #[key]
    id: i64,
    settings: serde_json::Value,
}

fn f(settings: serde_json::Value) -> Select<Account> {
    select::<Account>().filter(Account::SETTINGS.eq(settings))
}
fn main() {}
