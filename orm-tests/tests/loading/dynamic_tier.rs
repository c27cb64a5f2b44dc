//! What an object's accessors return when the types prove nothing: `user.orders()` and its errors.

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::{SideDoor, ids, record};

#[tokio::test]
async fn unloaded_empty_and_none_are_three_things() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let chuck = session.get::<User>(10).await?.expect("chuck is there");
    let order = session.get::<Order>(5).await?.expect("order 5 is there");
    let log = record(&engine);
    assert_eq!(chuck.orders().unwrap_err().kind(), ErrorKind::NotLoaded);
    assert_eq!(order.address().unwrap_err().kind(), ErrorKind::NotLoaded);

    session.load(&chuck, User::ORDERS).await?;
    session.load(&order, Order::ADDRESS).await?;
    assert!(chuck.orders()?.is_empty());
    assert!(order.address()?.is_none());
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_null_does_not_make_it_loaded() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let order = session.get::<Order>(5).await?.expect("order 5 is there");
    assert!(order.address_id.is_none());
    assert_eq!(order.address().unwrap_err().kind(), ErrorKind::NotLoaded);
    Ok(())
}

#[tokio::test]
async fn a_target_that_is_held_does_not_make_it_loaded() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.get::<User>(7).await?.expect("jack is there");
    let address = session.get::<Address>(1).await?.expect("address 1 is there");
    assert_eq!(address.user().unwrap_err().kind(), ErrorKind::NotLoaded);
    Ok(())
}

#[tokio::test]
async fn an_accessor_never_runs_a_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().with(User::ADDRESSES.selectin())).await?;
    let log = record(&engine);
    for user in &users {
        assert!(user.orders().is_err());
        for address in user.addresses()? {
            assert!(address.user().is_err());
        }
    }
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn the_error_names_the_fix() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    let error = jack.addresses().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    let text = error.to_string();
    for part in [
        "`User.addresses`",
        r#"lazy = "select""#,
        ".with(User::ADDRESSES.selectin())",
        "session.load(&object, User::ADDRESSES)",
    ] {
        assert!(text.contains(part), "no {part}: {text}");
    }
    let message = text.strip_suffix(" [NotLoaded]").expect("the kind is at its end");
    assert_eq!(format!("{error:?}"), format!("NotLoaded: {message}"));
    Ok(())
}

mod declared {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Author {
        #[key]
        pub id: i64,
        #[has_many(lazy = "raise", order_by = "id")]
        pub books: HasMany<Book>,
        #[has_many(lazy = "raise_on_sql", key = "editor_id", order_by = "id")]
        pub edited: HasMany<Book>,
    }

    #[derive(Model, Debug)]
    pub struct Book {
        #[key]
        pub id: i64,
        pub author_id: Option<i64>,
        pub editor_id: Option<i64>,
        #[belongs_to(lazy = "raise")]
        pub author: BelongsTo<Option<Author>>,
        #[belongs_to(lazy = "raise_on_sql")]
        pub editor: BelongsTo<Option<Author>>,
    }

    async fn books() -> Result<Engine> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Author, Book]).await?;
        let mut session = engine.session();
        for id in 1..=2 {
            session.add(Author::draft().id(id));
        }
        session.flush().await?;
        for (id, author, editor) in [(1, Some(1), Some(2)), (2, Some(1), None), (3, None, Some(1))] {
            session.add(Book::draft().id(id).author_id(author).editor_id(editor));
        }
        session.commit().await?;
        Ok(engine)
    }

    #[tokio::test]
    async fn raise_is_an_error_that_names_load_all() -> Result<()> {
        let engine = books().await?;
        let mut session = engine.session();
        let author = session.get::<Author>(1).await?.expect("the author is there");
        let log = record(&engine);
        let error = author.books().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotLoaded);
        let text = error.to_string();
        for part in
            ["`Author.books`", r#"lazy = "raise""#, ".with(Author::BOOKS.selectin())", "session.load_all("]
        {
            assert!(text.contains(part), "no {part}: {text}");
        }
        assert!(!text.contains("session.load("), "that would not compile: {text}");
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    #[tokio::test]
    async fn raise_does_not_answer_from_what_is_held_or_null() -> Result<()> {
        let engine = books().await?;
        let mut session = engine.session();
        session.all(select::<Author>()).await?;
        for book in session.all(select::<Book>()).await? {
            assert_eq!(book.author().unwrap_err().kind(), ErrorKind::NotLoaded, "book {}", book.id);
        }
        Ok(())
    }

    #[tokio::test]
    async fn what_is_declared_raise_is_loaded_when_it_is_named() -> Result<()> {
        let engine = books().await?;
        let log = record(&engine);
        let mut session = engine.session();
        let authors = session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
        assert_eq!(log.count(), 2, "{log}");
        assert_eq!(ids!(authors[0].books()?), [1, 2]);

        let mut session = engine.session();
        let authors = session.all(select::<Author>().with(Author::BOOKS.joined())).await?;
        assert_eq!(log.count(), 3, "{log}");
        assert_eq!(ids!(authors[0].books()?), [1, 2]);

        let mut session = engine.session();
        let authors = session.all(select::<Author>()).await?;
        let authors = session.load_all(authors, Author::BOOKS.selectin()).await?;
        assert_eq!(log.count(), 5, "{log}");
        assert_eq!(
            (ids!(authors[0].get(Author::BOOKS)), ids!(authors[0].books()?)),
            (vec![1, 2], vec![1, 2])
        );
        Ok(())
    }

    #[tokio::test]
    async fn raise_on_sql_answers_what_needs_no_statement() -> Result<()> {
        let engine = books().await?;
        let mut session = engine.session();
        let editor = session.get::<Author>(2).await?.expect("the author is there");
        let books = session.all(select::<Book>().order_by(Book::ID)).await?;
        let log = record(&engine);
        let held = session.load(&books[0], Book::EDITOR).await?.expect("the first book has one");
        assert!(Entity::same(&held, &editor));
        assert!(session.load(&books[1], Book::EDITOR).await?.is_none());

        for error in [
            session.load(&books[2], Book::EDITOR).await.unwrap_err(),
            session.load(&editor, Author::EDITED).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotLoaded);
            assert!(error.to_string().contains(r#"lazy = "raise_on_sql""#), "{error}");
        }
        assert_eq!(log.count(), 0, "{log}");

        let editors = session.load_all(vec![editor], Author::EDITED.selectin()).await?;
        assert_eq!(ids!(editors[0].get(Author::EDITED)), [1], "what is named is loaded");
        Ok(())
    }
}

#[tokio::test]
async fn after_the_session_loaded_data_stays_and_the_rest_is_detached() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session
        .all(
            select::<User>().order_by(User::ID).with(User::ORDERS.selectin().with(Order::ADDRESS.selectin())),
        )
        .await?;
    let log = record(&engine);
    drop(session);

    let jack = users[0].dynamic();
    assert_eq!(jack.name, "jack");
    assert_eq!(ids!(jack.orders()?), [1, 3, 5]);
    assert!(users[3].orders()?.is_empty(), "empty is loaded");
    let last = jack.orders()?.last().expect("order 5");
    assert!(last.address()?.is_none(), "nobody is loaded");
    assert_eq!(jack.orders()?.first().expect("order 1").address()?.map(|address| address.id), Some(1));

    let error = jack.addresses().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Detached);
    let text = error.to_string();
    assert!(text.contains("`User.addresses`") && text.contains(".with(User::ADDRESSES"), "{text}");
    assert_eq!(last.items().unwrap_err().kind(), ErrorKind::Detached);
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn objects_outlive_the_engine() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.one(select::<User>().filter(User::ID.eq(7)).with(User::ADDRESSES.joined())).await?;
    drop(session);
    engine.close().await;
    drop(engine);
    assert_eq!((jack.name.as_str(), ids!(jack.addresses()?)), ("jack", vec![1]));
    assert_eq!(jack.orders().unwrap_err().kind(), ErrorKind::Detached);
    Ok(())
}

#[tokio::test]
async fn a_closed_session_still_has_its_objects() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    session.close().await?;
    assert_eq!(jack.orders().unwrap_err().kind(), ErrorKind::NotLoaded, "it has not gone");
    assert_eq!(ids!(session.load(&jack, User::ORDERS).await?), [1, 3, 5]);
    Ok(())
}

#[tokio::test]
async fn a_collection_stays_what_it_was_when_it_was_read() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let ed = session.get::<User>(8).await?.expect("ed is there");
    let before = session.load(&ed, User::ADDRESSES).await?;
    let jacks = session.get::<Address>(1).await?.expect("jack's address");
    session.append(&ed, User::ADDRESSES, &jacks)?;
    assert_eq!(ids!(before), [2, 3, 4]);
    assert_eq!(ids!(ed.addresses()?), [2, 3, 4, 1]);
    Ok(())
}

#[tokio::test]
async fn debug_shows_columns_and_hides_relationships() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.one(select::<User>().filter(User::ID.eq(7)).with(User::ORDERS.selectin())).await?;
    assert_eq!(format!("{jack:?}"), r#"User { id: 7, name: "jack", .. }"#);
    let fields = format!("{:?}", &*jack);
    assert!(fields.contains("addresses: HasMany(not loaded)"), "{fields}");
    assert!(fields.contains("orders: HasMany(3 loaded)"), "{fields}");

    let order =
        session.one(select::<Order>().filter(Order::ID.eq(5)).with(Order::ADDRESS.selectin())).await?;
    let fields = format!("{:?}", &*order);
    assert!(fields.contains("address: BelongsTo(none)"), "{fields}");
    assert!(fields.contains("user: BelongsTo(not loaded)"), "{fields}");
    Ok(())
}

#[tokio::test]
async fn a_missing_required_target_is_an_error() -> Result<()> {
    let door = SideDoor::new(schema()).await?;
    fill(&door.engine).await?;
    door.run("UPDATE addresses SET user_id = 99 WHERE id = 1").await;
    let mut session = door.engine.session();
    let address = session.get::<Address>(1).await?.expect("the address is there");
    let error = session.load(&address, Address::USER).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DanglingKey);
    assert_eq!(address.user().unwrap_err().kind(), ErrorKind::NotLoaded);
    Ok(())
}
