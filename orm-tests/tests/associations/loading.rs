//! Every strategy loads the targets in the order of their links, and those whose links meet the filter.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::music::{Entry, Follow, Person, Playlist, Track, music, tracks};

const TRACKS: [&[i64]; 3] = [&[3, 1, 2], &[2, 4], &[]];
const FAVOURITES: [&[i64]; 3] = [&[1], &[4, 2], &[]];

on_every_backend! {
    async fn every_strategy_loads_by_the_columns_of_the_links(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let log = engine.record();
        macro_rules! assert_loads {
            ($strategy:ident, $statements:expr) => {{
                log.clear();
                let query = select::<Playlist>()
                    .with(Playlist::TRACKS.$strategy().with(Track::PLAYLISTS.$strategy()))
                    .with(Playlist::FAVOURITES.$strategy())
                    .order_by(Playlist::ID);
                let lists = engine.session().all(query).await?;
                assert_eq!(log.count(), $statements, "{}: {log}", stringify!($strategy));
                assert_eq!(lists.len(), 3, "{}", stringify!($strategy));
                for (at, list) in lists.iter().enumerate() {
                    let place = format!("{} of {}: {log}", stringify!($strategy), list.id);
                    assert_eq!(tracks(list.get(Playlist::TRACKS)), TRACKS[at], "{place}");
                    assert_eq!(tracks(list.get(Playlist::FAVOURITES)), FAVOURITES[at], "{place}");
                    assert_eq!(tracks(list.tracks()?), TRACKS[at], "{place}");
                    assert_eq!(tracks(list.favourites()?), FAVOURITES[at], "{place}");
                    for track in list.get(Playlist::TRACKS) {
                        let names: Vec<String> =
                            track.get(Track::PLAYLISTS).iter().map(|list| list.name.clone()).collect();
                        let both: &[&str] = if track.id == 2 { &["run", "walk"] } else { &[&list.name] };
                        assert_eq!(names, both, "{place}");
                    }
                }
            }};
        }
        assert_loads!(selectin, 4);
        assert_loads!(joined, 1);
        assert_loads!(subquery, 4);
        assert_loads!(auto, 4);
        Ok(())
    }

    async fn pages_streams_and_inner_joins_keep_the_order_of_the_links(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        macro_rules! assert_page {
            ($strategy:ident) => {{
                let query = select::<Playlist>().with(Playlist::TRACKS.$strategy()).order_by(Playlist::ID.desc()).limit(2).offset(1);
                let lists = engine.session().all(query).await?;
                let found: Vec<_> = lists.iter().map(|list| (list.id, tracks(list.get(Playlist::TRACKS)))).collect();
                assert_eq!(found, [(2, vec![2, 4]), (1, vec![3, 1, 2])], "{}", stringify!($strategy));
            }};
        }
        assert_page!(selectin);
        assert_page!(joined);
        assert_page!(subquery);
        assert_page!(auto);
        let inner = select::<Playlist>().with(Playlist::FAVOURITES.joined().inner()).order_by(Playlist::ID);
        let lists = engine.session().all(inner.clone()).await?;
        assert_eq!(lists.iter().map(|list| tracks(list.get(Playlist::FAVOURITES))).collect::<Vec<_>>(), [vec![1], vec![4, 2]]);
        assert_eq!(engine.session().count(inner).await?, 2);
        let mut session = engine.session();
        let mut stream = session.stream(select::<Playlist>().with(Playlist::TRACKS.selectin()).order_by(Playlist::ID));
        let mut found = Vec::new();
        while let Some(batch) = stream.next_batch().await? {
            found.extend(batch.iter().map(|list| tracks(list.get(Playlist::TRACKS))));
        }
        assert_eq!(found, TRACKS);
        Ok(())
    }

    async fn a_load_has_terms_about_links(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let first = Playlist::TRACKS.selectin().limit(2);
        let lists = session.all(select::<Playlist>().with(first).order_by(Playlist::ID)).await?;
        assert_eq!(lists.iter().map(|list| tracks(list.get(Playlist::TRACKS))).collect::<Vec<_>>(), [vec![3, 1], vec![2, 4], vec![]]);
        assert!(lists[0].tracks().is_err(), "a part of it is in the answer alone");
        let last = Playlist::TRACKS.selectin().order_by(Entry::POSITION).limit(1);
        let lists = session.all(select::<Playlist>().with(last).order_by(Playlist::ID)).await?;
        assert_eq!(lists.iter().map(|list| tracks(list.get(Playlist::TRACKS))).collect::<Vec<_>>(), [vec![2], vec![4], vec![]]);
        macro_rules! assert_terms {
            ($strategy:ident) => {{
                let low = Playlist::TRACKS.$strategy().filter(Entry::POSITION.lt(25) & Track::ID.ne(4)).order_by(Entry::POSITION);
                let lists = engine.session().all(select::<Playlist>().with(low).order_by(Playlist::ID)).await?;
                let found: Vec<_> = lists.iter().map(|list| tracks(list.get(Playlist::TRACKS))).collect();
                assert_eq!(found, [vec![2, 1], vec![2], vec![]], "{}", stringify!($strategy));
            }};
        }
        assert_terms!(selectin);
        assert_terms!(joined);
        assert_terms!(subquery);
        assert_terms!(auto);
        Ok(())
    }

    async fn links_are_read_beside_their_targets(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select::<Playlist>()
            .with(Playlist::TRACKS.selectin())
            .with(Playlist::ENTRIES.selectin().with(Entry::TRACK.selectin()))
            .order_by(Playlist::ID);
        let lists = session.all(query).await?;
        assert_eq!(log.count(), 3, "the tracks of the entries are known: {log}");
        let read: Vec<(i64, String)> = lists[0]
            .get(Playlist::ENTRIES)
            .iter()
            .map(|entry| (entry.position, entry.get(Entry::TRACK).title.clone()))
            .collect();
        assert_eq!(read, [(10, "c".to_owned()), (20, "d".to_owned()), (30, "b".to_owned())]);
        assert_eq!(tracks(lists[0].get(Playlist::TRACKS)), [3, 1, 2]);
        Ok(())
    }

    async fn links_of_a_model_to_itself_are_followed(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        fn ids<L>(people: Many<Person, L>) -> Vec<i64> {
            people.iter().map(|person| person.id).collect()
        }
        macro_rules! assert_follows {
            ($strategy:ident) => {{
                let query = select::<Person>().with(Person::FOLLOWING.$strategy()).order_by(Person::ID);
                let people = engine.session().all(query).await?;
                let found: Vec<_> = people.iter().map(|person| ids(person.get(Person::FOLLOWING))).collect();
                assert_eq!(found, [vec![3, 2], vec![1], vec![], vec![]], "{}", stringify!($strategy));
            }};
        }
        assert_follows!(selectin);
        assert_follows!(joined);
        assert_follows!(subquery);
        let mut session = engine.session();
        let deep = select::<Person>().filter(Person::ID.eq(2)).with(Person::FOLLOWING.selectin().recursive(3));
        let person = session.one(deep).await?;
        assert_eq!(ids(person.following()?), [1]);
        assert_eq!(ids(person.following()?.first().expect("one").following()?), [3, 2]);
        // Rows that are marked as deleted are not links, unless they are asked for.
        let all = select::<Person>().filter(Person::ID.eq(1)).with(Person::FOLLOWING.selectin()).with_deleted();
        assert_eq!(engine.session().one(all).await?.get(Person::FOLLOWING).len(), 3);
        assert_eq!(engine.session().count(select::<Follow>()).await?, 3);
        Ok(())
    }

    async fn a_link_that_exists_twice_leads_to_one_target(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        macro_rules! assert_heard {
            ($strategy:ident) => {{
                let query = select::<Person>().with(Person::HEARD.$strategy()).order_by(Person::ID).limit(1);
                let person = engine.session().one(query).await?;
                assert_eq!(tracks(person.get(Person::HEARD)), [2, 1], "{}", stringify!($strategy));
            }};
        }
        assert_heard!(selectin);
        assert_heard!(joined);
        assert_heard!(subquery);
        let limited = select::<Person>().with(Person::HEARD.selectin().limit(1));
        let error = engine.session().all(limited).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains("sorted by columns of `Play`, which may have several rows"), "{error}");
        let by_title = select::<Person>().with(Person::HEARD.selectin().order_by(Track::TITLE.desc()).limit(1)).order_by(Person::ID);
        let people = engine.session().all(by_title).await?;
        assert_eq!(tracks(people[0].get(Person::HEARD)), [1]);
        Ok(())
    }
}
