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

/// A key of several columns, which the relationships fill as a whole.
#[derive(Model, Debug)]
#[model(table = "nd_orders")]
struct Order {
    #[key]
    tenant: i64,
    #[key]
    number: i64,
    #[has_many(key = "tenant, order_number", order_by = "line")]
    lines: HasMany<Line>,
    #[has_one(key = "of_tenant, of_number")]
    bill: HasOne<Bill>,
}

#[derive(Model, Debug)]
#[model(table = "nd_lines")]
struct Line {
    #[key]
    tenant: i64,
    #[key]
    order_number: i64,
    #[key]
    line: i64,
    text: String,
}

#[derive(Model, Debug)]
#[model(table = "nd_bills")]
struct Bill {
    #[key(auto)]
    id: i64,
    of_tenant: i64,
    of_number: i64,
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

    async fn a_relationship_fills_a_key_of_several_columns(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Order, Line, Bill]).await?;
        let mut session = engine.session();
        let line = |line: i64| Line::draft().line(line).text("drafted");
        let order = Order::draft().tenant(1).number(7).bill(Bill::draft().text("b"));
        let log = engine.record();
        let order = session.insert(order.lines([line(1), line(2)])).await?;
        assert_eq!(shape(&log).len(), 3, "{log}");
        // A part of the key may be given as long as it is the parent's.
        session.append(&order, Order::LINES, Line::draft().tenant(1).line(3).text("appended"))?;
        session.commit().await?;
        let refused = session.append(&order, Order::LINES, Line::draft().tenant(2).line(4).text("another's"));
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidState);
        session.rollback().await?;
        let row = engine
            .session()
            .one(select::<Order>().with(Order::LINES.selectin()).with(Order::BILL.selectin()))
            .await?;
        let lines: Vec<_> =
            row.get(Order::LINES).iter().map(|line| (line.tenant, line.order_number, line.line)).collect();
        assert_eq!(lines, [(1, 7, 1), (1, 7, 2), (1, 7, 3)]);
        let bill = row.get(Order::BILL).map(|bill| (bill.of_tenant, bill.of_number, bill.text.clone()));
        assert_eq!(bill, Some((1, 7, "b".to_owned())));
        Ok(())
    }
}
