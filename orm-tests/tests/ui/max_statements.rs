use orm_core::prelude::*;

#[max_statements]
async fn without_a_number() {}

#[max_statements("3")]
async fn with_a_text() {}

#[max_statements(-1)]
async fn with_less_than_none() {}

#[max_statements(3)]
struct NoFunction {
    statements: usize,
}

fn main() {
    let _ = (without_a_number(), with_a_text(), with_less_than_none(), NoFunction { statements: 3 });
}
