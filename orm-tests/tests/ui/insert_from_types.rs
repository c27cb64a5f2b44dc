use orm_core::prelude::*;

#[derive(Model)]
pub struct Note {
    #[key]
    id: i64,
    text: Option<String>,
    #[column(generated = "id * 2")]
    double: i64,
}

fn main() {
    let _ = insert_from((Note::ID, Note::TEXT), select_columns((Note::TEXT, Note::ID)));
    let _ = insert_from((Note::ID, Note::TEXT), select_columns(Note::ID));
    let _ = insert_from(Note::DOUBLE, select_columns(Note::ID));
}
