//! Drafts inside their parents, of models that do not declare the relationship back.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "nd_posts")]
struct Post {
    #[key(auto)]
    id: i64,
    title: String,
    #[has_many(key = "post_id", order_by = "id")]
    comments: HasMany<Comment>,
    #[has_one(key = "about_id")]
    summary: HasOne<Summary>,
}

#[derive(Model, Debug)]
#[model(table = "nd_comments")]
struct Comment {
    #[key(auto)]
    id: i64,
    post_id: i64,
    text: String,
}

#[derive(Model, Debug)]
#[model(table = "nd_summaries")]
struct Summary {
    #[key(auto)]
    id: i64,
    about_id: i64,
    text: String,
}

on_every_backend! {
    async fn a_relationship_fills_the_key_that_it_declares(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Post, Comment, Summary]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let post = session
            .insert(
                Post::draft()
                    .title("t")
                    .comments([Comment::draft().text("a"), Comment::draft().text("b")])
                    .summary(Summary::draft().text("s")),
            )
            .await?;
        assert_eq!(shape(&log).len(), 3, "{log}");
        session.append(&post, Post::COMMENTS, Comment::draft().text("c"))?;
        let error = session
            .assign(&post, Post::SUMMARY, Summary::draft().text("other").about_id(post.id))
            .expect_err("the old summary cannot lose its post");
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
        session.rollback().await?;

        let post = session.insert(Post::draft().title("t").comments(vec![Comment::draft().text("a")])).await?;
        session.append(&post, Post::COMMENTS, Comment::draft().text("b"))?;
        session.assign(&post, Post::SUMMARY, Summary::draft().text("s"))?;
        session.commit().await?;
        let row = engine
            .session()
            .one(select::<Post>().with(Post::COMMENTS.selectin()).with(Post::SUMMARY.selectin()))
            .await?;
        let texts: Vec<_> = row.get(Post::COMMENTS).iter().map(|comment| (comment.post_id, comment.text.clone())).collect();
        assert_eq!(texts, [(row.id, "a".to_owned()), (row.id, "b".to_owned())]);
        assert_eq!(row.get(Post::SUMMARY).map(|summary| summary.about_id), Some(row.id));
        Ok(())
    }
}
