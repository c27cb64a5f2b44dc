//! `create_all` and `drop_all`: what the tables are, in which order they come and go, and what is refused.

use orm_core::prelude::*;

use crate::fixtures::{SideDoor, composite, ids, nodes, record, standard};

/// The names of the existing tables and indexes.
async fn names(door: &SideDoor, kind: &str) -> Vec<String> {
    door.texts(&format!(
        "SELECT name FROM sqlite_schema WHERE type = '{kind}' AND name NOT LIKE 'sqlite%' ORDER BY name"
    ))
    .await
}

#[tokio::test]
async fn tables_and_link_tables_are_created_once() -> Result<()> {
    let door = SideDoor::new(standard::schema()).await?;
    let expected =
        ["addresses", "dingalings", "item_keywords", "items", "keywords", "order_items", "orders", "users"];
    assert_eq!(names(&door, "table").await, expected);
    standard::fill(&door.engine).await?;
    door.engine.create_all(standard::schema()).await?;
    let users = door.engine.session().count(select::<standard::User>()).await?;
    assert_eq!(users, 4, "what is there is left alone");
    Ok(())
}

#[tokio::test]
async fn models_may_be_listed_in_any_order() -> Result<()> {
    use standard::{Address, Dingaling, Item, Keyword, Order, User};
    let door = SideDoor::new(schema![Dingaling, Keyword, Order, Address, Item, User, Order]).await?;
    standard::fill(&door.engine).await?;
    let mut session = door.engine.session();
    let users = session.all(select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID)).await?;
    assert_eq!(ids!(users[1].get(User::ADDRESSES)), [2, 3, 4]);
    Ok(())
}

#[tokio::test]
async fn dropping_leaves_nothing_and_can_be_repeated() -> Result<()> {
    let door = SideDoor::new(standard::schema()).await?;
    standard::fill(&door.engine).await?;
    door.engine.drop_all(standard::schema()).await?;
    assert!(names(&door, "table").await.is_empty());
    door.engine.drop_all(standard::schema()).await?;
    door.engine.create_all(standard::schema()).await?;
    standard::fill(&door.engine).await?;
    assert_eq!(door.engine.session().count(select::<standard::User>()).await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_table_that_refers_to_itself() -> Result<()> {
    let door = SideDoor::new(schema![nodes::Node]).await?;
    door.run("INSERT INTO nodes VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 3, 'itself')").await;
    let keys = door.texts("SELECT \"table\" || '.' || \"to\" FROM pragma_foreign_key_list('nodes')").await;
    assert_eq!(keys, ["nodes.id"], "one key, though the parent and the children declare it");
    door.engine.drop_all(schema![nodes::Node]).await?;
    assert!(names(&door, "table").await.is_empty());
    Ok(())
}

mod circle {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Hen {
        #[key]
        pub id: i64,
        pub egg_id: Option<i64>,
        #[belongs_to]
        pub egg: BelongsTo<Option<Egg>>,
    }

    #[derive(Model, Debug)]
    pub struct Egg {
        #[key]
        pub id: i64,
        pub hen_id: Option<i64>,
        #[belongs_to]
        pub hen: BelongsTo<Option<Hen>>,
    }

    #[tokio::test]
    async fn tables_in_a_circle_are_created_and_dropped() -> Result<()> {
        let door = SideDoor::new(schema![Hen, Egg]).await?;
        door.run("INSERT INTO hen VALUES (1, 1); INSERT INTO egg VALUES (1, 1)").await;
        let mut session = door.engine.session();
        let hen = session.one(select::<Hen>().with(Hen::EGG.selectin().with(Egg::HEN.selectin()))).await?;
        let back = hen.get(Hen::EGG).and_then(|egg| egg.get(Egg::HEN)).expect("the hen itself");
        assert!(Entity::same(&hen, &back));
        drop(session);
        door.engine.drop_all(schema![Hen, Egg]).await?;
        assert!(names(&door, "table").await.is_empty());
        Ok(())
    }
}

mod columns {
    use super::*;

    #[derive(Model, Debug)]
    #[model(table = "people")]
    pub struct Person {
        #[key(auto)]
        pub id: i64,
        #[column(unique)]
        pub email: String,
        #[column(index)]
        pub city: Option<String>,
        #[column(name = "born_in", index)]
        pub year: i16,
        #[column(default = "0.5")]
        pub share: f64,
        pub active: bool,
        pub photo: Option<Vec<u8>>,
    }

    #[tokio::test]
    async fn a_column_has_its_type_and_constraints() -> Result<()> {
        let door = SideDoor::new(schema![Person]).await?;
        let columns = door
            .texts(
                "SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, '-') || ' ' || pk
                 FROM pragma_table_info('people') ORDER BY cid",
            )
            .await;
        assert_eq!(
            columns,
            [
                "id INTEGER 1 - 1",
                "email TEXT 1 - 0",
                "city TEXT 0 - 0",
                "born_in INTEGER 1 - 0",
                "share REAL 1 0.5 0",
                "active BOOLEAN 1 - 0",
                "photo BLOB 0 - 0",
            ]
        );
        assert_eq!(names(&door, "index").await, ["ix_people_born_in", "ix_people_city"]);
        Ok(())
    }

    #[tokio::test]
    async fn constraints_hold_and_are_distinguished() -> Result<()> {
        let door = SideDoor::new(schema![Person]).await?;
        let draft = || Person::draft().email("a@b.c").year(1970).active(true);
        let mut session = door.engine.session();
        session.insert(draft()).await?;
        session.commit().await?;
        let error = session.insert(draft()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(error.to_string().contains("people.email"), "{error}");
        Ok(())
    }
}

mod indexes {
    use super::*;

    #[derive(Model, Debug)]
    #[model(table = "a_b")]
    pub struct First {
        #[key]
        pub id: i64,
        #[column(index)]
        pub c: i64,
    }

    #[derive(Model, Debug)]
    #[model(table = "a")]
    pub struct Second {
        #[key]
        pub id: i64,
        #[column(index)]
        pub b_c: i64,
    }

    #[tokio::test]
    async fn every_index_that_is_asked_for_is_there() -> Result<()> {
        let door = SideDoor::new(schema![First, Second]).await?;
        let indexed = door
            .texts("SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name")
            .await;
        assert_eq!(indexed, ["a", "a_b"], "names that run together must not swallow one");
        Ok(())
    }
}

#[tokio::test]
async fn keys_of_two_columns_are_declared_as_such() -> Result<()> {
    let door =
        SideDoor::new(schema![composite::Pair, composite::Member, composite::Guest, composite::Room]).await?;
    let key = door.texts("SELECT name FROM pragma_table_info('pairs') WHERE pk > 0 ORDER BY pk").await;
    assert_eq!(key, ["id1", "id2"]);
    let refers = |table: &str| {
        format!(
            "SELECT id || ' ' || \"from\" || ' -> ' || \"table\" || '.' || \"to\"
             FROM pragma_foreign_key_list('{table}') ORDER BY id, seq"
        )
    };
    assert_eq!(door.texts(&refers("members")).await, ["0 pair_id1 -> pairs.id1", "0 pair_id2 -> pairs.id2"]);
    let link =
        door.texts("SELECT name FROM pragma_table_info('pair_rooms') WHERE pk > 0 ORDER BY name").await;
    assert_eq!(link, ["pair_id1", "pair_id2", "room_id"], "a link is there once");
    assert_eq!(door.texts(&refers("pair_rooms")).await.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_row_without_its_parent_is_refused() -> Result<()> {
    use standard::{Address, User};
    let door = SideDoor::new(standard::schema()).await?;
    let mut session = door.engine.session();
    let error = session.insert(Address::draft().id(1).user_id(99).email_address("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    session.rollback().await?;
    session.insert(User::draft().id(99).name("mary")).await?;
    session.insert(Address::draft().id(1).user_id(99).email_address("a")).await?;
    session.commit().await
}

mod older {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Grown {
        #[key]
        pub id: i64,
        #[column(index)]
        pub added: Option<i64>,
    }

    #[tokio::test]
    async fn an_index_on_a_column_that_an_older_table_lacks_is_an_error() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        // SQLite takes a name in quotes that it does not know for a text, and would index that.
        door.run("CREATE TABLE grown (id INTEGER PRIMARY KEY)").await;
        let error = door.engine.create_all(schema![Grown]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(error.to_string().contains("added"), "{error}");
        assert!(names(&door, "index").await.is_empty());
        Ok(())
    }
}

mod one_sided {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Box {
        #[key]
        pub id: i64,
        #[has_many(key = "box_number", order_by = "id")]
        pub things: HasMany<Thing>,
    }

    #[derive(Model, Debug)]
    pub struct Thing {
        #[key]
        pub id: i64,
        pub box_number: i64,
    }

    #[tokio::test]
    async fn a_key_that_only_the_parent_declares_is_a_key() -> Result<()> {
        let door = SideDoor::new(schema![Thing, Box]).await?;
        let mut session = door.engine.session();
        let error = session.insert(Thing::draft().id(1).box_number(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        session.rollback().await?;
        // The thing is added first, but its key refers to the box.
        session.add(Thing::draft().id(1).box_number(1));
        session.add(Box::draft().id(1));
        session.commit().await?;
        let found = door.engine.session().one(select::<Box>().with(Box::THINGS.joined())).await?;
        assert_eq!(ids!(found.get(Box::THINGS)), [1]);
        door.engine.drop_all(schema![Box, Thing]).await
    }
}

/// A link table with further columns is a model like any other.
mod association {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Actor {
        #[key]
        pub id: i64,
        #[has_many(order_by = "fee")]
        pub roles: HasMany<Role>,
        #[many_to_many(through = "role", order_by = "id")]
        pub films: HasMany<Film>,
    }

    #[derive(Model, Debug)]
    pub struct Role {
        #[key]
        pub actor_id: i64,
        #[key]
        pub film_id: i64,
        pub fee: i64,
        #[belongs_to]
        pub actor: BelongsTo<Actor>,
        #[belongs_to]
        pub film: BelongsTo<Film>,
    }

    #[derive(Model, Debug)]
    pub struct Film {
        #[key]
        pub id: i64,
    }

    #[tokio::test]
    async fn a_link_table_may_be_a_model() -> Result<()> {
        let door = SideDoor::new(schema![Actor, Role, Film]).await?;
        assert_eq!(names(&door, "table").await, ["actor", "film", "role"]);
        let mut session = door.engine.session();
        for id in 1..=2 {
            session.add(Actor::draft().id(id));
            session.add(Film::draft().id(id + 10));
        }
        for (actor, film, fee) in [(1, 11, 9), (1, 12, 5), (2, 12, 7)] {
            session.add(Role::draft().actor_id(actor).film_id(film).fee(fee));
        }
        session.commit().await?;

        for joined in [false, true] {
            let mut session = door.engine.session();
            let log = record(&door.engine);
            let query = select::<Actor>().order_by(Actor::ID);
            let actors = match joined {
                false => {
                    let roles = Actor::ROLES.selectin().with(Role::FILM.selectin());
                    session.all(query.with(roles).with(Actor::FILMS.selectin())).await?
                }
                true => {
                    let roles = Actor::ROLES.joined().with(Role::FILM.joined());
                    session.all(query.with(roles).with(Actor::FILMS.joined())).await?
                }
            };
            let found: Vec<_> = actors
                .iter()
                .map(|actor| {
                    let roles = actor.get(Actor::ROLES);
                    let roles: Vec<_> =
                        roles.iter().map(|role| (role.fee, role.get(Role::FILM).id)).collect();
                    (roles, ids!(actor.get(Actor::FILMS)))
                })
                .collect();
            assert_eq!(found, [(vec![(5, 12), (9, 11)], vec![11, 12]), (vec![(7, 12)], vec![12])], "{log}");
        }
        Ok(())
    }
}

mod refused {
    use super::*;

    #[derive(Model, Debug)]
    #[model(table = "users")]
    pub struct Namesake {
        #[key]
        pub id: i64,
    }

    #[derive(Model, Debug)]
    #[model(table = "USERS")]
    pub struct Shouted {
        #[key]
        pub id: i64,
    }

    #[tokio::test]
    async fn one_table_for_two_models() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        let log = record(&door.engine);
        for refused in [
            door.engine.create_all(schema![Namesake, nodes::Node, Clash]).await,
            door.engine.drop_all(schema![Namesake, nodes::Node, Clash]).await,
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidModel);
            let text = error.to_string();
            for part in ["`Namesake`", "`Clash`", "`users`"] {
                assert!(text.contains(part), "no {part}: {text}");
            }
        }
        assert_eq!(log.count(), 0, "nothing was sent: {log}");
        assert!(names(&door, "table").await.is_empty());
        Ok(())
    }

    #[derive(Model, Debug)]
    #[model(table = "users")]
    pub struct Clash {
        #[key]
        pub id: i64,
        pub name: String,
    }

    #[tokio::test]
    async fn one_table_that_is_written_in_two_ways() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        let error = door.engine.create_all(schema![Clash, Shouted]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel, "SQLite takes `users` and `USERS` for one name");
        Ok(())
    }

    #[tokio::test]
    async fn a_relationship_that_leads_out_of_the_list() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        let error = door.engine.create_all(schema![standard::User, standard::Address]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        let text = error.to_string();
        assert!(
            text.contains("`User.orders`") && text.contains("`Order`") && text.contains("schema!["),
            "{text}"
        );
        assert!(names(&door, "table").await.is_empty(), "all or none");
        Ok(())
    }

    #[tokio::test]
    async fn a_statement_that_fails_takes_the_others_with_it() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        door.run("CREATE VIEW users AS SELECT 1 AS id").await;
        // The index cannot be made on a view; the table before it must not stay.
        let error = door.engine.create_all(schema![Before, Indexed]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(names(&door, "table").await.is_empty());
        let mut session = door.engine.session();
        session.begin().await?;
        session.rollback().await
    }

    #[derive(Model, Debug)]
    pub struct Before {
        #[key]
        pub id: i64,
    }

    #[derive(Model, Debug)]
    #[model(table = "users")]
    pub struct Indexed {
        #[key]
        pub id: i64,
        #[column(index)]
        pub name: String,
    }

    #[tokio::test]
    async fn dropping_what_others_refer_to() -> Result<()> {
        let door = SideDoor::new(standard::schema()).await?;
        standard::fill(&door.engine).await?;
        let error = door.engine.drop_all(schema![Namesake]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        assert!(names(&door, "table").await.contains(&"users".to_owned()));
        assert_eq!(door.engine.session().count(select::<standard::User>()).await?, 4, "nothing was dropped");
        door.engine.drop_all(standard::schema()).await
    }
}
