use orm_core::prelude::*;

type Maybe = Option<i64>;

#[derive(Model)]
struct Note {
    #[key]
    id: i64,
    text: Option<Option<String>>,
    #[column(deferred)]
    body: Deferred<Option<Option<String>>>,
}

#[derive(Model)]
struct Mark {
    #[key]
    id: i64,
    value: Option<Maybe>,
}

fn main() {}
