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
    #[many_to_many(through = Entry)]
    tracks: HasMany<Track>,
}

fn main() {
    let _ = Playlist::draft().id(1).tracks([Track::draft().id(1)]);
}
