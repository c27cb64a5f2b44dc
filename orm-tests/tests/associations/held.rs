//! What objects hold after links change as objects: never links that are not there any more.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::music::{Entry, Follow, Person, Playlist, Track, music, tracks};

async fn loaded(session: &mut Session) -> Result<Vec<Entity<Playlist>>> {
    let query = select::<Playlist>()
        .with(Playlist::TRACKS.selectin())
        .with(Playlist::FAVOURITES.selectin())
        .order_by(Playlist::ID);
    Ok(session.all(query).await?.into_iter().map(|list| list.dynamic()).collect())
}

async fn entry(session: &mut Session, playlist: i64, track: i64) -> Result<Entity<Entry>> {
    Ok(session.get::<Entry>((playlist, track)).await?.expect("an entry"))
}

fn is_unknown(held: Result<Many<Track>>) -> bool {
    held.is_err_and(|error| error.kind() == ErrorKind::NotLoaded)
}

on_every_backend! {
    async fn an_edit_of_a_link_unloads_what_it_decides(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let lists = loaded(&mut session).await?;
        let third = entry(&mut session, 1, 3).await?;
        session.edit(&third, |entry| entry.note = "loud".to_owned())?;
        assert_eq!((tracks(lists[0].tracks()?), tracks(lists[0].favourites()?)), (vec![3, 1, 2], vec![1]));
        session.edit(&third, |entry| entry.position = 15)?;
        assert!(is_unknown(lists[0].tracks()), "its order is another one");
        assert_eq!(tracks(lists[0].favourites()?), [1], "the titles sort these");
        assert_eq!(tracks(session.load(&lists[0], Playlist::TRACKS).await?), [1, 3, 2]);
        let second = entry(&mut session, 1, 2).await?;
        session.edit(&second, |entry| entry.favourite = true)?;
        assert!(is_unknown(lists[0].favourites()));
        assert_eq!(tracks(session.load(&lists[0], Playlist::FAVOURITES).await?), [2, 1]);
        session.rollback().await?;
        let again = loaded(&mut session).await?;
        assert_eq!((tracks(again[0].tracks()?), tracks(again[0].favourites()?)), (vec![3, 1, 2], vec![1]));
        Ok(())
    }

    async fn new_and_deleted_links_are_seen_at_the_next_load(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let lists = loaded(&mut session).await?;
        let track = session.get::<Track>(1).await?.expect("a track");
        session.append(&lists[2], Playlist::ENTRIES, Entry::draft().track(&track).position(1).favourite(true).note(""))?;
        assert!(tracks(lists[2].tracks()?).is_empty(), "it is not written yet");
        session.flush().await?;
        assert!(is_unknown(lists[2].tracks()) && is_unknown(lists[2].favourites()));
        assert_eq!(tracks(session.load(&lists[2], Playlist::TRACKS).await?), [1]);
        let first = entry(&mut session, 3, 1).await?;
        session.delete(&first)?;
        session.commit().await?;
        assert!(is_unknown(lists[2].tracks()));
        assert!(session.load(&lists[2], Playlist::TRACKS).await?.is_empty());
        Ok(())
    }

    async fn a_link_that_is_restored_or_marked_by_an_edit_unloads_it(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let person = session.get::<Person>(1).with(Person::FOLLOWING.selectin()).await?.expect("a person").dynamic();
        let ended = session.one(select::<Follow>().filter(Follow::FOLLOWED_ID.eq(4)).with_deleted()).await?;
        session.edit(&ended, |follow| follow.ended = None)?;
        assert_eq!(person.following().unwrap_err().kind(), ErrorKind::NotLoaded);
        assert_eq!(session.load(&person, Person::FOLLOWING).await?.len(), 3);
        session.edit(&ended, |follow| follow.ended = Some(chrono::DateTime::UNIX_EPOCH))?;
        assert_eq!(person.following().unwrap_err().kind(), ErrorKind::NotLoaded);
        session.commit().await?;
        assert_eq!(session.load(&person, Person::FOLLOWING).await?.len(), 2);
        Ok(())
    }

    async fn a_new_target_alone_unloads_nothing(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let lists = loaded(&mut session).await?;
        session.add(Track::draft().id(9).title("e").long(false));
        session.add(Playlist::draft().id(9).name("rest"));
        session.commit().await?;
        assert_eq!((tracks(lists[0].tracks()?), tracks(lists[0].favourites()?)), (vec![3, 1, 2], vec![1]));
        Ok(())
    }

    async fn bulk_statements_about_links_unload_them(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let lists = loaded(&mut session).await?;
        session.execute(update::<Entry>().set(Entry::POSITION, 99).filter(Entry::TRACK_ID.eq(2))).await?;
        assert!(is_unknown(lists[0].tracks()));
        assert_eq!(tracks(session.load(&lists[0], Playlist::TRACKS).await?), [2, 3, 1]);
        session.execute(delete::<Entry>().filter(Entry::TRACK_ID.eq(3))).await?;
        assert!(is_unknown(lists[0].tracks()));
        assert_eq!(tracks(session.load(&lists[0], Playlist::TRACKS).await?), [2, 1]);
        session.rollback().await?;
        let again = loaded(&mut session).await?;
        assert_eq!(tracks(again[0].tracks()?), [3, 1, 2]);
        Ok(())
    }

    async fn a_deleted_end_takes_its_links_by_their_own_rules(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let lists = loaded(&mut session).await?;
        session.delete(&lists[1])?;
        let log = engine.record();
        session.commit().await?;
        let deletes = log.statements().iter().filter(|statement| statement.sql.starts_with("DELETE")).count();
        assert_eq!(deletes, 2, "entries by the cascade, and the playlist: {log}");
        assert_eq!(session.count(select::<Entry>()).await?, 3);
        let kept = session.one(select::<Playlist>().filter(Playlist::ID.eq(1)).with(Playlist::TRACKS.selectin())).await?;
        assert_eq!(tracks(kept.get(Playlist::TRACKS)), [3, 1, 2]);
        Ok(())
    }
}
