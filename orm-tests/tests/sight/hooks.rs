//! `Engine::on_execute`.

use std::sync::{Arc, Mutex, OnceLock};

use orm_core::observe::StatementEvent;
use orm_core::prelude::*;

use crate::authors::{Author, authors, read};

type Seen = Arc<Mutex<Vec<String>>>;

fn note(seen: &Seen) -> impl Fn(&StatementEvent<'_>) + Send + Sync + 'static {
    let seen = Arc::clone(seen);
    move |event| {
        let path = event.path.unwrap_or("-");
        let line = match event.outcome {
            None => format!("before {path} {}", event.strategy.unwrap_or("-")),
            Some(outcome) => format!("after {path} {} rows, failed: {}", outcome.rows, outcome.failed),
        };
        seen.lock().unwrap().push(line);
    }
}

fn taken(seen: &Seen) -> Vec<String> {
    std::mem::take(&mut *seen.lock().unwrap())
}

#[tokio::test]
async fn a_hook_is_called_before_and_after_each_statement() -> Result<()> {
    let engine = authors().await?;
    let seen = Seen::default();
    engine.on_execute(note(&seen));
    assert_eq!(read(&engine).await?, 4);
    assert_eq!(
        taken(&seen),
        [
            "before Author select",
            "after Author 2 rows, failed: false",
            "before Author.books selectin",
            "after Author.books 4 rows, failed: false",
        ]
    );
    let mut session = engine.session();
    session.begin().await?;
    session.rollback().await?;
    assert_eq!(taken(&seen), [""; 0], "transaction control is no statement");
    session.insert(Author::draft().id(1).name("again")).await.unwrap_err();
    assert_eq!(taken(&seen), ["before Author flush", "after Author 0 rows, failed: true"]);
    Ok(())
}

#[tokio::test]
async fn a_hook_is_called_until_it_is_removed() -> Result<()> {
    let engine = authors().await?;
    let (first, second) = (Seen::default(), Seen::default());
    let hook = engine.on_execute(note(&first));
    drop(engine.on_execute(note(&second)));
    read(&engine).await?;
    assert_eq!((taken(&first).len(), taken(&second).len()), (4, 4), "dropping the handle changes nothing");
    hook.remove();
    read(&engine.clone()).await?;
    assert_eq!((taken(&first).len(), taken(&second).len()), (0, 4));
    Ok(())
}

#[tokio::test]
async fn a_panicking_hook_has_no_effect() -> Result<()> {
    let engine = authors().await?;
    let seen = Seen::default();
    engine.on_execute(|event| assert!(event.outcome.is_none(), "this is on purpose"));
    engine.on_execute(note(&seen));
    let log = engine.record();
    assert_eq!(read(&engine).await?, 4);
    assert_eq!(read(&engine).await?, 4);
    assert_eq!((log.count(), taken(&seen).len()), (4, 8), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_hook_may_change_the_engine_it_is_called_by() -> Result<()> {
    let engine = authors().await?;
    let own: Arc<OnceLock<orm_core::observe::StatementHook>> = Arc::default();
    let (inner, seen) = (engine.clone(), Seen::default());
    let added = Arc::clone(&seen);
    let once = Arc::clone(&own);
    engine.on_execute(move |_| {
        once.get_or_init(|| inner.on_execute(note(&added)));
        assert_eq!(inner.record().count(), 0);
    });
    read(&engine).await?;
    assert_eq!(taken(&seen).len(), 3, "from the end of the first statement on");
    Ok(())
}

#[tokio::test]
async fn values_are_shown_when_asked_for_and_secrets_never() -> Result<()> {
    let engine = authors().await?;
    let seen = Seen::default();
    let shown = Arc::clone(&seen);
    engine.on_execute(move |event| shown.lock().unwrap().extend(event.params()));
    engine.session().insert(Author::draft().name("Jemisin").password("hunter2")).await?;
    let shown = taken(&seen);
    assert!(shown.contains(&"\"Jemisin\"".to_owned()) && shown.contains(&"***".to_owned()), "{shown:?}");
    assert!(!shown.concat().contains("hunter2"), "{shown:?}");
    Ok(())
}
