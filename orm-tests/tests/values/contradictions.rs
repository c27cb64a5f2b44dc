//! Contradictions are errors: a draft with a key and a link that leads elsewhere, and a link table that two
//! relationships describe differently.

use orm_core::prelude::*;
use orm_core::schema::Schema;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "told_posts")]
struct Post {
    #[key(auto)]
    id: i64,
    #[has_many(order_by = "id")]
    comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
#[model(table = "told_comments")]
struct Comment {
    #[key(auto)]
    id: i64,
    post_id: Option<i64>,
    #[belongs_to]
    post: BelongsTo<Option<Post>>,
}

async fn started(database: &TestDatabase) -> Result<Session> {
    let engine = database.engine().await?;
    engine.create_all(schema![Post, Comment]).await?;
    Ok(engine.session())
}

fn is_refused(flushed: Result<()>) {
    let error = flushed.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    let message = error.to_string();
    assert!(message.contains("`Comment`") && message.contains(".post_id(..)"), "{message}");
}

on_every_backend! {
    async fn a_nested_draft_has_the_key_of_its_parent(database: TestDatabase) -> Result<()> {
        let session = &mut started(&database).await?;
        session.add(Post::draft().id(7).comments([Comment::draft().post_id(99)]));
        is_refused(session.flush().await);
        session.rollback().await?;
        // A key that the database has yet to make.
        session.add(Post::draft().comments([Comment::draft().post_id(99)]));
        is_refused(session.flush().await);
        session.rollback().await?;
        let post = session.insert(Post::draft().id(7)).await?;
        session.add(Comment::draft().post_id(99).post(&post));
        is_refused(session.flush().await);
        session.rollback().await?;
        session.add(Comment::draft().post(Post::draft().id(8)).post_id(99));
        is_refused(session.flush().await);
        session.rollback().await?;

        let merged = session.merge_draft(Post::draft().id(7).comments([Comment::draft().id(1).post_id(99)])).await;
        is_refused(merged.map(drop));
        session.rollback().await?;

        // The same key, none, and NULL, which is none.
        let given = [Comment::draft().post_id(7), Comment::draft(), Comment::draft().post_id(None)];
        let post = session.insert(Post::draft().id(7).comments(given)).await?;
        assert_eq!(post.comments()?.iter().map(|comment| comment.post_id).collect::<Vec<_>>(), [Some(7); 3]);
        // The later assignment counts.
        let other = session.insert(Post::draft().id(9)).await?;
        let pending = session.add(Comment::draft().post_id(7));
        session.append(&other, Post::COMMENTS, &pending)?;
        session.flush().await?;
        assert_eq!(pending.entity()?.post_id, Some(9));
        session.rollback().await
    }
}

/// Two models with a relationship through a link table, and the model of one.
macro_rules! linked {
    ($module:ident, $through:literal, $key:literal, $back:literal) => {
        mod $module {
            use orm_core::prelude::*;

            #[derive(Model, Debug)]
            pub struct Order {
                #[key(auto)]
                pub id: i64,
                #[many_to_many(through = $through, key = $key)]
                pub items: HasMany<Item>,
            }

            #[derive(Model, Debug)]
            pub struct Item {
                #[key(auto)]
                pub id: i64,
                #[many_to_many(through = $back)]
                pub orders: HasMany<Order>,
            }

            #[derive(Model, Debug)]
            #[model(table = "order_item")]
            pub struct OrderItem {
                #[key]
                pub order_id: i64,
                #[key]
                pub item_id: i64,
            }
        }
    };
}

linked!(by_struct, "OrderItem", "order_id", "order_item");
linked!(by_plural, "Order_Item", "order_id", "order_item");
linked!(no_column, "order_item", "the_order", "order_item");
linked!(right, "order_item", "order_id", "order_item");
linked!(own, "links", "order_id", "links");
linked!(own_differs, "links", "the_order", "links");

async fn refused(schema: Schema, words: &[&str]) -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let error = engine.create_all(schema).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidModel, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_link_table_is_one_that_is_meant() -> Result<()> {
    use by_struct::{Item, Order, OrderItem};
    refused(schema![Order, Item, OrderItem], &["`Order.items`", "through = \"order_item\""]).await?;
    use by_plural as other;
    let schema = schema![other::Order, other::Item, other::OrderItem];
    refused(schema, &["`Order.items`", "through = \"order_item\""]).await?;
    let schema = schema![no_column::Order, no_column::Item, no_column::OrderItem];
    refused(schema, &["`Order.items`", "`the_order`", "`OrderItem`"]).await?;
    refused(schema![own_differs::Order, own_differs::Item], &["`links`", "`Order.items`", "`Item.orders`"])
        .await?;
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![right::Order, right::Item, right::OrderItem]).await?;
    engine.create_all(schema![own::Order, own::Item]).await
}
