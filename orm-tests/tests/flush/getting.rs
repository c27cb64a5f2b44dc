//! Entities by their keys, with relationships, whether or not the session holds them.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "ge_users")]
struct User {
    #[key]
    id: i64,
    #[has_many(order_by = "id")]
    posts: HasMany<Post>,
    #[has_one]
    card: HasOne<Card>,
}

#[derive(Model, Debug)]
#[model(table = "ge_posts")]
struct Post {
    #[key]
    id: i64,
    user_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "ge_cards")]
struct Card {
    #[key]
    id: i64,
    user_id: i64,
}

async fn users(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![User, Post, Card]).await?;
    let mut session = engine.session();
    for id in [1, 2, 3] {
        session
            .add(User::draft().id(id).posts([0, 1].map(|post| Post::draft().id(id * 10 + post).user_id(id))));
    }
    session.add(Card::draft().id(7).user_id(2));
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn one_is_found_with_its_relationships(database: TestDatabase) -> Result<()> {
        let engine = users(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let user = session.get::<User>(2).with(User::POSTS.selectin()).with(User::CARD.joined()).await?;
        let user = user.expect("the user is there");
        assert_eq!(log.count(), 2, "{log}");
        assert_eq!(user.get(User::POSTS).iter().map(|post| post.id).collect::<Vec<_>>(), [20, 21]);
        assert_eq!(user.get(User::CARD).map(|card| card.id), Some(7));

        // One that the session holds: its row is not asked for.
        let held = session.get::<User>(1).await?.expect("the user is there");
        log.clear();
        let user = session.get::<User>(1).with(User::POSTS.selectin()).with(User::CARD.selectin()).await?;
        let user = user.expect("the user is there");
        assert_eq!(log.count(), 2, "one for each relationship: {log}");
        assert_eq!(user.get(User::POSTS).iter().map(|post| post.id).collect::<Vec<_>>(), [10, 11]);
        assert!(user.get(User::CARD).is_none());
        assert_eq!(held.posts()?.len(), 2, "every handle has it");

        log.clear();
        assert!(session.get::<User>(9).with(User::POSTS.selectin()).await?.is_none());
        assert_eq!(log.count(), 1, "there is nothing to load it for: {log}");
        Ok(())
    }

    async fn many_are_found_with_their_relationships(database: TestDatabase) -> Result<()> {
        let engine = users(&database).await?;
        let mut session = engine.session();
        session.get::<User>(2).await?;
        let log = engine.record();
        let users = session.get_many::<User>([3, 9, 2, 3]).with(User::POSTS.selectin()).await?;
        assert_eq!(log.count(), 2, "the rows that are missing, and all posts: {log}");
        let posts: Vec<Option<Vec<i64>>> = users
            .iter()
            .map(|user| Some(user.as_ref()?.get(User::POSTS).iter().map(|post| post.id).collect()))
            .collect();
        assert_eq!(posts, [Some(vec![30, 31]), None, Some(vec![20, 21]), Some(vec![30, 31])]);
        Ok(())
    }

    async fn a_lock_and_relationships_go_together(database: TestDatabase) -> Result<()> {
        let engine = users(&database).await?;
        let mut session = engine.session();
        session.get::<User>(2).await?;
        let user = session.get::<User>(2).for_update().with(User::POSTS.selectin()).await?;
        assert_eq!(user.expect("the user is there").get(User::POSTS).len(), 2);
        session.rollback().await?;
        Ok(())
    }
}
