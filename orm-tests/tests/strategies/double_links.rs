//! A link table that holds a link twice: its target is in the collection once, and counts once.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "double_people")]
struct Person {
    #[key]
    id: i64,
    #[many_to_many(
        through = "double_person_tags",
        key = "person_id",
        target_key = "tag_id",
        order_by = "id"
    )]
    tags: HasMany<Tag>,
    #[many_to_many(
        through = "double_person_rooms",
        key = "person_id",
        target_key = "floor, door",
        order_by = "floor, door"
    )]
    rooms: HasMany<Room>,
    #[many_to_many(through = "double_friends", key = "one_id", target_key = "other_id", order_by = "id")]
    friends: HasMany<Person>,
}

#[derive(Model, Debug)]
#[model(table = "double_tags")]
struct Tag {
    #[key]
    id: i64,
}

#[derive(Model, Debug)]
#[model(table = "double_rooms")]
struct Room {
    #[key]
    floor: i64,
    #[key]
    door: i64,
}

/// Three people: the first has the tags 1, 1 and 2, the rooms (1, 1) twice and (1, 2), and is twice a friend of each.
async fn people(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    let mut session = engine.session();
    for table in [
        "CREATE TABLE double_person_tags (person_id BIGINT, tag_id BIGINT)",
        "CREATE TABLE double_person_rooms (person_id BIGINT, floor BIGINT, door BIGINT)",
        "CREATE TABLE double_friends (one_id BIGINT, other_id BIGINT)",
    ] {
        // Without a primary key.
        session.execute(sql(table)).await?;
    }
    session.commit().await?;
    engine.create_all(schema![Person, Tag, Room]).await?;
    for id in 1..=3 {
        session.add(Person::draft().id(id));
        session.add(Tag::draft().id(id));
        session.add(Room::draft().floor(1).door(id));
    }
    session.flush().await?;
    for link in [
        "INSERT INTO double_person_tags VALUES (1, 1), (1, 1), (1, 2), (2, 3)",
        "INSERT INTO double_person_rooms VALUES (1, 1, 1), (1, 1, 1), (1, 1, 2), (3, 1, 3)",
        "INSERT INTO double_friends VALUES (1, 1), (1, 2), (1, 3), (1, 1), (1, 2), (1, 3), (2, 1)",
    ] {
        session.execute(sql(link)).await?;
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn a_count_is_as_long_as_the_collection(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let mut session = engine.session();
        macro_rules! assert_agrees {
            ($relation:expr, $expected:expr, $strategy:ident) => {{
                let query = select::<Person>().order_by(Person::ID).with($relation.$strategy());
                let people = engine.session().all(query).await?;
                let loaded: Vec<_> = people.iter().map(|person| person.get($relation).len() as i64).collect();
                assert_eq!(loaded, $expected, "{}", stringify!($strategy));
            }};
            ($relation:expr, $expected:expr) => {{
                assert_agrees!($relation, $expected, selectin);
                assert_agrees!($relation, $expected, joined);
                assert_agrees!($relation, $expected, subquery);
                assert_agrees!($relation, $expected, auto);
                let counts = select_columns((Person::ID, $relation.count())).order_by(Person::ID);
                let counts = session.rows(counts).await?.into_iter().map(|(_, count)| count).collect::<Vec<_>>();
                assert_eq!(counts, $expected);
                let listed = session.rows(select::<Person>().order_by(Person::ID).with_count($relation)).await?;
                assert_eq!(listed.iter().map(|(_, count)| *count).collect::<Vec<_>>(), $expected);
                let person = alias::<Person>("p");
                let aliased = $relation.from_alias(&person).count();
                let aliased = select_columns((person.column(Person::ID), aliased)).order_by(person.column(Person::ID));
                assert_eq!(session.rows(aliased).await?.into_iter().map(|(_, count)| count).collect::<Vec<_>>(), $expected);
                for (person, count) in (1..).zip($expected) {
                    let same = Person::ID.eq(person) & $relation.count().eq(count) & !$relation.count().gt(count);
                    assert_eq!(session.count(select::<Person>().filter(same)).await?, 1, "{person}");
                }
            }};
        }
        assert_agrees!(Person::TAGS, [2_i64, 1, 0]);
        assert_agrees!(Person::ROOMS, [2_i64, 0, 1]);
        assert_agrees!(Person::FRIENDS, [3_i64, 1, 0]);
        let some = Person::TAGS.count_of(Tag::ID.lt(2)).eq(1) & Person::ROOMS.count_of(Room::DOOR.lt(2)).eq(1);
        assert_eq!(session.one(select::<Person>().filter(some)).await?.id, 1);
        let popular = Person::FRIENDS.count_of(Person::FRIENDS.count().gt(0)).eq(2);
        assert_eq!(session.one(select::<Person>().filter(popular)).await?.id, 1);
        let sorted = select::<Person>().order_by((Person::ROOMS.count().desc(), Person::TAGS.count().desc()));
        assert_eq!(session.all(sorted).await?.iter().map(|person| person.id).collect::<Vec<_>>(), [1, 3, 2]);
        Ok(())
    }
}
