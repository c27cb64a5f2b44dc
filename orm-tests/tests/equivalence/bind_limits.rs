//! Any number of parents: `ceil(keys / room)` statements a level, at every boundary of what SQLite binds.

use orm_core::prelude::*;
use orm_core::schema::Schema;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;

use super::world::run;

/// What one statement of SQLite binds.
const ROOM: usize = 32_766;

#[derive(Model, Debug)]
#[model(table = "parent")]
struct Parent {
    #[key]
    id: i64,
    #[has_many(key = "parent_id", order_by = "id")]
    children: HasMany<Child>,
    #[many_to_many(through = "friend", key = "from_id", target_key = "to_id", order_by = "id")]
    friends: HasMany<Parent>,
}

#[derive(Model, Debug)]
#[model(table = "child")]
struct Child {
    #[key]
    id: i64,
    parent_id: i64,
    #[belongs_to]
    parent: BelongsTo<Parent>,
}

#[derive(Model, Debug)]
#[model(table = "pair")]
struct Pair {
    #[key]
    a: i32,
    #[key]
    b: i32,
    #[has_many(key = "a, b", order_by = "id")]
    parts: HasMany<Part>,
}

#[derive(Model, Debug)]
#[model(table = "part")]
struct Part {
    #[key]
    id: i64,
    a: Option<i32>,
    b: Option<i32>,
    #[belongs_to(key = "a, b")]
    pair: BelongsTo<Option<Pair>>,
}

struct Many {
    engine: Engine,
    side_door: SqliteConnection,
    _directory: TempDir,
}

impl Many {
    async fn new(schema: Schema) -> Result<Many> {
        let directory = orm_tests::directory();
        let path = directory.path().join("many.db");
        let engine = Engine::connect(&format!("sqlite:{}", path.to_str().expect("a path of text"))).await?;
        engine.create_all(schema).await?;
        let options = SqliteConnectOptions::new().filename(&path).pragma("synchronous", "OFF");
        let side_door = options.connect().await.expect("the file can be opened");
        Ok(Many { engine, side_door, _directory: directory })
    }

    /// Parents from 1 to `count`; every thousandth has a child of ten times its number, and the last one has another
    /// and the first for a friend.
    async fn parents(&mut self, count: usize) {
        let sql = format!(
            "DELETE FROM friend; DELETE FROM child; DELETE FROM parent;
             INSERT INTO parent (id) {};
             INSERT INTO child (id, parent_id) SELECT id * 10, id FROM parent WHERE id % 1000 = 0;
             INSERT INTO child (id, parent_id) SELECT id * 10 + 1, id FROM parent WHERE id = {count};
             INSERT INTO friend (from_id, to_id) SELECT id, 1 FROM parent WHERE id = {count}",
            numbers(count)
        );
        run(&mut self.side_door, &sql).await;
    }

    /// A child for each parent.
    async fn children(&mut self, count: usize) {
        let sql = format!(
            "DELETE FROM friend; DELETE FROM child; DELETE FROM parent;
             INSERT INTO parent (id) {};
             INSERT INTO child (id, parent_id) SELECT id, {count} + 1 - id FROM parent",
            numbers(count)
        );
        run(&mut self.side_door, &sql).await;
    }

    /// Pairs (n % 7, n) from 1 to `count`, each with its part.
    async fn pairs(&mut self, count: usize) {
        let sql = format!(
            "DELETE FROM part; DELETE FROM pair;
             INSERT INTO pair (b, a) SELECT n, n % 7 FROM ({});
             INSERT INTO part (id, a, b) SELECT b, a, b FROM pair",
            numbers(count)
        );
        run(&mut self.side_door, &sql).await;
    }
}

/// A SELECT of the numbers from 1.
fn numbers(count: usize) -> String {
    format!(
        "SELECT n FROM (WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up) SELECT n FROM up \
         LIMIT {count})"
    )
}

/// The counts at which something changes; a million only if there is time.
fn counts() -> Vec<usize> {
    let mut counts = vec![0, 1, 2, 499, 500, 501, ROOM - 1, ROOM, ROOM + 1, 65_535, 65_536];
    if std::env::var("ORM_DEEP").is_ok() {
        counts.push(1_000_000);
    }
    counts
}

/// The values that each statement after the first binds.
fn bound(log: &QueryLog) -> Vec<usize> {
    log.statements().iter().skip(1).map(|statement| statement.params.len()).collect()
}

/// How many keys each of `ceil(keys / room)` statements has.
fn batches(keys: usize, room: usize) -> Vec<usize> {
    (0..keys.div_ceil(room)).map(|at| room.min(keys - at * room)).collect()
}

#[tokio::test]
async fn a_collection_of_any_number_of_parents() -> Result<()> {
    let mut many = Many::new(schema![Parent, Child]).await?;
    for count in counts() {
        many.parents(count).await;
        let mut session = many.engine.session();
        let log = many.engine.record();
        let query = select::<Parent>().order_by(Parent::ID).with(Parent::CHILDREN.selectin());
        let parents = session.all(query).await?;
        assert_eq!(parents.len(), count);
        assert_eq!(bound(&log), batches(count, ROOM), "{count} parents");
        for (at, parent) in (1..).zip(&parents) {
            let ids: Vec<i64> = parent.get(Parent::CHILDREN).iter().map(|child| child.id).collect();
            let mut expected: Vec<i64> = if at % 1000 == 0 { vec![at * 10] } else { vec![] };
            if at as usize == count {
                expected.push(at * 10 + 1);
            }
            assert_eq!(ids, expected, "the children of parent {at} of {count}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_link_table_of_any_number_of_parents() -> Result<()> {
    let mut many = Many::new(schema![Parent, Child]).await?;
    for count in [0, 1, 500, ROOM, ROOM + 1] {
        many.parents(count).await;
        let log = many.engine.record();
        let query = select::<Parent>().order_by(Parent::ID).with(Parent::FRIENDS.selectin());
        let parents = many.engine.session().all(query).await?;
        assert_eq!(bound(&log), batches(count, ROOM), "{count} parents");
        let linked: usize = parents.iter().map(|parent| parent.get(Parent::FRIENDS).len()).sum();
        assert_eq!(linked, count.min(1));
        let of_last: Vec<i64> =
            parents.last().iter().flat_map(|last| last.get(Parent::FRIENDS)).map(|f| f.id).collect();
        assert_eq!(of_last, if count == 0 { vec![] } else { vec![1] });
    }
    Ok(())
}

#[tokio::test]
async fn a_to_one_of_any_number_of_targets() -> Result<()> {
    let mut many = Many::new(schema![Parent, Child]).await?;
    for count in [0, 1, ROOM, ROOM + 1] {
        many.children(count).await;
        let mut session = many.engine.session();
        let log = many.engine.record();
        let query = select::<Child>().order_by(Child::ID).with(Child::PARENT.selectin());
        let children = session.all(query).await?;
        assert_eq!(children.len(), count);
        assert_eq!(bound(&log), batches(count, ROOM), "{count} targets");
        assert!(children.iter().all(|child| child.get(Child::PARENT).id == child.parent_id));

        // Now the session holds them all.
        log.clear();
        session.all(select::<Child>().with(Child::PARENT.selectin())).await?;
        assert_eq!(log.count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_composite_key_leaves_room_for_half_as_many() -> Result<()> {
    let mut many = Many::new(schema![Pair, Part]).await?;
    let room = ROOM / 2;
    for count in [0, 1, room - 1, room, room + 1, ROOM, ROOM + 1] {
        many.pairs(count).await;
        let log = many.engine.record();
        let query = select::<Pair>().order_by(Pair::B).with(Pair::PARTS.selectin());
        let pairs = many.engine.session().all(query).await?;
        assert_eq!(pairs.len(), count);
        let expected: Vec<usize> = batches(count, room).iter().map(|keys| keys * 2).collect();
        assert_eq!(bound(&log), expected, "{count} pairs");
        for pair in &pairs {
            let ids: Vec<i64> = pair.get(Pair::PARTS).iter().map(|part| part.id).collect();
            assert_eq!(ids, [i64::from(pair.b)]);
        }

        log.clear();
        let query = select::<Part>().order_by(Part::ID).with(Part::PAIR.selectin());
        let parts = many.engine.session().all(query).await?;
        assert_eq!(bound(&log), expected, "{count} parts");
        for part in &parts {
            assert_eq!(part.get(Part::PAIR).map(|pair| (pair.a, pair.b)), part.a.zip(part.b));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_batch_size_is_kept_to() -> Result<()> {
    let mut many = Many::new(schema![Parent, Child]).await?;
    for count in [499, 500, 501, 1_000, 1_001, 1_201] {
        many.parents(count).await;
        let log = many.engine.record();
        let query = select::<Parent>().with(Parent::CHILDREN.selectin().batch_size(500));
        many.engine.session().all(query).await?;
        assert_eq!(bound(&log), batches(count, 500), "{count} parents");
    }
    // More keys than the database binds are not an error: they are split.
    many.parents(ROOM + 1).await;
    let log = many.engine.record();
    many.engine
        .session()
        .all(select::<Parent>().with(Parent::CHILDREN.selectin().batch_size(1_000_000)))
        .await?;
    assert_eq!(bound(&log), batches(ROOM + 1, ROOM));
    Ok(())
}

#[tokio::test]
async fn strategies_without_keys_do_not_count_parents() -> Result<()> {
    let mut many = Many::new(schema![Parent, Child]).await?;
    let count = ROOM + 1;
    many.parents(count).await;
    let expected = count / 1000 + 1;
    let log = many.engine.record();
    let joined = many.engine.session().all(select::<Parent>().with(Parent::CHILDREN.joined())).await?;
    assert_eq!(log.count(), 1);
    assert_eq!(joined.iter().map(|parent| parent.get(Parent::CHILDREN).len()).sum::<usize>(), expected);

    for query in [
        select::<Parent>().with(Parent::CHILDREN.subquery()),
        select::<Parent>().with(Parent::CHILDREN.auto()),
    ] {
        log.clear();
        let parents = many.engine.session().all(query).await?;
        assert_eq!(bound(&log), [0], "{log}");
        assert_eq!(parents.iter().map(|parent| parent.get(Parent::CHILDREN).len()).sum::<usize>(), expected);
    }
    Ok(())
}

#[tokio::test]
async fn loading_for_all_objects_later_counts_the_same() -> Result<()> {
    let mut many = Many::new(schema![Parent, Child]).await?;
    for count in [0, 1, ROOM, ROOM + 1] {
        many.parents(count).await;
        let mut session = many.engine.session();
        let parents = session.all(select::<Parent>().order_by(Parent::ID)).await?;
        let log = many.engine.record();
        let parents = session.load_all(parents, Parent::CHILDREN.selectin()).await?;
        let keys: Vec<usize> = log.statements().iter().map(|statement| statement.params.len()).collect();
        assert_eq!(keys, batches(count, ROOM), "{count} parents");
        assert_eq!(parents.last().map_or(0, |last| last.get(Parent::CHILDREN).len()), count.min(1));
    }
    Ok(())
}
