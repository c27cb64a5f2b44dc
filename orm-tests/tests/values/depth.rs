//! What users build in loops ends no process: it has no recursion, or a bound with an error. On a small stack.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "deep_nodes")]
struct Node {
    #[key]
    id: i64,
    n: i64,
    parent_id: Option<i64>,
    #[belongs_to(inverse = "children")]
    parent: BelongsTo<Option<Node>>,
    #[has_many(key = "parent_id", order_by = "id", inverse = "parent")]
    children: HasMany<Node>,
}

/// As deep as a loop over users' data may get.
const LEVELS: i64 = 100_000;

/// Runs on a thread with a quarter of the stack that those of tokio have.
fn on_a_small_stack<T: Send + 'static>(
    work: impl AsyncFnOnce(&mut Session) -> Result<T> + Send + 'static,
) -> T {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let work = async {
            let engine = Engine::connect("sqlite::memory:").await?;
            engine.create_all(schema![Node]).await?;
            let mut session = engine.session();
            let done = Box::pin(work(&mut session)).await;
            session.close().await?;
            done
        };
        runtime.block_on(work)
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(run).expect("a thread");
    thread.join().expect("it comes to its end").expect("it succeeds")
}

fn is_too_deep<T: std::fmt::Debug>(ran: Result<T>) {
    let error = ran.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
    assert!(error.to_string().contains("deep") || error.to_string().contains("are nested"), "{error}");
}

#[test]
fn conditions_are_lists_or_refused() {
    on_a_small_stack(async |session| {
        let mut any = Node::N.eq(-1);
        let mut all = Node::N.ne(-1);
        for n in 0..9_000 {
            any = any | Node::N.eq(n);
            all = all & Node::N.ne(n);
        }
        session.count(select::<Node>().filter(any.clone())).await?;
        session.count(select::<Node>().filter(all)).await?;
        drop(any);
        let mut mixed = Node::N.eq(-1);
        let mut right = Node::N.eq(-1);
        let mut negated = Node::N.eq(-1);
        for n in 0..LEVELS {
            mixed = if n % 2 == 0 { mixed | Node::N.eq(n) } else { mixed & Node::N.ne(n) };
            right = Node::N.eq(n) & right;
            negated = !negated;
        }
        is_too_deep(session.count(select::<Node>().filter(mixed)).await);
        is_too_deep(session.count(select::<Node>().filter(right)).await);
        is_too_deep(session.execute(delete::<Node>().filter(negated)).await);
        let mut deep = Node::N.eq(-1);
        for n in 0..100 {
            deep = if n % 2 == 0 { deep | Node::N.eq(n) } else { deep & Node::N.ne(n) };
        }
        let debug = format!("{deep:?}");
        assert!(!debug.is_empty());
        session.count(select::<Node>().filter(deep)).await
    });
}

#[test]
fn expressions_and_subqueries_are_bounded() {
    on_a_small_stack(async |session| {
        let sum = |terms: i64| (0..terms).fold(Node::N + 0, |sum, term| sum + term);
        let coalesce = |terms: i64| (0..terms).fold(Node::N + 0, func::coalesce);
        session.rows(select_columns(sum(100))).await?;
        session.rows(select_columns(coalesce(100))).await?;
        is_too_deep(session.rows(select_columns(sum(LEVELS))).await);
        is_too_deep(session.rows(select_columns(coalesce(LEVELS))).await);
        let mut set = Node::N + 0;
        for _ in 0..LEVELS {
            set = 1 + set;
        }
        is_too_deep(session.execute(update::<Node>().set_to(Node::N, set)).await);
        let mut largest: orm_core::query::Aggregate<Option<i64>> = func::max(Node::N);
        for _ in 0..LEVELS {
            largest = func::max(largest);
        }
        is_too_deep(session.rows(select_columns(largest)).await);

        let ids = || select_columns(Node::ID);
        let nested = |levels: usize| {
            (0..levels).fold(Node::ID.gt(0), |inside, _| Node::ID.in_query(ids().filter(inside)))
        };
        session.count(select::<Node>().filter(nested(20))).await?;
        is_too_deep(session.count(select::<Node>().filter(nested(100_000))).await);
        let above = |levels: usize| (0..levels).fold(Node::ID.gt(0), |inside, _| Node::CHILDREN.any(inside));
        session.count(select::<Node>().filter(above(20))).await?;
        is_too_deep(session.count(select::<Node>().filter(above(100_000))).await);
        const ROW: Label<i64> = label("row");
        let from = |levels: usize| {
            let mut query = select_columns((Node::ID + 0).label(ROW));
            for level in 0..levels {
                let rows = query.subquery(&format!("rows{level}"));
                query = select_columns(rows.column(ROW).label(ROW));
            }
            query
        };
        session.rows(from(20)).await?;
        is_too_deep(session.rows(from(100_000)).await);
        let unions = (0..LEVELS).fold(ids(), |query, _| query.limit(5).union_all(ids()));
        is_too_deep(session.rows(unions).await);
        let wide = (0..200).fold(ids(), |query, _| query.union_all(ids()));
        session.rows(wide).await
    });
}

#[test]
fn drafts_in_drafts_are_as_deep_as_they_are() {
    on_a_small_stack(async |session| {
        const DEPTH: i64 = 5_000;
        let chain = |depth: i64| {
            let mut draft = Node::draft().id(depth).n(0);
            for id in (1..depth).rev() {
                draft = Node::draft().id(id).n(0).children([draft]);
            }
            draft
        };
        drop(chain(LEVELS));
        session.add(chain(LEVELS));
        assert_eq!(session.flush_plan().steps().len(), usize::try_from(LEVELS).expect("a count"));
        session.rollback().await?;
        session.add(chain(LEVELS));
        session.expunge_all();
        // Each level is a statement, since its key is that of the level before.
        let first = session.add(chain(DEPTH));
        session.flush().await?;
        assert_eq!(first.entity()?.children()?.len(), 1);
        assert_eq!(session.count(select::<Node>()).await?, DEPTH.unsigned_abs());
        session.commit().await?;
        // The other way round, and never added.
        let mut up = Node::draft().id(0).n(0);
        for id in 1..DEPTH {
            up = Node::draft().id(id + DEPTH).n(0).parent(up);
        }
        session.add(up);
        session.flush().await?;
        session.rollback().await?;
        session.expunge_all();
        session.merge_draft(chain(DEPTH)).await?;
        session.rollback().await
    });
}

#[test]
fn what_is_written_as_json_is_bounded() {
    on_a_small_stack(async |session| {
        for id in 1..=2_000 {
            session.add(Node::draft().id(id).n(0).parent_id((id > 1).then_some(id - 1)));
        }
        session.flush().await?;
        session.expunge_all();
        let above = |id: i64| select::<Node>().filter(Node::ID.eq(id));
        let chain = session.one(above(1).with(Node::CHILDREN.selectin().recursive(..))).await?;
        let error = serde_json::to_string(&chain).unwrap_err();
        assert!(error.to_string().contains("deep"), "{error}");
        let short = session.one(above(1_950).with(Node::CHILDREN.selectin().recursive(..))).await?;
        let text = serde_json::to_string(&short).expect("fifty are no depth");
        serde_json::from_str::<serde_json::Value>(&text).expect("and are read again");
        Ok(())
    });
}
