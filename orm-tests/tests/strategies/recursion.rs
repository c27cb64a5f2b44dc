//! `.recursive(..)`: a self-referential relationship, level by level.

use orm_core::prelude::*;

use crate::fixtures::chain::chain;
use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::{SideDoor, ids, record};

#[tokio::test]
async fn a_depth_is_so_many_levels_below_the_first() -> Result<()> {
    let engine = nodes().await?;
    for (depth, statements) in [(0, 2), (1, 3), (2, 4), (3, 4), (9, 4)] {
        let log = record(&engine);
        let query = select::<Node>().filter(Node::ID.eq(1)).with(Node::CHILDREN.selectin().recursive(depth));
        let root = engine.session().one(query).await?;
        assert_eq!(log.count(), statements, "depth {depth}: {log}");
        assert_eq!(ids!(root.get(Node::CHILDREN)), [11, 12, 13]);
    }
    Ok(())
}

#[tokio::test]
async fn what_lies_deeper_is_not_loaded_and_not_empty() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let query = select::<Node>().filter(Node::ID.eq(1)).with(Node::CHILDREN.selectin().recursive(1));
    let root = session.one(query).await?;
    let n12 = root.get(Node::CHILDREN).get(1).expect("n12");
    let leaves = n12.children()?;
    assert_eq!(ids!(leaves), [121, 122, 123]);
    for leaf in &leaves {
        assert_eq!(leaf.children().expect_err("a third level").kind(), ErrorKind::NotLoaded);
    }
    let n13 = root.get(Node::CHILDREN).get(2).expect("n13");
    assert!(n13.children()?.is_empty(), "loaded, and empty");
    Ok(())
}

#[tokio::test]
async fn without_a_limit_all_levels_are_proven() -> Result<()> {
    let engine = nodes().await?;
    let log = record(&engine);
    let query = select::<Node>()
        .filter(Node::PARENT_ID.is_null())
        .order_by(Node::ID)
        .with(Node::CHILDREN.selectin().recursive(..));
    let roots = engine.session().all(query).await?;
    assert_eq!(log.count(), 4, "a statement a level, and none for the leaves' level twice: {log}");
    assert_eq!(log.keys(3), ["111", "112", "121", "122", "123", "211", "212"], "{log}");
    let second: Vec<_> = roots
        .iter()
        .map(|root| {
            root.get(Node::CHILDREN).iter().map(|node| ids!(node.get(Node::CHILDREN))).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(second, [vec![vec![111, 112], vec![121, 122, 123], vec![]], vec![vec![211, 212]]]);
    let leaf = roots[1].get(Node::CHILDREN).first().and_then(|node| node.get(Node::CHILDREN).first());
    assert!(leaf.expect("n211").get(Node::CHILDREN).is_empty());
    Ok(())
}

#[tokio::test]
async fn upwards_asks_for_each_target_once() -> Result<()> {
    let engine = nodes().await?;
    let log = record(&engine);
    let query = select::<Node>()
        .filter(Node::ID.is_in([111, 112, 121, 211]))
        .order_by(Node::ID)
        .with(Node::PARENT.selectin().recursive(..));
    let leaves = engine.session().all(query).await?;
    assert_eq!(log.count(), 3, "{log}");
    assert_eq!(log.keys(1), ["11", "12", "21"], "{log}");
    assert_eq!(log.keys(2), ["1", "2"], "{log}");
    let root_of = |at: usize| leaves[at].get(Node::PARENT).and_then(|parent| parent.get(Node::PARENT));
    let (first, third) = (root_of(0).expect("n1"), root_of(2).expect("n1"));
    assert!(Entity::same(&first, &third) && first.get(Node::PARENT).is_none());
    Ok(())
}

#[tokio::test]
async fn a_circle_ends() -> Result<()> {
    let door = SideDoor::new(schema![Node]).await?;
    // 1 -> 2 -> 3 -> 1, and 4 that is its own parent.
    door.run(
        "INSERT INTO nodes (id, parent_id, data) VALUES (1, 3, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 4, 'd')",
    )
    .await;
    let log = record(&door.engine);
    let query = select::<Node>()
        .filter(Node::ID.is_in([1, 4]))
        .order_by(Node::ID)
        .with(Node::CHILDREN.selectin().recursive(..));
    let nodes = door.engine.session().all(query).await?;
    // 1 and 4 are asked for as roots, and not once more as objects of the levels below.
    assert_eq!(log.count(), 4, "{log}");
    let mut walked = vec![nodes[0].get(Node::CHILDREN).first().expect("2")];
    for _ in 0..6 {
        let next = walked.last().and_then(|node| node.get(Node::CHILDREN).first());
        walked.push(next.expect("a circle has no end"));
    }
    assert_eq!(ids!(walked), [2, 3, 1, 2, 3, 1, 2]);
    assert!(Entity::same(&walked[0], &walked[3]));
    let own = nodes[1].get(Node::CHILDREN).first().expect("itself");
    assert!(Entity::same(&own, &nodes[1]));

    log.restart();
    let query = select::<Node>().filter(Node::ID.eq(1)).with(Node::CHILDREN.selectin().recursive(7));
    let node = door.engine.session().one(query).await?;
    assert_eq!(log.count(), 9, "a depth is counted in a circle too: {log}");
    assert_eq!(ids!(node.get(Node::CHILDREN)), [2]);
    Ok(())
}

#[tokio::test]
async fn ten_thousand_levels_fit_the_stack() -> Result<()> {
    const LEVELS: i64 = 10_000;
    let door = SideDoor::new(schema![Node]).await?;
    door.run(&format!(
        "WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {LEVELS})
         INSERT INTO nodes (id, parent_id, data) SELECT n, nullif(n - 1, 0), 'n' || n FROM up;
         CREATE INDEX nodes_parent ON nodes (parent_id)"
    ))
    .await;
    let mut session = door.engine.session();
    let log = door.engine.record();
    let query = select::<Node>().filter(Node::ID.eq(1)).with(Node::CHILDREN.selectin().recursive(..));
    let root = session.one(query).await?;
    assert_eq!(log.count(), 10_001, "the root, and a level for each node's children");
    let mut node = root.get(Node::CHILDREN).first().expect("the chain begins");
    for id in 3..=LEVELS {
        node = node.get(Node::CHILDREN).first().expect("the chain goes on");
        assert_eq!(node.id, id);
    }
    assert!(node.get(Node::CHILDREN).is_empty());

    // Upwards the session holds them all.
    log.clear();
    let query = select::<Node>().filter(Node::ID.eq(LEVELS)).with(Node::PARENT.selectin().recursive(..));
    let last = session.one(query).await?;
    assert_eq!(log.count(), 1, "{log}");
    let mut steps = 0;
    let mut above = last.get(Node::PARENT);
    while let Some(node) = above {
        steps += 1;
        above = node.get(Node::PARENT);
    }
    assert_eq!(steps, LEVELS - 1);
    Ok(())
}

#[tokio::test]
async fn a_chain_of_a_limited_depth() -> Result<()> {
    let engine = chain(60).await?;
    let log = record(&engine);
    let query = select::<Node>().filter(Node::ID.eq(1)).with(Node::CHILDREN.selectin().recursive(48));
    let mut session = engine.session();
    let root = session.one(query).await?;
    assert_eq!(log.count(), 50, "the root, the first level and 48 more: {log}");
    let mut node = root.dynamic();
    for id in 2..=50 {
        node = node.children()?.first().expect("the chain goes on");
        assert_eq!(node.id, id);
    }
    assert_eq!(node.children().expect_err("level 50").kind(), ErrorKind::NotLoaded);
    Ok(())
}

#[tokio::test]
async fn joined_levels_are_one_statement() -> Result<()> {
    let engine = nodes().await?;
    let log = record(&engine);
    let query = select::<Node>()
        .filter(Node::PARENT_ID.is_null())
        .order_by(Node::ID)
        .with(Node::CHILDREN.joined().recursive(1));
    let roots = engine.session().all(query).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.sql(0).matches("LEFT JOIN").count(), 2, "{log}");
    assert_eq!(ids!(roots[0].get(Node::CHILDREN)), [11, 12, 13]);
    let n12 = roots[0].get(Node::CHILDREN).get(1).expect("n12");
    assert_eq!(ids!(n12.children()?), [121, 122, 123]);
    assert!(n12.children()?.first().expect("n121").children().is_err());
    Ok(())
}

#[tokio::test]
async fn endless_joins_are_refused() -> Result<()> {
    let engine = nodes().await?;
    let log = record(&engine);
    let query = select::<Node>().with(Node::CHILDREN.joined().recursive(..));
    let error = engine.session().all(query).await.expect_err("a statement has an end");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    let text = error.to_string();
    assert!(text.contains("Node.children") && text.contains(".selectin().recursive(..)"), "{text}");
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn what_is_below_is_loaded_at_every_level() -> Result<()> {
    let engine = nodes().await?;
    let log = record(&engine);
    let query = select::<Node>()
        .filter(Node::ID.eq(1))
        .with(Node::CHILDREN.selectin().with(Node::PARENT.selectin()).recursive(1));
    let root = engine.session().one(query).await?;
    assert_eq!(log.count(), 3, "parents are held: {log}");
    for child in root.get(Node::CHILDREN) {
        assert!(Entity::same(&child.get(Node::PARENT).expect("n1"), &root));
        for leaf in child.children()? {
            assert!(Entity::same(&leaf.parent()?.expect("a parent"), &child));
        }
    }
    Ok(())
}

#[tokio::test]
async fn recursion_has_no_terms_of_its_own_and_is_not_named_again() -> Result<()> {
    let engine = nodes().await?;
    let log = record(&engine);
    let mut session = engine.session();
    let load = || Node::CHILDREN.selectin();
    let filtered = select::<Node>().with(load().filter(Node::ID.gt(5)).recursive(2));
    let limited = select::<Node>().with(load().limit(1).recursive(..));
    let sorted = select::<Node>().with(load().order_by(Node::DATA).recursive(2));
    let again = select::<Node>().with(load().with(load()).recursive(2));
    for error in [
        session.all(filtered).await.expect_err("a filter"),
        session.all(limited).await.expect_err("a limit"),
        session.all(sorted).await.expect_err("an order"),
        session.all(again).await.expect_err("the same below itself"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains("`Node.children`"), "{error}");
    }
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn load_all_adds_it_to_existing_objects() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let roots = session.all(select::<Node>().filter(Node::PARENT_ID.is_null()).order_by(Node::ID)).await?;
    let log = record(&engine);
    let roots = session.load_all(roots, Node::CHILDREN.selectin().recursive(..)).await?;
    assert_eq!(log.count(), 3, "{log}");
    let below: Vec<_> =
        roots[1].get(Node::CHILDREN).iter().map(|node| ids!(node.get(Node::CHILDREN))).collect();
    assert_eq!(below, [[211, 212]]);
    Ok(())
}

#[tokio::test]
async fn a_join_below_is_right_for_what_is_reached_twice() -> Result<()> {
    let door = SideDoor::new(schema![Node]).await?;
    // 1 -> 2 -> 3 -> 1: the roots come again as children, with what is joined to them.
    door.run("INSERT INTO nodes (id, parent_id, data) VALUES (1, 3, 'a'), (2, 1, 'b'), (3, 2, 'c')").await;
    let above = || Node::CHILDREN.selectin().with(Node::PARENT.joined());
    let query = || select::<Node>().order_by(Node::ID);
    // From all nodes the second level is the first again; from one node the last level is the second.
    for (roots, statements) in [(1, 4), (3, 2)] {
        let mut session = door.engine.session();
        let log = record(&door.engine);
        let nodes = session.all(query().filter(Node::ID.le(roots)).with(above().recursive(..))).await?;
        assert_eq!(log.count(), statements, "{log}");
        for node in &nodes {
            let children = node.get(Node::CHILDREN);
            assert_eq!(ids!(children), [node.id % 3 + 1]);
            for child in children {
                assert!(Entity::same(&child.get(Node::PARENT).expect("the node"), node));
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_inner_join_below_makes_every_level_a_part() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    // The join keeps those with children, so leaves are missing from what the objects would hold.
    let load = Node::CHILDREN.selectin().with(Node::CHILDREN.joined().inner());
    let query = || select::<Node>().filter(Node::PARENT_ID.is_null()).order_by(Node::ID);
    let error = session.all(query().with(load.recursive(..))).await.expect_err("named again below itself");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    assert_eq!(log.count(), 0, "{log}");

    let load =
        Node::CHILDREN.selectin().with(Node::PARENT.joined().inner().with(Node::PARENT.joined().inner()));
    let roots = session.all(query().with(load.recursive(..))).await?;
    // The parents of the second level have no parent themselves: none of them remains.
    assert!(roots.iter().all(|root| root.get(Node::CHILDREN).is_empty()), "{log}");
    assert_eq!(roots[0].children().expect_err("a part").kind(), ErrorKind::NotLoaded);
    Ok(())
}
