//! Links by the keys of their ends, which need not be loaded.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "lk_users")]
struct User {
    #[key]
    id: i64,
    #[many_to_many(
        through = "lk_follows",
        key = "user_id",
        target_key = "followed_id",
        order_by = "id",
        inverse = "followers"
    )]
    following: HasMany<User>,
    #[many_to_many(
        through = "lk_follows",
        key = "followed_id",
        target_key = "user_id",
        order_by = "id",
        inverse = "following"
    )]
    followers: HasMany<User>,
    #[has_many(order_by = "id")]
    posts: HasMany<Post>,
}

#[derive(Model, Debug)]
#[model(table = "lk_posts")]
struct Post {
    #[key]
    id: i64,
    user_id: Option<i64>,
}

async fn users(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![User, Post]).await?;
    let mut session = engine.session();
    for id in 1..=4 {
        session.add(User::draft().id(id));
    }
    session.commit().await?;
    session.link(User::FOLLOWING, 1, 2)?;
    session.commit().await?;
    Ok(engine)
}

async fn links(engine: &Engine) -> Result<Vec<(i64, i64)>> {
    let query = select::<User>().order_by(User::ID).with(User::FOLLOWING.selectin());
    let users = engine.session().all(query).await?;
    let of_user = |user: &Entity<User, _>| {
        let id = user.id;
        user.get(User::FOLLOWING).iter().map(|other| (id, other.id)).collect::<Vec<_>>()
    };
    Ok(users.iter().flat_map(of_user).collect())
}

on_every_backend! {
    async fn links_are_written_without_loading_anything(database: TestDatabase) -> Result<()> {
        let engine = users(&database).await?;
        let mut session = engine.session();
        for (from, to) in [(1, 2), (1, 3), (2, 1), (1, 3)] {
            session.link(User::FOLLOWING, from, to)?;
        }
        assert_eq!(session.flush_plan().to_string(), "1. insert 3 rows of lk_follows");
        let log = engine.record();
        session.commit().await?;
        let written: Vec<String> = shape(&log).into_iter().filter(|one| !one.starts_with("SELECT")).collect();
        assert_eq!(written, ["INSERT lk_follows"], "one statement, and one that was there stays: {log}");
        assert_eq!(links(&engine).await?, [(1, 2), (1, 3), (2, 1)]);

        // From the other side; the later call counts.
        session.unlink(User::FOLLOWERS, 2, 1)?;
        session.link(User::FOLLOWING, 4, 1)?;
        session.unlink(User::FOLLOWING, 4, 1)?;
        session.unlink(User::FOLLOWING, 3, 1)?;
        session.link(User::FOLLOWERS, 1, 3)?;
        log.clear();
        session.commit().await?;
        let written: Vec<String> = shape(&log).into_iter().filter(|one| !one.starts_with("SELECT")).collect();
        assert_eq!(written, ["DELETE lk_follows", "INSERT lk_follows"], "{log}");
        assert_eq!(links(&engine).await?, [(1, 3), (2, 1), (3, 1)]);
        Ok(())
    }

    async fn objects_in_the_session_show_them(database: TestDatabase) -> Result<()> {
        let engine = users(&database).await?;
        let mut session = engine.session();
        let me = session.get::<User>(1).with(User::FOLLOWING.selectin()).await?.expect("the user is there");
        let two = session.get::<User>(2).with(User::FOLLOWERS.selectin()).await?.expect("the user is there");
        let shown = |user: &Entity<User>| -> Result<Vec<i64>> { Ok(user.following()?.iter().map(|one| one.id).collect()) };
        let me = me.dynamic();
        // Both are held: at once.
        session.unlink(User::FOLLOWING, 1, 2)?;
        assert_eq!((shown(&me)?, two.followers()?.len()), (vec![], 0));
        session.link(User::FOLLOWING, 1, 2)?;
        assert_eq!((shown(&me)?, two.followers()?.len()), (vec![2], 1));
        assert!(session.flush_plan().is_empty(), "{}", session.flush_plan());
        // One of them is not: the collection is not known any more.
        session.link(User::FOLLOWING, 1, 4)?;
        session.flush().await?;
        assert!(me.following().is_err_and(|error| error.kind() == ErrorKind::NotLoaded));
        session.load(&me, User::FOLLOWING).await?;
        assert_eq!(shown(&me)?, [2, 4]);
        session.rollback().await?;
        session.load(&me, User::FOLLOWING).await?;
        assert_eq!(shown(&me)?, [2]);
        Ok(())
    }

    async fn what_cannot_be_linked_is_refused(database: TestDatabase) -> Result<()> {
        let engine = users(&database).await?;
        let mut session = engine.session();
        let error = session.link(User::POSTS, 1, 1).expect_err("it has no link table");
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert!(error.to_string().contains("`User.posts` has no link table"), "{error}");
        session.link(User::FOLLOWING, 1, 99)?;
        let error = session.commit().await.expect_err("there is no such user");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        session.rollback().await?;
        assert_eq!(links(&engine).await?, [(1, 2)], "and the session goes on");
        Ok(())
    }
}
