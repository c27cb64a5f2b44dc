use orm_core::prelude::*;

#[derive(Model)]
struct Entry {
    #[key]
    playlist_id: i64,
    #[key]
    track_id: i64,
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
    #[many_to_many(through = Entry, order_by = "Entry.position")]
    tracks: HasMany<Track>,
}

fn main() {}
