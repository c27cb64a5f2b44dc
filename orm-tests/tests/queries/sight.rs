//! Which tables a subquery sees: those of the queries around it, whose names no table in it takes, and not those beside it
//! in FROM.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::grammar::only;
use crate::names::{Folder, folders};
use crate::shop::*;

/// A table that is called as the library would call one of folders.
#[derive(Model, Debug)]
#[model(table = "folders_1")]
struct Numbered {
    #[key]
    id: i64,
    folder_id: i64,
}

/// The result of a query in FROM that names the outer query. MariaDB has no such queries.
async fn found(engine: &Engine, condition: Predicate) -> Result<Option<Vec<i64>>> {
    let log = engine.record();
    let query = select::<Folder>().filter(condition).order_by(Folder::ID);
    match engine.session().all(query).await {
        Ok(found) => Ok(Some(found.iter().map(|folder| folder.id).collect())),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
            assert!(error.to_string().contains("MariaDB"), "{error}");
            assert_eq!(log.count(), 0, "{log}");
            Ok(None)
        }
    }
}

on_every_backend! {
    async fn a_query_in_from_hides_nothing_of_the_queries_around_it(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        engine.create_all(schema![Numbered]).await?;
        let mut session = engine.session();
        for (id, folder) in [(1, 2), (2, 3), (3, 6)] {
            session.add(Numbered::draft().id(id).folder_id(folder));
        }
        session.commit().await?;
        let mut all = Vec::new();

        // Folders with a child that has a child: the innermost rows are those of the child.
        let own = alias::<Folder>("folders_1");
        let children = select_columns(own.column(Folder::ID))
            .filter(own.column(Folder::PARENT_ID).eq(Folder::ID))
            .subquery("inside");
        let inside = exists(select_columns(children.column(Folder::ID)));
        all.push(found(&engine, Folder::CHILDREN.any(inside.clone())).await?);
        // The same with one query more in FROM, and beside a condition of the same kind.
        let again = select_columns(children.column(Folder::ID)).filter(Folder::CHILDREN.exists()).subquery("again");
        let deeper = exists(select_columns(again.column(Folder::ID)));
        all.push(found(&engine, Folder::CHILDREN.any(deeper)).await?);
        all.push(found(&engine, Folder::CHILDREN.any(inside & Folder::CHILDREN.exists())).await?);

        // Folders with a child that a row of the other table refers to.
        let rows = select_columns(Numbered::ID).filter(Numbered::FOLDER_ID.eq(Folder::ID)).subquery("inside");
        let referred = exists(select_columns(rows.column(Numbered::ID)));
        let referred = found(&engine, Folder::CHILDREN.any(referred)).await?;

        // A user's name around, and the table of that name inside.
        let named = alias::<Folder>("folders_1");
        let rows = select_columns(Numbered::ID)
            .filter(Numbered::FOLDER_ID.eq(named.column(Folder::ID)))
            .subquery("inside");
        let query = select_columns(named.column(Folder::ID))
            .filter(exists(select_columns(rows.column(Numbered::ID))))
            .order_by(named.column(Folder::ID));
        let own_name = session.rows(query).await;

        if all[0].is_none() {
            assert!(database.is_mysql() && all.iter().all(Option::is_none) && referred.is_none());
            assert_eq!(own_name.unwrap_err().kind(), ErrorKind::InvalidQuery);
            return Ok(());
        }
        assert_eq!(all, vec![Some(vec![1]); 3]);
        assert_eq!(referred, Some(vec![1, 3]));
        assert_eq!(own_name?, [2, 3, 6]);
        Ok(())
    }

    async fn a_query_of_a_union_sees_the_queries_around_it(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        let own = alias::<Folder>("folders_1");
        let children = || {
            select_columns(own.column(Folder::ID)).filter(own.column(Folder::PARENT_ID).eq(Folder::ID))
        };
        let union = children().filter(own.column(Folder::SIZE).gt(60)).union(children().filter(own.column(Folder::SIZE).lt(60)));
        assert_eq!(found(&engine, Folder::CHILDREN.any(exists(union))).await?, Some(vec![1]));
        let page = children().order_by(own.column(Folder::ID)).limit(1);
        let nothing = children().filter(own.column(Folder::ID).lt(0));
        let found = found(&engine, Folder::CHILDREN.any(exists(nothing.union(page)))).await?;
        assert!(found == Some(vec![1]) || found.is_none() && database.is_mysql(), "{found:?}");
        Ok(())
    }

    async fn an_aggregate_behind_in_sees_the_query_around_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let other = alias::<Order>("other");
        let last = || {
            select_columns(func::max(other.column(Order::ID))).filter(other.column(Order::USER_ID).eq(Order::USER_ID))
        };
        let log = engine.record();
        let orders = session.all(select::<Order>().filter(Order::ID.in_query(last())).order_by(Order::ID)).await?;
        assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [4, 5], "{log}");
        let text = only(&log, database.backend());
        assert!(text.contains(r#"HAVING max("other"."id") IS NOT NULL"#), "{text}");
        let others = session.all(select::<Order>().filter(!Order::ID.in_query(last())).order_by(Order::ID)).await?;
        assert_eq!(others.iter().map(|order| order.id).collect::<Vec<_>>(), [1, 2, 3]);

        // An aggregate of no rows is NULL, which is not among the rows.
        let none = || select_columns(func::max(other.column(Order::ID))).filter(other.column(Order::ID).lt(0));
        assert_eq!(session.count(select::<Order>().filter(!Order::ID.in_query(none()))).await?, 5);
        assert_eq!(session.count(select::<Order>().filter(Order::ID.in_query(none()))).await?, 0);
        let grouped = select_columns(func::max(other.column(Order::ADDRESS_ID)))
            .filter(other.column(Order::USER_ID).eq(Order::USER_ID))
            .group_by(other.column(Order::ISOPEN))
            .having(func::count_rows().gt(0));
        let found = session.all(select::<Order>().filter(Order::ADDRESS_ID.in_query(grouped)).order_by(Order::ID)).await?;
        assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let either = || last().union(none());
        let found = session.all(select::<Order>().filter(Order::ID.in_query(either())).order_by(Order::ID)).await?;
        assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(session.count(select::<Order>().filter(!Order::ID.in_query(either()))).await?, 3);
        // A key that a group may lack, as a plain column of it.
        let keys = select_columns(other.column(Order::ADDRESS_ID))
            .filter(other.column(Order::USER_ID).eq(Order::USER_ID))
            .group_by(other.column(Order::ADDRESS_ID));
        assert_eq!(session.count(select::<Order>().filter(!Order::ID.in_query(keys))).await?, 3);
        Ok(())
    }
}
