//! What a join loads is searched by its keys: no form of a joined load reads a table whose keys are known.

use orm_core::prelude::*;
use orm_core::query::Sql;

use crate::fixtures::links::{Post, Tag, links};
use crate::fixtures::standard::*;

/// SQLite's plan of a query, in which nothing but the rows of a subquery and constants is read from end to end.
macro_rules! assert_searches {
    ($session:ident, $query:expr) => {{
        let query = $query;
        let plan = $session.explain(&query).await?;
        let scans = |line: &&str| {
            let rest = line.trim().strip_prefix("SCAN ");
            rest.is_some_and(|rest| !rest.starts_with("CONSTANT") && !rest.starts_with("(subquery"))
        };
        let scanned: Vec<&str> = plan.lines().filter(scans).collect();
        assert!(scanned.is_empty(), "{}: {plan}", stringify!($query));
        assert!(!plan.contains("MATERIALIZE"), "{}: {plan}", stringify!($query));
    }};
}

/// Indexes of foreign keys.
async fn index(engine: &Engine, keys: &[&str]) -> Result<()> {
    let mut session = engine.session();
    for key in keys {
        let name = key.replace([' ', '(', ')'], "_");
        let text = format!("CREATE INDEX searched_{name} ON {key}");
        session.execute(Sql::from_text(text)).await?;
    }
    session.commit().await
}

#[tokio::test]
async fn a_joined_link_table_is_searched_by_its_key() -> Result<()> {
    let engine = links().await?;
    index(&engine, &["post_tags (tag_id)"]).await?;
    let mut session = engine.session();
    let posts = || select::<Post>().filter(Post::ID.is_in([1, 2])).order_by(Post::ID);
    assert_searches!(session, posts().with(Post::TAGS.joined()));
    assert_searches!(session, posts().with(Post::TAGS.joined().filter(Tag::ACTIVE.eq(true))));
    assert_searches!(session, posts().with(Post::TAGS.joined().inner()));
    assert_searches!(session, posts().with(Post::TAGS.joined().inner().filter(Tag::ACTIVE.eq(true))));
    assert_searches!(session, posts().with(Post::TAGS.joined().with(Tag::POSTS.joined())));
    assert_searches!(session, posts().with(Post::TAGS.joined().with(Tag::POSTS.joined().inner())));
    assert_searches!(session, posts().left_join(Post::TAGS));
    assert_searches!(session, posts().join(Post::TAGS));

    let found = session.all(posts().with(Post::TAGS.joined().filter(Tag::ACTIVE.eq(true)))).await?;
    let tags: Vec<Vec<i64>> =
        found.iter().map(|post| post.get(Post::TAGS).iter().map(|tag| tag.id).collect()).collect();
    assert_eq!(tags, [[1], [1]]);
    let rows = session.all(posts().left_join(Post::TAGS).filter(Tag::ID.is_null())).await?;
    assert!(rows.is_empty(), "both have tags");
    Ok(())
}

#[tokio::test]
async fn an_inner_join_below_an_outer_one_is_searched_by_its_key() -> Result<()> {
    let engine = standard().await?;
    index(&engine, &["orders (user_id)", "orders (address_id)", "addresses (user_id)"]).await?;
    let mut session = engine.session();
    let users = || select::<User>().filter(User::ID.is_in([7, 8])).order_by(User::ID);
    assert_searches!(session, users().with(User::ORDERS.joined().with(Order::ADDRESS.joined().inner())));
    assert_searches!(session, users().with(User::ORDERS.joined().with(Order::ITEMS.joined().inner())));
    assert_searches!(
        session,
        users().with(
            User::ORDERS.joined().with(Order::ITEMS.joined().inner().with(Item::KEYWORDS.joined().inner()))
        )
    );
    assert_searches!(
        session,
        users().with(
            User::ORDERS.joined().with(
                Order::ADDRESS
                    .joined()
                    .inner()
                    .with(Address::USER.joined().inner().with(User::ADDRESSES.joined()))
            )
        )
    );
    Ok(())
}
