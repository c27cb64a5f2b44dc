//! What the library calls tables in a statement: never as anything else in it is called, and never so long that the
//! database cuts it.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

/// Folders in folders, with shortcuts between them. 1 holds 2, 3 and 4; 2 holds 5; 3 holds 6 and 7; 8 stands apart.
#[derive(Model, Debug)]
#[model(table = "folders")]
pub struct Folder {
    #[key]
    pub id: i64,
    pub parent_id: Option<i64>,
    pub size: i64,
    #[belongs_to]
    pub parent: BelongsTo<Option<Folder>>,
    #[has_many(key = "parent_id", order_by = "id")]
    pub children: HasMany<Folder>,
    #[many_to_many(through = "shortcuts", key = "from_id", target_key = "to_id", order_by = "id")]
    pub shortcuts: HasMany<Folder>,
}

pub async fn folders(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Folder]).await?;
    let mut session = engine.session();
    for (id, parent) in [
        (1, None),
        (2, Some(1)),
        (3, Some(1)),
        (4, Some(1)),
        (5, Some(2)),
        (6, Some(3)),
        (7, Some(3)),
        (8, None),
    ] {
        session.add(Folder::draft().id(id).parent_id(parent).size(id * 10));
        session.flush().await?;
    }
    for (from, to) in [(1, 2), (1, 8), (2, 3), (3, 3), (8, 1)] {
        let link = sql("INSERT INTO shortcuts (from_id, to_id) VALUES (?, ?)").bind(from).bind(to);
        session.execute(link).await?;
    }
    session.commit().await?;
    Ok(engine)
}

type Below = Vec<(i64, Vec<i64>)>;

macro_rules! below {
    ($session:expr, $load:expr, $relation:expr) => {{
        let query = select::<Folder>().order_by(Folder::ID).with($load);
        let found = $session.all(query).await?;
        let ids = |folder: &Entity<Folder, _>| folder.get($relation).iter().map(|child| child.id).collect();
        found
            .iter()
            .map(|folder| (folder.id, ids(folder)))
            .filter(|(_, ids): &(i64, Vec<i64>)| !ids.is_empty())
            .collect::<Below>()
    }};
}

/// The same load by each strategy, each in a new session.
macro_rules! each_strategy {
    ($engine:expr, $relation:expr, |$load:ident| $view:expr, $expected:expr) => {{
        let expected: &[(i64, &[i64])] = &$expected;
        let expected: Below = expected.iter().map(|(id, ids)| (*id, ids.to_vec())).collect();
        let $load = $relation.joined();
        assert_eq!(below!($engine.session(), $view, $relation), expected, "joined");
        let $load = $relation.selectin();
        assert_eq!(below!($engine.session(), $view, $relation), expected, "selectin");
        let $load = $relation.subquery();
        assert_eq!(below!($engine.session(), $view, $relation), expected, "subquery");
        let $load = $relation.auto();
        assert_eq!(below!($engine.session(), $view, $relation), expected, "auto");
    }};
}

on_every_backend! {
    async fn a_load_is_filtered_by_a_relationship_of_the_table_to_itself(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        let (children, shortcuts) = (Folder::CHILDREN, Folder::SHORTCUTS);
        each_strategy!(engine, children, |load| load.filter(Folder::CHILDREN.exists()), [(1, &[2, 3])]);
        each_strategy!(
            engine,
            children,
            |load| load.filter(Folder::CHILDREN.any(Folder::SIZE.gt(55))),
            [(1, &[3])]
        );
        each_strategy!(
            engine,
            children,
            |load| load.filter(Folder::PARENT.has(Folder::PARENT.exists())),
            [(2, &[5]), (3, &[6, 7])]
        );
        each_strategy!(
            engine,
            children,
            |load| load.filter(Folder::CHILDREN.any(Folder::PARENT.has(Folder::CHILDREN.count().gt(1)))),
            [(1, &[3])]
        );
        each_strategy!(
            engine,
            children,
            |load| load.order_by(Folder::CHILDREN.count().desc()).order_by(Folder::ID.desc()),
            [(1, &[3, 2, 4]), (2, &[5]), (3, &[7, 6])]
        );
        each_strategy!(
            engine,
            children,
            |load| load.filter(Folder::SHORTCUTS.any(Folder::SHORTCUTS.any(Folder::ID.eq(3)))),
            [(1, &[2, 3])]
        );
        each_strategy!(
            engine,
            shortcuts,
            |load| load.filter(Folder::SHORTCUTS.any(Folder::CHILDREN.exists())),
            [(1, &[2, 8]), (2, &[3]), (3, &[3]), (8, &[1])]
        );
        each_strategy!(
            engine,
            shortcuts,
            |load| load.filter(Folder::SHORTCUTS.count_of(Folder::PARENT.exists()).gt(0)),
            [(1, &[2]), (2, &[3]), (3, &[3]), (8, &[1])]
        );
        Ok(())
    }

    async fn loads_below_loads_are_filtered_by_the_table_itself(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        macro_rules! grandchildren {
            ($outer:ident, $inner:ident) => {{
                let inner = Folder::CHILDREN.$inner().filter(Folder::PARENT.has(Folder::CHILDREN.count().gt(1)));
                let query = select::<Folder>()
                    .filter(Folder::CHILDREN.any(Folder::CHILDREN.exists()))
                    .with(Folder::CHILDREN.$outer().with(inner));
                let found = engine.session().all(query).await?;
                let ids = |folder: &Entity<Folder, _>| folder.get(Folder::CHILDREN).iter().map(|c| c.id).collect::<Vec<_>>();
                assert_eq!(found.len(), 1);
                found[0].get(Folder::CHILDREN).iter().map(|child| (child.id, ids(&child))).collect::<Vec<_>>()
            }};
        }
        let expected = [(2, vec![]), (3, vec![6, 7]), (4, vec![])];
        assert_eq!(grandchildren!(joined, joined), expected);
        assert_eq!(grandchildren!(selectin, joined), expected);
        assert_eq!(grandchildren!(joined, selectin), expected);
        assert_eq!(grandchildren!(joined, subquery), expected);
        assert_eq!(grandchildren!(subquery, subquery), expected);
        assert_eq!(grandchildren!(subquery, joined), expected);
        let limited = Folder::CHILDREN.selectin().filter(Folder::CHILDREN.exists()).limit(1);
        let top = engine.session().one(select::<Folder>().filter(Folder::ID.eq(1)).with(limited)).await?;
        assert_eq!(top.get(Folder::CHILDREN).iter().map(|c| c.id).collect::<Vec<_>>(), [2]);
        let paged = select::<Folder>()
            .order_by(Folder::CHILDREN.count().desc())
            .order_by(Folder::ID)
            .limit(2)
            .with(Folder::CHILDREN.joined().filter(Folder::CHILDREN.count().eq(0)));
        let found = engine.session().all(paged).await?;
        let ids: Vec<Vec<i64>> =
            found.iter().map(|f| f.get(Folder::CHILDREN).iter().map(|c| c.id).collect()).collect();
        assert_eq!(ids, [vec![4], vec![6, 7]]);
        Ok(())
    }

    async fn a_users_alias_is_not_the_name_of_a_loaders_table(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        for name in ["folders_1", "folders_2", "FOLDERS_1", "shortcuts_1", "_parents"] {
            let mut session = engine.session();
            let other = alias::<Folder>(name);
            let query = select_columns((
                Folder::entity().with(Folder::PARENT.joined().with(Folder::PARENT.joined())),
                other.column(Folder::ID),
            ))
            .join(Folder::CHILDREN.to_alias(&other))
            .filter(Folder::ID.eq(3).and(other.column(Folder::SIZE).gt(60)));
            let rows = session.rows(query).await?;
            assert_eq!(rows.len(), 1, "{name}");
            let (folder, child) = &rows[0];
            let parent = folder.get(Folder::PARENT).unwrap();
            assert_eq!((folder.id, *child, parent.id), (3, 7, 1), "{name}");
            assert!(parent.get(Folder::PARENT).is_none(), "{name}");

            let query = select::<Folder>()
                .join_table(&other, other.column(Folder::ID).eq(Folder::PARENT_ID))
                .filter(Folder::CHILDREN.any(Folder::SIZE.gt(other.column(Folder::SIZE) + 40)))
                .with(Folder::CHILDREN.subquery().filter(Folder::CHILDREN.count().eq(0)))
                .with(Folder::PARENT.joined());
            let found = session.all(query).await?;
            let ids = |folder: &Entity<Folder, _>| folder.get(Folder::CHILDREN).iter().map(|c| c.id).collect::<Vec<_>>();
            assert_eq!(found.iter().map(|f| (f.id, ids(f))).collect::<Vec<_>>(), [(3, vec![6, 7])], "{name}");

            // Inside a condition on a relationship, as the name of what is around it.
            let around = select_columns((other.column(Folder::ID), Folder::ID))
                .from_table(&other)
                .join_on::<Folder>(
                    Folder::CHILDREN.any(Folder::ID.eq(other.column(Folder::PARENT_ID)))
                        .and(Folder::SHORTCUTS.any(Folder::ID.ne(other.column(Folder::ID)))),
                )
                .order_by((other.column(Folder::ID), Folder::ID));
            assert_eq!(session.rows(around).await?, [(5, 1), (6, 1), (7, 1)], "{name}");
        }
        Ok(())
    }

    async fn a_users_names_hide_no_table(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        let mut session = engine.session();
        // A common table expression with the name of the table that a load joins and the expression itself reads.
        let big = select_columns((Folder::ID, Folder::SIZE)).filter(Folder::SIZE.gt(60)).cte("folders");
        let again = select_columns((Folder::ID, Folder::SIZE)).filter(Folder::SIZE.lt(80)).cte("folders");
        let query = select_columns((Folder::entity().with(Folder::PARENT.joined()), big.column(Folder::SIZE)))
            .from::<Folder>()
            .join_table(&big.alias("big"), big.alias("big").column(Folder::ID).eq(Folder::ID));
        let refused = session.rows(query).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{refused}");
        let named = big.alias("big");
        let query = select_columns((Folder::entity().with(Folder::PARENT.joined()), named.column(Folder::SIZE)))
            .from::<Folder>()
            .join_table(&named, named.column(Folder::ID).eq(Folder::ID))
            .filter(Folder::ID.in_query(select_columns(again.column(Folder::ID))))
            .order_by(Folder::ID);
        let rows = session.rows(query).await?;
        let found: Vec<(i64, i64, Option<i64>)> =
            rows.iter().map(|(f, size)| (f.id, *size, f.get(Folder::PARENT).map(|p| p.id))).collect();
        assert_eq!(found, [(7, 70, Some(3))]);

        // In the filter of a load, whose own table has the name.
        let filter = Folder::ID.in_query(select_columns(big.column(Folder::ID)));
        let all = session.all(select::<Folder>().order_by(Folder::ID).with(Folder::CHILDREN.selectin().filter(filter)));
        let all = all.await?;
        let children: Vec<i64> = all.iter().flat_map(|f| f.get(Folder::CHILDREN).iter().map(|c| c.id)).collect();
        assert_eq!(children, [7]);

        // A recursive one, which names itself.
        let tree = select_columns((Folder::ID, Folder::SIZE)).filter(Folder::ID.eq(3)).recursive("shortcuts", |tree| {
            select_columns((Folder::ID, Folder::SIZE))
                .from_table(tree)
                .join_on::<Folder>(Folder::PARENT_ID.eq(tree.column(Folder::ID)))
                .filter(Folder::SHORTCUTS.count().ge(0))
        });
        let below = session
            .rows(select_columns(tree.column(Folder::ID)).order_by(tree.column(Folder::ID)))
            .await?;
        assert_eq!(below, [3, 6, 7]);

        // An alias with the name of a table that a condition inside reads.
        let other = alias::<Folder>("shortcuts");
        let query = select_columns(Folder::ID)
            .join_table(&other, other.column(Folder::PARENT_ID).eq(Folder::ID))
            .filter(Folder::SHORTCUTS.any(Folder::ID.eq(other.column(Folder::ID))));
        assert_eq!(session.rows(query).await?, [1]);

        // A change of a table, and a condition on it inside.
        if !database.is_mysql() {
            let smaller = Folder::ID.eq(1).and(Folder::CHILDREN.any(Folder::CHILDREN.count().eq(0)));
            let big = Folder::ID.in_query(select_columns(named.column(Folder::ID)).from_table(&named));
            let change = update::<Folder>().set(Folder::SIZE, 0).filter(big.or(smaller));
            assert_eq!(session.execute(change).await?, 3);
        }
        Ok(())
    }

    async fn equal_conditions_are_one(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        let mut session = engine.session();
        let query = select_columns((Folder::PARENT_ID, Folder::CHILDREN.count()))
            .distinct()
            .order_by(Folder::CHILDREN.count().desc())
            .order_by(Folder::PARENT_ID.asc().nulls_first());
        let expected = [(None, 3), (Some(1), 2), (Some(1), 1), (None, 0), (Some(1), 0), (Some(2), 0), (Some(3), 0)];
        assert_eq!(session.rows(query).await?, expected);
        let grouped = select_columns((Folder::CHILDREN.count(), func::count_rows()))
            .group_by(Folder::CHILDREN.count())
            .order_by(Folder::CHILDREN.count());
        assert_eq!(session.rows(grouped).await?, [(0, 5), (1, 1), (2, 1), (3, 1)]);
        let union = select_columns((Folder::ID, Folder::CHILDREN.count()))
            .filter(Folder::CHILDREN.count().gt(1))
            .union(select_columns((Folder::ID, Folder::SHORTCUTS.count())).filter(Folder::CHILDREN.count().gt(1)))
            .order_by(Folder::ID)
            .order_by(Folder::CHILDREN.count());
        assert_eq!(session.rows(union).await?, [(1, 2), (1, 3), (3, 1), (3, 2)]);
        Ok(())
    }

    async fn a_column_that_a_condition_compares_with_itself_is_refused(database: TestDatabase) -> Result<()> {
        let engine = folders(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        for wrong in [
            Folder::PARENT.has(Folder::SIZE.gt(Folder::SIZE)),
            Folder::CHILDREN.any(Folder::ID.gt(1).and(Folder::SIZE.lt(Folder::SIZE * 2))),
            Folder::CHILDREN.count_of(!Folder::SIZE.eq(Folder::SIZE)).gt(1),
            Folder::PARENT.has(Folder::PARENT.has(Folder::SIZE.ge(Folder::SIZE))),
            Folder::SHORTCUTS.any(Folder::ID.eq(Folder::ID)),
        ] {
            let error = session.all(select::<Folder>().filter(wrong)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidQuery);
            let text = error.to_string();
            for part in ["with itself", "`Folder.", "alias::<Folder>(\"other\")", ".to_alias(&other)"] {
                assert!(text.contains(part), "no {part}: {text}");
            }
        }
        assert_eq!(log.count(), 0, "{log}");

        let ids = |folders: Vec<Entity<Folder>>| folders.iter().map(|folder| folder.id).collect::<Vec<_>>();
        let other = alias::<Folder>("other");
        let bigger = other.column(Folder::SIZE).lt(Folder::SIZE - 35);
        let query = select::<Folder>().filter(Folder::PARENT.to_alias(&other).has(bigger)).order_by(Folder::ID);
        assert_eq!(ids(session.all(query).await?), [7]);
        let children = Folder::CHILDREN.to_alias(&other);
        let query = select_columns((Folder::ID, children.count_of(other.column(Folder::SIZE).gt(Folder::SIZE + 20))))
            .filter(Folder::CHILDREN.to_alias(&other).exists())
            .order_by(Folder::ID);
        assert_eq!(session.rows(query).await?, [(1, 1), (2, 1), (3, 2)]);
        let linked = Folder::SHORTCUTS.to_alias(&other).any(other.column(Folder::ID).eq(Folder::ID));
        assert_eq!(ids(session.all(select::<Folder>().filter(linked)).await?), [3]);
        // Both ends, and as the filter of a load.
        let folder = alias::<Folder>("folder");
        let parent = Folder::PARENT.from_alias(&folder).to_alias(&other);
        let query = select_columns(folder.column(Folder::ID))
            .from_table(&folder)
            .filter(parent.has(other.column(Folder::SIZE).eq(folder.column(Folder::SIZE) - 10)));
        assert_eq!(session.rows(query).await?, [2]);
        let bigger = other.column(Folder::SIZE).lt(Folder::SIZE - 35);
        each_strategy!(engine, Folder::CHILDREN, |load| load.filter(Folder::PARENT.to_alias(&other).has(bigger.clone())), [(3, &[7])]);
        let same = Folder::PARENT.from_alias(&other).to_alias(&other).exists();
        let error = session.rows(select_columns(other.column(Folder::ID)).filter(same)).await.unwrap_err();
        assert!(error.to_string().contains("two aliases"), "{error}");
        Ok(())
    }
}

/// A table whose name has as many bytes, and as many characters, and what refers to it.
macro_rules! long_table {
    ($module:ident, $table:literal, $links:literal) => {
        mod $module {
            use orm_core::prelude::*;

            #[derive(Model, Debug)]
            #[model(table = $table)]
            pub struct Long {
                #[key(auto)]
                pub id: i64,
                #[column(index)]
                pub parent_id: Option<i64>,
                #[column(index, length = 20)]
                pub a_column_with_a_long_name_that_has_an_index_and_is_not_unique: String,
                #[belongs_to]
                pub parent: BelongsTo<Option<Long>>,
                #[has_many(key = "parent_id", order_by = "id")]
                pub children: HasMany<Long>,
                #[many_to_many(through = $links, key = "from_id", target_key = "to_id", order_by = "id")]
                pub friends: HasMany<Long>,
            }

            pub async fn is_right(engine: &Engine) -> Result<()> {
                const NAME: Column<Long, String> =
                    Long::A_COLUMN_WITH_A_LONG_NAME_THAT_HAS_AN_INDEX_AND_IS_NOT_UNIQUE;
                engine.create_all(schema![Long]).await?;
                engine.create_all(schema![Long]).await?;
                let report = engine.check(schema![Long]).await?;
                let findings: Vec<String> = report
                    .findings()
                    .iter()
                    .map(ToString::to_string)
                    .filter(|text| !text.contains("to_id"))
                    .collect();
                assert!(findings.is_empty(), "{findings:?}");
                let mut session = engine.session();
                let row = |name: &str| {
                    Long::draft().a_column_with_a_long_name_that_has_an_index_and_is_not_unique(name)
                };
                session.add(row("a").children([row("b").children([row("c"), row("d")]), row("e")]));
                session.commit().await?;
                let all = session.all(select::<Long>().order_by(Long::ID)).await?;
                for (at, entity) in all.iter().enumerate() {
                    session.edit(entity, |long| {
                        long.a_column_with_a_long_name_that_has_an_index_and_is_not_unique += &at.to_string()
                    })?;
                }
                let (a, c) = (
                    &all[0],
                    all.iter()
                        .find(|long| {
                            long.a_column_with_a_long_name_that_has_an_index_and_is_not_unique
                                .starts_with('c')
                        })
                        .unwrap(),
                );
                session.load(a, Long::FRIENDS).await?;
                session.append(a, Long::FRIENDS, c)?;
                session.commit().await?;

                let ids = |all: Vec<Entity<Long>>| all.iter().map(|long| long.id).collect::<Vec<_>>();
                let (top, middle) = (a.id, c.parent_id.unwrap());
                let grand = Long::CHILDREN.any(Long::CHILDREN.any(NAME.like("c%")));
                assert_eq!(ids(session.all(select::<Long>().filter(grand)).await?), [top]);
                let below = Long::PARENT.has(Long::PARENT.has(NAME.like("a%")));
                assert_eq!(session.all(select::<Long>().filter(below)).await?.len(), 2);
                let counted = select_columns((Long::ID, Long::CHILDREN.count()))
                    .filter(Long::CHILDREN.count().gt(1))
                    .order_by(Long::ID);
                assert_eq!(session.rows(counted).await?, [(top, 2), (middle, 2)]);
                let befriended = Long::FRIENDS.any(Long::PARENT.has(Long::PARENT.exists()));
                assert_eq!(ids(session.all(select::<Long>().filter(befriended)).await?), [top]);

                macro_rules! tree {
                    ($strategy:ident) => {{
                        let query = select::<Long>()
                            .filter(Long::ID.eq(top))
                            .with(
                                Long::CHILDREN
                                    .$strategy()
                                    .with(Long::CHILDREN.$strategy())
                                    .filter(Long::CHILDREN.exists()),
                            )
                            .with(Long::FRIENDS.$strategy());
                        let long = engine.session().one(query).await?;
                        let children = long.get(Long::CHILDREN);
                        assert_eq!(children.len(), 1);
                        (
                            children.iter().map(|child| child.get(Long::CHILDREN).len()).sum::<usize>(),
                            long.get(Long::FRIENDS).len(),
                        )
                    }};
                }
                assert_eq!(tree!(joined), (2, 1));
                assert_eq!(tree!(selectin), (2, 1));
                assert_eq!(tree!(subquery), (2, 1));
                let limited = Long::FRIENDS.selectin().limit(1);
                assert_eq!(
                    session
                        .one(select::<Long>().filter(Long::ID.eq(top)).with(limited))
                        .await?
                        .get(Long::FRIENDS)
                        .len(),
                    1
                );
                let paged = select::<Long>()
                    .order_by(Long::ID)
                    .limit(1)
                    .with(Long::CHILDREN.joined().with(Long::PARENT.joined()));
                assert_eq!(session.one(paged).await?.get(Long::CHILDREN).len(), 2);
                engine.drop_all(schema![Long]).await
            }
        }
    };
}

// 62, 63 and 64 bytes.
long_table!(
    bytes_62,
    "a_table_with_a_name_that_is_as_long_as_names_can_be_62________",
    "a_link_table_with_a_name_that_is_as_long_as_names_can_be_62___"
);
long_table!(
    bytes_63,
    "a_table_with_a_name_that_is_as_long_as_names_can_be_63_________",
    "a_link_table_with_a_name_that_is_as_long_as_names_can_be_63____"
);
long_table!(
    bytes_64,
    "a_table_with_a_name_that_is_as_long_as_names_can_be_64__________",
    "a_link_table_with_a_name_that_is_as_long_as_names_can_be_64_____"
);
// 63 bytes in 33 characters.
long_table!(bytes_63_of_two, "éééééééééééééééééééééééééééééé_o_", "éééééééééééééééééééééééééééééé_i_");

/// As the 64 bytes above, but for the last one.
#[derive(Model, Debug)]
#[model(table = "a_table_with_a_name_that_is_as_long_as_names_can_be_64_________z")]
struct Twin {
    #[key]
    id: i64,
}

#[derive(Model, Debug)]
#[model(table = "fields")]
struct LongField {
    #[key]
    id: i64,
    #[column(name = "a_column_with_a_name_that_is_longer_than_that_of_any_database_is")]
    wide: i64,
}

on_every_backend! {
    async fn names_as_long_as_the_database_takes(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        bytes_62::is_right(&engine).await?;
        bytes_63::is_right(&engine).await?;
        bytes_63_of_two::is_right(&engine).await?;
        if database.backend() != Backend::Postgres {
            bytes_64::is_right(&engine).await?;
        }
        Ok(())
    }

    async fn names_that_the_database_would_cut_are_refused(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let log = engine.record();
        let too_long = |error: &Error, parts: &[&str]| {
            let text = error.to_string();
            assert!(text.contains("choose a shorter one"), "{text}");
            parts.iter().for_each(|part| assert!(text.contains(part), "no {part}: {text}"));
        };
        if database.backend() == Backend::Postgres {
            for schema in [schema![bytes_64::Long], schema![Twin], schema![LongField]] {
                let error = engine.create_all(schema).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidModel);
                too_long(&error, &["64 bytes", "PostgreSQL"]);
            }
            let error = engine.create_all(schema![LongField]).await.unwrap_err();
            assert!(error.to_string().starts_with("`LongField.wide`"), "{error}");
            assert_eq!(engine.check(schema![Twin]).await.unwrap_err().kind(), ErrorKind::InvalidModel);
            let mut session = engine.session();
            let error = session.all(select::<Twin>()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidModel);
            too_long(&error, &["64_________z`"]);
            too_long(&session.get::<Twin>(1).await.unwrap_err(), &["64 bytes"]);
            too_long(&session.count(select::<Twin>()).await.unwrap_err(), &["64 bytes"]);
            too_long(&session.all(select::<LongField>()).await.unwrap_err(), &["a_column_with"]);
            too_long(&engine.plan(&select::<Twin>()).unwrap_err(), &["64 bytes"]);
            session.add(Twin::draft().id(1));
            too_long(&session.flush().await.unwrap_err(), &["64 bytes"]);
        }
        let long = "a".repeat(65);
        let label: Label<i64> = label("a_label_with_a_name_that_is_longer_than_a_name_of_any_database_is_");
        let other = alias::<LongAlias>(&long);
        let derived = select_columns(LongAlias::ID).subquery(&long);
        let cte = select_columns(LongAlias::ID).cte(&long);
        let labeled = select_columns(LongAlias::ID.label(label)).subquery("labeled");
        let mut session = engine.session();
        for query in [
            select_columns(other.column(LongAlias::ID)),
            select_columns(derived.column(LongAlias::ID)),
            select_columns(cte.column(LongAlias::ID)),
            select_columns(labeled.column(label)),
        ] {
            match database.backend() {
                Backend::Sqlite => {
                    let missing = session.rows(query).await.unwrap_err();
                    assert!(missing.to_string().contains("no such table"), "{missing}");
                }
                _ => {
                    let error = session.rows(query).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
                    too_long(&error, &["allows at most"]);
                }
            }
        }
        if database.backend() != Backend::Sqlite {
            assert_eq!(log.count(), 0, "{log}");
        }
        Ok(())
    }
}

#[derive(Model, Debug)]
#[model(table = "nothing")]
struct LongAlias {
    #[key]
    id: i64,
}

/// Tables with the names that the library likes to give.
macro_rules! named_as_ours {
    ($module:ident, $table:literal) => {
        mod $module {
            use orm_core::prelude::*;

            #[derive(Model, Debug)]
            #[model(table = $table)]
            pub struct Ours {
                #[key]
                pub id: i64,
                pub parent_id: Option<i64>,
                pub size: i64,
                #[belongs_to]
                pub parent: BelongsTo<Option<Ours>>,
                #[has_many(key = "parent_id", order_by = "id")]
                pub children: HasMany<Ours>,
            }

            pub async fn is_right(engine: &Engine) -> Result<()> {
                engine.create_all(schema![Ours]).await?;
                let mut session = engine.session();
                for (id, parent) in [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(3))] {
                    session.add(Ours::draft().id(id).parent_id(parent).size(0));
                }
                session.flush().await?;
                let all = session.all(select::<Ours>().order_by(Ours::ID)).await?;
                for ours in &all {
                    let size = ours.id * 10;
                    session.edit(ours, |ours| ours.size = size)?;
                }
                session.commit().await?;
                macro_rules! sizes {
                    ($strategy:ident) => {{
                        let children = Ours::CHILDREN
                            .$strategy()
                            .filter(Ours::CHILDREN.count().lt(2))
                            .with(Ours::PARENT.$strategy());
                        let query = select::<Ours>().order_by(Ours::ID).limit(3).offset(0).with(children);
                        let found = engine.session().all(query).await?;
                        found
                            .iter()
                            .map(|ours| ours.get(Ours::CHILDREN).iter().map(|child| child.size).sum())
                            .collect::<Vec<i64>>()
                    }};
                }
                assert_eq!(sizes!(joined), [50, 0, 40]);
                assert_eq!(sizes!(selectin), [50, 0, 40]);
                assert_eq!(sizes!(subquery), [50, 0, 40]);
                let inner = Ours::PARENT.joined().inner().with(Ours::PARENT.joined().inner());
                let query =
                    select::<Ours>().order_by(Ours::ID).limit(5).with(inner).with(Ours::CHILDREN.joined());
                assert_eq!(session.all(query).await?.len(), 1);
                engine.drop_all(schema![Ours]).await
            }
        }
    };
}

named_as_ours!(new_rows, "_new");
named_as_ours!(parents, "_parents");
named_as_ours!(page, "_page");
named_as_ours!(set, "_set");
named_as_ours!(numbered, "_new_1");
named_as_ours!(case, "_New");

on_every_backend! {
    async fn tables_may_have_the_names_that_statements_give(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        new_rows::is_right(&engine).await?;
        parents::is_right(&engine).await?;
        page::is_right(&engine).await?;
        set::is_right(&engine).await?;
        numbered::is_right(&engine).await?;
        case::is_right(&engine).await
    }
}

/// Two columns whose indexes would share a name, a table that has the name of an index, and conditions alike.
#[derive(Model, Debug)]
#[model(table = "a_b", check = "c > 0")]
struct FirstIndex {
    #[key]
    id: i64,
    #[column(index, check = "c < 10")]
    c: i64,
}

#[derive(Model, Debug)]
#[model(table = "a")]
struct SecondIndex {
    #[key]
    id: i64,
    #[column(index, check = "b_c < 10")]
    b_c: i64,
    #[column(index)]
    b_c_2: i64,
}

#[derive(Model, Debug)]
#[model(table = "ix_a_b_c")]
struct NamedAsAnIndex {
    #[key]
    id: i64,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "mood")]
enum Mood {
    Good,
}

#[derive(Model, Debug)]
#[model(table = "mood")]
struct NamedAsAType {
    #[key]
    id: i64,
    mood: Mood,
}

on_every_backend! {
    async fn indexes_constraints_and_types_have_names_of_their_own(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let schema = || schema![FirstIndex, SecondIndex, NamedAsAnIndex];
        engine.create_all(schema()).await?;
        engine.create_all(schema()).await?;
        let report = engine.check(schema()).await?;
        assert!(report.findings().is_empty(), "{report}");
        assert_eq!(engine.session().count(select::<NamedAsAnIndex>()).await?, 0);
        engine.drop_all(schema()).await?;
        let created = engine.create_all(schema![NamedAsAType]).await;
        match database.backend() {
            Backend::Postgres => {
                let error = created.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidModel);
                assert!(error.to_string().contains("the enum `mood`: there is a table `mood`"), "{error}");
            }
            _ => created?,
        }
        Ok(())
    }
}
