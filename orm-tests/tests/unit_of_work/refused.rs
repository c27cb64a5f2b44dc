//! What is refused changes nothing, and what would be wrong is refused before any SQL.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

#[derive(Model, Debug)]
#[model(table = "orgs")]
struct Org {
    #[key]
    id: i64,
    name: String,
    #[has_many(key = "org_id", order_by = "id")]
    employees: HasMany<Employee>,
}

#[derive(Model, Debug)]
#[model(table = "rooms")]
struct Room {
    #[key]
    org_id: i64,
    #[key]
    id: i64,
    #[has_many(key = "org_id, room_id", order_by = "id")]
    employees: HasMany<Employee>,
    #[has_one(key = "org_id, keeps_id", inverse = "keeps")]
    keeper: HasOne<Employee>,
}

/// Its tenant is a part of its key, and of those of its links.
#[derive(Model, Debug)]
#[model(table = "employees")]
struct Employee {
    #[key]
    org_id: i64,
    #[key]
    id: i64,
    room_id: Option<i64>,
    keeps_id: Option<i64>,
    #[belongs_to]
    org: BelongsTo<Org>,
    #[belongs_to(key = "org_id, room_id", inverse = "employees")]
    room: BelongsTo<Option<Room>>,
    #[belongs_to(key = "org_id, keeps_id", inverse = "keeper")]
    keeps: BelongsTo<Option<Room>>,
}

async fn offices(database: &TestDatabase) -> Result<(Engine, Session, Entity<Employee>)> {
    let engine = database.engine().await?;
    engine.create_all(schema![Org, Room, Employee]).await?;
    let mut session = engine.session();
    for org in 1..=2 {
        session.add(Org::draft().id(org).name("o"));
        session.add(Room::draft().org_id(org).id(5));
        session.add(Room::draft().org_id(org).id(6));
    }
    session.add(Employee::draft().org_id(1).id(9).room_id(5));
    session.commit().await?;
    let employee = session.get::<Employee>((1, 9)).await?.expect("the employee is there");
    Ok((engine, session, employee))
}

fn names_both<T: std::fmt::Debug>(done: Result<T>, relation: &str) {
    let error = done.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{text}");
    assert!(text.contains(relation) && text.contains("`org_id`") && text.contains("primary key"), "{text}");
}

on_every_backend! {
    async fn a_link_does_not_make_an_object_another_row(database: TestDatabase) -> Result<()> {
        let (engine, mut session, employee) = offices(&database).await?;
        let org = session.get::<Org>(2).await?.expect("the org is there");
        let room = session.get::<Room>((2, 6)).await?.expect("the room is there");
        let log = engine.record();
        names_both(session.assign(&employee, Employee::ORG, &org), "Employee.org");
        names_both(session.assign(&employee, Employee::ROOM, &room), "Employee.room");
        names_both(session.assign(&employee, Employee::ROOM, Room::draft().org_id(2).id(7)), "Employee.room");
        names_both(session.append(&org, Org::EMPLOYEES, &employee), "Org.employees");
        names_both(session.append(&room, Room::EMPLOYEES, &employee), "Room.employees");
        names_both(session.assign(&room, Room::KEEPER, &employee), "Room.keeper");
        assert!(!session.is_modified(&employee) && session.new_count() == 0);
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");

        // Where the shared columns are the same it is a link as any other, and the key itself can be changed.
        let near = session.get::<Room>((1, 6)).await?.expect("the room is there");
        session.assign(&employee, Employee::ROOM, &near)?;
        session.commit().await?;
        session.edit(&employee, |employee| (employee.org_id, employee.room_id) = (2, Some(5)))?;
        session.commit().await?;
        let row = engine.session().one(select::<Employee>()).await?;
        assert_eq!((row.org_id, row.id, row.room_id), (2, 9, Some(5)));
        Ok(())
    }

    async fn a_refused_replace_changes_nothing(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        // The members of a team cannot lose it but by going; those of a site cannot lose it at all.
        session.add(Site::draft().name("s").pages(["a", "b"].map(|name| Page::draft().name(name))));
        session.add(Site::draft().name("t").pages([Page::draft().name("c")]));
        session.commit().await?;
        let sites = session.all(select::<Site>().order_by(Site::ID).with(Site::PAGES.selectin())).await?;
        let names = |site: usize| -> Result<Vec<String>> {
            Ok(sites[site].pages()?.iter().map(|page| page.name.clone()).collect())
        };
        let theirs = sites[1].pages()?.first().expect("it has one");
        let log = engine.record();
        let error = session.replace(&sites[0], Site::PAGES, [&theirs]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidState, "its pages cannot leave");
        assert_eq!((names(0)?, names(1)?), (vec!["a".into(), "b".into()], vec!["c".into()]));
        let error = session.replace(&sites[0], Site::PAGES, [Page::draft().name("new")]).unwrap_err();
        assert_eq!((error.kind(), session.new_count()), (ErrorKind::InvalidState, 0));
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn a_target_of_another_session_is_refused_before_those_beside_it_are_taken(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let (mut session, mut other) = (engine.session(), engine.session());
        let foreign = other.get::<Book>(3).await?.expect("the book is there");
        let ann = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
        let own = session.get::<Book>(4).await?.expect("the book is there");
        let log = engine.record();
        let error = session.replace(&ann, Author::BOOKS, [&own, &foreign]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert_eq!((titles(&ann.books()?).len(), own.author_id), (2, Some(2)));

        // A refused draft does not change what it was given.
        session.add(Author::draft().name("new").books([&own, &foreign]));
        assert_eq!((session.new_count(), session.is_modified(&own)), (0, false));
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::InvalidState);
        session.append(&ann, Author::BOOKS, Book::draft().title("x").pages(1).tags([Tag::draft().name("t")]))?;
        let inner = Book::draft().title("y").pages(1).author(Author::draft().name("z").books([&own, &foreign]));
        let error = session.append(&ann, Author::BOOKS, inner).unwrap_err();
        assert_eq!((error.kind(), session.new_count()), (ErrorKind::InvalidState, 2));
        assert_eq!(log.count(), 0, "{log}");
        session.commit().await?;
        assert_eq!(book_rows(&engine).await?.iter().map(|row| row.1).collect::<Vec<_>>(), [Some(1), Some(1), Some(2), Some(2), Some(1)]);
        Ok(())
    }

    async fn a_refused_assign_and_remove_change_nothing(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Car, Plate, Wheel]).await?;
        let mut session = engine.session();
        session.add(Car::draft().plate(Plate::draft().text("a")).wheels([Wheel::draft()]));
        session.add(Plate::draft().text("b").car(Car::draft()));
        session.commit().await?;
        let query = select::<Car>().order_by(Car::ID).with(Car::PLATE.selectin()).with(Car::WHEELS.selectin());
        let cars = session.all(query).await?;
        let held = || -> Result<Vec<Option<String>>> {
            cars.iter().map(|car| Ok(car.plate()?.map(|plate| plate.text.clone()))).collect()
        };
        let theirs = cars[1].plate()?.expect("it has one");
        let log = engine.record();
        // The first car's plate would have no car.
        for done in [
            session.assign(&cars[0], Car::PLATE, &theirs),
            session.assign(&cars[0], Car::PLATE, Plate::draft().text("c")),
            session.unassign(&cars[0], Car::PLATE),
            session.unassign(&theirs, Plate::CAR),
            session.remove(&cars[0], Car::WHEELS, cars[0].wheels()?.first().expect("it has one")),
            session.remove(&cars[1], Car::WHEELS, cars[0].wheels()?.first().expect("it has one")),
        ] {
            assert_eq!(done.unwrap_err().kind(), ErrorKind::InvalidState);
        }
        assert_eq!(held()?, [Some("a".to_owned()), Some("b".to_owned())]);
        assert_eq!((cars[0].wheels()?.len(), session.new_count()), (1, 0));
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }
}

#[derive(Model, Debug)]
#[model(table = "cars")]
struct Car {
    #[key(auto)]
    id: i64,
    #[has_one]
    plate: HasOne<Plate>,
    #[has_many(order_by = "id")]
    wheels: HasMany<Wheel>,
}

#[derive(Model, Debug)]
#[model(table = "plates")]
struct Plate {
    #[key(auto)]
    id: i64,
    car_id: i64,
    text: String,
    #[belongs_to]
    car: BelongsTo<Car>,
}

#[derive(Model, Debug)]
#[model(table = "wheels")]
struct Wheel {
    #[key(auto)]
    id: i64,
    car_id: i64,
    #[belongs_to]
    car: BelongsTo<Car>,
}
