//! Objects whose keys wait for a new object: where they are until the flush, and what ends the wait.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "wa_authors")]
struct Author {
    #[key]
    id: i64,
    #[has_many(order_by = "id")]
    books: HasMany<Book>,
    #[has_one]
    portrait: HasOne<Portrait>,
}

#[derive(Model, Debug)]
#[model(table = "wa_books")]
struct Book {
    #[key]
    id: i64,
    author_id: Option<i64>,
    #[belongs_to]
    author: BelongsTo<Option<Author>>,
    #[many_to_many(through = "wa_book_tags", key = "book_id", target_key = "tag_id", order_by = "id")]
    tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "wa_portraits")]
struct Portrait {
    #[key]
    id: i64,
    #[column(unique)]
    author_id: Option<i64>,
    #[belongs_to]
    author: BelongsTo<Option<Author>>,
}

#[derive(Model, Debug)]
#[model(table = "wa_tags")]
struct Tag {
    #[key]
    id: i64,
    #[many_to_many(through = "wa_book_tags", key = "tag_id", target_key = "book_id", order_by = "id")]
    books: HasMany<Book>,
}

/// Author 1 with the books 1 and 2 and a portrait; and tag 1 without a book.
async fn filled(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Author, Book, Portrait, Tag]).await?;
    let mut session = engine.session();
    let books = [1, 2].map(|id| Book::draft().id(id));
    session.add(Author::draft().id(1).books(books).portrait(Portrait::draft().id(1)));
    session.add(Tag::draft().id(1));
    session.commit().await?;
    Ok(engine)
}

fn ids<M: Model<Key = i64>>(held: Result<Many<M>>, id: impl Fn(&M) -> i64) -> Result<Vec<i64>> {
    Ok(held?.iter().map(|member| id(&member)).collect())
}

on_every_backend! {
    async fn a_child_of_a_new_parent_leaves_the_old_one_at_once(database: TestDatabase) -> Result<()> {
        let engine = filled(&database).await?;
        let mut session = engine.session();
        let author = session
            .one(select::<Author>().with(Author::BOOKS.selectin().with(Book::AUTHOR.selectin())).with(Author::PORTRAIT.selectin()))
            .await?;
        let (book, portrait) = (author.books()?.first().expect("a book"), author.portrait()?.expect("a portrait"));
        let log = engine.record();
        let new = session.add(Author::draft().id(2).books([&book]).portrait(&portrait));
        assert_eq!(ids(author.books(), |book| book.id)?, [2]);
        assert!(author.portrait()?.is_none());
        assert_eq!(book.author().unwrap_err().kind(), ErrorKind::NotLoaded, "its author has no row yet");
        assert_eq!(log.statements().len(), 0);
        session.flush().await?;
        let new = new.entity()?;
        assert_eq!(ids(new.books(), |book| book.id)?, [1]);
        assert_eq!(book.author()?.map(|author| author.id), Some(2));
        session.rollback().await?;
        assert_eq!(ids(author.books(), |book| book.id)?, [1, 2], "memory is as it was before");
        assert_eq!(author.portrait()?.map(|portrait| portrait.id), Some(1));
        Ok(())
    }

    async fn a_discarded_wait_leaves_the_old_parent_to_a_query(database: TestDatabase) -> Result<()> {
        let engine = filled(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let author = session
            .one(select::<Author>().with(Author::BOOKS.selectin()).with(Author::PORTRAIT.selectin()))
            .await?;
        let (book, portrait) = (author.books()?.first().expect("a book"), author.portrait()?.expect("a portrait"));
        session.add(Author::draft().id(2).books([&book]).portrait(&portrait));
        session.expire(&book)?;
        session.expire(&portrait)?;
        let mut members = ids(author.books(), |book| book.id)?;
        members.sort_unstable();
        assert_eq!(members, [1, 2]);
        assert_eq!(author.portrait().unwrap_err().kind(), ErrorKind::NotLoaded, "its portrait is not known to be gone");
        session.rollback().await?;
        Ok(())
    }

    async fn a_value_that_ends_the_wait_may_be_the_old_one(database: TestDatabase) -> Result<()> {
        let engine = filled(&database).await?;
        let options = SessionOptions::new().autoflush(false);
        let cached = engine.session().one(select::<Book>().filter(Book::ID.eq(1))).await?;
        for how in ["merge", "bulk", "upsert", "assign"] {
            let mut session = engine.session_with(options.clone());
            let author = session.one(select::<Author>().with(Author::BOOKS.selectin())).await?;
            let book = author.books()?.first().expect("a book");
            let new = session.add(Author::draft().id(2));
            session.assign(&book, Book::AUTHOR, &new)?;
            assert_eq!(ids(author.books(), |book| book.id)?, [2], "{how}");
            match how {
                "merge" => drop(session.merge(&cached).await?),
                "bulk" => {
                    let back = update::<Book>().set(Book::AUTHOR_ID, 1).filter(Book::ID.eq(1));
                    session.execute(back).await?;
                }
                "upsert" => {
                    let row = [Book::draft().id(1).author_id(1)];
                    let conflict = OnConflict::update(Book::ID, Book::AUTHOR_ID);
                    session.execute(insert::<Book>().rows(row).on_conflict(conflict)).await?;
                }
                _ => session.assign(&book, Book::AUTHOR, &author)?,
            }
            let mut members = ids(author.books(), |book| book.id)?;
            members.sort_unstable();
            assert_eq!(members, [1, 2], "{how}");
            session.flush().await?;
            assert_eq!(book.author_id, Some(1), "{how}");
            assert_eq!(session.count(select::<Book>().filter(Book::AUTHOR_ID.eq(1))).await?, 2, "{how}");
            session.rollback().await?;
        }
        Ok(())
    }

    async fn an_object_that_is_read_again_replaces_an_expunged_one(database: TestDatabase) -> Result<()> {
        let engine = filled(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let tag = session.one(select::<Tag>()).await?;
        let author = session.one(select::<Author>()).await?;
        let book = session.add(Book::draft().id(3).tags([&tag]).author(&author));
        session.expunge(&tag)?;
        session.expunge(&author)?;
        let again = session.one(select::<Tag>().with(Tag::BOOKS.selectin())).await?;
        let author = session.one(select::<Author>().with(Author::BOOKS.selectin())).await?;
        let log = engine.record();
        session.flush().await?;
        assert_eq!(log.statements().len(), 2, "a book and a link: {log}");
        assert_eq!(ids(again.books(), |book| book.id)?, [3]);
        assert_eq!(ids(author.books(), |book| book.id)?, [1, 2, 3]);
        let book = book.entity()?;
        assert!(Entity::same(&book.tags()?.first().expect("a tag"), &again));
        assert!(Entity::same(&book.author()?.expect("an author"), &author));
        session.rollback().await?;

        // Taking the object out of the collection ends the link, and so does deleting the other end.
        let tag = session.one(select::<Tag>()).await?;
        let book = session.add(Book::draft().id(3).tags([&tag]));
        session.expunge(&tag)?;
        let again = session.one(select::<Tag>().with(Tag::BOOKS.selectin())).await?;
        session.remove(&again, Tag::BOOKS, &book)?;
        session.flush().await?;
        assert_eq!(ids(again.books(), |book| book.id)?, [] as [i64; 0]);
        session.rollback().await?;
        let tag = session.one(select::<Tag>()).await?;
        session.add(Book::draft().id(3).tags([&tag]));
        session.expunge(&tag)?;
        let again = session.one(select::<Tag>()).await?;
        session.delete(&again)?;
        session.commit().await?;
        let mut session = engine.session();
        assert_eq!((session.count(select::<Book>()).await?, session.count(select::<Tag>()).await?), (3, 0));
        Ok(())
    }
}
