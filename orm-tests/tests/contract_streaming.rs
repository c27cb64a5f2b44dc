//! Streaming: a query's rows a batch at a time.
mod shop;
use orm_core::prelude::*;
use shop::*;

#[tokio::test]
async fn a_stream_loads_batch_by_batch() -> Result<()> {
    let engine = shop().await?;
    let mut session = engine.session();
    let log = engine.record();
    let mut stream =
        session.stream(select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID).yield_per(3));
    let mut sizes = Vec::new();
    while let Some(batch) = stream.next_batch().await? {
        sizes.push((batch.len(), batch.iter().map(|user| user.get(User::ADDRESSES).len()).sum::<usize>()));
    }
    assert_eq!(sizes, [(3, 5), (1, 0)]);
    drop(stream);
    assert_eq!(log.count(), 1 + 2, "{log}");

    let refused =
        session.stream(select::<User>().with(User::ADDRESSES.joined()).yield_per(3)).next_batch().await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidQuery);
    Ok(())
}

mod defaults {
    //! What models load by default, in a stream.
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub struct Shelf {
        #[key(auto)]
        pub id: i64,
        #[has_many(lazy = "subquery")]
        pub books: HasMany<Book>,
    }

    #[derive(Model, Debug)]
    pub struct Book {
        #[key(auto)]
        pub id: i64,
        pub shelf_id: i64,
        #[belongs_to(lazy = "joined")]
        pub shelf: BelongsTo<Shelf>,
    }

    #[tokio::test]
    async fn an_eager_default_that_cannot_stream_is_refused() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Shelf, Book]).await?;
        let mut session = engine.session();
        session.add(Shelf::draft().books([Book::draft(), Book::draft()]));
        session.commit().await?;
        session.expunge_all();

        let log = engine.record();
        let refused = session.stream(select::<Shelf>()).next_batch().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
        assert!(refused.to_string().contains("`Shelf.books` with `.subquery()`"), "{refused}");
        assert_eq!(log.count(), 0, "{log}");
        let shelves = session.stream(select::<Shelf>().raise_all()).next_batch().await?;
        assert_eq!(shelves.map(|shelves| shelves.len()), Some(1));
        let named = session.stream(select::<Shelf>().with(Shelf::BOOKS.selectin())).next_batch().await?;
        assert_eq!(named.map(|shelves| shelves[0].get(Shelf::BOOKS).len()), Some(2));
        // A to-one is a join, and what would be loaded below it leads back.
        let log = engine.record();
        let books = session.stream(select::<Book>().yield_per(1).order_by(Book::ID)).next_batch().await?;
        assert_eq!(books.map(|books| books[0].shelf().map(|shelf| shelf.id)).transpose()?, Some(1));
        assert_eq!(log.count(), 1, "{log}");
        Ok(())
    }
}
