use orm_core::prelude::*;

#[derive(Model)]
enum User {
    Named,
}

fn main() {
    let _ = User::draft();
}
