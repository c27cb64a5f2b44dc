//! Keys: composite ones, text, bytes and booleans, keys that the database makes, and what it fills in.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "shelves")]
pub struct Shelf {
    #[key]
    pub room: String,
    #[key]
    pub number: i32,
    #[key]
    pub locked: bool,
    pub label: String,
    #[has_many(key = "room, number, locked", order_by = "id")]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
pub struct Book {
    #[key(auto)]
    pub id: i32,
    pub room: Option<String>,
    pub number: Option<i32>,
    pub locked: Option<bool>,
    pub title: String,
    #[belongs_to(key = "room, number, locked")]
    pub shelf: BelongsTo<Option<Shelf>>,
}

#[derive(Model, Debug)]
#[model(table = "blobs")]
pub struct Blob {
    #[key]
    pub hash: Vec<u8>,
    #[has_many(key = "hash", order_by = "id")]
    pub names: HasMany<Name>,
}

#[derive(Model, Debug)]
#[model(table = "names")]
pub struct Name {
    #[key(auto)]
    pub id: i64,
    pub hash: Vec<u8>,
    pub name: String,
    #[belongs_to(key = "hash")]
    pub blob: BelongsTo<Blob>,
}

#[derive(Model, Debug)]
#[model(table = "flags")]
pub struct Flag {
    #[key]
    pub on: bool,
    #[has_many(key = "on", order_by = "id")]
    pub lamps: HasMany<Lamp>,
}

#[derive(Model, Debug)]
#[model(table = "lamps")]
pub struct Lamp {
    #[key(auto)]
    pub id: i64,
    pub on: bool,
    #[belongs_to(key = "on")]
    pub flag: BelongsTo<Flag>,
}

#[derive(Model, Debug)]
#[model(table = "tickets")]
pub struct Ticket {
    #[key(auto)]
    pub id: i64,
    #[column(default = "'open'")]
    pub state: String,
    #[column(default = "7")]
    pub priority: i32,
    pub title: String,
}

#[derive(Model, Debug)]
#[model(table = "counters")]
pub struct Counter {
    #[key]
    pub name: String,
    #[column(default = "1")]
    pub value: i64,
}

#[derive(Model, Debug)]
#[model(table = "bare")]
pub struct Bare {
    #[key(auto)]
    pub id: i64,
}

#[derive(Model, Debug)]
#[model(table = "randoms")]
pub struct Random {
    #[key]
    #[column(default = "lower('T')")]
    pub token: String,
    pub name: String,
}

on_every_backend! {
    async fn composite_keys_are_passed_by_row(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Shelf, Book]).await?;
        let mut session = engine.session();
        let rooms = [("a", 1, true), ("a", 1, false), ("a", 2, true), ("b", 1, true), ("ab", 1, true)];
        for (room, number, locked) in rooms {
            let title = format!("{room}{number}{locked}");
            session.add(Shelf::draft().room(room).number(number).locked(locked).label("x").books([
                Book::draft().title(format!("{title}, first")),
                Book::draft().title(format!("{title}, second")),
            ]));
        }
        session.add(Book::draft().title("nowhere"));
        session.commit().await?;

        let mut session = engine.session();
        let log = engine.record();
        let order = (Shelf::ROOM, Shelf::NUMBER, Shelf::LOCKED);
        let shelves = session.all(select::<Shelf>().order_by(order).with(Shelf::BOOKS.selectin())).await?;
        assert_eq!(log.count(), 2, "{log}");
        let sql = &log.statements()[1].sql;
        match database.backend() {
            Backend::Sqlite => assert!(sql.contains("IN (VALUES "), "{log}"),
            Backend::Postgres => assert!(sql.contains("IN (SELECT * FROM unnest($1, $2, $3))"), "{log}"),
            _ => assert!(sql.contains("IN ((?, ?, ?), (?, ?, ?)"), "{log}"),
        }
        for shelf in &shelves {
            let title = format!("{}{}{}", shelf.room, shelf.number, shelf.locked);
            let books: Vec<_> = shelf.get(Shelf::BOOKS).iter().map(|book| book.title.clone()).collect();
            assert_eq!(books, [format!("{title}, first"), format!("{title}, second")]);
        }

        let mut session = engine.session();
        let books = session.all(select::<Book>().order_by(Book::ID).with(Book::SHELF.selectin())).await?;
        assert_eq!(books.len(), 11);
        for book in &books {
            let shelf = book.get(Book::SHELF).map(|shelf| format!("{}{}{}", shelf.room, shelf.number, shelf.locked));
            assert_eq!(shelf.unwrap_or_else(|| "nowhere".into()), book.title.split(',').next().unwrap_or_default());
        }
        let found = session.get::<Shelf>(("ab", 1, true)).await?.expect("it was written");
        let book = books.iter().find(|book| book.title == "ab1true, first").expect("it was written");
        assert!(Entity::same(&found, &book.get(Book::SHELF).expect("the book has a shelf").dynamic()));
        Ok(())
    }

    async fn bytes_and_booleans_are_keys(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Blob, Name, Flag, Lamp]).await?;
        let mut session = engine.session();
        for hash in [vec![0, 255], vec![], vec![0]] {
            let name = format!("{hash:?}");
            session.add(Blob::draft().hash(hash).names([Name::draft().name(name)]));
        }
        for on in [true, false] {
            session.add(Flag::draft().on(on).lamps([Lamp::draft(), Lamp::draft()]));
        }
        session.commit().await?;
        let mut session = engine.session();
        for blob in session.all(select::<Blob>().with(Blob::NAMES.selectin())).await? {
            let names: Vec<_> = blob.get(Blob::NAMES).iter().map(|name| name.name.clone()).collect();
            assert_eq!(names, [format!("{:?}", blob.hash)]);
        }
        for name in engine.session().all(select::<Name>().with(Name::BLOB.selectin())).await? {
            assert_eq!(format!("{:?}", name.get(Name::BLOB).hash), name.name);
        }
        for flag in session.all(select::<Flag>().with(Flag::LAMPS.selectin())).await? {
            assert_eq!(flag.get(Flag::LAMPS).iter().map(|lamp| lamp.on).collect::<Vec<_>>(), [flag.on, flag.on]);
        }
        for lamp in engine.session().all(select::<Lamp>().with(Lamp::FLAG.selectin())).await? {
            assert_eq!(lamp.get(Lamp::FLAG).on, lamp.on);
        }
        Ok(())
    }

    async fn generated_keys_reach_their_objects(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let made: Vec<_> = (0..5000).map(|n| session.add(Ticket::draft().title(format!("{n}")))).collect();
        session.commit().await?;
        // One INSERT; without RETURNING the columns with defaults are asked for.
        let asked = if database.backend() == Backend::MysqlWithoutReturning { 1 } else { 0 };
        assert_eq!(log.count(), 1 + asked, "{}", log.count());
        let mut other = engine.session();
        let rows = other.all(select::<Ticket>().order_by(Ticket::ID)).await?;
        assert_eq!(rows.len(), made.len());
        for (row, made) in rows.iter().zip(&made) {
            let made = made.entity()?;
            assert_eq!((row.id, &row.title, &*row.state, row.priority), (made.id, &made.title, "open", 7));
            assert_eq!((&*made.state, made.priority), ("open", 7));
        }
        Ok(())
    }

    async fn defaults_of_given_keys_reach_their_objects(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Counter, Ticket]).await?;
        let mut session = engine.session();
        let counters = ["b", "a", "c"].map(|name| session.add(Counter::draft().name(name)));
        let given = session.add(Counter::draft().name("d").value(4));
        // Some rows give what others leave out.
        let tickets = [
            session.add(Ticket::draft().title("one").state("done")),
            session.add(Ticket::draft().title("two")),
            session.add(Ticket::draft().title("three").state("done").priority(1)),
        ];
        session.commit().await?;
        for (counter, name) in counters.iter().zip(["b", "a", "c"]) {
            let counter = counter.entity()?;
            assert_eq!((&*counter.name, counter.value), (name, 1));
        }
        assert_eq!(given.entity()?.value, 4);
        let mut other = engine.session();
        for ticket in &tickets {
            let ticket = ticket.entity()?;
            let row = other.get::<Ticket>(ticket.id).await?.expect("it was written");
            assert_eq!((&row.title, &row.state, row.priority), (&ticket.title, &ticket.state, ticket.priority));
        }
        Ok(())
    }

    async fn given_keys_in_any_order_keep_their_rows(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        let mut session = engine.session();
        let made = [5, 2, 9, 1].map(|id| session.add(Ticket::draft().id(id).title(format!("{id}"))));
        session.commit().await?;
        for made in made {
            let made = made.entity()?;
            assert_eq!((made.id.to_string(), &*made.state), (made.title.clone(), "open"));
        }
        Ok(())
    }

    async fn rows_of_nothing_but_a_generated_key(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Bare]).await?;
        let mut session = engine.session();
        let made = [session.add(Bare::draft()), session.add(Bare::draft())];
        session.commit().await?;
        let ids: Vec<i64> = made.iter().map(|made| made.entity().map(|bare| bare.id)).collect::<Result<_>>()?;
        assert!(ids[0] < ids[1], "{ids:?}");
        Ok(())
    }

    async fn given_keys_count_everywhere_but_on_postgres(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        let mut session = engine.session();
        session.add(Ticket::draft().id(1).title("given"));
        session.commit().await?;
        let made = session.add(Ticket::draft().title("made"));
        match (session.commit().await, database.backend()) {
            (Err(error), Backend::Postgres) => {
                assert_eq!(error.kind(), ErrorKind::UniqueViolation);
                assert!(error.to_string().contains("`engine.sync_sequences(schema![Ticket])`"), "{error}");
            }
            (done, _) => {
                done?;
                assert_eq!(made.entity()?.id, 2);
            }
        }
        Ok(())
    }

    async fn sequences_continue_after_given_keys(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket, Random]).await?;
        engine.sync_sequences(schema![Ticket, Random]).await?;
        let mut session = engine.session();
        session.execute(insert::<Ticket>().rows([7, 3].map(|id| Ticket::draft().id(id).title("given")))).await?;
        session.commit().await?;
        let log = engine.record();
        engine.sync_sequences(schema![Ticket, Random]).await?;
        let statements = if database.backend() == Backend::Postgres { 2 } else { 0 };
        assert_eq!(log.count(), statements, "{log}");
        assert_eq!(session.insert(Ticket::draft().title("made")).await?.id, 8);
        session.commit().await?;
        // A sequence that is ahead stays there.
        session.execute(delete::<Ticket>().filter(Ticket::ID.gt(3))).await?;
        session.commit().await?;
        engine.sync_sequences(schema![Ticket]).await?;
        let made = session.insert(Ticket::draft().title("made")).await?.id;
        assert_eq!(made, if database.backend() == Backend::Sqlite { 4 } else { 9 });
        Ok(())
    }

    async fn a_generated_text_key_must_be_given_without_returning(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Random]).await?;
        let mut session = engine.session();
        let made = session.add(Random::draft().name("x"));
        session.add(Random::draft().token("u").name("y"));
        match (session.commit().await, database.backend()) {
            (Err(error), Backend::MysqlWithoutReturning) => {
                assert_eq!(error.kind(), ErrorKind::InvalidModel);
                assert!(error.to_string().contains("Random.token"), "{error}");
            }
            (done, _) => {
                done?;
                assert_eq!(made.entity()?.token, "t");
            }
        }
        Ok(())
    }

    async fn zero_is_a_key(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        let mut session = engine.session();
        let made = session.add(Ticket::draft().id(0).title("zero"));
        session.commit().await?;
        assert_eq!(made.entity()?.id, 0);
        assert_eq!(engine.session().get::<Ticket>(0).await?.expect("it was written").title, "zero");
        Ok(())
    }

    async fn keys_change(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Counter]).await?;
        let mut session = engine.session();
        for name in ["a", "b"] {
            session.add(Counter::draft().name(name));
        }
        session.commit().await?;
        let counters = session.all(select::<Counter>().order_by(Counter::NAME)).await?;
        session.edit(&counters[0], |counter| counter.name = "x".into())?;
        session.edit(&counters[1], |counter| counter.name = "y".into())?;
        session.commit().await?;
        let names: Vec<_> =
            engine.session().all(select::<Counter>().order_by(Counter::NAME)).await?.iter().map(|c| c.name.clone()).collect();
        assert_eq!(names, ["x", "y"]);
        Ok(())
    }
}
