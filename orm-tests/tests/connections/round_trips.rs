//! How often a session waits for a server: once for each statement whose text the connection knows, whatever its values are.

use orm_core::prelude::*;
use orm_tests::{Backend, PrivateServer, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "authors")]
pub struct Author {
    #[key]
    pub id: i64,
    #[has_many]
    pub posts: HasMany<Post>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
#[model(table = "posts")]
pub struct Post {
    #[key]
    pub id: i64,
    pub author_id: i64,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
#[model(table = "comments")]
pub struct Comment {
    #[key]
    pub id: i64,
    pub post_id: i64,
    pub author_id: i64,
    #[belongs_to]
    pub post: BelongsTo<Post>,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

const PAGES: i64 = 40;
const POSTS_A_PAGE: i64 = 20;

/// Each page has as many authors as any other, and its comments have as many others.
async fn fill(engine: &Engine) -> Result<()> {
    engine.create_all(schema![Author, Post, Comment]).await?;
    let mut session = engine.session();
    let posts = PAGES * POSTS_A_PAGE;
    session.execute(insert::<Author>().rows((0..20).map(|id| Author::draft().id(id)))).await?;
    let of_post = |id| Post::draft().id(id).author_id(id % 5);
    session.execute(insert::<Post>().rows((0..posts).map(of_post))).await?;
    let of_comment = |id| Comment::draft().id(id).post_id(id % posts).author_id(10 + id % 10);
    session.execute(insert::<Comment>().rows((0..2 * posts).map(of_comment))).await?;
    session.commit().await
}

async fn page(engine: &Engine, number: i64) -> Result<()> {
    let mut session = engine.session();
    let comments = Post::COMMENTS.selectin().with(Comment::AUTHOR.selectin());
    let query = select::<Post>()
        .with(Post::AUTHOR.selectin())
        .with(comments)
        .order_by(Post::ID)
        .limit(POSTS_A_PAGE.unsigned_abs())
        .offset((number * POSTS_A_PAGE).unsigned_abs());
    let posts = session.all(query).await?;
    assert_eq!(posts.len(), 20);
    for post in &posts {
        assert_eq!(post.get(Post::AUTHOR).id, post.author_id);
        let comments = post.get(Post::COMMENTS);
        assert_eq!(comments.len(), 2);
        assert!(comments.iter().all(|comment| comment.get(Comment::AUTHOR).id == comment.author_id));
    }
    assert_eq!(session.count(select::<Post>()).await?, (PAGES * POSTS_A_PAGE).unsigned_abs());
    Ok(())
}

on_every_backend! {
    async fn a_page_is_as_many_round_trips_as_statements(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).connect().await?;
        fill(&engine).await?;
        page(&engine, 0).await?;
        let (trips, unanswered) = (proxy.round_trips(), proxy.unanswered());
        let log = engine.record();
        for number in 1..PAGES {
            page(&engine, number).await?;
        }
        assert_eq!(log.count(), 5 * (PAGES as usize - 1), "{log}");
        assert_eq!(proxy.round_trips() - trips, log.count() as u64);
        assert_eq!(proxy.unanswered(), unanswered);
        Ok(())
    }

    async fn more_texts_than_a_connection_keeps_wait_for_nothing_else(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).connect().await?;
        let text = |number: i64| {
            let integer = if database.is_mysql() { "SIGNED" } else { "BIGINT" };
            sql(format!("SELECT CAST(? + {number} AS {integer})").leak()).bind(1i64)
        };
        for number in 0..1_100 {
            assert_eq!(engine.session().rows(text(number).rows::<i64>()).await?, [number + 1]);
        }
        assert_eq!(proxy.unanswered(), 0);
        // One session closes all of them at once.
        let mut session = engine.session();
        session.begin().await?;
        for number in 2_000..3_100 {
            let mut stream = session.stream(text(number).rows::<i64>().yield_per(10));
            assert_eq!(stream.next_batch().await?, Some(vec![number + 1]));
            drop(stream);
            assert_eq!(session.rows(text(number).rows::<i64>()).await?, [number + 1]);
        }
        assert!(proxy.unanswered() < 100, "{}", proxy.unanswered());
        session.rollback().await
    }
}

#[tokio::test]
async fn a_server_that_keeps_few_statements_runs_them_all() -> Result<()> {
    let Some(server) = PrivateServer::mariadb("few-statements", &["--max-prepared-stmt-count=5"]).await
    else {
        return Ok(());
    };
    let engine = Engine::builder(server.url()).pool_size(1).connect().await?;
    fill(&engine).await?;
    page(&engine, 0).await?;
    let mut session = engine.session();
    for number in 0..12 {
        let text = || sql(format!("SELECT ? + {number}").leak()).bind(1i64).rows::<i64>();
        assert_eq!(session.rows(text()).await?, [number + 1]);
        let text = sql(format!("SELECT ? - {number}").leak()).bind(1i64);
        let mut stream = session.stream(text.rows::<i64>().yield_per(10));
        assert_eq!(stream.next_batch().await?, Some(vec![1 - number]));
    }
    Ok(())
}
