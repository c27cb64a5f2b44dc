//! Links between rows of one table over a link table, in both directions.

use orm_core::prelude::*;

use crate::fixtures::{ids, record};

#[derive(Model, Debug)]
pub struct Person {
    #[key]
    pub id: i64,
    pub name: String,
    #[many_to_many(through = "follows", key = "from_id", target_key = "to_id", order_by = "id")]
    pub following: HasMany<Person>,
    #[many_to_many(through = "follows", key = "to_id", target_key = "from_id", order_by = "id desc")]
    pub followers: HasMany<Person>,
}

/// Person 1 follows 2 and 3, 2 follows 3 and 1, 3 follows itself; 4 has no links.
async fn people() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Person]).await?;
    let mut session = engine.session();
    let mut people = Vec::new();
    for (id, name) in [(1, "ann"), (2, "bob"), (3, "cy"), (4, "dee")] {
        people.push(session.insert(Person::draft().id(id).name(name)).await?);
    }
    for (from, to) in [(0, 1), (0, 2), (1, 2), (1, 0), (2, 2)] {
        session.append(&people[from], Person::FOLLOWING, &people[to])?;
    }
    session.commit().await?;
    Ok(engine)
}

const FOLLOWING: [&[i64]; 4] = [&[2, 3], &[1, 3], &[3], &[]];
const FOLLOWERS: [&[i64]; 4] = [&[2], &[1], &[3, 2, 1], &[]];

#[tokio::test]
async fn the_link_table_is_made_once() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let log = record(&engine);
    engine.create_all(schema![Person]).await?;
    assert_eq!(log.count(), 3, "a table, the link table and its index: {log}");
    Ok(())
}

#[tokio::test]
async fn both_directions_are_loaded() -> Result<()> {
    let engine = people().await?;
    let log = record(&engine);
    let query = || select::<Person>().order_by(Person::ID);
    let people = engine
        .session()
        .all(query().with(Person::FOLLOWING.selectin()).with(Person::FOLLOWERS.selectin()))
        .await?;
    assert_eq!(log.count(), 3, "{log}");
    for (at, person) in people.iter().enumerate() {
        assert_eq!(ids!(person.get(Person::FOLLOWING)), FOLLOWING[at]);
        assert_eq!(ids!(person.get(Person::FOLLOWERS)), FOLLOWERS[at]);
    }
    let mixed = engine
        .session()
        .all(query().with(Person::FOLLOWING.joined()).with(Person::FOLLOWERS.joined()))
        .await?;
    assert_eq!(log.count(), 4, "{log}");
    for (at, person) in mixed.iter().enumerate() {
        assert_eq!(ids!(person.get(Person::FOLLOWING)), FOLLOWING[at]);
        assert_eq!(ids!(person.get(Person::FOLLOWERS)), FOLLOWERS[at]);
    }
    Ok(())
}

#[tokio::test]
async fn a_circle_of_links_ends_where_the_query_does() -> Result<()> {
    let engine = people().await?;
    for joined in [false, true] {
        let log = record(&engine);
        let mut session = engine.session();
        let query = select::<Person>().filter(Person::ID.eq(1));
        let names: Vec<(String, Vec<String>)> = match joined {
            false => {
                let load = Person::FOLLOWING.selectin().with(Person::FOLLOWING.selectin());
                names(&session.one(query.with(load)).await?)
            }
            true => {
                let load = Person::FOLLOWING.joined().with(Person::FOLLOWING.joined());
                names(&session.one(query.with(load)).await?)
            }
        };
        assert_eq!(log.count(), if joined { 1 } else { 3 }, "{log}");
        let expected = [
            ("bob".to_owned(), vec!["ann".to_owned(), "cy".to_owned()]),
            ("cy".to_owned(), vec!["cy".to_owned()]),
        ];
        assert_eq!(names, expected);
    }
    Ok(())
}

fn names<L, N>(person: &Entity<Person, L>) -> Vec<(String, Vec<String>)>
where
    person::Following: LoadedIn<L, Nested = N>,
    person::Following: LoadedIn<N>,
{
    let below = |person: Entity<Person, N>| {
        let names = person.get(Person::FOLLOWING).iter().map(|person| person.name.clone()).collect();
        (person.name.clone(), names)
    };
    person.get(Person::FOLLOWING).into_iter().map(below).collect()
}

#[tokio::test]
async fn views_and_pages_of_links_to_the_same_table() -> Result<()> {
    let engine = people().await?;
    let log = record(&engine);
    let query = || select::<Person>().filter(Person::NAME.ne("dee")).order_by(Person::ID.desc());
    let load =
        || Person::FOLLOWING.selectin().filter(Person::NAME.gt("b")).order_by(Person::NAME.desc()).limit(1);
    let found = engine.session().all(query().with(load())).await?;
    let following: Vec<_> =
        found.iter().map(|person| (person.id, ids!(person.get(Person::FOLLOWING)))).collect();
    assert_eq!(following, [(3, vec![3]), (2, vec![3]), (1, vec![3])], "{log}");

    let load = Person::FOLLOWERS.joined().filter(Person::NAME.lt("c"));
    let found = engine.session().all(query().with(load).limit(2)).await?;
    let followers: Vec<_> =
        found.iter().map(|person| (person.id, ids!(person.get(Person::FOLLOWERS)))).collect();
    assert_eq!(followers, [(3, vec![2, 1]), (2, vec![1])], "{log}");
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_linked_to_itself_is_one_object() -> Result<()> {
    let engine = people().await?;
    let mut session = engine.session();
    let query = select::<Person>().filter(Person::ID.eq(3)).with(Person::FOLLOWING.joined());
    let cy = session.one(query).await?;
    assert!(Entity::same(&cy, &cy.get(Person::FOLLOWING).first().expect("itself")));
    let again = cy.following()?.first().expect("itself").following()?.first().expect("itself");
    assert!(Entity::same(&cy, &again));
    Ok(())
}
