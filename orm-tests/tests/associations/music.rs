//! Playlists whose entries have a position, people who follow each other since some time, and listeners who heard a track often.

use chrono::{DateTime, Utc};
use orm_core::prelude::*;
use orm_tests::TestDatabase;

#[derive(Model, Debug)]
#[model(table = "am_playlists")]
pub struct Playlist {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "position", cascade = "all, delete-orphan")]
    pub entries: HasMany<Entry>,
    #[many_to_many(through = Entry, order_by = "Entry.position desc, id")]
    pub tracks: HasMany<Track>,
    #[many_to_many(through = Entry, filter = "favourites", order_by = "title")]
    pub favourites: HasMany<Track>,
}

#[derive(Model, Debug)]
#[model(table = "am_entries")]
pub struct Entry {
    #[key]
    #[column(name = "list")]
    pub playlist_id: i64,
    #[key]
    pub track_id: i64,
    pub position: i64,
    pub favourite: bool,
    pub note: String,
    #[belongs_to]
    pub playlist: BelongsTo<Playlist>,
    #[belongs_to]
    pub track: BelongsTo<Track>,
}

#[derive(Model, Debug)]
#[model(table = "am_tracks")]
pub struct Track {
    #[key]
    pub id: i64,
    pub title: String,
    pub long: bool,
    #[many_to_many(through = Entry, order_by = "name")]
    pub playlists: HasMany<Playlist>,
    #[has_many]
    pub plays: HasMany<Play>,
}

#[derive(Model, Debug)]
#[model(table = "am_people")]
pub struct Person {
    #[key]
    pub id: i64,
    #[many_to_many(through = Follow, key = "follower_id", target_key = "followed_id", order_by = "Follow.since")]
    pub following: HasMany<Person>,
    #[many_to_many(through = self::Play, key = "person_id", order_by = "Play.at")]
    pub heard: HasMany<Track>,
}

#[derive(Model, Debug)]
#[model(table = "am_follows")]
pub struct Follow {
    #[key(auto)]
    pub id: i64,
    pub follower_id: i64,
    pub followed_id: i64,
    pub since: i64,
    #[column(deleted)]
    pub ended: Option<DateTime<Utc>>,
}

/// A track is heard more than once.
#[derive(Model, Debug)]
#[model(table = "am_plays")]
pub struct Play {
    #[key(auto)]
    pub id: i64,
    pub person_id: i64,
    pub track_id: i64,
    pub at: i64,
}

fn favourites() -> Predicate {
    Entry::FAVOURITE.eq(true) & Track::LONG.eq(false)
}

/// Playlist 1 has the tracks 3, 1 and 2, from the highest position on, of which 1 and 3 are favourites and 3 is long; playlist 2
/// has 2 and 4, and playlist 3 none. Person 1 follows 3 and 2, in this order, and once followed 4; 2 follows 1. Person 1 heard
/// 2, 1 and 2 again.
pub async fn music(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Playlist, Entry, Track, Person, Follow, Play]).await?;
    let mut session = engine.session();
    for (id, name) in [(1, "walk"), (2, "run"), (3, "sit")] {
        session.add(Playlist::draft().id(id).name(name));
    }
    for (id, title) in [(1, "d"), (2, "c"), (3, "b"), (4, "a")] {
        session.add(Track::draft().id(id).title(title).long(id == 3));
    }
    for (playlist, track, position, favourite) in
        [(1, 1, 20, true), (1, 2, 10, false), (1, 3, 30, true), (2, 4, 1, true), (2, 2, 2, true)]
    {
        let entry = Entry::draft().playlist_id(playlist).track_id(track).position(position);
        session.add(entry.favourite(favourite).note(""));
    }
    for id in 1..=4 {
        session.add(Person::draft().id(id));
    }
    for (follower, followed, since) in [(1, 2, 9), (1, 3, 4), (1, 4, 1), (2, 1, 5)] {
        session.add(Follow::draft().follower_id(follower).followed_id(followed).since(since));
    }
    for (track, at) in [(2, 1), (1, 2), (2, 3)] {
        session.add(Play::draft().person_id(1).track_id(track).at(at));
    }
    session.flush().await?;
    let ended = session.one(select::<Follow>().filter(Follow::FOLLOWED_ID.eq(4))).await?;
    session.delete(&ended)?;
    session.commit().await?;
    Ok(engine)
}

pub fn tracks<L>(tracks: Many<Track, L>) -> Vec<i64> {
    tracks.iter().map(|track| track.id).collect()
}
