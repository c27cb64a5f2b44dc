//! SQL of the user's own.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shop::*;

#[derive(FromRow, Debug, PartialEq)]
struct Buyer {
    orders: i64,
    #[row(name = "name")]
    called: String,
}

on_every_backend! {
    async fn rows_of_sql(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = sql("SELECT id, name FROM users WHERE id >= ? AND name <> '?' AND name <> ? ORDER BY id -- ?")
            .bind(8)
            .bind("chuck");
        let rows: Vec<(i64, String)> = session.rows(query.rows::<(i64, String)>()).await?;
        assert_eq!(rows, [(8, "ed".into()), (9, "fred".into())]);
        assert_eq!(log.statements()[0].params.len(), 2, "{log}");
        let count: i64 = session.row(sql("SELECT count(*) FROM users").rows::<i64>()).await?;
        assert_eq!(count, 4);
        let buyers: Vec<Buyer> = session
            .rows(
                sql("SELECT u.name AS name, count(o.id) AS orders FROM users u JOIN orders o ON o.user_id = u.id \
                     GROUP BY u.id, u.name ORDER BY u.id")
                .structs::<Buyer>(),
            )
            .await?;
        assert_eq!(buyers, [Buyer { orders: 3, called: "jack".into() }, Buyer { orders: 2, called: "fred".into() }]);
        Ok(())
    }

    async fn a_row_with_more_columns_than_are_read_is_refused(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        for query in ["SELECT id, name FROM users ORDER BY id", "SELECT * FROM users"] {
            let error = session.rows(sql(query).rows::<i64>()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
            assert!(error.to_string().contains("2 columns, `id`, `name`, but only 1 of them"), "{error}");
            assert!(session.row(sql(query).rows::<i64>()).await.is_err());
            assert!(session.stream(sql(query).rows::<i64>()).next_batch().await.is_err());
        }
        let error = session.rows(sql("SELECT 1, 2, 3").rows::<(i64, i64)>()).await.unwrap_err();
        assert!(error.to_string().contains("3 columns"), "{error}");
        assert_eq!(session.rows(sql("SELECT 1, 2").rows::<(i64, i64)>()).await?, [(1, 2)]);
        // Columns are read by name, so further ones are not ambiguous.
        let query = sql("SELECT 3 AS orders, 'jack' AS name, 7 AS further").structs::<Buyer>();
        assert_eq!(session.rows(query).await?, [Buyer { orders: 3, called: "jack".into() }]);
        Ok(())
    }

    async fn entities_of_sql_are_entities(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let jack = session.get::<User>(7).await?.unwrap();
        let log = engine.record();
        let query = sql("SELECT name, id FROM users WHERE id < ? ORDER BY id").bind(9);
        let users = session
            .rows(query.entities::<User>().with(User::ORDERS.selectin().with(Order::ITEMS.selectin())))
            .await?;
        assert_eq!(log.count(), 3, "{log}");
        assert!(Entity::same(&users[0], &jack), "one row is one object");
        let found: Vec<(&str, usize)> = users.iter().map(|user| (&*user.name, user.get(User::ORDERS).len())).collect();
        assert_eq!(found, [("jack", 3), ("ed", 0)]);

        let missing = session.rows(sql("SELECT id FROM users").entities::<User>()).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::InvalidQuery);
        assert!(missing.to_string().contains("`name`"), "{missing}");
        let joined = sql("SELECT * FROM users").entities::<User>().with(User::ADDRESSES.joined());
        assert_eq!(session.rows(joined).await.unwrap_err().kind(), ErrorKind::InvalidQuery);
        let unbound = session.rows(sql("SELECT id FROM users WHERE id = ?").rows::<i64>()).await.unwrap_err();
        assert_eq!(unbound.kind(), ErrorKind::InvalidQuery);
        Ok(())
    }

    async fn several_statements_are_refused_before_the_second(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        for gives_rows in [true, false] {
            let mut session = engine.session();
            let several = sql("SELECT id FROM users; DELETE FROM items");
            let refused = match gives_rows {
                true => session.rows(several.rows::<i64>()).await.map(drop),
                false => session.execute(several).await.map(drop),
            };
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Database, "{error}");
            session.rollback().await?;
            assert!(session.count(select::<Item>()).await? > 0, "nothing was deleted");
        }
        Ok(())
    }

    async fn sql_that_changes_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let changed = session.execute(sql("UPDATE users SET name = ? WHERE id > ?").bind("x").bind(8)).await?;
        assert_eq!(changed, 2);
        assert!(session.in_transaction());
        session.rollback().await?;
        assert_eq!(session.get::<User>(9).await?.unwrap().name, "fred");
        Ok(())
    }
}
