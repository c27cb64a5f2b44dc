use orm_core::prelude::*;

#[derive(Model)]
struct Entry {
    #[key]
    id: i64,
    playlist: i64,
    track_id: String,
}

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
