//! `#[derive(DbType)]`: keys that do not mix, and values that are checked when they are read.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};
use uuid::Uuid;

#[derive(DbType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserId(i64);

#[derive(DbType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostId(Uuid);

#[derive(DbType, Clone, Debug, PartialEq, Eq, Hash)]
#[db_type(try_from)]
pub struct Email(String);

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Email, String> {
        if text.contains('@') { Ok(Email(text)) } else { Err(format!("{} has no @", text.len())) }
    }
}

#[derive(Model, Debug)]
#[model(table = "typed_users")]
pub struct User {
    #[key(auto)]
    pub id: UserId,
    #[column(unique, length = 100)]
    pub email: Email,
    #[column(secret)]
    pub token: Option<Email>,
    #[has_many(key = "author", order_by = "id")]
    pub posts: HasMany<Post>,
}

#[derive(Model, Debug)]
#[model(table = "typed_posts")]
pub struct Post {
    #[key]
    pub id: PostId,
    pub author: UserId,
    pub reviewer: Option<UserId>,
    #[belongs_to(key = "author")]
    pub user: BelongsTo<User>,
    #[belongs_to(key = "reviewer")]
    pub reviewed_by: BelongsTo<Option<User>>,
}

/// The same table, without the types.
#[derive(Model, Debug)]
#[model(table = "typed_users")]
pub struct Plain {
    #[key(auto)]
    pub id: i64,
    pub email: String,
    #[column(secret)]
    pub token: Option<String>,
}

fn email(name: &str) -> Email {
    Email(format!("{name}@example.com"))
}

on_every_backend! {
    async fn keys_of_types_of_their_own(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![User, Post]).await?;
        let mut session = engine.session();
        let jack = session.insert(User::draft().email(email("jack"))).await?;
        let posts = [3, 1, 2].map(|id| Post::draft().id(PostId(Uuid::from_u128(id))).reviewed_by(&jack));
        session.add(User::draft().email(email("ed")).token(email("t")).posts(posts));
        session.commit().await?;

        let mut session = engine.session();
        let log = engine.record();
        let query = select::<User>().with(User::POSTS.selectin().with(Post::REVIEWED_BY.selectin()));
        let users = session.all(query.order_by(User::ID)).await?;
        // The reviewer is one of the users.
        assert_eq!(log.count(), 2, "{log}");
        assert_eq!(users.iter().map(|user| user.get(User::POSTS).len()).collect::<Vec<_>>(), [0, 3]);
        assert!(users[1].get(User::POSTS).iter().all(|post| {
            post.author == users[1].id && post.get(Post::REVIEWED_BY).is_some_and(|user| user.id == users[0].id)
        }));

        let id = users[1].id;
        assert!(session.get::<User>(id).await?.is_some_and(|user| Entity::same(&user, &users[1])));
        assert!(engine.session().get::<Post>(PostId(Uuid::from_u128(2))).await?.is_some());
        let mut count = async |filter| session.count(select::<Post>().filter(filter)).await;
        assert_eq!(count(Post::AUTHOR.eq(id)).await?, 3);
        assert_eq!(count(Post::AUTHOR.ne(Post::REVIEWER)).await?, 3);
        assert_eq!(count(Post::REVIEWER.is_in([users[0].id, id])).await?, 3);
        assert_eq!(count(Post::ID.gt(PostId(Uuid::from_u128(1)))).await?, 2);
        assert_eq!(count(Post::REVIEWER.eq(None::<UserId>)).await?, 0);
        Ok(())
    }

    async fn a_value_that_the_type_refuses_is_named(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![User, Post]).await?;
        let mut session = engine.session();
        session.add(Plain::draft().email("nobody").token("a@b"));
        session.commit().await?;
        let error = engine.session().all(select::<User>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert_eq!(error.to_string(), "`User.email`: the database holds \"nobody\", which is not a valid `Email`: 6 has no @ [InvalidValue]");
        session.execute(update::<Plain>().set(Plain::EMAIL, "a@b").set(Plain::TOKEN, "s3cret")).await?;
        session.commit().await?;
        let error = engine.session().all(select::<User>()).await.unwrap_err();
        assert!(error.to_string().contains("User.token") && !format!("{error:?}").contains("s3cret"), "{error:?}");
        Ok(())
    }
}
