//! Bad input: in the database, in a query, in what is handed to a session. Always an error that says where, never a
//! wrong answer, and nothing half done.

use std::task::Poll;
use std::time::Duration;

use orm_core::prelude::*;

use crate::fixtures::chunks::{Child, Parent};
use crate::fixtures::standard::*;
use crate::fixtures::tickets::{self, Ticket};
use crate::fixtures::{SideDoor, ids, record};

/// The kind is as given, and the message has all of the parts.
fn says<T>(result: Result<T>, kind: ErrorKind, parts: &[&str]) {
    let Err(error) = result else { panic!("expected {kind:?}") };
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "no {part}: {text}");
    }
}

mod cells {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Reading {
        #[key]
        pub id: i64,
        pub whole: i32,
        pub part: f64,
        pub small: f32,
        pub truth: bool,
        pub name: String,
        pub data: Vec<u8>,
        pub parent_id: Option<i64>,
        #[has_many(key = "parent_id", order_by = "id")]
        pub children: HasMany<Reading>,
    }

    /// A table that keeps whatever is stored in it, with a good row and its child.
    async fn readings() -> Result<SideDoor> {
        let door = SideDoor::new(schema![]).await?;
        door.run(
            "CREATE TABLE reading (id INTEGER PRIMARY KEY, whole, part, small, truth, name, data, parent_id);
             INSERT INTO reading VALUES (1, 1, 1.5, 1.5, 1, 'good', x'00', NULL), (2, 1, 1.5, 1.5, 1, 'good', x'00', 1)",
        )
        .await;
        Ok(door)
    }

    const BAD: [(&str, &str, &str); 23] = [
        ("whole", "'abc'", "text"),
        ("whole", "'5'", "text"),
        ("whole", "1.5", "floating-point"),
        ("whole", "x'05'", "bytes"),
        ("whole", "2147483648", "2147483648"),
        ("whole", "-2147483649", "-2147483649"),
        ("whole", "NULL", "Option"),
        ("part", "'1.5'", "text"),
        ("part", "9007199254740993", "9007199254740993"),
        ("part", "NULL", "Option"),
        ("small", "1e39", "f32"),
        ("small", "x'00'", "bytes"),
        ("truth", "2", "2"),
        ("truth", "-1", "-1"),
        ("truth", "'true'", "text"),
        ("truth", "1.0", "floating-point"),
        ("truth", "NULL", "Option"),
        ("name", "5", "integer"),
        ("name", "x'41'", "bytes"),
        ("name", "NULL", "Option"),
        ("name", "CAST(x'ff61' AS TEXT)", "utf-8"),
        ("data", "'text'", "text"),
        ("data", "NULL", "Option"),
    ];

    #[tokio::test]
    async fn a_cell_that_its_field_cannot_hold_is_named() -> Result<()> {
        let door = readings().await?;
        let mut session = door.engine.session();
        for (column, cell, part) in BAD {
            door.run(&format!("UPDATE reading SET {column} = {cell} WHERE id = 2")).await;
            let field = format!("`Reading.{column}`");
            let all = session.all(select::<Reading>().order_by(Reading::ID)).await;
            says(all, ErrorKind::InvalidValue, &[&field, part]);
            says(session.get::<Reading>(2).await, ErrorKind::InvalidValue, &[&field, part]);
            let good = match column {
                "name" => "'good'",
                "data" => "x'00'",
                _ => "1",
            };
            door.run(&format!("UPDATE reading SET {column} = {good} WHERE id = 2")).await;
        }
        assert_eq!(session.all(select::<Reading>()).await?.len(), 2, "the session goes on");
        Ok(())
    }

    #[tokio::test]
    async fn a_bad_cell_of_a_relationship_is_the_targets() -> Result<()> {
        let door = readings().await?;
        door.run("UPDATE reading SET whole = 'abc' WHERE id = 2").await;
        let mut session = door.engine.session();
        let parent = || select::<Reading>().filter(Reading::ID.eq(1));
        let field = ["`Reading.whole`", "text"];
        let loaded = session.all(parent().with(Reading::CHILDREN.selectin())).await;
        says(loaded, ErrorKind::InvalidValue, &field);
        let loaded = session.all(parent().with(Reading::CHILDREN.joined())).await;
        says(loaded, ErrorKind::InvalidValue, &field);
        let parent = session.one(parent()).await?;
        says(session.load(&parent, Reading::CHILDREN).await, ErrorKind::InvalidValue, &field);
        assert_eq!(parent.children().unwrap_err().kind(), ErrorKind::NotLoaded, "half a collection is none");

        door.run("UPDATE reading SET whole = 7 WHERE id = 2").await;
        assert_eq!(session.load(&parent, Reading::CHILDREN).await?.first().map(|child| child.whole), Some(7));
        Ok(())
    }

    #[tokio::test]
    async fn a_bad_cell_does_not_spoil_an_object_that_is_held() -> Result<()> {
        let door = readings().await?;
        let mut session = door.engine.session();
        let child = session.get::<Reading>(2).await?.expect("it is there");
        door.run("UPDATE reading SET name = 'new', whole = 'abc' WHERE id = 2").await;
        let again = session.all(select::<Reading>().populate_existing()).await;
        says(again, ErrorKind::InvalidValue, &["`Reading.whole`"]);
        assert_eq!((child.name.as_str(), child.whole), ("good", 1));
        assert!(!session.is_modified(&child));
        Ok(())
    }

    #[derive(Model, Debug)]
    pub struct Coded {
        #[key]
        pub code: String,
        pub parent_code: Option<String>,
        #[has_many(key = "parent_code")]
        pub children: HasMany<Coded>,
    }

    #[tokio::test]
    async fn a_row_whose_key_is_null_is_not_passed_over() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        // SQLite allows NULL in a primary key that is no INTEGER.
        door.run(
            "CREATE TABLE coded (code TEXT PRIMARY KEY, parent_code TEXT);
             INSERT INTO coded VALUES ('a', NULL), (NULL, 'a')",
        )
        .await;
        let mut session = door.engine.session();
        says(session.all(select::<Coded>()).await, ErrorKind::InvalidValue, &["`Coded.code`", "NULL"]);
        let query = select::<Coded>().filter(Coded::CODE.eq("a")).with(Coded::CHILDREN.selectin());
        says(session.all(query).await, ErrorKind::InvalidValue, &["`Coded.code`", "NULL"]);
        Ok(())
    }

    #[tokio::test]
    async fn a_table_with_other_columns_than_the_model() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        let mut session = door.engine.session();
        says(
            session.all(select::<Reading>()).await,
            ErrorKind::Database,
            &["no such table", "reading", "SELECT"],
        );
        door.run("CREATE TABLE reading (id INTEGER PRIMARY KEY)").await;
        says(session.all(select::<Reading>()).await, ErrorKind::Database, &["no such column"]);
        Ok(())
    }

    #[derive(Model, Debug)]
    pub struct Labelled {
        #[key(auto)]
        pub id: i64,
        #[column(default)]
        pub label: String,
    }

    #[tokio::test]
    async fn a_generated_column_that_the_table_lacks_is_no_text() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        // SQLite takes a name in quotes that it does not know for a text of that name.
        door.run("CREATE TABLE labelled (id INTEGER PRIMARY KEY)").await;
        let mut session = door.engine.session();
        let inserted = session.insert(Labelled::draft()).await.map(|row| row.label.clone());
        says(inserted, ErrorKind::Database, &["no such column", "label"]);
        session.rollback().await?;
        assert!(door.texts("SELECT id || '' FROM labelled").await.is_empty());
        Ok(())
    }
}

mod links {
    use super::*;

    async fn dangling() -> Result<SideDoor> {
        let door = SideDoor::new(schema()).await?;
        fill(&door.engine).await?;
        door.run("INSERT INTO addresses VALUES (6, 99, 'nobody@here.com')").await;
        Ok(door)
    }

    #[tokio::test]
    async fn a_required_key_to_a_missing_row_is_named() -> Result<()> {
        let door = dangling().await?;
        let mut session = door.engine.session();
        let parts = ["`Address.user`", "`User`", "99"];
        let loaded = session.all(select::<Address>().with(Address::USER.selectin())).await;
        says(loaded, ErrorKind::DanglingKey, &parts);
        let loaded = session.all(select::<Address>().with(Address::USER.joined())).await;
        says(loaded, ErrorKind::DanglingKey, &parts);
        let address = session.get::<Address>(6).await?.expect("the row is there");
        says(session.load(&address, Address::USER).await, ErrorKind::DanglingKey, &parts);
        let loaded = session.load_all(vec![address], Address::USER.selectin()).await;
        says(loaded, ErrorKind::DanglingKey, &parts);

        let kept = session.all(select::<Address>().with(Address::USER.joined().inner())).await?;
        assert_eq!(kept.len(), 5, "an inner join asks for it to be dropped");
        Ok(())
    }

    #[tokio::test]
    async fn and_so_it_is_below_other_relationships() -> Result<()> {
        let door = dangling().await?;
        door.run("UPDATE orders SET address_id = 6 WHERE id = 2").await;
        let mut session = door.engine.session();
        let parts = ["`Address.user`", "99"];
        let below =
            session.all(select::<Order>().with(Order::ADDRESS.selectin().with(Address::USER.joined()))).await;
        says(below, ErrorKind::DanglingKey, &parts);
        let below =
            session.all(select::<Order>().with(Order::ADDRESS.joined().with(Address::USER.selectin()))).await;
        says(below, ErrorKind::DanglingKey, &parts);
        let below =
            session.all(select::<Order>().with(Order::ADDRESS.joined().with(Address::USER.joined()))).await;
        says(below, ErrorKind::DanglingKey, &parts);
        let others = select::<Order>()
            .filter(Order::ID.ne(2))
            .with(Order::ADDRESS.joined().with(Address::USER.joined()));
        assert_eq!(session.all(others).await?.len(), 4);
        Ok(())
    }

    #[tokio::test]
    async fn a_has_one_with_two_rows_is_named() -> Result<()> {
        let door = SideDoor::new(schema()).await?;
        fill(&door.engine).await?;
        door.run("INSERT INTO dingalings VALUES (3, 5, 'another')").await;
        let mut session = door.engine.session();
        let parts = ["`Address.dingaling`", "`Dingaling`"];
        let loaded = session.all(select::<Address>().with(Address::DINGALING.selectin())).await;
        says(loaded, ErrorKind::MultipleRows, &parts);
        let loaded = session.all(select::<Address>().with(Address::DINGALING.joined())).await;
        says(loaded, ErrorKind::MultipleRows, &parts);
        let address = session.get::<Address>(5).await?.expect("the row is there");
        says(session.load(&address, Address::DINGALING).await, ErrorKind::MultipleRows, &parts);
        let others = select::<Address>().filter(Address::ID.lt(5)).with(Address::DINGALING.selectin());
        assert_eq!(session.all(others).await?.len(), 4, "the others have at most one");
        Ok(())
    }

    #[derive(Model, Debug)]
    pub struct Group {
        #[key]
        pub id: i64,
        pub slug: String,
    }

    #[derive(Model, Debug)]
    pub struct Fan {
        #[key]
        pub id: i64,
        pub group_slug: String,
        #[belongs_to(key = "group_slug", target_key = "slug")]
        pub group: BelongsTo<Group>,
    }

    #[tokio::test]
    async fn a_key_to_a_column_that_is_not_unique_is_named() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        door.run(
            "CREATE TABLE \"group\" (id INTEGER PRIMARY KEY, slug TEXT);
             CREATE TABLE fan (id INTEGER PRIMARY KEY, group_slug TEXT);
             INSERT INTO \"group\" VALUES (1, 'a'), (2, 'a'), (3, 'b');
             INSERT INTO fan VALUES (1, 'a'), (2, 'b')",
        )
        .await;
        let mut session = door.engine.session();
        let loaded = session.all(select::<Fan>().with(Fan::GROUP.selectin())).await;
        says(loaded, ErrorKind::MultipleRows, &["`Fan.group`", "not unique"]);
        let loaded = session.all(select::<Fan>().with(Fan::GROUP.joined())).await;
        says(loaded, ErrorKind::MultipleRows, &["`Fan.group`", "not unique"]);
        let fan = session.one(select::<Fan>().filter(Fan::ID.eq(2)).with(Fan::GROUP.joined())).await?;
        assert_eq!(fan.get(Fan::GROUP).id, 3);
        Ok(())
    }
}

mod queries {
    use super::*;

    #[tokio::test]
    async fn a_batch_of_nothing() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let log = record(&engine);
        let none = User::ORDERS.selectin().batch_size(0);
        says(
            session.all(select::<User>().with(none)).await,
            ErrorKind::InvalidQuery,
            &["`User.orders`", "batch size"],
        );
        let below = User::ORDERS.selectin().with(Order::ITEMS.selectin().batch_size(0));
        says(
            session.all(select::<User>().with(below)).await,
            ErrorKind::InvalidQuery,
            &["`Order.items`", "batch size"],
        );
        assert_eq!(log.count(), 0, "before any SQL: {log}");
        Ok(())
    }

    #[tokio::test]
    async fn two_strategies_for_one_relationship() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let log = record(&engine);
        let query = select::<User>().with(User::ORDERS.selectin()).with(User::ORDERS.joined());
        says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", "selectin()", "joined()"]);
        let query = select::<User>().with(User::ORDERS.joined()).with(User::ORDERS.joined().inner());
        says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", "joined()", "inner()"]);
        let query = select::<User>()
            .with(User::ORDERS.selectin().with(Order::ITEMS.selectin()))
            .with(User::ORDERS.selectin().with(Order::ITEMS.joined()));
        says(session.all(query).await, ErrorKind::InvalidQuery, &["`Order.items`", "selectin()", "joined()"]);
        assert_eq!(log.count(), 0, "before any SQL: {log}");

        let query = select::<User>().with(User::ORDERS.selectin()).with(User::ADDRESSES.joined());
        assert_eq!(session.all(query).await?.len(), 4, "two relationships may differ");
        Ok(())
    }

    #[tokio::test]
    async fn options_that_a_strategy_does_not_have() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let log = record(&engine);
        let query = select::<User>().with(User::ORDERS.joined().limit(1));
        says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", ".selectin()", ".limit("]);
        let query = select::<User>().with(User::ORDERS.joined().batch_size(10));
        says(
            session.all(query).await,
            ErrorKind::InvalidQuery,
            &["`User.orders`", ".selectin()", ".batch_size("],
        );
        let query = select::<User>().with(User::ORDERS.selectin().inner());
        says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", ".joined()", ".inner()"]);
        assert_eq!(log.count(), 0, "before any SQL: {log}");
        Ok(())
    }

    #[tokio::test]
    async fn a_column_of_a_table_that_is_not_in_the_query() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let log = record(&engine);
        let other = || Address::EMAIL_ADDRESS.like("ed%");
        let parts = ["addresses"];
        says(session.all(select::<User>().filter(other())).await, ErrorKind::InvalidQuery, &parts);
        says(session.all(select::<User>().order_by(Address::ID)).await, ErrorKind::InvalidQuery, &parts);
        says(session.count(select::<User>().filter(other())).await, ErrorKind::InvalidQuery, &parts);
        let query = select::<User>().filter(User::ID.eq(Address::USER_ID));
        says(session.all(query).await, ErrorKind::InvalidQuery, &parts);
        // What a loader joins has a name of its own, so that no condition reaches it by accident.
        let query = select::<User>().with(User::ADDRESSES.joined()).filter(other());
        says(session.all(query).await, ErrorKind::InvalidQuery, &parts);
        let query = select::<User>().with(User::ORDERS.selectin().filter(other()));
        says(session.all(query).await, ErrorKind::InvalidQuery, &parts);
        assert_eq!(log.count(), 0, "before any SQL: {log}");
        Ok(())
    }

    #[tokio::test]
    async fn more_values_than_the_database_binds() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let most = session.all(select::<User>().filter(User::ID.is_in(0..32_766))).await?;
        assert_eq!(most.len(), 4);
        let more = session.all(select::<User>().filter(User::ID.is_in(0..32_767))).await;
        says(more, ErrorKind::InvalidQuery, &["32767", "32766"]);
        assert_eq!(session.count(select::<User>()).await?, 4, "the session goes on");
        Ok(())
    }

    #[tokio::test]
    async fn no_row_and_too_many() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let none = || select::<User>().filter(User::ID.eq(99));
        says(session.one(none()).await, ErrorKind::NoRows, &["`User`", "one_or_none"]);
        assert!(session.one_or_none(none()).await?.is_none());
        says(session.one(select::<User>()).await, ErrorKind::MultipleRows, &["`User`", "4"]);
        says(session.one_or_none(select::<User>()).await, ErrorKind::MultipleRows, &["`User`", "first"]);
        Ok(())
    }
}

mod sessions {
    use super::*;

    #[tokio::test]
    async fn an_object_of_another_session() -> Result<()> {
        let engine = standard().await?;
        let (mut mine, mut other) = (engine.session(), engine.session());
        let jack = mine.get::<User>(7).await?.expect("jack is there");
        let address = mine.get::<Address>(1).await?.expect("the address is there");
        let theirs = other.get::<User>(8).await?.expect("ed is there");
        let pending = other.add(User::draft().id(11).name("mary"));
        let log = record(&engine);
        let foreign = |result: Result<()>| says(result, ErrorKind::InvalidState, &["another session"]);

        foreign(mine.edit(&theirs, |user| user.name = "mine".into()));
        foreign(mine.append(&theirs, User::ADDRESSES, &address));
        foreign(mine.assign(&address, Address::USER, &theirs));
        foreign(mine.assign(&address, Address::USER, &pending));
        foreign(mine.load(&theirs, User::ADDRESSES).await.map(drop));
        foreign(
            mine.load_all(vec![jack.clone(), theirs.clone()], User::ADDRESSES.selectin()).await.map(drop),
        );
        assert!(!mine.is_modified(&theirs) && !mine.is_modified(&address));
        assert_eq!((theirs.name.as_str(), address.user_id), ("ed", 7));
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    #[tokio::test]
    async fn a_draft_that_leads_to_another_session() -> Result<()> {
        let engine = standard().await?;
        let (mut mine, mut other) = (engine.session(), engine.session());
        let theirs = other.get::<User>(8).await?.expect("ed is there");
        let refused = mine.add(Address::draft().id(6).email_address("a").user(&theirs));
        mine.add(User::draft().id(11).name("mary"));
        says(mine.flush().await, ErrorKind::InvalidState, &["another session"]);
        assert_eq!(refused.entity().unwrap_err().kind(), ErrorKind::InvalidState);
        mine.rollback().await?;
        assert_eq!(mine.count(select::<Address>()).await?, 5);
        assert_eq!(mine.count(select::<User>()).await?, 4);
        Ok(())
    }

    #[tokio::test]
    async fn an_object_whose_session_has_gone() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let gone = engine.session().get::<User>(8).await?.expect("ed is there");
        says(
            session.edit(&gone, |user| user.name = "x".into()),
            ErrorKind::InvalidState,
            &["another session"],
        );
        says(session.load(&gone, User::ORDERS).await, ErrorKind::InvalidState, &["another session"]);
        assert_eq!(gone.name, "ed");
        Ok(())
    }

    #[tokio::test]
    async fn after_a_refused_row_the_session_waits_for_a_rollback() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let jack = session.get::<User>(7).await?.expect("jack is there");
        session.add(User::draft().id(7).name("a second jack"));
        says(session.flush().await, ErrorKind::UniqueViolation, &["users.id"]);

        let log = record(&engine);
        let parts = ["rollback", "users.id"];
        says(session.all(select::<User>()).await, ErrorKind::PendingRollback, &parts);
        says(session.get::<User>(7).await, ErrorKind::PendingRollback, &parts);
        says(session.count(select::<User>()).await, ErrorKind::PendingRollback, &parts);
        says(session.load(&jack, User::ORDERS).await, ErrorKind::PendingRollback, &parts);
        says(session.edit(&jack, |user| user.name = "x".into()), ErrorKind::PendingRollback, &parts);
        says(session.commit().await, ErrorKind::PendingRollback, &parts);
        assert_eq!(log.count(), 0, "{log}");

        session.rollback().await?;
        assert_eq!(session.count(select::<User>()).await?, 4);
        assert_eq!(ids!(session.load(&jack, User::ORDERS).await?), [1, 3, 5], "what it held is usable again");
        Ok(())
    }

    #[tokio::test]
    async fn a_query_that_was_refused_before_it_was_sent_leaves_the_transaction_alone() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        session.insert(User::draft().id(11).name("mary")).await?;
        session.all(select::<User>().with(User::ORDERS.selectin().batch_size(0))).await.unwrap_err();
        session.one(select::<User>()).await.unwrap_err();
        session.commit().await?;
        assert_eq!(engine.session().count(select::<User>()).await?, 5);
        Ok(())
    }

    #[tokio::test]
    async fn a_transaction_in_a_transaction() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        session.begin().await?;
        says(session.begin().await, ErrorKind::InvalidState, &["open already", "nested"]);
        let inner = session.transaction(async |_| Ok(())).await;
        says(inner, ErrorKind::InvalidState, &["open already"]);
        assert!(session.in_transaction());
        session.rollback().await?;
        assert!(!session.in_transaction());
        Ok(())
    }

    #[tokio::test]
    async fn a_row_that_went_away_behind_the_session() -> Result<()> {
        let door = SideDoor::new(tickets::schema()).await?;
        tickets::fill(&door.engine).await?;
        let mut session = door.engine.session();
        let ticket = session.get::<Ticket>(4).await?.expect("it is there");
        door.run("DELETE FROM tickets WHERE id = 4").await;
        session.edit(&ticket, |ticket| ticket.owner_id = Some(1))?;
        says(session.commit().await, ErrorKind::Stale, &["`Ticket`", "4"]);
        session.rollback().await?;
        assert_eq!(ticket.owner_id, None, "the edit is taken back");
        Ok(())
    }

    /// One parent with so many children that they take a while to read.
    async fn crowd() -> Result<SideDoor> {
        let door = SideDoor::new(schema![Parent, Child]).await?;
        door.run(
            "INSERT INTO parents VALUES (1);
             INSERT INTO children WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
             SELECT x, 1 FROM n",
        )
        .await;
        Ok(door)
    }

    /// Polls a query once, in the midst of its rows, and drops it.
    async fn abandon(session: &mut Session) {
        let mut query = Box::pin(session.all(select::<Child>()));
        let first = std::future::poll_fn(|context| Poll::Ready(query.as_mut().poll(context))).await;
        assert!(first.is_pending(), "five thousand rows do not come at once");
    }

    #[tokio::test]
    async fn a_query_that_is_dropped_half_way() -> Result<()> {
        let door = crowd().await?;
        let mut session = door.engine.session();
        let parent = session.get::<Parent>(1).await?.expect("parent 1 is there");
        let log = record(&door.engine);
        abandon(&mut session).await;
        assert_eq!(log.statements().iter().map(|statement| statement.failed).collect::<Vec<_>>(), [true]);

        says(session.get::<Parent>(2).await, ErrorKind::PendingRollback, &["cancelled", "rollback"]);
        says(session.load(&parent, Parent::CHILDREN).await, ErrorKind::PendingRollback, &["rollback"]);
        session.rollback().await?;
        assert_eq!(session.load(&parent, Parent::CHILDREN).await?.len(), 5_000);
        assert_eq!(
            session.all(select::<Child>()).await?.len(),
            5_000,
            "what came before it was dropped is no answer"
        );
        Ok(())
    }

    #[tokio::test]
    async fn a_session_that_is_dropped_with_it_leaves_a_clean_connection() -> Result<()> {
        let door = crowd().await?;
        let engine = Engine::builder(&door.url()).pool_size(1).connect().await?;
        for written in 0..5 {
            let mut session = engine.session();
            session.insert(Parent::draft().id(100 + written)).await?;
            abandon(&mut session).await;
            drop(session);
            let mut next = engine.session();
            assert_eq!(next.count(select::<Parent>()).await?, 1, "the row was never committed");
            assert!(!next.in_transaction());
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_pending_object_has_no_row() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let mary = session.add(User::draft().id(11).name("mary"));
        says(mary.entity(), ErrorKind::NotFlushed, &["`User`", "flush"]);
        session.rollback().await?;
        says(mary.entity(), ErrorKind::InvalidState, &["`User`", "rollback"]);
        let jacks = session.get::<Address>(1).await?.expect("the address is there");
        says(session.assign(&jacks, Address::USER, &mary), ErrorKind::InvalidState, &["rollback"]);
        assert_eq!(jacks.user_id, 7);
        Ok(())
    }

    #[tokio::test]
    async fn a_draft_without_its_required_key() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let log = record(&engine);
        session.add(Address::draft().id(6).email_address("nobodys"));
        says(session.flush().await, ErrorKind::NotNullViolation, &["`Address.user_id`", "required"]);
        assert_eq!(log.count(), 0, "before any SQL: {log}");
        Ok(())
    }
}

mod engines {
    use super::*;

    #[tokio::test]
    async fn a_url_that_names_no_database() {
        says(Engine::connect("mongodb://localhost").await, ErrorKind::Configuration, &["mongodb", "sqlite:"]);
        says(Engine::connect("").await, ErrorKind::Configuration, &["sqlite:"]);
        says(Engine::connect("sqlite:").await, ErrorKind::Configuration, &["file", "sqlite::memory:"]);
        says(Engine::connect("sqlite://").await, ErrorKind::Configuration, &["file"]);
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_opened() {
        let directory = tempfile::tempdir().expect("a directory");
        let missing = format!("sqlite:{}", directory.path().join("nowhere").join("test.db").display());
        says(Engine::connect(&missing).await, ErrorKind::Connection, &["nowhere"]);
        let read_only = format!("sqlite:{}?mode=ro", directory.path().join("test.db").display());
        says(Engine::connect(&read_only).await, ErrorKind::Connection, &["test.db"]);
        let text = directory.path().join("text.db");
        std::fs::write(&text, "this is no database, and it is long enough to be seen as none".repeat(20))
            .expect("a file");
        let engine = Engine::connect(&format!("sqlite:{}", text.display())).await;
        let refused = match engine {
            Ok(engine) => engine.session().count(select::<User>()).await.map(drop),
            Err(error) => Err(error),
        };
        assert!(refused.unwrap_err().to_string().contains("not a database"));
    }

    #[tokio::test]
    async fn a_connection_that_does_not_become_free() -> Result<()> {
        let engine = Engine::builder("sqlite::memory:")
            .pool_size(1)
            .pool_timeout(Duration::from_millis(50))
            .connect()
            .await?;
        engine.create_all(schema()).await?;
        let idle = engine.session();
        let mut first = engine.session();
        assert_eq!(
            first.count(select::<User>()).await?,
            0,
            "a session takes none before its first statement"
        );
        drop(idle);
        let mut second = engine.session();
        says(second.count(select::<User>()).await, ErrorKind::PoolTimeout, &["1", "session"]);
        first.commit().await?;
        assert_eq!(second.count(select::<User>()).await?, 0, "a commit gave it back");
        second.close().await?;
        assert_eq!(first.count(select::<User>()).await?, 0, "and so does close");
        drop(first);
        assert_eq!(engine.session().count(select::<User>()).await?, 0, "and a drop");
        Ok(())
    }

    #[tokio::test]
    async fn an_engine_that_was_closed() -> Result<()> {
        let engine = standard().await?;
        engine.close().await;
        let refused = engine.session().count(select::<User>()).await;
        says(refused, ErrorKind::Connection, &[]);
        Ok(())
    }

    #[tokio::test]
    async fn an_error_has_its_source() -> Result<()> {
        let engine = standard().await?;
        let error = engine.session().insert(User::draft().id(7).name("again")).await.unwrap_err();
        let source = std::error::Error::source(&error).expect("what the driver said");
        assert!(source.to_string().contains("UNIQUE"), "{source}");
        assert!(format!("{error:?}").starts_with("UniqueViolation: "), "{error:?}");
        Ok(())
    }
}
