//! How large the futures of the API are: a future lies on the stack of the task that polls it, with those inside it.

use std::mem::size_of_val;

use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Entry {
    #[key]
    id: i64,
    name: String,
    #[has_many]
    notes: HasMany<Note>,
}

#[derive(Model, Debug)]
struct Note {
    #[key]
    id: i64,
    entry_id: i64,
}

/// The most bytes of one.
const MOST: usize = 8_192;

#[tokio::test]
async fn futures_are_small() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Entry, Note]).await?;
    let mut session = engine.session();
    let entry = session.insert(Entry::draft().id(1).name("one")).await?;
    macro_rules! sizes {
        ($($future:expr),+ $(,)?) => {
            [$((stringify!($future), { let future = $future; size_of_val(&future) }),)+]
        };
    }
    let sizes = sizes![
        session.all(select::<Entry>()),
        session.one(select::<Entry>()),
        session.get::<Entry>(1).into_future(),
        session.get_many::<Entry>([1]),
        session.count(select::<Entry>()),
        session.load(&entry, Entry::NOTES).into_future(),
        session.load_all(vec![entry.clone()], Entry::NOTES.selectin()),
        session.rows(select_columns(Entry::NAME)),
        session.row(select_columns(Entry::NAME)),
        session.execute(delete::<Entry>()),
        session.flush(),
        session.commit(),
        session.rollback(),
        session.begin(),
        session.refresh(&entry),
        session.transaction(async |session| session.flush().await),
        session.nested(async |session| session.flush().await),
        engine.transact(RetryPolicy::new(), async |session| session.flush().await),
        engine.create_all(schema![Entry, Note]),
        engine.check(schema![Entry, Note]),
    ];
    for (future, size) in sizes {
        println!("{size:>8} {future}");
    }
    let large: Vec<_> = sizes.iter().filter(|(_, size)| *size > MOST).collect();
    assert!(large.is_empty(), "more than {MOST} bytes: {large:#?}");
    Ok(())
}
