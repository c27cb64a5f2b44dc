use orm_core::prelude::*;

#[derive(DbEnum, Clone, Debug)]
#[db_enum(rename_all = "snake-case")]
enum Case {
    A,
}

#[derive(DbEnum, Clone, Debug)]
enum Mood {
    Sad,
    #[db_enum(rename = "Sad")]
    Blue,
    #[db_enum(rename = "")]
    None,
}

#[derive(Model, Debug)]
struct Day {
    #[key]
    id: i64,
    mood: Mood,
    case: Option<Case>,
}

fn main() {
    let _ = Day::draft().mood(Mood::Blue);
}
