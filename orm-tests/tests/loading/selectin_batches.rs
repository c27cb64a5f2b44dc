//! How many statements a level costs: its distinct keys, by as many as fit one.

use orm_core::prelude::*;

use crate::fixtures::chunks::{Child, Parent, chunks, families};
use crate::fixtures::composite::{Pair, composite};
use crate::fixtures::standard::*;
use crate::fixtures::{SideDoor, ids, record};

async fn load(engine: &Engine, batch_size: usize) -> Result<Vec<(i64, Vec<i64>)>> {
    let load = Parent::CHILDREN.selectin().batch_size(batch_size);
    let parents = engine.session().all(select::<Parent>().order_by(Parent::ID).with(load)).await?;
    Ok(parents.iter().map(|parent| (parent.id, ids!(parent.get(Parent::CHILDREN)))).collect())
}

fn family(parent: i64) -> (i64, Vec<i64>) {
    (parent, (parent * 5 - 4..=parent * 5).collect())
}

#[tokio::test]
async fn without_a_size_a_level_is_one_statement() -> Result<()> {
    let engine = chunks(100).await?;
    let mut session = engine.session();
    let log = record(&engine);
    let parents = session.all(select::<Parent>().with(Parent::CHILDREN.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.keys(1).len(), 100, "{log}");
    assert!(parents.iter().all(|parent| parent.get(Parent::CHILDREN).len() == 5));
    Ok(())
}

#[tokio::test]
async fn keys_are_split_in_the_order_of_their_parents() -> Result<()> {
    let engine = chunks(100).await?;
    let log = record(&engine);
    let expected: Vec<_> = (1..=100).map(family).collect();
    assert_eq!(load(&engine, 47).await?, expected);
    assert_eq!(log.count(), 1 + 3, "{log}");
    let keys = |from: i64, to: i64| (from..=to).map(|key| key.to_string()).collect::<Vec<_>>();
    assert_eq!(log.keys(1), keys(1, 47), "{log}");
    assert_eq!(log.keys(2), keys(48, 94), "{log}");
    assert_eq!(log.keys(3), keys(95, 100), "{log}");
    Ok(())
}

#[tokio::test]
async fn any_size_gives_the_same_rows() -> Result<()> {
    let engine = chunks(100).await?;
    let expected: Vec<_> = (1..=100).map(family).collect();
    for (size, counts) in [
        (1, vec![1; 100]),
        (50, vec![50, 50]),
        (99, vec![99, 1]),
        (100, vec![100]),
        (108, vec![100]),
        (usize::MAX, vec![100]),
    ] {
        let log = record(&engine);
        assert_eq!(load(&engine, size).await?, expected, "batches of {size}");
        assert_eq!(log.key_counts()[1..], counts, "batches of {size}");
    }
    Ok(())
}

#[tokio::test]
async fn around_a_multiple_of_the_size() -> Result<()> {
    let engine = families(1201, 1).await?;
    for (parents, counts) in [
        (499, vec![499]),
        (500, vec![500]),
        (501, vec![500, 1]),
        (1000, vec![500, 500]),
        (1001, vec![500, 500, 1]),
        (1201, vec![500, 500, 201]),
    ] {
        let mut session = engine.session();
        let log = record(&engine);
        let query = select::<Parent>()
            .filter(Parent::ID.le(parents))
            .order_by(Parent::ID)
            .with(Parent::CHILDREN.selectin().batch_size(500));
        let found = session.all(query).await?;
        assert!(found.iter().all(|parent| ids!(parent.get(Parent::CHILDREN)) == [parent.id]));
        assert_eq!(log.key_counts()[1..], counts, "{parents} parents");
    }
    Ok(())
}

/// An index on the key has the rows of each parent together, so that only those have to be sorted.
#[tokio::test]
async fn many_keys_are_read_parent_by_parent() -> Result<()> {
    let engine = families(101, 3).await?;
    let log = record(&engine);
    for (parents, order) in
        [(100, r#" ORDER BY "children"."id""#), (101, r#" ORDER BY "children"."parent_id", "children"."id""#)]
    {
        let mut session = engine.session();
        log.restart();
        let query = select::<Parent>().filter(Parent::ID.le(parents)).with(Parent::CHILDREN.selectin());
        let found = session.all(query).await?;
        let sorted = |parent: &Entity<Parent, _>| {
            let ids = ids!(parent.get(Parent::CHILDREN));
            ids.len() == 3 && ids.is_sorted()
        };
        assert!(found.iter().all(sorted));
        assert!(log.sql(1).ends_with(order), "{log}");
        assert_eq!(log.count(), 2, "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_to_one_counts_the_distinct_targets() -> Result<()> {
    let engine = families(1201, 2).await?;
    let log = record(&engine);
    for (parents, counts) in [(1201, vec![500, 500, 201]), (500, vec![500]), (1, vec![1])] {
        let mut session = engine.session();
        log.restart();
        let query = select::<Child>()
            .filter(Child::PARENT_ID.le(parents))
            .order_by(Child::ID)
            .with(Child::PARENT.selectin().batch_size(500));
        let children = session.all(query).await?;
        assert_eq!(i64::try_from(children.len()), Ok(parents * 2));
        assert!(children.iter().all(|child| child.get(Child::PARENT).id == child.parent_id));
        assert_eq!(log.key_counts()[1..], counts, "{parents} parents");
    }
    Ok(())
}

#[tokio::test]
async fn a_level_below_batches_its_own_keys() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS.selectin().batch_size(3).with(Order::ITEMS.selectin().batch_size(2));
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(log.key_counts()[1..], [3, 1, 2, 2, 1], "4 users by 3, then 5 orders by 2: {log}");
    let items: Vec<_> = users
        .iter()
        .flat_map(|user| user.get(User::ORDERS))
        .map(|order| (order.id, ids!(order.get(Order::ITEMS))))
        .collect();
    let expected =
        [(1, vec![1, 2, 3]), (3, vec![3, 4, 5]), (5, vec![5]), (2, vec![1, 2, 3]), (4, vec![1, 5])];
    assert_eq!(items, expected);
    Ok(())
}

#[tokio::test]
async fn each_batch_keeps_the_order_and_the_limit_of_each_parent() -> Result<()> {
    let engine = chunks(7).await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = Parent::CHILDREN.selectin().order_by(Child::ID.desc()).limit(2).batch_size(3);
    let parents = session.all(select::<Parent>().order_by(Parent::ID).with(load)).await?;
    assert_eq!(log.count(), 1 + 3, "{log}");
    for parent in &parents {
        assert_eq!(ids!(parent.get(Parent::CHILDREN)), [parent.id * 5, parent.id * 5 - 1]);
    }
    Ok(())
}

#[tokio::test]
async fn a_composite_key_is_one_key() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let pairs = session
        .all(select::<Pair>().order_by(Pair::ID1).with(Pair::MEMBERS.selectin().batch_size(10)))
        .await?;
    assert_eq!(log.count(), 1 + 2, "19 keys by 10: {log}");
    assert!(pairs.iter().all(|pair| pair.get(Pair::MEMBERS).len() == 6));
    Ok(())
}

/// The most values that SQLite binds in one statement.
const BINDS: i64 = 32_766;

async fn many(parents: i64) -> Result<SideDoor> {
    let door = SideDoor::new(schema![Parent, Child]).await?;
    let numbers = |count: i64| {
        format!("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {count}) SELECT x")
    };
    door.run(&format!("INSERT INTO parents {} FROM n", numbers(parents))).await;
    door.run(&format!("INSERT INTO children {}, x FROM n", numbers(parents))).await;
    Ok(door)
}

#[tokio::test]
async fn as_many_keys_as_the_database_binds() -> Result<()> {
    let door = many(BINDS + 1).await?;
    for (parents, counts) in [(BINDS, vec![32_766]), (BINDS + 1, vec![32_766, 1])] {
        let mut session = door.engine.session();
        // Their texts are long, so the grammar is left to the small ones.
        let log = door.engine.record();
        let query = select::<Parent>().filter(Parent::ID.le(parents)).with(Parent::CHILDREN.selectin());
        let found = session.all(query).await?;
        assert!(found.iter().all(|parent| ids!(parent.get(Parent::CHILDREN)) == [parent.id]));
        let binds: Vec<_> = log.statements()[1..].iter().map(|statement| statement.params.len()).collect();
        assert_eq!(binds, counts, "{parents} parents");
    }
    Ok(())
}

#[tokio::test]
async fn values_of_a_filter_leave_less_room_for_keys() -> Result<()> {
    let door = many(BINDS).await?;
    let mut session = door.engine.session();
    let log = door.engine.record();
    let load = Parent::CHILDREN.selectin().filter(Child::ID.ne(1)).batch_size(usize::MAX);
    let found = session.all(select::<Parent>().order_by(Parent::ID).with(load)).await?;
    let binds: Vec<_> = log.statements()[1..].iter().map(|statement| statement.params.len()).collect();
    assert_eq!(binds, [32_766, 2]);
    assert!(found[0].get(Parent::CHILDREN).is_empty());
    assert_eq!(found.iter().map(|parent| parent.get(Parent::CHILDREN).len()).sum::<usize>(), 32_765);
    Ok(())
}

mod composite_limit {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Grid {
        #[key]
        pub x: i64,
        #[key]
        pub y: i64,
        #[has_many(key = "grid_x, grid_y", order_by = "id")]
        pub marks: HasMany<Mark>,
    }

    #[derive(Model, Debug)]
    pub struct Mark {
        #[key]
        pub id: i64,
        pub grid_x: i64,
        pub grid_y: i64,
    }

    #[tokio::test]
    async fn a_composite_key_binds_a_value_a_column() -> Result<()> {
        let half = BINDS / 2;
        let door = SideDoor::new(schema![Grid, Mark]).await?;
        door.run(&format!(
            "INSERT INTO grid WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x <= {half})
             SELECT x, -x FROM n"
        ))
        .await;
        door.run("INSERT INTO mark SELECT x, x, y FROM grid").await;
        let mut session = door.engine.session();
        let log = door.engine.record();
        let found = session.all(select::<Grid>().order_by(Grid::X).with(Grid::MARKS.selectin())).await?;
        assert_eq!(found.len(), 16_384);
        assert!(found.iter().all(|grid| ids!(grid.get(Grid::MARKS)) == [grid.x]));
        let binds: Vec<_> = log.statements()[1..].iter().map(|statement| statement.params.len()).collect();
        assert_eq!(binds, [32_766, 2]);
        Ok(())
    }
}
