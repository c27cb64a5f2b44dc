//! What a database refuses, and how the session reports it.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "owners")]
pub struct Owner {
    #[key]
    pub id: i64,
    #[column(unique)]
    pub email: Option<String>,
    #[column(unique, secret)]
    pub token: Option<String>,
    #[has_many(passive_deletes)]
    pub pets: HasMany<Pet>,
}

#[derive(Model, Debug)]
#[model(table = "pets")]
pub struct Pet {
    #[key]
    pub id: i64,
    pub owner_id: Option<i64>,
    pub name: Option<String>,
    #[belongs_to]
    pub owner: BelongsTo<Option<Owner>>,
}

/// The same table with a column that the database does not allow to be NULL.
#[derive(Model, Debug)]
#[model(table = "strict")]
pub struct Strict {
    #[key]
    pub id: i64,
    pub name: String,
}

/// [`Strict`], as a program sees it whose model has not been kept up.
#[derive(Model, Debug)]
#[model(table = "strict")]
pub struct Lax {
    #[key]
    pub id: i64,
    pub name: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "safes")]
pub struct Safe {
    #[key]
    pub id: i64,
    pub name: String,
    #[column(secret)]
    pub token: String,
}

/// [`Safe`], as [`Lax`] is [`Strict`].
#[derive(Model, Debug)]
#[model(table = "safes")]
pub struct LaxSafe {
    #[key]
    pub id: i64,
    pub name: Option<String>,
    #[column(secret)]
    pub token: String,
}

#[derive(Model, Debug)]
#[model(table = "events", check = "starts < ends")]
pub struct Event {
    #[key]
    pub id: i64,
    #[column(check = "seats > 0 AND seats < 100")]
    pub seats: i32,
    pub starts: i32,
    pub ends: i32,
}

#[derive(Model, Debug)]
#[model(table = "bookings", unique = "room, day", unique = "guest, day, hour", index = "day, room")]
pub struct Booking {
    #[key]
    pub id: i64,
    pub room: i64,
    pub day: i64,
    #[column(name = "guest_name", length = 40)]
    pub guest: String,
    pub hour: i64,
    #[column(unique)]
    pub code: i64,
}

async fn owners(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Owner, Pet, Strict]).await?;
    let mut session = engine.session();
    session.add(Owner::draft().id(1).email("a@b").token("hush"));
    session.add(Pet::draft().id(1).owner_id(1));
    session.commit().await?;
    Ok(engine)
}

/// All texts of an error, in any form.
fn everything(error: &Error) -> String {
    let mut said = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        said.push_str(&format!("{inner} {inner:?}"));
        source = inner.source();
    }
    said
}

on_every_backend! {
    async fn each_constraint_has_its_kind(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        let mut session = engine.session();
        session.add(Owner::draft().id(1));
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        session.rollback().await?;

        session.add(Owner::draft().id(2).email("a@b"));
        let error = session.flush().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(error.to_string().starts_with("`Owner.email`: "), "{error}");
        let text = error.to_string();
        let said = text.split("the statement: ").nth(1).and_then(|said| said.lines().next()).unwrap_or_default();
        assert_eq!(format!("{error:?}").matches(said).count(), 1, "what the driver said stands there once: {error:?}");
        session.rollback().await?;

        session.add(Pet::draft().id(2).owner_id(77));
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
        session.rollback().await?;

        let owner = session.get::<Owner>(1).await?.expect("it is there");
        session.delete(&owner)?;
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        let constraint = error.constraint();
        if let Some(table) = constraint.and_then(|violated| violated.table.as_deref()) {
            assert_eq!(table, "pets", "the table with the key");
        }
        let columns = constraint.map_or(&[][..], |violated| &violated.columns);
        assert!(columns.iter().all(|column| column == "owner_id"), "columns of that table: {columns:?}");
        session.rollback().await?;

        session.add(Lax::draft().id(1));
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotNullViolation);
        assert!(error.to_string().starts_with("`Lax.name`: "), "{error}");
        session.rollback().await?;
        assert_eq!(session.count(select::<Owner>()).await?, 1, "and nothing was kept");
        Ok(())
    }

    async fn a_violated_index_names_its_columns(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Booking]).await?;
        let mut session = engine.session();
        let booking = |id| Booking::draft().id(id).room(id).day(1).guest(format!("guest {id}")).hour(8).code(id);
        session.insert(booking(1)).await?;
        session.commit().await?;
        let log = engine.record();
        for (again, columns, fields) in [
            (booking(1).room(2).guest("b").code(2), vec!["id"], "`Booking.id`: "),
            (booking(2).room(1), vec!["room", "day"], "`Booking.room`, `Booking.day`: "),
            (booking(2).guest("guest 1"), vec!["guest_name", "day", "hour"], "`Booking.guest`, `Booking.day`, `Booking.hour`: "),
            (booking(2).code(1), vec!["code"], "`Booking.code`: "),
        ] {
            log.clear();
            session.add(again);
            let error = session.flush().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
            assert_eq!(error.constraint().map(|violated| &violated.columns[..]), Some(&columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..]));
            assert!(error.to_string().starts_with(fields), "{error}");
            assert_eq!(log.count(), 1, "nothing is asked to find out: {log}");
            session.rollback().await?;
        }
        Ok(())
    }

    async fn an_index_that_the_model_does_not_declare_names_no_wrong_column(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Booking]).await?;
        let mut session = engine.session();
        session.execute(sql("CREATE UNIQUE INDEX hour_of_room ON bookings (hour, room)")).await?;
        session.commit().await?;
        let booking = |id| Booking::draft().id(id).room(1).day(id).guest(format!("guest {id}")).hour(8).code(id);
        session.insert(booking(1)).await?;
        session.add(booking(2));
        let error = session.flush().await.unwrap_err();
        let columns = error.constraint().map(|violated| violated.columns.join(", ")).unwrap_or_default();
        match database.is_mysql() {
            true => assert_eq!(columns, "", "{error}"),
            false => assert_eq!(columns, "hour, room", "{error}"),
        }
        Ok(())
    }

    async fn a_check_has_its_kind(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let engine = owners(&database).await?;
        database.run("ALTER TABLE strict ADD CONSTRAINT short CHECK (length(name) < 4)").await;
        let mut session = engine.session();
        session.add(Strict::draft().id(1).name("much too long"));
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CheckViolation);
        assert_eq!(error.constraint().and_then(|violated| violated.name.as_deref()), Some("short"));
        Ok(())
    }

    async fn a_declared_check_has_its_name(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Event]).await?;
        engine.check(schema![Event]).await?.into_result()?;
        let mut session = engine.session();
        let event = || Event::draft().id(1).seats(10).starts(1).ends(2);
        for (event, name) in [(event().seats(0), "ck_events_seats"), (event().ends(1), "ck_events")] {
            session.add(event);
            let error = session.commit().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
            assert!(everything(&error).contains(name), "{error}");
            if database.backend() != Backend::Sqlite {
                assert_eq!(error.constraint().and_then(|violated| violated.name.as_deref()), Some(name));
            }
            session.rollback().await?;
        }
        session.insert(event()).await?;
        session.commit().await?;
        assert_eq!(session.count(select::<Event>()).await?, 1);
        Ok(())
    }

    async fn a_secret_is_not_in_the_error(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        let mut session = engine.session();
        session.add(Owner::draft().id(2).token("hush"));
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        let said = everything(&error);
        assert!(!said.contains("hush"), "{said}");
        Ok(())
    }

    async fn a_secret_beside_what_was_written_is_not_in_the_error(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        engine.create_all(schema![Safe]).await?;
        let mut session = engine.session();
        session.insert(Safe::draft().id(1).name("mine").token("hush")).await?;
        session.commit().await?;
        // The statement binds no secret, and PostgreSQL quotes the whole row that it refuses.
        let safe = session.get::<LaxSafe>(1).await?.expect("it was written");
        session.edit(&safe, |safe| safe.name = None)?;
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotNullViolation);
        assert!(std::error::Error::source(&error).is_some(), "what the driver said is kept");
        let said = everything(&error);
        assert!(!said.contains("hush"), "{said}");
        Ok(())
    }

    async fn a_secret_beside_what_collides_is_not_in_the_error(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        let mut session = engine.session();
        session.insert(Owner::draft().id(2).token("hush2")).await?;
        session.commit().await?;
        // The statement binds no secret, and MySQL quotes the existing entry.
        let error = session.execute(sql("UPDATE owners SET token = (SELECT t FROM (SELECT token AS t FROM owners WHERE id = 1) AS one) WHERE id = 2")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        let said = everything(&error);
        assert!(!said.contains("hush") && said.contains("token"), "{said}");
        Ok(())
    }

    async fn a_secret_that_is_not_a_number_is_not_in_the_error(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        let number = func::cast::<String, _>(func::cast::<i64, _>(Owner::TOKEN));
        let own = match database.is_mysql() {
            true => "UPDATE owners SET id = CAST(? AS SIGNED) WHERE id = 1",
            false => "UPDATE owners SET id = CAST(? AS INTEGER) WHERE id = 1",
        };
        let mut session = engine.session();
        // One that is stored, which no statement binds, and one of the user's own SQL.
        let stored = session.execute(update::<Owner>().set_to(Owner::EMAIL, number)).await;
        session.rollback().await?;
        let bound = session.execute(sql(own).bind_secret("hush")).await;
        let errors: Vec<Error> = [stored, bound].into_iter().filter_map(Result::err).collect();
        // SQLite makes 0 of it, which no pet belongs to.
        let converts = database.backend() != Backend::Sqlite;
        assert!(!converts || errors.len() == 2, "{errors:?}");
        for error in errors {
            assert!(!converts || error.kind() == ErrorKind::InvalidValue, "{error}");
            let said = everything(&error);
            assert!(!said.contains("hush") && said.contains("owners"), "{said}");
        }
        Ok(())
    }

    async fn a_table_that_is_not_there(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let mut session = engine.session();
        let error = session.all(select::<Owner>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(error.to_string().contains("owners"), "{error}");
        engine.create_all(schema![Owner, Pet]).await?;
        assert!(session.all(select::<Owner>()).await?.is_empty(), "the session goes on");
        Ok(())
    }
}
