use orm_core::prelude::*;

struct CurrentUser(i64);

impl CurrentUser {
    fn id(&self) -> i64 {
        self.0
    }
    fn name(&self) -> String {
        self.0.to_string()
    }
}

#[derive(Model)]
pub struct Sources {
    #[key]
    #[column(created_by = "CurrentUser::id")]
    id: i64,
    #[column(created_by = "CurrentUser::id", default = "0")]
    by_default: i64,
    #[column(created_by = "CurrentUser::id", updated_by = "CurrentUser::id")]
    twice: i64,
    #[column(created_by = "CurrentUser::id", created)]
    when: i64,
    #[column(created_by = "CurrentUser::id", generated = "1")]
    made: i64,
    #[column(created_by)]
    whose: i64,
    #[column(updated_by = "|user| user.0")]
    closure: i64,
}

#[derive(Model)]
pub struct Types {
    #[key]
    id: i64,
    #[column(created_by = "CurrentUser::name")]
    text: i64,
    #[column(updated_by = "CurrentUser")]
    no_function: i64,
    #[column(updated_by = "CurrentUser::email")]
    missing: String,
    #[column(created_by = "CurrentUser::id")]
    fits: Option<i64>,
}

fn hooks(session: &mut Session) {
    let borrowed = String::new();
    session.set_context(borrowed.as_str());
}

fn main() {}
