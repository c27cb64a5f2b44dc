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
    #[many_to_many(through = Entry, order_by = "Entries.track_id", cascade = "all", through_schema = "app")]
    other_tracks: HasMany<Track>,
    #[many_to_many(through = Entry, order_by = "Track.id")]
    more_tracks: HasMany<Track>,
    #[many_to_many(through(Entry))]
    bracketed: HasMany<Track>,
    #[many_to_many(through = entries)]
    unquoted: HasMany<Track>,
}

fn main() {}
