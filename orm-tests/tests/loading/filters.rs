//! Conditions and orders: what they mean in rows, and that every value is bound.

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

async fn users(condition: Predicate) -> Result<Vec<i64>> {
    let engine = standard().await?;
    let log = record(&engine);
    let found = engine.session().all(select::<User>().filter(condition).order_by(User::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    Ok(ids!(found))
}

async fn orders(condition: Predicate) -> Result<Vec<i64>> {
    let engine = standard().await?;
    let log = record(&engine);
    let found = engine.session().all(select::<Order>().filter(condition).order_by(Order::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    Ok(ids!(found))
}

#[tokio::test]
async fn comparisons() -> Result<()> {
    assert_eq!(users(User::ID.eq(8)).await?, [8]);
    assert_eq!(users(User::ID.ne(8)).await?, [7, 9, 10]);
    assert_eq!(users(User::ID.lt(8)).await?, [7]);
    assert_eq!(users(User::ID.le(8)).await?, [7, 8]);
    assert_eq!(users(User::ID.gt(9)).await?, [10]);
    assert_eq!(users(User::ID.ge(9)).await?, [9, 10]);
    assert_eq!(users(User::ID.between(8, 9)).await?, [8, 9]);
    assert_eq!(users(User::ID.between(9, 8)).await?, [0_i64; 0]);
    assert_eq!(users(User::NAME.gt("ed")).await?, [7, 9]);
    assert_eq!(orders(Order::ISOPEN.eq(true)).await?, [3, 4]);
    assert_eq!(orders(Order::ID.eq(Order::ADDRESS_ID)).await?, [1, 4], "a column beside a column");
    Ok(())
}

#[tokio::test]
async fn lists() -> Result<()> {
    assert_eq!(users(User::ID.is_in([7, 9, 99])).await?, [7, 9]);
    assert_eq!(users(User::ID.not_in(vec![7, 9])).await?, [8, 10]);
    assert_eq!(users(User::ID.is_in(Vec::<i64>::new())).await?, [0_i64; 0], "in nothing is nobody");
    assert_eq!(users(User::ID.not_in(Vec::<i64>::new())).await?, [7, 8, 9, 10], "and not in nothing is all");
    assert_eq!(users(User::NAME.is_in(["ed", "it's"])).await?, [8]);
    let names = ["jack".to_owned(), "ed".to_owned()];
    assert_eq!(users(User::NAME.is_in(&names)).await?, [7, 8]);
    Ok(())
}

#[tokio::test]
async fn nulls() -> Result<()> {
    assert_eq!(orders(Order::ADDRESS_ID.is_null()).await?, [5]);
    assert_eq!(orders(Order::ADDRESS_ID.is_not_null()).await?, [1, 2, 3, 4]);
    assert_eq!(orders(Order::ADDRESS_ID.eq(None::<i64>)).await?, [5]);
    assert_eq!(orders(Order::ADDRESS_ID.ne(None::<i64>)).await?, [1, 2, 3, 4]);
    assert_eq!(orders(Order::ADDRESS_ID.eq(Some(4))).await?, [2, 4]);
    assert_eq!(
        orders(Order::ADDRESS_ID.ne(4)).await?,
        [1, 3],
        "a NULL is neither equal nor unequal, as in SQL"
    );
    assert_eq!(orders(!Order::ADDRESS_ID.eq(4)).await?, [1, 3]);
    Ok(())
}

#[tokio::test]
async fn patterns() -> Result<()> {
    assert_eq!(users(User::NAME.like("%ed")).await?, [8, 9]);
    assert_eq!(users(User::NAME.like("_e_")).await?, [0_i64; 0]);
    assert_eq!(users(User::NAME.like("_d")).await?, [8]);
    assert_eq!(users(User::NAME.not_like("%e%")).await?, [7, 10]);
    assert_eq!(users(User::NAME.like("JACK")).await?, [7], "SQLite ignores the case of ASCII");
    assert_eq!(users(User::NAME.like("%' OR 1 = 1 --")).await?, [0_i64; 0], "a pattern is a value");
    Ok(())
}

#[tokio::test]
async fn and_or_not_nest_as_written() -> Result<()> {
    let (seven, eight, ed) = (|| User::ID.eq(7), || User::ID.eq(8), || User::NAME.like("%ed"));
    assert_eq!(users(seven().or(eight()).and(ed())).await?, [8]);
    assert_eq!(users(seven().or(eight().and(ed()))).await?, [7, 8]);
    assert_eq!(users((seven() | eight()) & ed()).await?, [8]);
    assert_eq!(users(seven() | eight() & ed()).await?, [7, 8]);
    assert_eq!(users(!(seven() | eight())).await?, [9, 10]);
    assert_eq!(users(!seven() & !eight()).await?, [9, 10]);
    assert_eq!(users(!!seven()).await?, [7]);
    assert_eq!(users(!(seven() & ed())).await?, [7, 8, 9, 10]);
    assert_eq!(users(Predicate::all([ed(), !eight()])).await?, [9]);
    assert_eq!(users(Predicate::any([seven(), eight()])).await?, [7, 8]);
    assert_eq!(users(Predicate::all([])).await?, [7, 8, 9, 10], "all of none holds");
    assert_eq!(users(Predicate::any([])).await?, [0_i64; 0], "any of none does not");
    assert_eq!(users(Predicate::any([]) | seven()).await?, [7]);
    assert_eq!(users(!Predicate::any([]) & seven()).await?, [7]);
    Ok(())
}

#[tokio::test]
async fn several_filters_all_hold() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = select::<User>()
        .filter(User::ID.eq(7).or(User::ID.eq(8)))
        .filter(User::NAME.eq("ed").or(User::NAME.eq("fred")));
    assert_eq!(ids!(session.all(query).await?), [8]);
    Ok(())
}

#[tokio::test]
async fn values_are_bound_and_never_written() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let hostile = "'; DROP TABLE users; --";
    let query = select::<User>()
        .filter(User::NAME.eq(hostile).or(User::NAME.is_in([hostile, "?"])).or(User::ID.between(-1, 12_345)));
    assert_eq!(session.all(query).await?.len(), 4);
    let sql = log.sql(0);
    assert!(!sql.contains("DROP") && !sql.contains("12345"), "{sql}");
    assert_eq!(log.statements()[0].params.len(), 5, "{log}");
    Ok(())
}

#[tokio::test]
async fn orders_are_applied_one_after_the_other() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let mut sorted = async |query: Select<Order>| -> Result<Vec<i64>> { Ok(ids!(session.all(query).await?)) };
    let all = select::<Order>;
    assert_eq!(sorted(all().order_by(Order::ID.desc())).await?, [5, 4, 3, 2, 1]);
    assert_eq!(sorted(all().order_by((Order::ISOPEN.desc(), Order::ID))).await?, [3, 4, 1, 2, 5]);
    assert_eq!(sorted(all().order_by(Order::ISOPEN).order_by(Order::ID.desc())).await?, [5, 2, 1, 4, 3]);
    assert_eq!(sorted(all().order_by([Order::USER_ID.desc(), Order::ID.asc()])).await?, [2, 4, 1, 3, 5]);
    assert_eq!(
        sorted(all().order_by(vec![Order::ADDRESS_ID.asc(), Order::USER_ID.desc()]).order_by(Order::ID))
            .await?[0],
        5
    );
    Ok(())
}

#[tokio::test]
async fn pages_and_counts() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = || select::<User>().order_by(User::ID);
    assert_eq!(ids!(session.all(query().limit(2)).await?), [7, 8]);
    assert_eq!(ids!(session.all(query().offset(3)).await?), [10]);
    assert_eq!(ids!(session.all(query().limit(2).offset(3)).await?), [10]);
    assert!(session.all(query().limit(0)).await?.is_empty());
    assert!(session.all(query().offset(100)).await?.is_empty());
    assert_eq!(session.count(query().limit(3)).await?, 3);
    assert_eq!(session.count(query().offset(3)).await?, 1);
    assert_eq!(session.count(query().limit(0)).await?, 0);
    assert_eq!(session.first(query().offset(1)).await?.map(|user| user.id), Some(8));
    Ok(())
}

#[tokio::test]
async fn pages_larger_than_a_database_counts() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = || select::<User>().order_by(User::ID);
    assert_eq!(session.all(query().limit(u64::MAX)).await?.len(), 4, "a limit beyond all rows takes all");
    assert!(session.all(query().offset(u64::MAX)).await?.is_empty(), "an offset beyond them leaves none");
    Ok(())
}
