//! What a relationship through a model refuses.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::music::{Playlist, Track, music};

#[derive(Model, Debug)]
#[model(table = "am_boxes")]
struct Box {
    #[key]
    id: i64,
    #[many_to_many(through = Slot, filter = "about_another")]
    things: HasMany<Thing>,
}

#[derive(Model, Debug)]
#[model(table = "am_things")]
struct Thing {
    #[key]
    id: i64,
    #[many_to_many(through = Thing, key = "id", target_key = "id")]
    boxes: HasMany<Box>,
}

#[derive(Model, Debug)]
#[model(table = "am_slots")]
struct Slot {
    #[key]
    box_id: i64,
    #[key]
    thing_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "am_shelves")]
struct Shelf {
    #[key]
    id: i64,
    #[many_to_many(through = Place, filter = "about_another")]
    books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "am_books")]
struct Book {
    #[key]
    id: i64,
}

#[derive(Model, Debug)]
#[model(table = "am_places")]
struct Place {
    #[key]
    shelf_id: i64,
    #[key]
    book_id: i64,
}

fn about_another() -> Predicate {
    Track::ID.eq(1)
}

on_every_backend! {
    async fn nothing_is_written_through_it(database: TestDatabase) -> Result<()> {
        let engine = music(&database).await?;
        let mut session = engine.session();
        let list = session.get::<Playlist>(1).await?.expect("a playlist");
        let track = session.get::<Track>(4).await?.expect("a track");
        let refused = [
            session.append(&list, Playlist::TRACKS, &track),
            session.remove(&list, Playlist::TRACKS, &track),
            session.replace(&list, Playlist::FAVOURITES, [&track]),
            session.link(Playlist::TRACKS, 1, 4),
        ];
        for error in refused.map(|done| done.expect_err("it is for reading")) {
            assert_eq!(error.kind(), ErrorKind::InvalidState);
            assert!(error.to_string().contains("goes through `Entry`, so it is for reading; add, edit and delete objects of `Entry`"), "{error}");
        }
        assert!(session.flush_plan().is_empty(), "what is refused changes nothing");
        Ok(())
    }

    async fn the_association_model_is_in_the_schema(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let error = engine.create_all(schema![Playlist, Track]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert!(error.to_string().contains("`Playlist.entries` leads to `Entry`"), "{error}");
        let error = engine.create_all(schema![Shelf, Book]).await.unwrap_err();
        assert!(error.to_string().contains("`Shelf.books` goes through `Place`, which is not in this schema"), "{error}");
        engine.create_all(schema![Shelf, Book, Place]).await?;
        engine.check(schema![Shelf, Book, Place]).await?.into_result()?;
        Ok(())
    }

    async fn conditions_are_about_targets_and_links(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let error = engine.session().all(select::<Shelf>().with(Shelf::BOOKS.selectin())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert!(error.to_string().contains("about the rows of `Book` and `Place` alone"), "{error}");
        let error = engine.session().all(select::<Box>()).await.unwrap_err();
        assert!(error.to_string().contains("`Thing.boxes` goes through `Thing`, which is one of the models that it links"), "{error}");
        let stray = Playlist::TRACKS.selectin().filter(Place::BOOK_ID.eq(1));
        let error = engine.session().all(select::<Playlist>().with(stray)).await.unwrap_err();
        assert!(error.to_string().contains("a column of the table `am_places`, which is not in it"), "{error}");
        Ok(())
    }
}
