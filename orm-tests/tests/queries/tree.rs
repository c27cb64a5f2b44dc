//! A model that leads to itself: conditions and recursive expressions.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::only;

#[derive(Model, Debug)]
#[model(table = "nodes")]
struct Node {
    #[key]
    id: i64,
    parent_id: Option<i64>,
    #[column(length = 50)]
    name: String,
    #[has_many(key = "parent_id", order_by = "id")]
    children: HasMany<Node>,
    #[belongs_to]
    parent: BelongsTo<Option<Node>>,
}

async fn nodes(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Node]).await?;
    let mut session = engine.session();
    for (id, parent, name) in
        [(1, None, "a"), (2, Some(1), "b"), (3, Some(2), "c"), (4, Some(1), "d"), (5, None, "e")]
    {
        session.add(Node::draft().id(id).parent_id(parent).name(name));
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn conditions_on_itself(database: TestDatabase) -> Result<()> {
        let engine = nodes(&database).await?;
        let mut session = engine.session();
        let ids = |nodes: Vec<Entity<Node>>| nodes.iter().map(|node| node.id).collect::<Vec<_>>();
        let parents = session.all(select::<Node>().filter(Node::CHILDREN.any(Node::NAME.eq("c")))).await?;
        assert_eq!(ids(parents), [2]);
        let grand = Node::CHILDREN.any(Node::CHILDREN.any(Node::NAME.eq("c")));
        assert_eq!(ids(session.all(select::<Node>().filter(grand)).await?), [1]);
        let around = Node::PARENT.has(Node::CHILDREN.any(Node::NAME.eq("d")));
        assert_eq!(ids(session.all(select::<Node>().filter(around).order_by(Node::ID)).await?), [2, 4]);
        let counts: Vec<(i64, i64)> =
            session.rows(select_columns((Node::ID, Node::CHILDREN.count())).order_by(Node::ID)).await?;
        assert_eq!(counts, [(1, 2), (2, 1), (3, 0), (4, 0), (5, 0)]);
        Ok(())
    }

    async fn a_tree_as_entities_with_their_depth(database: TestDatabase) -> Result<()> {
        const DEPTH: Label<i64> = label("depth");
        let engine = nodes(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let tree = select_columns((Node::entity(), func::value(0i64).label(DEPTH)))
            .filter(Node::ID.eq(1))
            .recursive("tree", |tree| {
                select_columns((Node::entity(), (tree.column(DEPTH) + 1).label(DEPTH)))
                    .from_table(tree)
                    .join_on::<Node>(Node::PARENT_ID.eq(tree.column(Node::ID)))
            });
        let rows = session
            .rows(
                select_columns((tree.entity::<Node>().with(Node::CHILDREN.selectin()), tree.column(DEPTH)))
                    .order_by((tree.column(DEPTH), tree.column(Node::ID))),
            )
            .await?;
        let found: Vec<(i64, i64, usize)> =
            rows.iter().map(|(node, depth)| (node.id, *depth, node.get(Node::CHILDREN).len())).collect();
        assert_eq!(found, [(1, 0, 2), (2, 1, 1), (4, 1, 0), (3, 2, 0)]);
        assert_eq!(log.count(), 2, "{log}");
        assert!(log.statements()[0].sql.starts_with("WITH RECURSIVE "), "{log}");
        assert!(Entity::same(&rows[1].0, &session.get::<Node>(2).await?.unwrap()), "one row is one object");
        Ok(())
    }

    async fn a_circle_ends_where_rows_are_distinct(database: TestDatabase) -> Result<()> {
        let engine = nodes(&database).await?;
        let mut session = engine.session();
        session.execute(update::<Node>().set(Node::PARENT_ID, 3).filter(Node::ID.eq(1))).await?;
        let reached = select_columns(Node::ID).filter(Node::ID.eq(2)).recursive_distinct("reached", |reached| {
            select_columns(Node::ID).join_table(reached, Node::PARENT_ID.eq(reached.column(Node::ID)))
        });
        let log = engine.record();
        let ids: Vec<i64> =
            session.rows(select_columns(reached.column(Node::ID)).order_by(reached.column(Node::ID))).await?;
        assert_eq!(ids, [1, 2, 3, 4]);
        let sql = only(&log, database.backend());
        assert!(sql.contains(" UNION SELECT "), "{sql}");
        if database.backend() == Backend::Postgres {
            assert!(sql.starts_with("WITH RECURSIVE \"reached\" AS (SELECT"), "{sql}");
        }
        session.rollback().await
    }
}
