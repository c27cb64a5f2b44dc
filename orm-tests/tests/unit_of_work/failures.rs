use orm_core::prelude::*;

use crate::models::*;

/// Each is refused with its kind, before or by the database, and names model and field.
#[tokio::test]
async fn violations_have_their_kind_and_name_model_and_field() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.add(Author::draft().name("ann").email("a@x".to_owned()));
    session.add(Seat::draft().row(1).number("a"));
    session.commit().await?;

    session.add(Author::draft().name("ben").email("a@x".to_owned()));
    let error = session.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(error.to_string().contains("`Author.email`"), "{error}");
    let constraint = error.constraint().expect("the database names it");
    assert_eq!(
        (constraint.table.as_deref(), constraint.columns.as_slice()),
        (Some("authors"), &["email".to_owned()][..])
    );
    session.rollback().await?;

    session.add(Seat::draft().row(1).number("a"));
    let error = session.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(error.to_string().contains("`Seat.row`, `Seat.number`"), "{error}");
    session.rollback().await?;

    session.add(Member::draft().team_id(77).name("mia"));
    assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    session.rollback().await?;

    let log = engine.record();
    session.add(Member::draft().name("mia"));
    let error = session.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotNullViolation);
    assert!(error.to_string().contains("`Member.team_id`"), "{error}");
    assert_eq!(log.count(), 0, "known before any SQL: {log}");
    session.rollback().await?;
    assert_eq!(session.count(select::<Author>()).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_failed_flush_waits_for_a_rollback() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let account = session.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
    session.commit().await?;

    session.edit(&account, |account| account.balance = 2)?;
    session.flush().await?;
    session.add(Account::draft().id(1).owner("twice").balance(1));
    let first = session.flush().await.unwrap_err();
    assert_eq!(first.kind(), ErrorKind::UniqueViolation);
    let log = engine.record();
    let kinds = [
        session.flush().await.map_err(|error| error.kind()),
        session.commit().await.map_err(|error| error.kind()),
        session.begin().await.map_err(|error| error.kind()),
        session.count(select::<Account>()).await.map(drop).map_err(|error| error.kind()),
        session.get::<Account>(2).await.map(drop).map_err(|error| error.kind()),
        session.refresh(&account).await.map_err(|error| error.kind()),
        session
            .execute(update::<Account>().set(Account::BALANCE, 9))
            .await
            .map(drop)
            .map_err(|error| error.kind()),
        session.nested(async |_| Ok::<_, Error>(())).await.map_err(|error| error.kind()),
        session.edit(&account, |account| account.balance = 3).map_err(|error| error.kind()),
        session.delete(&account).map_err(|error| error.kind()),
    ];
    assert_eq!(kinds, [Err(ErrorKind::PendingRollback); 10]);
    assert_eq!(log.count(), 0, "nothing reaches the database: {log}");
    let again = session.flush().await.unwrap_err().to_string();
    assert!(again.contains("UNIQUE") && again.contains("rollback"), "it says what happened first: {again}");

    session.rollback().await?;
    assert_eq!((account.balance, session.new_count()), (1, 0));
    session.edit(&account, |account| account.balance = 4)?;
    session.commit().await?;
    let mut other = engine.session();
    let rows = other.all(select::<Account>()).await?;
    assert_eq!(rows.iter().map(|row| (row.id, row.balance)).collect::<Vec<_>>(), [(1, 4)]);
    Ok(())
}

/// A failed transaction never reports success, even if the error was swallowed.
#[tokio::test]
async fn a_swallowed_error_is_not_committed() -> Result<()> {
    for case in 0..6_i64 {
        let engine = library().await?;
        let mut session = engine.session();
        session.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
        session.commit().await?;
        let done: Result<()> = session
            .transaction(async |session| {
                session.insert(Book::draft().title("kept?").pages(case)).await?;
                let swallowed = match case {
                    0 => session.insert(Account::draft().id(1).owner("twice").balance(1)).await.map(drop),
                    1 => session.insert(Member::draft().team_id(9).name("m")).await.map(drop),
                    2 => session.insert(Member::draft().name("m")).await.map(drop),
                    3 => {
                        let row = Account::draft().id(1).owner("twice").balance(1);
                        session.execute(insert::<Account>().rows([row])).await.map(drop)
                    }
                    4 => session.execute(update::<Book>().set(Book::AUTHOR_ID, 99)).await.map(drop),
                    _ => session.execute(delete::<Author>()).await.map(drop),
                };
                assert!(swallowed.is_err(), "case {case}");
                Ok(())
            })
            .await;
        assert_eq!(done.unwrap_err().kind(), ErrorKind::PendingRollback, "case {case}");
        assert_eq!(book_rows(&engine).await?.len(), 4, "case {case}");
        assert!(!session.in_transaction());
        session.insert(Book::draft().title("after").pages(1)).await?;
        session.commit().await?;
        assert_eq!(book_rows(&engine).await?.len(), 5, "case {case}");
    }
    Ok(())
}

#[tokio::test]
async fn a_query_that_finds_nothing_fails_no_transaction() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session.insert(Book::draft().title("new").pages(1)).await?;
    let error = session.one(select::<Author>().filter(Author::ID.eq(77))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoRows);
    let error = session.one(select::<Author>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MultipleRows);
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?.len(), 5);
    Ok(())
}

#[tokio::test]
async fn new_objects_in_a_circle_without_a_way_out_are_refused() -> Result<()> {
    #[derive(Model, Debug)]
    #[model(table = "hens")]
    struct Hen {
        #[key(auto)]
        id: i64,
        egg_id: i64,
        #[belongs_to]
        egg: BelongsTo<Egg>,
    }

    #[derive(Model, Debug)]
    #[model(table = "eggs")]
    struct Egg {
        #[key(auto)]
        id: i64,
        hen_id: i64,
        #[belongs_to]
        hen: BelongsTo<Hen>,
    }

    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Hen, Egg]).await?;
    let mut session = engine.session();
    let log = engine.record();
    let hen = session.insert(Hen::draft().egg_id(1)).await;
    assert_eq!(hen.unwrap_err().kind(), ErrorKind::ForeignKeyViolation, "there is no such egg");
    session.rollback().await?;
    log.clear();
    // Each waits for the other's key.
    let egg = session.add(Egg::draft().hen(Hen::draft()));
    let _ = &egg;
    let error = session.flush().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotNullViolation | ErrorKind::InvalidState), "{error:?}");
    assert!(error.to_string().contains("Hen"), "{error}");
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}
