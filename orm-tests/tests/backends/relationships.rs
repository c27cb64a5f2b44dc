//! Every kind of relationship by every strategy: they agree, in order and in number of statements.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "author")]
pub struct Author {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    pub mentor_id: Option<i64>,
    #[belongs_to(key = "mentor_id")]
    pub mentor: BelongsTo<Option<Author>>,
    #[has_many(key = "mentor_id", order_by = "id")]
    pub pupils: HasMany<Author>,
    #[has_one]
    pub biography: HasOne<Biography>,
    #[has_many(order_by = "title")]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "biography")]
pub struct Biography {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub author_id: i64,
    pub text: String,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
#[model(table = "book")]
pub struct Book {
    #[key(auto)]
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub year: i32,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[many_to_many(through = "book_tag", key = "book_id", target_key = "tag_name", order_by = "name")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "tag")]
pub struct Tag {
    #[key]
    pub name: String,
    #[many_to_many(through = "book_tag", key = "tag_name", target_key = "book_id", order_by = "id")]
    pub books: HasMany<Book>,
}

/// Three generations of authors; the first wrote 3 books, the second 2, the third 1, the fourth none.
async fn library(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Tag, Book, Biography, Author]).await?;
    let mut session = engine.session();
    let tags = ["a", "b", "c"].map(|name| session.add(Tag::draft().name(name)));
    session.flush().await?;
    let tags = [tags[0].entity()?, tags[1].entity()?, tags[2].entity()?];
    let mut mentor = None;
    for (place, name) in ["Ann", "Bob", "Cid", "Dot"].into_iter().enumerate() {
        let books = (0..3 - place.min(3)).map(|n| {
            let year = 1900 + i32::try_from(10 * n).unwrap_or(0);
            Book::draft().title(format!("{name} {n}")).year(year).tags(&tags[..n])
        });
        let author =
            session.add(Author::draft().name(name).mentor_id(mentor).books(books.collect::<Vec<_>>()));
        session.flush().await?;
        let author = author.entity()?;
        mentor = Some(author.id);
        if place < 2 {
            session.add(Biography::draft().author_id(author.id).text(format!("life of {name}")));
        }
    }
    session.commit().await?;
    Ok(engine)
}

type Found = Vec<(String, Option<String>, Vec<(String, Vec<String>)>)>;

fn found<L>(authors: &[Entity<Author, L>]) -> Found
where
    author::Books: LoadedIn<L>,
    author::Biography: LoadedIn<L>,
    book::Tags: LoadedIn<<author::Books as LoadedIn<L>>::Nested>,
{
    let tags = |book: &Entity<Book, <author::Books as LoadedIn<L>>::Nested>| {
        book.get(Book::TAGS).iter().map(|tag| tag.name.clone()).collect()
    };
    let author = |author: &Entity<Author, L>| {
        let biography = author.get(Author::BIOGRAPHY).map(|biography| biography.text.clone());
        let books = author.get(Author::BOOKS).iter().map(|book| (book.title.clone(), tags(&book))).collect();
        (author.name.clone(), biography, books)
    };
    authors.iter().map(author).collect()
}

fn expected() -> Found {
    let tags = ["a", "b"];
    let author = |(place, name): (usize, &str)| {
        let books = (0..3 - place.min(3))
            .map(|n| (format!("{name} {n}"), tags[..n].iter().map(|t| t.to_string()).collect()));
        (name.to_owned(), (place < 2).then(|| format!("life of {name}")), books.collect())
    };
    ["Ann", "Bob", "Cid", "Dot"].into_iter().enumerate().map(author).collect()
}

on_every_backend! {
    async fn strategies_agree(database: TestDatabase) -> Result<()> {
        let engine = library(&database).await?;
        let log = engine.record();
        let query = || select::<Author>().order_by(Author::ID);
        let selectin = query()
            .with(Author::BOOKS.selectin().with(Book::TAGS.selectin()))
            .with(Author::BIOGRAPHY.selectin());
        assert_eq!(found(&engine.session().all(selectin).await?), expected());
        assert_eq!(log.count(), 4, "{log}");

        let joined = query().with(Author::BOOKS.joined().with(Book::TAGS.joined())).with(Author::BIOGRAPHY.joined());
        assert_eq!(found(&engine.session().all(joined).await?), expected());
        assert_eq!(log.count(), 4 + 1, "{log}");

        let subquery = query()
            .with(Author::BOOKS.subquery().with(Book::TAGS.subquery()))
            .with(Author::BIOGRAPHY.subquery());
        assert_eq!(found(&engine.session().all(subquery).await?), expected());
        assert_eq!(log.count(), 4 + 1 + 4, "{log}");

        let auto = query().with(Author::BOOKS.auto().with(Book::TAGS.auto())).with(Author::BIOGRAPHY.auto());
        assert_eq!(found(&engine.session().all(auto).await?), expected());

        let mixed = query().with(Author::BOOKS.selectin().with(Book::TAGS.joined())).with(Author::BIOGRAPHY.subquery());
        assert_eq!(found(&engine.session().all(mixed).await?), expected());
        Ok(())
    }

    async fn pages_are_of_parents(database: TestDatabase) -> Result<()> {
        let engine = library(&database).await?;
        for (offset, limit) in [(0, Some(2)), (1, Some(2)), (2, None), (3, Some(10)), (9, Some(1)), (0, Some(0))] {
            let page = || {
                let query = select::<Author>().order_by(Author::ID).offset(offset);
                match limit {
                    Some(limit) => query.limit(limit),
                    None => query,
                }
            };
            let start = usize::try_from(offset).unwrap_or(0).min(4);
            let end = limit.map_or(4, |limit| start + usize::try_from(limit).unwrap_or(0)).min(4);
            let expected = &expected()[start..end];
            let joined = page().with(Author::BOOKS.joined().with(Book::TAGS.joined())).with(Author::BIOGRAPHY.joined());
            assert_eq!(found(&engine.session().all(joined).await?), expected, "{offset} {limit:?}");
            let subquery = page()
                .with(Author::BOOKS.subquery().with(Book::TAGS.subquery()))
                .with(Author::BIOGRAPHY.subquery());
            assert_eq!(found(&engine.session().all(subquery).await?), expected, "{offset} {limit:?}");
            assert_eq!(engine.session().count(page()).await?, expected.len() as u64);
        }
        Ok(())
    }

    async fn limits_are_per_parent(database: TestDatabase) -> Result<()> {
        let engine = library(&database).await?;
        let titles = |authors: Vec<Vec<String>>| authors;
        let newest = Author::BOOKS.selectin().order_by(Book::YEAR.desc()).limit(2);
        let authors = engine.session().all(select::<Author>().order_by(Author::ID).with(newest)).await?;
        let read = authors.iter().map(|a| a.get(Author::BOOKS).iter().map(|b| b.title.clone()).collect()).collect();
        assert_eq!(titles(read), [vec!["Ann 2", "Ann 1"], vec!["Bob 1", "Bob 0"], vec!["Cid 0"], vec![]]);

        let first = Book::TAGS.selectin().order_by(Tag::NAME.desc()).limit(1);
        let books = engine.session().all(select::<Book>().order_by(Book::ID).with(first)).await?;
        let read = books.iter().map(|b| b.get(Book::TAGS).iter().map(|t| t.name.clone()).collect()).collect();
        assert_eq!(titles(read), [vec![], vec!["a"], vec!["b"], vec![], vec!["a"], vec![]]);

        let late = Author::BOOKS.selectin().filter(Book::YEAR.ge(1910)).order_by(Book::ID);
        let authors = engine.session().all(select::<Author>().order_by(Author::ID).with(late)).await?;
        let read = authors.iter().map(|a| a.get(Author::BOOKS).iter().map(|b| b.title.clone()).collect()).collect();
        assert_eq!(titles(read), [vec!["Ann 1", "Ann 2"], vec!["Bob 1"], vec![], vec![]]);
        Ok(())
    }

    async fn trees_are_followed(database: TestDatabase) -> Result<()> {
        let engine = library(&database).await?;
        let query = select::<Author>().filter(Author::MENTOR_ID.is_null()).with(Author::PUPILS.selectin().recursive(..));
        let ann = engine.session().one(query).await?;
        let bob = ann.get(Author::PUPILS).iter().next().expect("Ann taught Bob");
        let cid = bob.get(Author::PUPILS).iter().next().expect("Bob taught Cid");
        let dot = cid.get(Author::PUPILS).iter().next().expect("Cid taught Dot");
        assert_eq!((&*bob.name, &*cid.name, &*dot.name), ("Bob", "Cid", "Dot"));
        let authors = engine.session().all(select::<Author>().order_by(Author::ID).with(Author::MENTOR.joined())).await?;
        let mentors: Vec<_> = authors.iter().map(|a| a.get(Author::MENTOR).map(|m| m.name.clone())).collect();
        assert_eq!(mentors, [None, Some("Ann".to_owned()), Some("Bob".to_owned()), Some("Cid".to_owned())]);
        Ok(())
    }

    async fn links_are_added_and_removed_from_both_sides(database: TestDatabase) -> Result<()> {
        let engine = library(&database).await?;
        let mut session = engine.session();
        let c = session.one(select::<Tag>().filter(Tag::NAME.eq("c")).with(Tag::BOOKS.selectin())).await?;
        assert!(c.get(Tag::BOOKS).is_empty());
        let books = session.all(select::<Book>().order_by(Book::ID).with(Book::TAGS.selectin())).await?;
        for book in &books {
            session.append(&c, Tag::BOOKS, book)?;
        }
        let first = books[2].get(Book::TAGS).iter().next().expect("it has two").dynamic();
        session.remove(&books[2], Book::TAGS, &first)?;
        session.commit().await?;
        let again = engine.session().all(select::<Book>().order_by(Book::ID).with(Book::TAGS.selectin())).await?;
        let tags: Vec<String> =
            again.iter().map(|b| b.get(Book::TAGS).iter().map(|t| t.name.clone()).collect::<String>()).collect();
        assert_eq!(tags, ["c", "ac", "bc", "c", "ac", "c"]);
        Ok(())
    }
}
