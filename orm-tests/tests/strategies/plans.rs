//! `engine.plan(..)`: the statements of a query before it runs, and they are the ones that run.

use orm_core::Select;
use orm_core::plan::Plan;
use orm_core::prelude::*;

use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::record;
use crate::fixtures::standard::*;

/// The plan of a query whose every level has two keys, so that the texts are the same.
async fn assert_planned<M: orm_core::Model, L>(
    engine: &Engine,
    query: impl Fn() -> Select<M, L>,
) -> Result<Plan> {
    let before = record(engine);
    let plan = engine.plan(&query())?;
    assert_eq!(before.count(), 0, "a plan runs nothing: {before}");
    let log = record(engine);
    engine.session().all(query()).await?;
    assert_eq!(plan.steps().len(), log.count(), "{plan}\n{log}");
    for (at, (step, statement)) in plan.steps().iter().zip(log.statements()).enumerate() {
        assert_eq!(Some(&step.path), statement.path.as_ref(), "step {at}");
        assert_eq!(Some(step.strategy), statement.strategy, "step {at}");
        // Only the number of placeholders is unknown before the query runs.
        assert_eq!(without_places(&step.sql), without_places(&statement.sql), "step {at}");
    }
    Ok(plan)
}

fn without_places(sql: &str) -> String {
    let mut text = sql.to_owned();
    while text.contains("?, ?") {
        text = text.replace("?, ?", "?");
    }
    while text.contains("(?), (?)") {
        text = text.replace("(?), (?)", "(?)");
    }
    text
}

#[tokio::test]
async fn a_plan_is_what_runs() -> Result<()> {
    let engine = standard().await?;
    let plan = assert_planned(&engine, || {
        select::<User>()
            .filter(User::ID.lt(10))
            .order_by(User::ID)
            .with(User::ADDRESSES.joined())
            .with(User::ORDERS.selectin().with(Order::ADDRESS.joined()).with(Order::ITEMS.selectin()))
    })
    .await?;
    let paths: Vec<&str> = plan.steps().iter().map(|step| &*step.path).collect();
    assert_eq!(paths, ["User", "User.orders", "User.orders.items"]);
    let strategies: Vec<&str> = plan.steps().iter().map(|step| step.strategy).collect();
    assert_eq!(strategies, ["joined", "selectin", "selectin"]);

    let _ = assert_planned(&engine, || {
        select::<User>()
            .order_by(User::ID)
            .limit(3)
            .with(User::ORDERS.subquery().with(Order::ITEMS.subquery()))
    })
    .await?;
    let _ = assert_planned(&engine, || {
        select::<User>()
            .with(User::ORDERS.auto().with(Order::ITEMS.auto()))
            .with(User::ADDRESSES.selectin().limit(1))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn explain_reads_as_a_list() -> Result<()> {
    let engine = standard().await?;
    let query = select::<User>().with(User::ORDERS.selectin().batch_size(2)).with(User::ADDRESSES.auto());
    let text = engine.plan(&query)?.explain();
    let heads: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        heads,
        [
            "1. User by select, once",
            "2. User.orders by selectin, once a batch of keys",
            "3. User.addresses by auto, once",
        ],
        "{text}"
    );
    assert!(text.lines().filter(|line| line.starts_with("   SELECT ")).count() == 3, "{text}");
    Ok(())
}

#[tokio::test]
async fn auto_joins_a_to_one_of_a_page_and_asks_for_it_otherwise() -> Result<()> {
    let engine = standard().await?;
    let steps = |query: &Select<Order, _>| -> Result<Vec<&'static str>> {
        Ok(engine.plan(query)?.steps().iter().map(|step| step.strategy).collect())
    };
    let all = select::<Order>().with(Order::USER.auto());
    assert_eq!(steps(&all)?, ["select", "selectin"]);
    assert_eq!(steps(&all.filter(Order::ISOPEN.eq(true)))?, ["select", "selectin"]);
    assert_eq!(steps(&select::<Order>().with(Order::USER.auto()).limit(2))?, ["joined"]);
    assert_eq!(steps(&select::<Order>().with(Order::USER.auto()).offset(2))?, ["joined"]);
    Ok(())
}

#[tokio::test]
async fn auto_names_no_keys_of_all_parents() -> Result<()> {
    let engine = standard().await?;
    let second =
        |query: &Select<User, _>| -> Result<String> { Ok(engine.plan(query)?.steps()[1].sql.to_string()) };
    let all = second(&select::<User>().with(User::ORDERS.auto()))?;
    assert!(all.contains(r#"WHERE "orders"."user_id" IN (SELECT "users"."id" "#), "{all}");
    let some = second(&select::<User>().filter(User::ID.gt(7)).with(User::ORDERS.auto()))?;
    assert!(some.contains(r#"WHERE "orders"."user_id" IN (?, ?)"#), "{some}");
    let page = second(&select::<User>().limit(3).with(User::ORDERS.auto()))?;
    assert!(page.contains(r#"WHERE "orders"."user_id" IN (?, ?)"#), "{page}");
    let batches = second(&select::<User>().with(User::ORDERS.auto().batch_size(1)))?;
    assert!(batches.contains("WHERE"), "batches are of keys: {batches}");
    Ok(())
}

/// Every statement that ran is one of the plan, in the plan's order, and every one of the plan ran.
async fn assert_ran<M: orm_core::Model, L>(engine: &Engine, query: impl Fn() -> Select<M, L>) -> Result<()> {
    let plan = engine.plan(&query())?;
    let log = record(engine);
    engine.session().all(query()).await?;
    let said = |sql: &str, strategy: Option<&str>| {
        (without_places(sql).replace(" = ?", " IN (?)"), strategy.map(str::to_owned))
    };
    let mut planned: Vec<_> = plan.steps().iter().map(|step| said(&step.sql, Some(step.strategy))).collect();
    let mut ran: Vec<_> =
        log.statements().iter().map(|statement| said(&statement.sql, statement.strategy)).collect();
    // Levels of one table have one text.
    planned.dedup();
    ran.dedup();
    assert_eq!(planned, ran, "{plan}\n{log}");
    Ok(())
}

#[tokio::test]
async fn a_plan_is_what_runs_whatever_is_asked() -> Result<()> {
    let engine = nodes().await?;
    macro_rules! each {
        ($($strategy:ident)+) => {$(
            let children = || Node::CHILDREN.$strategy();
            assert_ran(&engine, || select::<Node>().with(children()).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().with(children().with(children())).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().with(children().recursive(1)).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().filter(Node::PARENT_ID.is_null()).with(children().recursive(1)).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().with(children().filter(Node::CHILDREN.exists())).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().order_by(Node::ID).limit(4).with(children().order_by(Node::DATA.desc())).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().with(Node::PARENT.joined().with(children())).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().filter(Node::ID.gt(100)).with(Node::PARENT.selectin().with(children())).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().with(children().with(Node::PARENT.joined())).dynamic()).await?;
            assert_ran(&engine, || select::<Node>().filter(Node::ID.gt(100)).with(Node::PARENT.$strategy()).dynamic()).await?;
        )+};
    }
    each!(selectin joined subquery auto);
    assert_ran(&engine, || select::<Node>().with(Node::CHILDREN.selectin().recursive(..)).dynamic()).await?;
    assert_ran(&engine, || select::<Node>().with(Node::CHILDREN.subquery().recursive(..)).dynamic()).await?;
    assert_ran(&engine, || select::<Node>().with(Node::CHILDREN.subquery().recursive(2)).dynamic()).await?;
    assert_ran(&engine, || select::<Node>().with(Node::CHILDREN.selectin().limit(1)).dynamic()).await?;
    Ok(())
}

#[tokio::test]
async fn statements_are_named_after_what_they_do() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    macro_rules! named {
        () => {{
            let name = |path: Option<&str>, strategy: Option<&'static str>| {
                (path.unwrap_or_default().to_owned(), strategy.unwrap_or_default())
            };
            let statements = log.statements();
            statements.iter().map(|ran| name(ran.path.as_deref(), ran.strategy)).collect::<Vec<_>>()
        }};
    }
    let named_as = |path: &str, strategy: &'static str| (path.to_owned(), strategy);

    session.count(select::<Node>()).await?;
    session.explain(&select::<Node>()).await?;
    session.explain(&select_columns(Node::entity())).await?;
    session.explain(&select_columns(Node::ID)).await?;
    let expected = [("Node", "count"), ("Node", "explain"), ("Node", "explain"), ("rows", "explain")]
        .map(|(p, s)| named_as(p, s));
    assert_eq!(named!(), expected);

    log.restart();
    let roots = session.all(select::<Node>().filter(Node::PARENT_ID.is_null())).await?;
    session.load_all(roots, Node::CHILDREN.subquery()).await?;
    session.all(select::<Node>().with(Node::PARENT.selectin().with(Node::CHILDREN.subquery()))).await?;
    let expected = [
        ("Node", "select"),
        ("Node.children", "selectin"),
        ("Node", "select"),
        ("Node.parent.children", "selectin"),
    ];
    assert_eq!(named!(), expected.map(|(p, s)| named_as(p, s)), "by keys, however it was asked for: {log}");

    log.restart();
    session.execute(update::<Node>().set(Node::DATA, "x").filter(Node::ID.eq(1))).await?;
    session.execute(delete::<Node>().filter(Node::ID.gt(100))).await?;
    assert!(named!().iter().all(|named| *named == named_as("Node", "bulk")), "{log}");
    assert!(log.count() >= 2, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_level_of_a_recursion_is_one_step() -> Result<()> {
    let engine = nodes().await?;
    for query in [
        select::<Node>().with(Node::CHILDREN.selectin().recursive(3)).dynamic(),
        select::<Node>().with(Node::CHILDREN.selectin().recursive(..)).dynamic(),
    ] {
        let plan = engine.plan(&query)?;
        assert_eq!(plan.steps().len(), 2, "{plan}");
        assert_eq!(plan.steps()[1].repeats, "once a level");
    }
    Ok(())
}

#[tokio::test]
async fn a_plan_returns_the_errors_of_running() -> Result<()> {
    let engine = standard().await?;
    let query = || select::<User>().with(User::ORDERS.selectin().batch_size(0));
    let planned = engine.plan(&query()).expect_err("a batch of nothing");
    let run = engine.session().all(query()).await.expect_err("a batch of nothing");
    assert_eq!((planned.kind(), planned.to_string()), (run.kind(), run.to_string()));
    Ok(())
}
