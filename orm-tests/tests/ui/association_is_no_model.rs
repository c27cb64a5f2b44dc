use orm_core::prelude::*;

struct Entry;

#[derive(Model)]
struct Track {
    #[key]
    id: i64,
}

#[derive(Model)]
struct Playlist {
    #[key]
    id: i64,
    #[many_to_many(through = Entry)]
    tracks: HasMany<Track>,
}

fn main() {}
