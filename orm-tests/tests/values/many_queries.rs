//! Unions and joins of more than a database takes are refused before anything is sent.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "many_nodes")]
struct Node {
    #[key]
    id: i64,
    parent_id: Option<i64>,
    #[belongs_to(inverse = "children")]
    parent: BelongsTo<Option<Node>>,
    #[has_many(key = "parent_id", order_by = "id", inverse = "parent")]
    children: HasMany<Node>,
}

async fn nodes(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Node]).await?;
    let mut session = engine.session();
    for id in 1..=3 {
        session.add(Node::draft().id(id).parent_id((id > 1).then(|| id - 1)));
        session.flush().await?;
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn a_union_of_many_queries(database: TestDatabase) -> Result<()> {
        let engine = nodes(&database).await?;
        let mut session = engine.session();
        let union = |queries: i64| {
            let one = |id: i64| select_columns(Node::ID).filter(Node::ID.eq(id % 3 + 1));
            (1..queries).fold(one(0), |union, id| union.union(one(id)))
        };
        for queries in [2, 3, 500] {
            let rows = session.rows(union(queries).order_by(Node::ID)).await?;
            assert_eq!(rows, (1..=queries.min(3)).collect::<Vec<_>>());
        }
        let log = engine.record();
        let more = session.rows(union(501).order_by(Node::ID)).await;
        let inside = session.count(select::<Node>().filter(Node::ID.in_query(union(501)))).await;
        match database.backend() {
            Backend::Sqlite => {
                for error in [more.unwrap_err(), inside.unwrap_err()] {
                    assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
                    assert!(error.to_string().contains("500 queries"), "{error}");
                }
                assert_eq!(log.count(), 0, "{log}");
            }
            _ => assert_eq!((more?, inside?), (vec![1, 2, 3], 3)),
        }
        Ok(())
    }

    async fn a_join_of_many_tables(database: TestDatabase) -> Result<()> {
        let engine = nodes(&database).await?;
        let up = |levels: usize| Node::PARENT.joined().recursive(levels);
        let node = || select::<Node>().filter(Node::ID.eq(3));
        let found = engine.session().one(node().with(up(50))).await?;
        assert_eq!(found.get(Node::PARENT).map(|parent| parent.id), Some(2));
        let log = engine.record();
        let joined = engine.session().one(node().with(up(70))).await;
        let below = Node::PARENT.selectin().with(Node::CHILDREN.selectin().with(up(70)));
        let below = engine.session().one(node().with(below)).await;
        match database.backend() {
            Backend::Postgres => {
                assert_eq!((joined?.id, below?.id), (3, 3));
            }
            _ => {
                for error in [joined.unwrap_err(), below.unwrap_err()] {
                    assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
                    assert!(error.to_string().contains(" tables, but the database accepts at most 6"), "{error}");
                }
                assert!(log.count() <= 3, "{log}");
            }
        }
        Ok(())
    }
}
