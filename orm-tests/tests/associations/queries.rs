//! Conditions, counts and joins over a relationship through a model.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::music::{Entry, Person, Playlist, Track, music};

on_every_backend! {
    async fn conditions_and_counts_follow_the_links(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let ids = |lists: Vec<Entity<Playlist>>| lists.iter().map(|list| list.id).collect::<Vec<_>>();
        let query = |condition: Predicate| select::<Playlist>().filter(condition).order_by(Playlist::ID);
        assert_eq!(ids(session.all(query(Playlist::TRACKS.any(Track::TITLE.eq("a")))).await?), [2]);
        assert_eq!(ids(session.all(query(Playlist::FAVOURITES.any(Track::ID.eq(2)))).await?), [2], "in 1 it is none");
        assert_eq!(ids(session.all(query(Playlist::TRACKS.any(Entry::POSITION.gt(20)))).await?), [1], "of a link");
        assert_eq!(ids(session.all(query(!Playlist::FAVOURITES.exists())).await?), [3]);
        let counts = select_columns((Playlist::ID, Playlist::TRACKS.count(), Playlist::FAVOURITES.count()));
        let counts = session.rows(counts.order_by(Playlist::ID)).await?;
        assert_eq!(counts, [(1, 3, 1), (2, 2, 2), (3, 0, 0)]);
        let heard = select_columns((Person::ID, Person::HEARD.count())).order_by(Person::ID).limit(1);
        assert_eq!(session.rows(heard).await?, [(1, 2)], "a track that was heard twice is one");
        Ok(())
    }

    async fn joins_reach_the_targets(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let rows = select_columns((Playlist::ID, Track::TITLE))
            .from::<Playlist>()
            .join(Playlist::FAVOURITES)
            .order_by(Playlist::ID)
            .order_by(Track::TITLE);
        let expected = [(1, "d".to_owned()), (2, "a".to_owned()), (2, "c".to_owned())];
        assert_eq!(session.rows(rows).await?, expected);
        let named = select::<Playlist>().join(Playlist::TRACKS).filter(Entry::POSITION.gt(1));
        let error = session.all(named).await.unwrap_err();
        assert!(error.to_string().contains("`am_entries` is the link table of a relationship that it joins"), "{error}");
        let filled = select::<Playlist>().join(Playlist::TRACKS).with(Playlist::TRACKS.filled()).filter(Track::ID.eq(2)).order_by(Playlist::ID);
        let lists = session.all(filled).await?;
        assert_eq!(lists.iter().map(|list| (list.id, list.get(Playlist::TRACKS).len())).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
        Ok(())
    }
}
