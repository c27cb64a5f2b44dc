//! Names that could end an identifier, be a keyword, or be taken for one that the library makes up.

use orm_core::prelude::*;

use crate::fixtures::{ids, record};

mod hostile {
    use super::*;

    #[derive(Model, Debug)]
    #[model(table = "we\"ird\"; DROP TABLE x;--")]
    pub struct Weird {
        #[key(auto)]
        #[column(name = "id\"\"")]
        pub id: i64,
        #[column(name = "select", unique)]
        pub keyword: String,
        #[column(name = "a b", index)]
        pub space: i64,
        #[column(name = "größe 日本 👍", index)]
        pub unicode: i64,
        #[column(name = "?")]
        pub place: i64,
        #[column(name = "$1 :n @x ?2")]
        pub places: i64,
        #[column(name = "it's")]
        pub apostrophe: i64,
        #[column(name = "`tick` [bracket] \\ % _")]
        pub quotes: i64,
        #[column(name = "line\nbreak\ttab -- /* ")]
        pub control: i64,
        #[column(name = "\"")]
        pub quote: Option<i64>,
        #[column(name = "default", default = "'by \"default\"'")]
        pub given: String,
        #[has_many(key = "parent", order_by = "rank desc, id")]
        pub children: HasMany<Ordered>,
        #[many_to_many(through = "table", key = "from\"", target_key = "to \"\"", order_by = "rank")]
        pub links: HasMany<Ordered>,
    }

    #[derive(Model, Debug)]
    #[model(table = "order")]
    pub struct Ordered {
        #[key]
        #[column(name = "primary")]
        pub id: i64,
        #[column(name = "group")]
        pub parent: Option<i64>,
        #[column(name = ";--")]
        pub rank: i64,
        #[belongs_to(key = "parent")]
        pub owner: BelongsTo<Option<Weird>>,
        #[many_to_many(through = "table", key = "to \"\"", target_key = "from\"", order_by = "id")]
        pub linked: HasMany<Weird>,
    }

    fn weird(n: i64) -> impl orm_core::write::CompleteDraft<Model = Weird> {
        let draft = Weird::draft().keyword(format!("row {n}")).space(n).unicode(n).place(n).places(n);
        draft.apostrophe(n).quotes(n).control(n).quote(n)
    }

    async fn rows() -> Result<Engine> {
        let engine = Engine::connect("sqlite::memory:").await?;
        let log = record(&engine);
        engine.create_all(schema![Weird, Ordered]).await?;
        let mut session = engine.session();
        let weird = [session.add(weird(1)), session.add(weird(2)), session.add(weird(3))];
        session.flush().await?;
        for (id, parent, rank) in [(1, 0, 5), (2, 0, 6), (3, 0, 7), (4, 1, 5)] {
            let owner: &Pending<Weird> = &weird[parent];
            session.add(Ordered::draft().id(id).rank(rank).owner(owner).linked([owner, &weird[2]]));
        }
        session.commit().await?;
        assert!(log.count() > 6, "{log}");
        Ok(engine)
    }

    #[tokio::test]
    async fn rows_are_written_and_read() -> Result<()> {
        let engine = rows().await?;
        let mut session = engine.session();
        let log = record(&engine);
        let all = session.all(select::<Weird>().order_by(Weird::UNICODE.desc())).await?;
        assert_eq!(ids!(all), [3, 2, 1]);
        for row in &all {
            let n = row.id;
            assert_eq!(row.keyword, format!("row {n}"));
            assert_eq!(
                [row.space, row.unicode, row.place, row.places, row.apostrophe, row.quotes, row.control],
                [n; 7]
            );
            assert_eq!((row.quote, row.given.as_str()), (Some(n), "by \"default\""));
        }
        session.edit(&all[0], |row| {
            row.place = 30;
            row.control = 30;
            row.quote = None;
        })?;
        session.commit().await?;
        assert_eq!(log.count(), 2, "{log}");
        let mut session = engine.session();
        let found =
            session.all(select::<Weird>().filter(Weird::PLACE.gt(3) & Weird::QUOTE.is_null())).await?;
        assert_eq!(ids!(found), [3]);
        assert_eq!((found[0].control, found[0].places), (30, 3));
        assert_eq!(session.count(select::<Weird>().filter(Weird::KEYWORD.like("row%"))).await?, 3);
        Ok(())
    }

    #[tokio::test]
    async fn relationships_are_loaded_in_every_way() -> Result<()> {
        let engine = rows().await?;
        let children = |rows: &[(i64, Vec<i64>)]| rows.to_vec();
        let expected = children(&[(1, vec![3, 2, 1]), (2, vec![4]), (3, vec![])]);
        let linked = children(&[(1, vec![1, 2, 3]), (2, vec![4]), (3, vec![1, 4, 2, 3])]);
        let query = || select::<Weird>().order_by(Weird::ID);
        let log = record(&engine);

        let rows = engine
            .session()
            .all(query().with(Weird::CHILDREN.selectin()).with(Weird::LINKS.selectin()))
            .await?;
        let found: Vec<_> = rows.iter().map(|row| (row.id, ids!(row.get(Weird::CHILDREN)))).collect();
        assert_eq!(found, expected, "{log}");
        let mut found: Vec<_> = rows.iter().map(|row| (row.id, ids!(row.get(Weird::LINKS)))).collect();
        found[2].1[..2].sort_unstable();
        assert_eq!(found, linked, "{log}");

        let rows = engine.session().all(query().with(Weird::CHILDREN.joined())).await?;
        let found: Vec<_> = rows.iter().map(|row| (row.id, ids!(row.get(Weird::CHILDREN)))).collect();
        assert_eq!(found, expected, "{log}");
        let rows = engine.session().all(query().with(Weird::LINKS.joined()).limit(2).offset(1)).await?;
        let mut found: Vec<_> = rows.iter().map(|row| (row.id, ids!(row.get(Weird::LINKS)))).collect();
        found[1].1[..2].sort_unstable();
        assert_eq!(found, linked[1..], "{log}");

        let rows = engine
            .session()
            .all(query().with(Weird::CHILDREN.selectin().order_by(Ordered::RANK).limit(2)))
            .await?;
        let found: Vec<_> = rows.iter().map(|row| ids!(row.get(Weird::CHILDREN))).collect();
        assert_eq!(found, [vec![1, 2], vec![4], vec![]], "{log}");
        let rows = engine
            .session()
            .all(query().with(Weird::LINKS.selectin().filter(Ordered::RANK.gt(5)).limit(1)))
            .await?;
        let found: Vec<_> = rows.iter().map(|row| ids!(row.get(Weird::LINKS))).collect();
        assert_eq!(found, [vec![2], vec![], vec![2]], "{log}");

        let rows = engine
            .session()
            .all(
                select::<Ordered>()
                    .order_by(Ordered::ID)
                    .with(Ordered::OWNER.joined())
                    .with(Ordered::LINKED.selectin()),
            )
            .await?;
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.get(Ordered::OWNER).map(|owner| owner.id), ids!(row.get(Ordered::LINKED))))
            .collect();
        let (one, two) = ((Some(1), vec![1, 3]), (Some(2), vec![2, 3]));
        assert_eq!(found, [one.clone(), one.clone(), one, two], "{log}");
        Ok(())
    }

    #[tokio::test]
    async fn tables_are_dropped_and_no_others() -> Result<()> {
        let engine = rows().await?;
        let log = record(&engine);
        engine.drop_all(schema![Weird, Ordered]).await?;
        assert_eq!(log.statements().iter().filter(|s| s.sql.starts_with("DROP TABLE")).count(), 3, "{log}");
        engine.create_all(schema![Weird, Ordered]).await?;
        assert_eq!(engine.session().count(select::<Weird>()).await?, 0);
        Ok(())
    }

    #[tokio::test]
    async fn two_names_are_never_one_text() -> Result<()> {
        let engine = rows().await?;
        let mut session = engine.session();
        let log = record(&engine);
        session.all(select::<Weird>()).await?;
        let sql = log.sql(0);
        assert!(sql.contains(r#""we""ird""; DROP TABLE x;--"."id""""""#), "{sql}");
        assert!(sql.contains(r#"."""""#), "{sql}");
        Ok(())
    }
}

/// Tables called as the aliases that a join makes up.
mod aliases {
    use super::*;

    #[derive(Model, Debug)]
    #[model(table = "part_1")]
    pub struct First {
        #[key]
        pub id: i64,
        #[has_many(key = "first_id", order_by = "id")]
        pub parts: HasMany<Part>,
        #[has_many(key = "first_id", order_by = "id")]
        pub others: HasMany<Second>,
    }

    #[derive(Model, Debug)]
    #[model(table = "part")]
    pub struct Part {
        #[key]
        pub id: i64,
        pub first_id: i64,
        #[belongs_to]
        pub first: BelongsTo<First>,
        #[many_to_many(through = "part_2", key = "part_id", target_key = "second_id", order_by = "id")]
        pub seconds: HasMany<Second>,
    }

    #[derive(Model, Debug)]
    #[model(table = "part_3")]
    pub struct Second {
        #[key]
        pub id: i64,
        pub first_id: i64,
    }

    async fn rows() -> Result<Engine> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![First, Part, Second]).await?;
        let mut session = engine.session();
        for id in 1..=2 {
            session.add(First::draft().id(id));
        }
        session.flush().await?;
        let seconds: Vec<_> =
            (21..=23).map(|id| session.add(Second::draft().id(id).first_id(id % 2 + 1))).collect();
        for (id, first) in [(11, 1), (12, 1), (13, 2)] {
            session.add(Part::draft().id(id).first_id(first).seconds([&seconds[0], &seconds[2]]));
        }
        session.commit().await?;
        Ok(engine)
    }

    #[tokio::test]
    async fn a_table_may_be_called_as_an_alias() -> Result<()> {
        let engine = rows().await?;
        let log = record(&engine);
        for limit in [2, 10] {
            let load = First::PARTS.joined().with(Part::SECONDS.joined()).with(Part::FIRST.joined());
            let query = select::<First>().order_by(First::ID).with(load).with(First::OTHERS.joined());
            let rows = engine.session().all(query.limit(limit)).await?;
            let found: Vec<_> = rows
                .iter()
                .map(|row| {
                    let parts = row.get(First::PARTS);
                    let seconds: Vec<_> = parts.iter().map(|part| ids!(part.get(Part::SECONDS))).collect();
                    assert!(parts.iter().all(|part| Entity::same(&part.get(Part::FIRST), row)));
                    (ids!(parts), seconds, ids!(row.get(First::OTHERS)))
                })
                .collect();
            assert_eq!(
                found,
                [
                    (vec![11, 12], vec![vec![21, 23]; 2], vec![22]),
                    (vec![13], vec![vec![21, 23]], vec![21, 23])
                ],
                "{log}"
            );
        }
        Ok(())
    }

    #[tokio::test]
    async fn the_same_holds_without_a_page() -> Result<()> {
        let engine = rows().await?;
        let log = record(&engine);
        let rows =
            engine.session().all(select::<First>().order_by(First::ID).with(First::PARTS.joined())).await?;
        let found: Vec<_> = rows.iter().map(|row| ids!(row.get(First::PARTS))).collect();
        assert_eq!(found, [vec![11, 12], vec![13]], "{log}");
        Ok(())
    }
}

/// Columns called as those that a limit for each parent makes up.
mod made_up {
    use super::*;

    #[derive(Model, Debug)]
    #[model(table = "_parents")]
    pub struct Holder {
        #[key]
        #[column(name = "_link_0")]
        pub id: i64,
        #[has_many(key = "holder_id", order_by = "rank desc")]
        pub things: HasMany<Thing>,
        #[many_to_many(through = "_page", key = "_link_1", target_key = "_link_0", order_by = "rank")]
        pub links: HasMany<Thing>,
    }

    #[derive(Model, Debug)]
    #[model(table = "_rank")]
    pub struct Thing {
        #[key]
        #[column(name = "_link_1")]
        pub id: i64,
        #[column(name = "_link_0")]
        pub holder_id: i64,
        #[column(name = "_rank")]
        pub rank: i64,
    }

    #[tokio::test]
    async fn a_column_may_be_called_as_one_that_is_made_up() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Holder, Thing]).await?;
        let mut session = engine.session();
        for id in 1..=2 {
            session.add(Holder::draft().id(id));
        }
        session.flush().await?;
        let things: Vec<_> = [(1, 1, 900), (2, 1, 800), (3, 1, 700), (4, 2, 600)]
            .into_iter()
            .map(|(id, holder, rank)| session.add(Thing::draft().id(id).holder_id(holder).rank(rank)))
            .collect();
        session.flush().await?;
        let holder = session.get::<Holder>(1).await?.expect("it was written");
        for thing in &things {
            session.append(&holder, Holder::LINKS, thing)?;
        }
        session.commit().await?;

        let mut session = engine.session();
        let log = record(&engine);
        let holders = session
            .all(
                select::<Holder>()
                    .order_by(Holder::ID)
                    .with(Holder::THINGS.selectin().limit(2))
                    .with(Holder::LINKS.selectin().limit(3)),
            )
            .await?;
        let things: Vec<_> = holders.iter().map(|holder| ids!(holder.get(Holder::THINGS))).collect();
        assert_eq!(things, [vec![1, 2], vec![4]], "{log}");
        let links: Vec<_> = holders.iter().map(|holder| ids!(holder.get(Holder::LINKS))).collect();
        assert_eq!(links, [vec![4, 3, 2], vec![]], "{log}");
        let thing = holders[0].get(Holder::THINGS).first().expect("thing 1");
        assert_eq!((thing.rank, thing.holder_id), (900, 1), "columns are the row's own: {log}");
        Ok(())
    }
}

/// A model whose names are those of the library and of the prelude.
mod familiar {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Value {
        #[key]
        pub id: i64,
        pub session: String,
        pub r#type: Option<String>,
        pub value: i64,
        pub self_: bool,
        pub data: Vec<u8>,
    }

    #[derive(Model, Debug)]
    #[model(module = "keyword_model")]
    pub struct Keyword {
        #[key]
        pub r#type: i64,
        pub r#loop: Option<i64>,
        #[belongs_to(key = "r#loop")]
        pub r#super_: BelongsTo<Option<Keyword>>,
        #[has_many(key = "loop", order_by = "type desc")]
        pub r#match: HasMany<Keyword>,
    }

    #[tokio::test]
    async fn a_relationship_may_be_called_by_a_keyword() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Keyword]).await?;
        let mut session = engine.session();
        let first = session.insert(Keyword::draft().r#type(1)).await?;
        session.add(Keyword::draft().r#type(2).r#super_(&first));
        session.add(Keyword::draft().r#type(3).r#loop(1));
        session.commit().await?;
        let mut session = engine.session();
        let error = session.get::<Keyword>(1).await?.expect("it is there").r#match().unwrap_err().to_string();
        assert!(error.contains("`Keyword.match`") && error.contains("Keyword::MATCH"), "{error}");
        let found = session
            .one(select::<Keyword>().filter(Keyword::TYPE.eq(1)).with(Keyword::MATCH.selectin()))
            .await?;
        let below: Vec<_> = found.get(Keyword::MATCH).iter().map(|keyword| keyword.r#type).collect();
        assert_eq!(below, [3, 2]);
        Ok(())
    }

    #[tokio::test]
    async fn a_field_may_have_any_name_that_rust_allows() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Value]).await?;
        let mut session = engine.session();
        let draft = Value::draft().id(1).session("s").r#type("t").value(5).self_(true).data(vec![1]);
        session.insert(draft).await?;
        session.commit().await?;
        let log = record(&engine);
        let found = engine
            .session()
            .one(select::<Value>().filter(Value::TYPE.eq("t") & Value::SELF.eq(true)))
            .await?;
        assert_eq!((found.r#type.as_deref(), found.value, found.session.as_str()), (Some("t"), 5, "s"));
        assert!(log.sql(0).contains(r#""value"."type""#), "without `r#`: {log}");
        Ok(())
    }
}
