//! Labels of enums that mean something elsewhere are labels here, and a text that is not a label is an error wherever it is read.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
#[db_enum(native = "odd_label")]
enum Odd {
    #[db_enum(rename = "Null")]
    Null,
    #[db_enum(rename = "null")]
    Small,
    #[db_enum(rename = "{}")]
    Braces,
    #[db_enum(rename = "a, \"b\" \\ 'c'")]
    Quoted,
    #[db_enum(rename = "t")]
    True,
    #[db_enum(rename = "42")]
    Number,
}

const ALL: [Odd; 6] = [Odd::Null, Odd::Small, Odd::Braces, Odd::Quoted, Odd::True, Odd::Number];

#[derive(Model, Debug)]
#[model(table = "odd_rows")]
struct Row {
    #[key]
    id: i64,
    label: Odd,
    other: Option<Odd>,
}

/// `NULL` cannot be a label of a native enum, which a program that does not compile shows; a plain enum can have it.
#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
enum Plain {
    #[db_enum(rename = "NULL")]
    Null,
    Other,
}

#[derive(Model, Debug)]
#[model(table = "plain_rows")]
struct PlainRow {
    #[key]
    id: i64,
    label: Option<Plain>,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[db_enum(rename_all = "snake_case")]
enum Status {
    New,
    Used,
}

/// Rows that refer to each other by labels.
#[derive(Model, Debug)]
#[model(table = "label_rooms")]
struct Room {
    #[key]
    status: Status,
    #[has_many(key = "status", order_by = "id")]
    desks: HasMany<Desk>,
}

#[derive(Model, Debug)]
#[model(table = "label_desks")]
struct Desk {
    #[key]
    id: i64,
    office_id: i64,
    status: Option<Status>,
    #[belongs_to(key = "status")]
    room: BelongsTo<Option<Room>>,
}

#[derive(Model, Debug)]
#[model(table = "label_offices")]
struct Office {
    #[key]
    id: i64,
    #[has_many(key = "office_id", order_by = "id")]
    desks: HasMany<Desk>,
}

on_every_backend! {
    async fn a_plain_label_may_be_null(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![PlainRow]).await?;
        let mut session = engine.session();
        for (id, label) in [(1, Some(Plain::Null)), (2, Some(Plain::Other)), (3, None)] {
            session.add(PlainRow::draft().id(id).label(label));
        }
        session.commit().await?;
        let labels = select_columns(PlainRow::LABEL).order_by(PlainRow::ID);
        assert_eq!(engine.session().rows(labels).await?, [Some(Plain::Null), Some(Plain::Other), None]);
        assert_eq!(session.count(select::<PlainRow>().filter(PlainRow::LABEL.eq(Plain::Null))).await?, 1);
        session.close().await
    }

    async fn labels_may_be_odd(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Row]).await?;
        let mut session = engine.session();
        for (id, label) in (0..).zip(ALL) {
            session.add(Row::draft().id(id).label(label).other((id % 2 == 0).then_some(label)));
        }
        session.commit().await?;
        let mut session = engine.session();
        let rows = session.all(select::<Row>().order_by(Row::ID)).await?;
        assert_eq!(rows.iter().map(|row| row.label).collect::<Vec<_>>(), ALL);
        for label in ALL {
            let found = session.one(select::<Row>().filter(Row::LABEL.eq(label))).await?;
            assert_eq!(found.label, label);
            assert_eq!(session.count(select::<Row>().filter(Row::LABEL.is_in([label]))).await?, 1);
        }
        assert_eq!(session.count(select::<Row>().filter(Row::OTHER.eq(None))).await?, 3);
        assert_eq!(session.count(select::<Row>().filter(Row::OTHER.is_in([Some(Odd::Null), None]))).await?, 4);
        assert_eq!(session.count(select::<Row>().filter(Row::LABEL.is_in(ALL))).await?, 6);
        let selected: Vec<Option<Odd>> = session.rows(select_columns(Row::OTHER).order_by(Row::ID)).await?;
        assert_eq!(selected[..3], [Some(Odd::Null), None, Some(Odd::Braces)]);
        session.close().await
    }

    async fn an_unknown_label_is_an_error_on_every_path(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Room, Desk, Office]).await?;
        let mut session = engine.session();
        for insert in [
            "INSERT INTO label_rooms (status) VALUES ('new'), ('lost')",
            "INSERT INTO label_offices (id) VALUES (1), (2)",
            "INSERT INTO label_desks (id, office_id, status) VALUES (1, 1, 'new'), (2, 1, NULL), (3, 2, 'lost')",
        ] {
            session.execute(sql(insert)).await?;
        }
        session.commit().await?;
        let refused = |path: &str, error: Option<Error>| {
            let error = error.unwrap_or_else(|| panic!("{path} is not refused"));
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{path}: {error}");
            // The origin of a column in raw SQL is unknown, so its values are not shown.
            let said = match path {
                "raw" => "does not fit `Status`",
                _ => "the database holds \"lost\", which is not a valid `Status`",
            };
            assert!(error.to_string().contains(said), "{path}: {error}");
        };
        macro_rules! refused {
            ($($path:ident: $done:expr;)+) => {$(refused(stringify!($path), $done.await.err());)+};
        }
        let third = || select::<Desk>().filter(Desk::ID.eq(3));
        refused! {
            all: engine.session().all(select::<Desk>());
            of_a_kept_plan: engine.session().all(select::<Desk>());
            one: engine.session().one(third());
            first: engine.session().first(third());
            get: engine.session().get::<Desk>(3);
            get_again: engine.session().get::<Desk>(3);
            get_many: engine.session().get_many::<Desk>([1, 3]);
            column: engine.session().rows(select_columns(Desk::STATUS));
            largest: engine.session().rows(select_columns(func::max(Desk::STATUS)).filter(Desk::ID.eq(3)));
            entity_and_column: engine.session().rows(select_columns((Desk::entity(), Desk::ID)));
            raw: engine.session().rows(sql("SELECT * FROM label_desks").entities::<Desk>());
            target: engine.session().all(select::<Room>());
            selectin: engine.session().all(select::<Office>().with(Office::DESKS.selectin()));
            joined: engine.session().all(select::<Office>().with(Office::DESKS.joined()));
            subquery: engine.session().all(select::<Office>().with(Office::DESKS.subquery()));
            auto: engine.session().all(select::<Office>().with(Office::DESKS.auto()));
            loaded_later: async {
                let mut session = engine.session();
                let offices = session.all(select::<Office>()).await?;
                session.load_all(offices, Office::DESKS.selectin()).await
            };
            streamed: async {
                let mut session = engine.session();
                let mut stream = session.stream(select::<Desk>().order_by(Desk::ID).yield_per(1));
                while stream.next_batch().await?.is_some() {}
                Ok::<_, Error>(())
            };
        }
        // What does not read the label works: the others, and NULL, which is not a label either.
        let mut session = engine.session();
        let desks = session.all(select::<Desk>().filter(Desk::ID.lt(3)).order_by(Desk::ID).with(Desk::ROOM.selectin())).await?;
        assert_eq!(desks[0].get(Desk::ROOM).map(|room| room.status), Some(Status::New));
        assert_eq!((desks[1].status, desks[1].get(Desk::ROOM).is_none()), (None, true));
        assert_eq!(session.count(select::<Desk>().filter(Desk::STATUS.is_null())).await?, 1);
        Ok(())
    }
}
