//! Raw SQL as expressions and conditions, operators of PostgreSQL, and what requests ask for: orders by name and
//! pages with their total.
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "fr_items")]
struct Item {
    #[key]
    id: i64,
    #[column(length = 40)]
    name: String,
    price: i64,
    #[column(secret, length = 20)]
    code: String,
    note: serde_json::Value,
    #[has_many(order_by = "id")]
    parts: HasMany<Part>,
}

#[derive(Model, Debug)]
#[model(table = "fr_parts")]
struct Part {
    #[key]
    id: i64,
    item_id: i64,
    #[belongs_to]
    item: BelongsTo<Item>,
}

#[derive(Model, Debug)]
#[model(table = "fr_posts")]
struct Post {
    #[key]
    id: i64,
    title: String,
    tags: Vec<String>,
    sizes: Option<Vec<i64>>,
}

async fn open(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Item, Part]).await?;
    let mut session = engine.session();
    for (id, name, price) in [(1, "Cup", 101), (2, "Plate", 250), (3, "cupboard", 5000), (4, "Spoon", 250)] {
        let note = serde_json::json!({ "tags": [name], "size": { "w": id } });
        session.add(Item::draft().id(id).name(name).price(price).code(format!("c{id}")).note(note));
    }
    session.flush().await?;
    for id in 1..=3 {
        session.add(Part::draft().id(id).item_id(1 + id / 3));
    }
    session.commit().await?;
    Ok(engine)
}

fn ids<L>(items: &[Entity<Item, L>]) -> Vec<i64> {
    items.iter().map(|item| item.id).collect()
}

on_every_backend! {
    async fn fragments_stand_wherever_expressions_do(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let rest = || func::fragment::<i64>("? % ?", (Item::PRICE, 100));
        let log = engine.record();
        let rows: Vec<(i64, i64)> =
            session.rows(select_columns((Item::ID, rest() + 1)).filter(rest().gt(0)).order_by((rest().desc(), Item::ID))).await?;
        assert_eq!((rows, log.count()), (vec![(2, 51), (4, 51), (1, 2)], 1), "{log}");
        let sql = &log.statements()[0].sql;
        assert!(sql.contains("% ") && !sql.contains("100"), "the value is bound: {sql}");

        // With texts that look like places, conditions around it, and in a group, a join, a subquery and an update.
        let both = func::condition("? = '?' OR lower(?) = ?", (Item::NAME, Item::NAME, "cup")) & Item::PRICE.gt(200);
        assert!(session.all(select::<Item>().filter(both)).await?.is_empty(), "the OR is inside");
        let half = || func::fragment::<i64>("? % 2", Item::PRICE);
        let groups: Vec<(i64, i64)> = session
            .rows(select_columns((half(), func::count(Item::ID))).group_by(half()).order_by(func::count(Item::ID)))
            .await?;
        assert_eq!(groups, [(1, 1), (0, 3)]);
        let nested = func::condition("? > 100", func::fragment::<i64>("? + ?", (Item::PRICE, 1i64)));
        let joined = select::<Item>()
            .join(Item::PARTS)
            .filter(func::condition("? + ? = 5", (Item::ID, Part::ID)) & nested)
            .filter(Item::PARTS.any(func::condition("? = ?", (Part::ITEM_ID, Item::ID))));
        assert_eq!(ids(&session.all(joined).await?), [2]);
        let changed = update::<Item>()
            .set_to(Item::PRICE, func::fragment::<i64>("? - ?", (Item::PRICE, 1)))
            .filter(func::condition("? IN (1, ?)", (Item::ID, 3)));
        assert_eq!(session.execute(changed).await?, 2);
        let prices: Vec<i64> = session.rows(select_columns(Item::PRICE).order_by(Item::ID)).await?;
        assert_eq!(prices, [100, 250, 4999, 250]);
        session.rollback().await?;
        Ok(())
    }

    async fn a_fragment_must_be_an_expression(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let conditions = [
            (func::condition("? = ?", Item::ID), "has 2 places"),
            (func::condition("? = 1", (Item::ID, 1)), "has 1 places"),
            (func::condition("? = 1) OR (1 = 1", Item::ID), "closes a parenthesis"),
            (func::condition("? = 1 -- all", Item::ID), "has a comment"),
            (func::condition("? = 'a", Item::ID), "opens a quote"),
            (func::condition("? = 1; DELETE FROM fr_items", Item::ID), "has a `;`"),
            (func::condition("", ()), "is empty"),
        ];
        for (condition, why) in conditions {
            let delete = delete::<Item>().filter(condition.clone());
            let refused = session.execute(delete).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{refused}");
            assert!(refused.to_string().contains(why), "{refused}");
            let refused = session.all(select::<Item>().filter(condition)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{refused}");
        }
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn a_value_beside_a_secret_is_not_shown(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let query = select::<Item>().filter(func::condition("? = ?", (Item::CODE, "c3")));
        assert!(!format!("{query:?}").contains("c3"), "{query:?}");
        let log = engine.record();
        assert_eq!(ids(&session.all(query).await?), [3]);
        assert!(!log.to_string().contains("c3"), "{log}");
        Ok(())
    }

    async fn operators_of_postgresql_are_refused_elsewhere(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let json = serde_json::json!({ "tags": ["Cup"] });
        let queries = [
            (Item::NAME.ilike("CUP%"), vec![1, 3]),
            (Item::NAME.not_ilike("CUP%"), vec![2, 4]),
            (Item::NOTE.contains_all(json), vec![1]),
            (Item::NOTE.contained_in(serde_json::json!({ "tags": ["Plate", "x"], "size": { "w": 2 } })), vec![2]),
            (Item::NOTE.has_key("size") & Item::ID.lt(2), vec![1]),
            (Item::NAME.matches_text("simple", "spoon or plate"), vec![2, 4]),
            (!Item::NAME.matches_text("english", "-cups"), vec![1]),
        ];
        let log = engine.record();
        let count = queries.len();
        for (condition, expected) in queries {
            let found = session.all(select::<Item>().filter(condition).order_by(Item::ID)).await;
            match database.backend() {
                Backend::Postgres => assert_eq!(ids(&found?), expected),
                _ => {
                    let refused = found.unwrap_err();
                    assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
                    assert!(refused.to_string().contains("only PostgreSQL has the operator"), "{refused}");
                }
            }
        }
        assert_eq!(log.count(), if database.backend() == Backend::Postgres { count } else { 0 }, "{log}");
        if database.backend() == Backend::Postgres {
            lists(&engine).await?;
        }
        Ok(())
    }

    async fn a_request_names_its_order(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let by = |names: &str| Ok::<_, Error>(select::<Item>().order_by(Item::order_named(names)?));
        assert_eq!(ids(&session.all(by("-price,id")?).await?), [3, 2, 4, 1]);
        assert_eq!(ids(&session.all(by(" -price , -id ")?).await?), [3, 4, 2, 1]);
        assert_eq!(session.all(by("")?).await?.len(), 4);
        for (names, why) in [
            ("prize", "`Item` cannot be sorted by `prize`; its columns are `id`, `name`, `price`, `note`"),
            ("code", "`Item` cannot be sorted by `code`"),
            ("id; DROP TABLE fr_items", "cannot be sorted by"),
            ("id,-id", "`id` is in the order twice"),
            ("--id", "cannot be sorted by `-id`"),
        ] {
            let refused = Item::order_named(names).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidValue);
            assert!(refused.to_string().contains(why), "{refused}");
        }
        Ok(())
    }

    async fn a_page_comes_with_its_total(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let cheap = select::<Item>().filter(Item::PRICE.lt(1000)).order_by(Item::ID).with(Item::PARTS.selectin());
        let log = engine.record();
        let (items, total) = session.all_and_total(cheap.clone().page(1, 2)).await?;
        assert_eq!((ids(&items), total, items[0].get(Item::PARTS).len()), (vec![1, 2], 3, 2));
        assert_eq!(log.count(), 3, "{log}");
        assert!(log.statements()[0].sql.contains("count(*)") && !log.statements()[0].sql.contains("LIMIT"), "{log}");
        let (items, total) = session.all_and_total(cheap.clone().page(2, 2)).await?;
        assert_eq!((ids(&items), total), (vec![4], 3));
        let (items, total) = session.all_and_total(cheap.clone().limit(5).offset(9)).await?;
        assert_eq!((ids(&items), total), (vec![], 3));

        let log = engine.record();
        let (items, total) = session.all_and_total(cheap.clone().filter(Item::ID.gt(9))).await?;
        assert_eq!((ids(&items), total, log.count()), (vec![], 0, 1), "{log}");
        let refused = session.all_and_total(cheap.page_after(None::<&Entity<Item>>, 2)).await.unwrap_err();
        assert_eq!((refused.kind(), log.count()), (ErrorKind::InvalidQuery, 1));

        // Rows that a join repeats are counted as the page counts them.
        let joined = select::<Item>().join(Item::PARTS).order_by(Item::ID).unique();
        let (items, total) = session.all_and_total(joined.limit(1)).await?;
        assert_eq!((ids(&items), total), (vec![1], 2));
        Ok(())
    }
}

async fn lists(engine: &Engine) -> Result<()> {
    engine.create_all(schema![Post]).await?;
    let mut session = engine.session();
    for (id, tags) in [(1, &["a", "b"][..]), (2, &["b", "c"]), (3, &[])] {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let sizes = (id < 3).then(|| vec![id, 10]);
        session.add(Post::draft().id(id).title("x").tags(tags).sizes(sizes));
    }
    session.commit().await?;
    let list = |tags: &[&str]| -> Vec<String> { tags.iter().map(|tag| (*tag).to_owned()).collect() };
    for (condition, expected) in [
        (Post::TAGS.contains_all(list(&["b"])), vec![1, 2]),
        (Post::TAGS.contains_all(list(&[])), vec![1, 2, 3]),
        (Post::TAGS.contained_in(list(&["a", "b", "z"])), vec![1, 3]),
        (Post::TAGS.overlaps(list(&["a", "c"])), vec![1, 2]),
        (Post::SIZES.overlaps(vec![2i64, 3]), vec![2]),
        (!Post::SIZES.contains_all(vec![1i64]), vec![2]),
        (func::condition("? = ANY(?)", ("c", Post::TAGS)), vec![2]),
    ] {
        let found: Vec<i64> =
            session.rows(select_columns(Post::ID).filter(condition).order_by(Post::ID)).await?;
        assert_eq!(found, expected);
    }
    Ok(())
}
