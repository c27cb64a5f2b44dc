//! `#[derive(DbEnum)]`: as text, as number, and as a type of the database's own.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[db_enum(rename_all = "snake_case")]
pub enum Status {
    New,
    InProgress,
    #[db_enum(rename = "finished ✓")]
    Done,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db_enum(repr = "i16")]
pub enum Priority {
    Low = -1,
    Normal,
    High = 30_000,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[db_enum(native = "mood's \"type\"")]
pub enum Mood {
    Sad,
    Ok,
    #[db_enum(rename = "it's \\ great")]
    Great,
}

#[derive(Model, Debug)]
#[model(table = "tickets")]
pub struct Ticket {
    #[key(auto)]
    pub id: i64,
    #[column(index)]
    pub status: Status,
    pub priority: Option<Priority>,
    #[column(index)]
    pub mood: Mood,
    pub next_mood: Option<Mood>,
}

/// The same table, without the enums.
#[derive(Model, Debug)]
#[model(table = "tickets")]
pub struct Plain {
    #[key(auto)]
    pub id: i64,
    pub status: String,
    pub priority: Option<i64>,
}

/// A native enum as a key, and as what refers to it.
#[derive(Model, Debug)]
#[model(table = "shelves")]
pub struct Shelf {
    #[key]
    pub mood: Mood,
    #[has_many(key = "shelf", order_by = "id")]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "shelved_books")]
pub struct Book {
    #[key]
    pub id: i64,
    pub shelf: Option<Mood>,
    #[belongs_to(key = "shelf")]
    pub on: BelongsTo<Option<Shelf>>,
}

on_every_backend! {
    async fn variants_come_back_and_are_found(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        engine.create_all(schema![Ticket]).await?;
        let mut session = engine.session();
        let rows = [
            (Status::New, None, Mood::Sad, None),
            (Status::InProgress, Some(Priority::Low), Mood::Great, Some(Mood::Ok)),
            (Status::Done, Some(Priority::High), Mood::Ok, Some(Mood::Great)),
        ];
        for (status, priority, mood, next) in rows {
            session.add(Ticket::draft().status(status).priority(priority).mood(mood).next_mood(next));
        }
        session.commit().await?;
        let mut session = engine.session();
        let tickets = session.all(select::<Ticket>().order_by(Ticket::ID)).await?;
        let found: Vec<_> =
            tickets.iter().map(|ticket| (ticket.status, ticket.priority, ticket.mood, ticket.next_mood)).collect();
        assert_eq!(found, rows);

        let mut count = async |filter| session.count(select::<Ticket>().filter(filter)).await;
        assert_eq!(count(Ticket::STATUS.eq(Status::Done)).await?, 1);
        assert_eq!(count(Ticket::STATUS.is_in([Status::New, Status::InProgress])).await?, 2);
        assert_eq!(count(Ticket::PRIORITY.gt(Priority::Normal)).await?, 1);
        assert_eq!(count(Ticket::MOOD.eq(Mood::Great)).await?, 1);
        assert_eq!(count(Ticket::MOOD.is_in([Mood::Great, Mood::Sad])).await?, 2);
        assert_eq!(count(Ticket::NEXT_MOOD.eq(None::<Mood>)).await?, 1);
        assert_eq!(count(Ticket::NEXT_MOOD.ne(Ticket::MOOD)).await?, 2);

        // A type of the database's own sorts as it is declared; a text as texts do.
        let sorted = session.all(select::<Ticket>().order_by(Ticket::MOOD)).await?;
        let moods: Vec<Mood> = sorted.iter().map(|ticket| ticket.mood).collect();
        match database.backend() {
            Backend::Sqlite => assert_eq!(moods, [Mood::Ok, Mood::Sad, Mood::Great]),
            _ => assert_eq!(moods, [Mood::Sad, Mood::Ok, Mood::Great]),
        }

        // One row, rows that become the same, rows that become different, past the unit of work.
        session.edit(&tickets[0], |ticket| (ticket.mood, ticket.next_mood) = (Mood::Ok, Some(Mood::Sad)))?;
        session.edit(&tickets[1], |ticket| (ticket.mood, ticket.next_mood) = (Mood::Sad, None))?;
        session.flush().await?;
        let set = update::<Ticket>().set(Ticket::MOOD, Mood::Great).filter(Ticket::MOOD.eq(Mood::Sad));
        assert_eq!(session.execute(set).await?, 1);
        session.commit().await?;
        let tickets = engine.session().all(select::<Ticket>().order_by(Ticket::ID)).await?;
        let moods: Vec<_> = tickets.iter().map(|ticket| (ticket.mood, ticket.next_mood)).collect();
        assert_eq!(moods, [(Mood::Ok, Some(Mood::Sad)), (Mood::Great, None), (Mood::Ok, Some(Mood::Great))]);
        engine.drop_all(schema![Ticket]).await?;
        engine.create_all(schema![Ticket]).await?;
        Ok(())
    }

    async fn an_unknown_value_is_named(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        let mut session = engine.session();
        session.add(Ticket::draft().status(Status::New).mood(Mood::Ok));
        session.commit().await?;
        session.execute(update::<Plain>().set(Plain::STATUS, "lost")).await?;
        session.commit().await?;
        let error = engine.session().all(select::<Ticket>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert_eq!(
            error.to_string(),
            "`Ticket.status`: the database holds \"lost\", which is not a valid `Status`: there are \"new\", \"in_progress\" and \
             \"finished ✓\" [InvalidValue]"
        );
        session.execute(update::<Plain>().set(Plain::STATUS, "new").set(Plain::PRIORITY, 7)).await?;
        session.commit().await?;
        let error = engine.session().all(select::<Ticket>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().starts_with("`Ticket.priority`: the database holds 7, which is not a valid `Priority`"), "{error}");
        Ok(())
    }

    async fn a_native_enum_is_a_key(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Shelf, Book]).await?;
        let mut session = engine.session();
        for (mood, id) in [(Mood::Sad, 1), (Mood::Great, 2)] {
            session.add(Shelf::draft().mood(mood).books([Book::draft().id(id), Book::draft().id(id + 10)]));
        }
        session.commit().await?;
        let mut session = engine.session();
        let log = engine.record();
        let shelves = session.all(select::<Shelf>().with(Shelf::BOOKS.selectin()).order_by(Shelf::MOOD)).await?;
        assert_eq!(log.count(), 2, "{log}");
        let books: Vec<Vec<i64>> =
            shelves.iter().map(|shelf| shelf.get(Shelf::BOOKS).iter().map(|book| book.id).collect()).collect();
        assert_eq!(books, [[1, 11], [2, 12]].map(Vec::from));
        let found = session.get::<Shelf>(Mood::Great).await?.expect("it is held");
        session.delete(&found)?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Book>().filter(Book::SHELF.is_null())).await?, 2);
        Ok(())
    }

    async fn a_native_enum_is_streamed(database: TestDatabase) -> Result<()> {
        let mut engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        let moods = [Mood::Sad, Mood::Great, Mood::Ok, Mood::Great, Mood::Sad];
        let mut session = engine.session();
        for (id, mood) in (1..).zip(moods) {
            session.add(Ticket::draft().id(id).status(Status::New).mood(mood));
        }
        session.commit().await?;
        if database.backend() != Backend::Sqlite {
            // Connections that have not met the type.
            engine = database.engine().await?;
        }
        let mut session = engine.session();
        let log = engine.record();
        let query = select_columns((Ticket::MOOD, Ticket::NEXT_MOOD, Ticket::ID)).order_by(Ticket::ID).yield_per(2);
        let mut stream = session.stream(query);
        let mut streamed = Vec::new();
        while let Some(batch) = stream.next_batch().await? {
            streamed.extend(batch);
        }
        let expected: Vec<_> = (1..).zip(moods).map(|(id, mood)| (mood, None, id)).collect();
        assert_eq!(streamed, expected);
        assert_eq!(log.count(), 1, "{log}");
        Ok(())
    }
}
