//! Groups and aggregates.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::only;
use crate::shop::*;

on_every_backend! {
    async fn groups_have_aggregates(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let rows: Vec<(String, i64)> = session
            .rows(
                select_columns((User::NAME, func::count(Order::ID)))
                    .left_join(User::ORDERS)
                    .group_by((User::ID, User::NAME))
                    .having(func::count(Order::ID).gt(1))
                    .order_by(func::count(Order::ID).desc()),
            )
            .await?;
        assert_eq!(rows, [("jack".into(), 3), ("fred".into(), 2)]);
        assert_eq!(
            only(&log, database.backend()),
            "SELECT \"users\".\"name\", count(\"orders\".\"id\") FROM \"users\" \
             LEFT JOIN \"orders\" ON \"orders\".\"user_id\" = \"users\".\"id\" \
             GROUP BY \"users\".\"id\", \"users\".\"name\" HAVING count(\"orders\".\"id\") > ? \
             ORDER BY count(\"orders\".\"id\") DESC"
        );
        Ok(())
    }

    async fn aggregates_of_nothing_are_null(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = || {
            select_columns((
                func::count(Order::ID),
                func::sum(Order::ID),
                func::avg(Order::ID),
                func::min(Order::DESCRIPTION),
                func::max(Order::ADDRESS_ID),
            ))
        };
        let all = session.row(query()).await?;
        assert_eq!(all, (5, Some(15), Some(3.0), Some("order 1".into()), Some(4)));
        let none = session.row(query().filter(Order::ID.gt(100))).await?;
        assert_eq!(none, (0, None, None, None, None));
        Ok(())
    }

    async fn aggregates_take_some_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let row = session
            .row(select_columns((
                func::count_rows().filter(Order::ISOPEN.eq(true)),
                func::count(Order::USER_ID).distinct(),
                func::sum(Order::ID).filter(Order::ISOPEN.eq(false)).filter(Order::ID.lt(5)),
            )))
            .await?;
        assert_eq!(row, (2, 2, Some(3)));
        let sql = only(&log, database.backend());
        match database.backend() {
            Backend::Sqlite | Backend::Postgres => {
                assert!(sql.contains("count(*) FILTER (WHERE \"orders\".\"isopen\" = ?)"), "{sql}");
            }
            _ => assert!(sql.contains("count(CASE WHEN \"orders\".\"isopen\" = ? THEN 1 END)"), "{sql}"),
        }
        Ok(())
    }

    async fn texts_are_joined(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let joined = session
            .row(select_columns(func::join_text(User::NAME, "', '")).filter(User::ID.is_in([7, 9])))
            .await?;
        let joined = joined.unwrap();
        assert!(joined == "jack', 'fred" || joined == "fred', 'jack", "{joined}");
        let joined = |between: &str| func::join_text(User::NAME, between);
        let none = select_columns(joined(", ")).filter(User::ID.lt(0));
        assert_eq!(session.row(none).await?, None);
        let one = select_columns((joined("\\'?").filter(User::ID.eq(8)), func::count_rows()));
        assert_eq!(session.row(one).await?, (Some("ed".into()), 4));
        let groups = select_columns((Order::USER_ID, func::join_text(Order::DESCRIPTION, "")))
            .group_by(Order::USER_ID)
            .order_by(Order::USER_ID);
        let groups = session.rows(groups).await?;
        let lengths: Vec<_> = groups.iter().map(|(user, text)| (*user, text.as_ref().map(String::len))).collect();
        assert_eq!(lengths, [(7, Some("order 1".len() * 3)), (9, Some("order 1".len() * 2))]);
        let log = engine.record();
        let distinct = session.row(select_columns(func::join_text(User::NAME, ", ").distinct()).filter(User::ID.le(7))).await;
        let window = session.rows(select_columns(joined(", ").over(window()))).await;
        match database.backend() {
            Backend::Sqlite => assert_eq!(distinct.unwrap_err().kind(), ErrorKind::InvalidQuery),
            _ => assert_eq!(distinct?.as_deref(), Some("jack")),
        }
        match database.is_mysql() {
            true => assert_eq!((window.unwrap_err().kind(), log.count()), (ErrorKind::InvalidQuery, 1), "{log}"),
            false => assert_eq!(window?.len(), 4),
        }
        Ok(())
    }

    async fn long_texts_are_joined_whole(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let long = "x".repeat(700_000);
        session.execute(update::<User>().set(User::NAME, &*long).filter(User::ID.le(8))).await?;
        let joined = session.row(select_columns(func::join_text(User::NAME, "--")).filter(User::ID.le(8))).await?;
        assert_eq!(joined.map(|joined| joined.len()), Some(1_400_002));
        session.rollback().await
    }

    async fn entities_are_grouped_by_their_key(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let rows: Vec<(Entity<User>, i64)> = session
            .rows(
                select_columns((User::entity(), func::count(Order::ID)))
                    .left_join(User::ORDERS)
                    .group_by(User::ID)
                    .order_by(User::ID),
            )
            .await?;
        let counts: Vec<(&str, i64)> = rows.iter().map(|(user, count)| (&*user.name, *count)).collect();
        assert_eq!(counts, [("jack", 3), ("ed", 0), ("fred", 2), ("chuck", 0)]);
        Ok(())
    }
}
