//! Objects whose rows or parents the session knows no more.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "os_authors")]
struct Author {
    #[key]
    id: i64,
    #[column(version)]
    version: i64,
    #[has_many(order_by = "id", cascade = "all")]
    notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "os_notes")]
struct Note {
    #[key]
    id: i64,
    author_id: i64,
    #[belongs_to]
    author: BelongsTo<Author>,
}

on_every_backend! {
    async fn the_version_of_a_rolled_back_row_is_not_a_condition(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Author, Note]).await?;
        let mut session = engine.session();
        session.add(Author::draft().id(1));
        session.commit().await?;
        session.execute(update::<Author>().set(Author::VERSION, 9)).await?;
        session.expunge_all();
        let author = session.one(select::<Author>()).await?;
        assert_eq!(author.version, 9);
        session.rollback().await?;
        session.delete(&author)?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Author>()).await?, 0);
        Ok(())
    }

    async fn rows_of_expunged_children_go_with_their_parent(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Author, Note]).await?;
        let mut session = engine.session();
        session.add(Author::draft().id(1).notes([1, 2].map(|id| Note::draft().id(id))));
        session.commit().await?;
        let author = session.one(select::<Author>().with(Author::NOTES.selectin())).await?;
        let first = author.get(Author::NOTES).first().expect("it has notes");
        session.expunge(&first)?;
        session.delete(&author)?;
        session.commit().await?;
        let mut session = engine.session();
        assert_eq!((session.count(select::<Author>()).await?, session.count(select::<Note>()).await?), (0, 0));
        Ok(())
    }

    async fn new_children_of_an_expunged_parent_go_with_its_row(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Author, Note]).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        session.add(Author::draft().id(1));
        session.commit().await?;
        let author = session.one(select::<Author>()).await?;
        session.add(Note::draft().id(1).author(&author));
        session.expunge(&author)?;
        let again = session.one(select::<Author>()).await?;
        session.delete(&again)?;
        session.commit().await?;
        let mut session = engine.session();
        assert_eq!((session.count(select::<Author>()).await?, session.count(select::<Note>()).await?), (0, 0));
        Ok(())
    }

    async fn a_rollback_shows_what_was_shown_before_it(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Author, Note]).await?;
        let mut session = engine.session();
        [1, 2].into_iter().for_each(|id| drop(session.add(Author::draft().id(id))));
        session.add(Note::draft().id(1).author_id(1));
        session.commit().await?;
        let mut session = engine.session();
        let note = session.get::<Note>(1).await?.expect("the note exists");
        session.commit().await?;
        let mut other = engine.session();
        other.execute(update::<Note>().set(Note::AUTHOR_ID, 2)).await?;
        other.commit().await?;

        let log = engine.record();
        session.edit(&note, |note| note.author_id = 7)?;
        session.rollback().await?;
        assert_eq!((note.author_id, log.count()), (1, 0), "a rollback runs no query: {log}");
        session.expire_all();
        session.all(select::<Note>()).await?;
        assert_eq!((note.author_id, log.count()), (2, 1), "{log}");
        Ok(())
    }
}
