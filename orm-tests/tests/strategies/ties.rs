//! The order of a list among rows that sort alike, or that nothing sorts: what is joined beside or below a list never
//! changes it, and a statement that repeats another one repeats its choice.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "tie_shelves")]
struct Shelf {
    #[key]
    id: i64,
    #[has_many]
    bins: HasMany<Bin>,
    #[has_many(order_by = "rank")]
    labels: HasMany<Label>,
    #[many_to_many(through = "tie_shelf_tags", key = "shelf_id", target_key = "tag_id")]
    tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "tie_bins")]
struct Bin {
    #[key]
    id: i64,
    shelf_id: i64,
    size: i64,
    #[belongs_to]
    shelf: BelongsTo<Shelf>,
    #[has_many(order_by = "rank")]
    items: HasMany<Item>,
}

#[derive(Model, Debug)]
#[model(table = "tie_items")]
struct Item {
    #[key]
    id: i64,
    bin_id: i64,
    rank: i64,
}

#[derive(Model, Debug)]
#[model(table = "tie_labels")]
struct Label {
    #[key]
    id: i64,
    shelf_id: i64,
    rank: i64,
}

#[derive(Model, Debug)]
#[model(table = "tie_tags")]
struct Tag {
    #[key]
    id: i64,
    #[has_many(order_by = "rank")]
    words: HasMany<Word>,
}

#[derive(Model, Debug)]
#[model(table = "tie_words")]
struct Word {
    #[key]
    id: i64,
    tag_id: i64,
    rank: i64,
}

/// Two shelves with three bins and three tags each, of one size; what is in the bins and tags is ranked against their order.
async fn shelves(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Shelf, Bin, Item, Label, Tag, Word]).await?;
    let mut session = engine.session();
    let tags: Vec<_> = (1..=3).map(|id| session.add(Tag::draft().id(id))).collect();
    for shelf in [1, 2] {
        session.add(Shelf::draft().id(shelf).tags(&tags[..]));
    }
    session.flush().await?;
    for (id, shelf) in [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)] {
        session.add(Bin::draft().id(id).shelf_id(shelf).size(7));
        session.add(Label::draft().id(id).shelf_id(shelf).rank(-id));
    }
    session.flush().await?;
    for bin in 1..=6 {
        session.add(Item::draft().id(bin).bin_id(bin).rank(10 - bin));
        session.add(Item::draft().id(10 + bin).bin_id(bin).rank(20 - bin));
    }
    for tag in 1..=3 {
        session.add(Word::draft().id(tag).tag_id(tag).rank(-tag));
    }
    session.commit().await?;
    Ok(engine)
}

macro_rules! ids {
    ($list:expr) => {
        $list.iter().map(|of| of.id).collect::<Vec<i64>>()
    };
}

/// Shelves whose bins are loaded so, with their bins and what is in the first of them.
macro_rules! assert_bins {
    ($engine:ident, $load:expr, $expected:expr) => {{
        let query = select::<Shelf>().with($load.with(Bin::ITEMS.joined()));
        let log = $engine.record();
        let shelves = $engine.session().all(query).await?;
        assert_eq!(ids!(shelves), [1, 2], "{}: {log}", stringify!($load));
        let bins: Vec<_> = shelves.iter().map(|shelf| ids!(shelf.get(Shelf::BINS))).collect();
        assert_eq!(bins, $expected, "{}: {log}", stringify!($load));
        for shelf in &shelves {
            for bin in shelf.get(Shelf::BINS) {
                assert_eq!(ids!(bin.get(Bin::ITEMS)), [bin.id, 10 + bin.id], "{log}");
            }
        }
    }};
}

on_every_backend! {
    async fn what_is_joined_below_a_list_does_not_sort_it(database: TestDatabase) -> Result<()> {
        let engine = shelves(&database).await?;
        let unsorted = [vec![1, 2, 3], vec![4, 5, 6]];
        assert_bins!(engine, Shelf::BINS.selectin(), unsorted);
        assert_bins!(engine, Shelf::BINS.subquery(), unsorted);
        assert_bins!(engine, Shelf::BINS.joined(), unsorted);
        assert_bins!(engine, Shelf::BINS.auto(), unsorted);
        assert_bins!(engine, Shelf::BINS.selectin().order_by(Bin::SIZE), unsorted);
        assert_bins!(engine, Shelf::BINS.joined().order_by(Bin::SIZE), unsorted);
        assert_bins!(engine, Shelf::BINS.selectin().order_by(Bin::SIZE).limit(2), [vec![1, 2], vec![4, 5]]);
        assert_bins!(engine, Shelf::BINS.subquery().order_by(Bin::SIZE).limit(2), [vec![1, 2], vec![4, 5]]);
        assert_bins!(engine, Shelf::BINS.joined().order_by(Bin::ID.desc()), [vec![3, 2, 1], vec![6, 5, 4]]);

        macro_rules! tags {
            ($strategy:ident) => {{
                let query = select::<Shelf>().with(Shelf::TAGS.$strategy().with(Tag::WORDS.joined()));
                let shelves = engine.session().all(query).await?;
                let tags: Vec<_> = shelves.iter().map(|shelf| ids!(shelf.get(Shelf::TAGS))).collect();
                assert_eq!(tags, [[1, 2, 3], [1, 2, 3]], "{}", stringify!($strategy));
            }};
        }
        tags!(selectin);
        tags!(joined);
        tags!(subquery);
        tags!(auto);

        let below = Bin::SHELF.joined().with(Shelf::LABELS.joined());
        let bins = engine.session().all(select::<Bin>().with(below)).await?;
        assert_eq!(ids!(bins), [1, 2, 3, 4, 5, 6]);
        let filled = Shelf::BINS.filled().with(Bin::ITEMS.joined());
        let query = select::<Shelf>().join(Shelf::BINS).order_by(Bin::SIZE).with(filled);
        let shelves = engine.session().all(query).await?;
        let bins: Vec<_> = shelves.iter().map(|shelf| ids!(shelf.get(Shelf::BINS))).collect();
        assert_eq!(bins, unsorted);
        Ok(())
    }

    async fn what_is_joined_beside_a_list_does_not_sort_it(database: TestDatabase) -> Result<()> {
        let engine = shelves(&database).await?;
        let log = engine.record();
        let query = select::<Shelf>()
            .with(Shelf::BINS.joined().with(Bin::ITEMS.joined()))
            .with(Shelf::TAGS.joined())
            .with(Shelf::LABELS.joined());
        let shelves = engine.session().all(query).await?;
        assert_eq!((ids!(shelves), log.count()), (vec![1, 2], 1), "{log}");
        let lists = |of: &dyn Fn(usize) -> Vec<i64>| [of(0), of(1)];
        assert_eq!(lists(&|at| ids!(shelves[at].get(Shelf::BINS))), [vec![1, 2, 3], vec![4, 5, 6]], "{log}");
        assert_eq!(lists(&|at| ids!(shelves[at].get(Shelf::TAGS))), [vec![1, 2, 3], vec![1, 2, 3]], "{log}");
        assert_eq!(lists(&|at| ids!(shelves[at].get(Shelf::LABELS))), [vec![3, 2, 1], vec![6, 5, 4]], "{log}");
        Ok(())
    }

    async fn a_limit_that_is_repeated_takes_the_same_rows(database: TestDatabase) -> Result<()> {
        let engine = shelves(&database).await?;
        for load in [Shelf::BINS.selectin(), Shelf::BINS.subquery()] {
            let log = engine.record();
            let below = Bin::ITEMS.subquery();
            let query = select::<Shelf>().with(load.order_by(Bin::SIZE).limit(2).with(below));
            let shelves = engine.session().all(query).await?;
            let bins: Vec<_> = shelves.iter().map(|shelf| ids!(shelf.get(Shelf::BINS))).collect();
            assert_eq!((bins, log.count()), (vec![vec![1, 2], vec![4, 5]], 3), "{log}");
            for bin in shelves.iter().flat_map(|shelf| shelf.get(Shelf::BINS)) {
                assert_eq!(ids!(bin.get(Bin::ITEMS)), [bin.id, 10 + bin.id], "{log}");
            }
            let ranked = log.statements()[1].sql.replace('`', "\"");
            assert!(ranked.contains(r#"ORDER BY "tie_bins"."size", "tie_bins"."id")"#), "{log}");
        }
        Ok(())
    }
}
