//! One rule for NULL: a written `None` is NULL, alone and in a list; NULLs in columns match neither a comparison nor
//! its negation; and NULLs among the rows of a query are left out.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
enum Mood {
    Calm,
    Cross,
}

#[derive(DbType, Clone, Copy, Debug, PartialEq)]
struct Rank(i64);

#[derive(Model, Debug)]
#[model(table = "null_people")]
struct Person {
    #[key]
    id: i64,
    n: Option<i64>,
    small: Option<i32>,
    name: Option<String>,
    #[column(secret)]
    pin: Option<String>,
    mood: Option<Mood>,
    rank: Option<Rank>,
    boss_id: Option<i64>,
    #[belongs_to]
    boss: BelongsTo<Option<Person>>,
}

/// 1 has 7 of all, 2 has 8, 3 has nothing; 2 and 3 report to 1.
async fn people(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Person]).await?;
    let mut session = engine.session();
    let one = Person::draft().id(1).n(7).small(7).name("7").pin("7").mood(Mood::Calm).rank(Rank(7));
    session.add(one.boss_id(None));
    let two =
        Person::draft().id(2).n(Some(8)).small(8).name(Some("8".to_owned())).pin("8").mood(Some(Mood::Cross));
    session.add(two.rank(Rank(8)).boss_id(1));
    // A bare `None` is NULL, wherever a value is taken.
    let three = Person::draft().id(3).n(None).small(None).name(None).pin(None).mood(None).rank(None);
    session.add(three.boss_id(Some(1)));
    session.commit().await?;
    Ok(engine)
}

async fn found(session: &mut Session, condition: Predicate) -> Result<Vec<i64>> {
    session.rows(select_columns(Person::ID).filter(condition).order_by(Person::ID)).await
}

/// What a condition finds, and what its negation does.
async fn both(session: &mut Session, condition: Predicate) -> Result<(Vec<i64>, Vec<i64>)> {
    Ok((found(session, condition.clone()).await?, found(session, !condition).await?))
}

fn ids(found: &[i64], others: &[i64]) -> (Vec<i64>, Vec<i64>) {
    (found.to_vec(), others.to_vec())
}

on_every_backend! {
    async fn a_none_in_a_list_is_found_like_a_single_one(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let session = &mut engine.session();
        assert_eq!(both(session, Person::N.is_in([Some(7), None])).await?, ids(&[1, 3], &[2]));
        assert_eq!(both(session, Person::N.not_in([Some(7), None])).await?, ids(&[2], &[1, 3]));
        assert_eq!(both(session, Person::N.is_in([None::<i64>, None])).await?, ids(&[3], &[1, 2]));
        assert_eq!(both(session, Person::SMALL.is_in([Some(8), None])).await?, ids(&[2, 3], &[1]));
        assert_eq!(both(session, Person::NAME.is_in([Some("8"), None])).await?, ids(&[2, 3], &[1]));
        assert_eq!(both(session, Person::PIN.is_in([None, Some("7")])).await?, ids(&[1, 3], &[2]));
        assert_eq!(both(session, Person::MOOD.is_in([Some(Mood::Cross), None])).await?, ids(&[2, 3], &[1]));
        assert_eq!(both(session, Person::RANK.is_in([Some(Rank(7)), None])).await?, ids(&[1, 3], &[2]));
        assert_eq!(both(session, (Person::N + 1).is_in([Some(8), None])).await?, ids(&[1, 3], &[2]));
        // Without one, NULL is in neither, as with `eq` and `ne`; an empty list has nothing in it.
        assert_eq!(both(session, Person::N.is_in([7])).await?, ids(&[1], &[2]));
        assert_eq!(both(session, Person::N.eq(7)).await?, ids(&[1], &[2]));
        assert_eq!(both(session, Person::N.ne(7)).await?, ids(&[2], &[1]));
        assert_eq!(both(session, Person::N.is_in(Vec::<i64>::new())).await?, ids(&[], &[1, 2, 3]));
        // Beside other conditions, and of another table of the same name.
        let any = Person::N.is_in([None, Some(7)]) & Person::ID.gt(1);
        assert_eq!(both(session, any).await?, ids(&[3], &[1, 2]));
        let boss = alias::<Person>("boss");
        let query = select_columns(Person::ID)
            .left_join_table(&boss, boss.column(Person::ID).eq(Person::BOSS_ID))
            .filter(boss.column(Person::N).is_in([Some(8), None]));
        assert_eq!(session.rows(query).await?, [1], "there is no boss, and none of his numbers");
        Ok(())
    }

    async fn a_bare_none_is_null(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let session = &mut engine.session();
        assert_eq!(both(session, Person::N.eq(None)).await?, ids(&[3], &[1, 2]));
        assert_eq!(both(session, Person::N.ne(None)).await?, ids(&[1, 2], &[3]));
        assert_eq!(both(session, Person::NAME.eq(None)).await?, ids(&[3], &[1, 2]));
        assert_eq!(both(session, Person::PIN.ne(None)).await?, ids(&[1, 2], &[3]));
        assert_eq!(both(session, Person::MOOD.eq(None)).await?, ids(&[3], &[1, 2]));
        assert_eq!(both(session, Person::RANK.ne(None)).await?, ids(&[1, 2], &[3]));
        assert_eq!(both(session, Person::RANK.eq(Some(Rank(8)))).await?, ids(&[2], &[1]));
        assert_eq!(both(session, func::lower(Person::NAME).eq(None)).await?, ids(&[3], &[1, 2]));
        assert_eq!(both(session, alias::<Person>("x").column(Person::ID).eq(None)).await.map_err(|e| e.kind()), Err(ErrorKind::InvalidQuery));
        // Nothing is before, behind or between nothing, and nothing is not so either.
        for condition in [Person::N.lt(None), Person::N.ge(None), Person::N.between(None, 7), Person::N.between(8, None)] {
            assert_eq!(both(session, condition).await?, ids(&[], &[]));
        }
        let case = func::case::<Option<i64>>().when(Person::ID.eq(1), None).when(Person::ID.eq(2), 5).otherwise(None);
        let cases = select_columns(case).order_by(Person::ID);
        assert_eq!(session.rows(cases).await?, [None, Some(5), None]);

        session.execute(update::<Person>().set(Person::N, None).set(Person::NAME, None).filter(Person::ID.eq(1))).await?;
        session.execute(update::<Person>().set_to(Person::MOOD, None).filter(Person::MOOD.is_in([Some(Mood::Cross), None]))).await?;
        assert_eq!(found(session, Person::N.eq(None)).await?, [1, 3]);
        assert_eq!(found(session, Person::MOOD.eq(None)).await?, [2, 3]);
        let gone = delete::<Person>().filter(Person::N.not_in([Some(7), None]) & Person::BOSS_ID.ne(None));
        assert_eq!(session.execute(gone).await?, 1);
        assert_eq!(found(session, Person::ID.is_not_null()).await?, [1, 3]);
        session.rollback().await
    }

    async fn nulls_among_the_rows_of_a_query_are_left_out(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let session = &mut engine.session();
        let bosses = || select_columns(Person::BOSS_ID);
        assert_eq!(both(session, Person::ID.in_query(bosses())).await?, ids(&[1], &[2, 3]));
        assert_eq!(both(session, Person::ID.in_query(bosses().distinct())).await?, ids(&[1], &[2, 3]));
        let first = bosses().order_by(Person::ID).limit(2);
        assert_eq!(both(session, Person::ID.in_query(first)).await?, ids(&[1], &[2, 3]), "a page, with a NULL in it");
        let largest = select_columns(func::max(Person::N)).filter(Person::ID.gt(2));
        assert_eq!(both(session, (Person::ID + 6).in_query(largest)).await?, ids(&[], &[1, 2, 3]));
        let grouped = select_columns(func::max(Person::N)).group_by(Person::BOSS_ID);
        assert_eq!(both(session, Person::N.in_query(grouped)).await?, ids(&[1, 2], &[]));
        let both_columns = select_columns(Person::N).union(select_columns(Person::BOSS_ID));
        assert_eq!(both(session, Person::ID.in_query(both_columns)).await?, ids(&[1], &[2, 3]));
        // A key that a LEFT JOIN did not find.
        let boss = alias::<Person>("boss");
        let found_bosses = select_columns(boss.column(Person::ID).optional())
            .from::<Person>()
            .left_join_table(&boss, boss.column(Person::ID).eq(Person::BOSS_ID));
        assert_eq!(both(session, Person::ID.in_query(found_bosses)).await?, ids(&[1], &[2, 3]));
        // What cannot be NULL is asked for as it is.
        let log = engine.record();
        session.count(select::<Person>().filter(Person::ID.in_query(select_columns(Person::ID).limit(2)))).await?;
        let limited = log.statements()[0].sql.to_string();
        assert!(!limited.contains("IS NOT NULL"), "{limited}");
        assert_eq!(limited.matches("SELECT").count(), if database.is_mysql() { 3 } else { 2 }, "{limited}");
        let gone = delete::<Person>().filter(!Person::ID.in_query(bosses()));
        match database.backend() {
            // It reads no table that it deletes from.
            Backend::Mysql | Backend::MysqlWithoutReturning => {}
            _ => assert_eq!(session.execute(gone).await?, 2),
        }
        session.rollback().await
    }
}
