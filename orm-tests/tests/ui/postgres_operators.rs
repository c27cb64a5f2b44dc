use orm_core::prelude::*;

#[derive(Model)]
pub struct Note {
    #[key]
    id: i64,
    text: String,
}

fn main() {
    let _ = Note::ID.ilike("a%");
    let _ = Note::TEXT.contains_all("a");
    let _ = Note::TEXT.overlaps("a");
    let _ = func::condition("? = ?", (Note::ID, ["a"]));
}
