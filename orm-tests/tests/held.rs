//! Objects as JSON with all that they hold, whichever query loaded it.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};
use serde_json::{Value as Json, json};

#[derive(Model, Debug)]
#[model(table = "held_authors")]
#[serde(rename_all = "camelCase")]
struct Author {
    #[key]
    id: i64,
    full_name: String,
    #[column(secret)]
    password: Option<String>,
    #[has_many(order_by = "id")]
    #[serde(rename = "works")]
    books: HasMany<Book>,
    #[has_one]
    portrait: HasOne<Portrait>,
}

#[derive(Model, Debug)]
#[model(table = "held_books")]
struct Book {
    #[key]
    id: i64,
    #[serde(skip)]
    author_id: i64,
    #[column(deferred)]
    text: Deferred<String>,
    #[belongs_to]
    author: BelongsTo<Author>,
    #[many_to_many(through = "held_book_tags", key = "book_id", target_key = "tag_id", order_by = "id")]
    tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "held_portraits")]
struct Portrait {
    #[key]
    id: i64,
    author_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "held_tags")]
struct Tag {
    #[key]
    id: i64,
    #[many_to_many(through = "held_book_tags", key = "tag_id", target_key = "book_id", order_by = "id")]
    books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "held_people")]
struct Person {
    #[key]
    id: i64,
    #[many_to_many(through = "held_friends", key = "of_id", target_key = "friend_id", order_by = "id")]
    friends: HasMany<Person>,
}

async fn books(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Author, Book, Portrait, Tag]).await?;
    let mut session = engine.session();
    let tags = [1, 2].map(|id| session.add(Tag::draft().id(id)));
    let books = [
        Book::draft().id(1).text("first").tags([&tags[0], &tags[1]]),
        Book::draft().id(2).text("second").tags([&tags[0]]),
    ];
    session.add(Author::draft().id(1).full_name("Ann").password("secret").books(books));
    session.add(Author::draft().id(2).full_name("Bob"));
    session.commit().await?;
    Ok(engine)
}

fn written<M: Model, L>(entity: &Entity<M, L>) -> Json {
    serde_json::to_value(entity.as_held()).expect("JSON")
}

on_every_backend! {
    async fn what_is_loaded_later_appears(database: TestDatabase) -> Result<()> {
        let engine = books(&database).await?;
        let mut session = engine.session();
        let ann = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
        let columns = json!({"id": 1, "fullName": "Ann"});
        assert_eq!(written(&ann), columns, "no secret, and nothing that is not loaded");

        let log = engine.record();
        session.load_all([ann.clone()], Author::BOOKS.selectin().with(Book::TAGS.selectin())).await?;
        session.load(&ann, Author::PORTRAIT).await?;
        assert_eq!(log.count(), 3, "{log}");
        let tag = |id: i64| json!({ "id": id });
        let books = json!([{"id": 1, "tags": [tag(1), tag(2)]}, {"id": 2, "tags": [tag(1)]}]);
        let all = json!({"id": 1, "fullName": "Ann", "works": books, "portrait": null});
        assert_eq!(written(&ann), all);
        assert_eq!(serde_json::to_value(&ann).expect("JSON"), columns, "its type says less");

        // The object inside of which it is may be at any distance.
        let book = ann.books()?.get(1).expect("two books");
        session.load_column(&book, Book::TEXT).await?;
        session.load(&book, Book::AUTHOR).await?;
        let inside = json!({"id": 1, "fullName": "Ann", "portrait": null});
        assert_eq!(written(&book), json!({"id": 2, "text": "second", "author": inside, "tags": [tag(1)]}));

        let log = engine.record();
        drop(session);
        assert_eq!(written(&ann)["works"][1]["text"], json!("second"), "also without the session");
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn loaded_and_empty_is_not_absent(database: TestDatabase) -> Result<()> {
        let engine = books(&database).await?;
        let mut session = engine.session();
        let bob = session.get::<Author>(2).with(Author::BOOKS.selectin()).await?.expect("Bob exists");
        assert_eq!(written(&bob), json!({"id": 2, "fullName": "Bob", "works": []}));

        // A part of a collection never passes for the whole.
        let first = Author::BOOKS.selectin().filter(Book::ID.eq(1));
        let ann = session.get::<Author>(1).with(first).await?.expect("Ann exists");
        assert_eq!(written(&ann), json!({"id": 1, "fullName": "Ann"}));

        // Changes show before they are flushed.
        let book = session.get::<Book>(1).await?.expect("the book exists");
        session.append(&bob, Author::BOOKS, &book)?;
        assert_eq!(written(&bob)["works"], json!([{"id": 1}]));
        session.rollback().await?;
        assert_eq!(written(&bob)["works"], json!([]));
        Ok(())
    }

    async fn circles_end(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Person]).await?;
        let mut session = engine.session();
        session.add(Person::draft().id(1));
        session.add(Person::draft().id(2));
        session.add(Person::draft().id(3));
        session.flush().await?;
        for (of, friend) in [(1, 1), (2, 3), (3, 2)] {
            session.link(Person::FRIENDS, of, friend)?;
        }
        session.commit().await?;

        let mut session = engine.session();
        let people = session.all(select::<Person>().with(Person::FRIENDS.selectin()).order_by(Person::ID)).await?;
        assert_eq!(written(&people[0]), json!({"id": 1}), "a friend of itself");
        assert_eq!(written(&people[1]), json!({"id": 2, "friends": [{"id": 3}]}));
        assert_eq!(written(&people[2]), json!({"id": 3, "friends": [{"id": 2}]}));
        Ok(())
    }

    async fn objects_that_lead_to_each_other_in_many_ways_are_an_error(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Person]).await?;
        let mut session = engine.session();
        // Each of a layer is a friend of all of the next one: 2 ^ 20 ways to the last one.
        const LAYERS: i64 = 20;
        for id in 0..2 * LAYERS {
            session.add(Person::draft().id(id));
        }
        session.flush().await?;
        for layer in 0..LAYERS - 1 {
            for (of, friend) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
                session.link(Person::FRIENDS, 2 * layer + of, 2 * layer + friend)?;
            }
        }
        session.commit().await?;
        let people = session.all(select::<Person>().with(Person::FRIENDS.selectin()).order_by(Person::ID)).await?;
        let error = serde_json::to_string(&people[0].as_held()).unwrap_err();
        assert!(error.to_string().starts_with("more than 100000 objects would be written"), "{error}");
        assert!(serde_json::to_string(&people[20].as_held()).is_ok());
        Ok(())
    }
}
