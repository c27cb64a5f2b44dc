//! The public calls that may talk to the database.

use std::pin::Pin;

use futures_util::TryStreamExt;
use orm_core::options::{RetryPolicy, TransactionOptions};
use orm_core::prelude::*;

use crate::world::{Numbered, Owner, THINGS, Thing, World};

/// What a call asks of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// Only the definitions of the tables.
    Definitions,
    /// How a query would run, which its connection may know without a look at the file.
    Plans,
    /// Some row.
    Reads,
    /// The numbers of all things.
    Lists,
    /// To be the one that writes.
    Begins,
    /// To write a row.
    Writes,
    /// To make tables.
    Creates,
}

pub type Running<'w> = Pin<Box<dyn Future<Output = Result<()>> + 'w>>;

pub struct Call {
    pub asks: Asks,
    pub name: &'static str,
    pub run: for<'w> fn(&'w mut World) -> Running<'w>,
}

macro_rules! calls {
    ($($asks:ident $name:literal |$world:ident| $call:expr;)*) => {
        pub const CALLS: &[Call] = &[$(Call {
            asks: Asks::$asks,
            name: $name,
            run: |$world| Box::pin(async move {
                let _ = $call.await?;
                Ok(())
            }),
        },)*];
    };
}

calls! {
    Lists "all" |w| w.session.all(things());
    Lists "all, selectin" |w| w.session.all(select::<Owner>().with(Owner::THINGS.selectin()));
    Lists "all, joined" |w| w.session.all(select::<Owner>().with(Owner::THINGS.joined()));
    Lists "all, subquery" |w| w.session.all(select::<Owner>().with(Owner::THINGS.subquery()));
    Lists "all, auto" |w| w.session.all(select::<Owner>().with(Owner::THINGS.auto()));
    Lists "all_and_total" |w| w.session.all_and_total(things().limit(THINGS.unsigned_abs()));
    Lists "rows" |w| w.session.rows(select_columns((Thing::ID, Thing::N)).order_by(Thing::ID));
    Lists "rows of a function" |w| w.session.rows(select_columns(custom()).order_by(Thing::ID));
    Lists "rows of a fragment" |w| w.session.rows(select_columns(fragment()).order_by(Thing::ID));
    Lists "structs" |w| w.session.rows(select_columns((Thing::ID, Thing::N)).order_by(Thing::ID).into_struct::<Numbered>());
    Lists "raw rows" |w| w.session.rows(sql(TEXT).rows::<(i64, i64)>());
    Lists "raw structs" |w| w.session.rows(sql(TEXT).structs::<Numbered>());
    Lists "raw entities" |w| w.session.rows(sql("SELECT * FROM things ORDER BY id").entities::<Thing>());
    Lists "get_many" |w| w.session.get_many::<Thing>(2..=THINGS);
    Lists "load" |w| w.session.load(&w.owner, Owner::THINGS);
    Lists "load_all" |w| w.session.load_all(vec![w.owner.clone()], Owner::THINGS.selectin());
    Lists "stream of entities" |w| read(w.session.stream(things().yield_per(100)));
    Lists "stream of rows" |w| read(w.session.stream(select_columns((Thing::ID, Thing::N)).order_by(Thing::ID)));
    Lists "stream of raw rows" |w| read(w.session.stream(sql(TEXT).rows::<(i64, i64)>()));
    Lists "stream of raw entities" |w| read(w.session.stream(sql("SELECT * FROM things ORDER BY id").entities::<Thing>()));
    Lists "stream, loading" |w| read(w.session.stream(select::<Owner>().with(Owner::THINGS.selectin())));
    Lists "partitions" |w| read(w.session.stream(things().yield_per(7)).partitions(500));
    Lists "stream, row by row" |w| w.session.stream(things()).rows().try_collect::<Vec<_>>();
    Lists "read session" |w| async { w.engine.read_session().all(things()).await };

    Reads "one" |w| w.session.one(select::<Owner>().filter(Owner::ID.eq(2)));
    Reads "one_or_none" |w| w.session.one_or_none(select::<Owner>().filter(Owner::ID.eq(2)));
    Reads "first" |w| w.session.first(select::<Owner>().order_by(Owner::ID.desc()));
    Reads "get" |w| w.session.get::<Owner>(2);
    Reads "get with a relationship" |w| w.session.get::<Owner>(2).with(Owner::THINGS.selectin());
    Reads "count" |w| w.session.count(things());
    Reads "row" |w| w.session.row(select_columns(func::count(Thing::ID)));
    Reads "row_or_none" |w| w.session.row_or_none(select_columns(Owner::ID).filter(Owner::ID.eq(2)));
    Reads "first_row" |w| w.session.first_row(select_columns(Owner::ID));
    Plans "explain" |w| w.session.explain(&things());
    Reads "load of a to-one" |w| async {
        w.session.expunge_all();
        let thing = w.session.one(select::<Thing>().filter(Thing::ID.eq(1))).await?;
        w.session.load(&thing, Thing::OWNER).await.map(drop)
    };
    Reads "load_column" |w| w.session.load_column(&w.owner, Owner::NOTE);
    Reads "load_column_all" |w| w.session.load_column_all(std::slice::from_ref(&w.owner), Owner::NOTE);
    Reads "refresh" |w| w.session.refresh(&w.owner);
    Reads "merge" |w| async { w.engine.session().merge(&w.owner).await };
    Reads "merge_draft" |w| w.session.merge_draft(Owner::draft().id(2).name("cid").note("z"));
    Reads "transaction, read-only" |w| w.session.transaction_with(TransactionOptions::new().read_only(), async |session| {
        session.count(things()).await
    });
    Reads "nested in a read-only transaction" |w| async {
        w.session.begin_with(TransactionOptions::new().read_only()).await?;
        w.session.nested(async |session| session.count(things()).await).await
    };

    Begins "begin" |w| w.session.begin();
    Begins "begin_with" |w| w.session.begin_with(TransactionOptions::new().isolation(orm_core::options::Isolation::Serializable));
    Begins "transaction" |w| w.session.transaction(async |_| Ok(()));
    Begins "nested" |w| w.session.nested(async |_| Ok(()));

    Begins "connection" |w| async { w.session.connection().await.map(drop) };
    Begins "sandbox" |w| async {
        w.engine.sandbox().await?.close().await;
        Result::Ok(())
    };

    Writes "flush" |w| async {
        w.session.edit(&w.owner, |owner| owner.name = "x".into())?;
        w.session.flush().await
    };
    Writes "commit" |w| async {
        w.session.add(Thing::draft().id(0).owner_id(1).n(0));
        w.session.commit().await
    };
    Writes "commit of a deletion" |w| async {
        w.session.delete(&w.thing)?;
        w.session.commit().await
    };
    Writes "insert" |w| w.session.insert(Thing::draft().id(0).owner_id(1).n(0));
    Writes "autoflush" |w| async {
        w.session.edit(&w.owner, |owner| owner.name = "x".into())?;
        w.session.count(things()).await
    };
    Writes "bulk update" |w| w.session.execute(update::<Thing>().set(Thing::N, 7));
    Writes "bulk insert" |w| w.session.execute(insert::<Thing>().rows([Thing::draft().id(0).owner_id(1).n(0)]));
    Writes "upsert" |w| async {
        let conflict = OnConflict::update(Thing::ID, ()).set(Thing::N, func::excluded(Thing::N) + Thing::N);
        w.session.execute(insert::<Thing>().rows([Thing::draft().id(9).owner_id(1).n(0)]).on_conflict(conflict)).await
    };
    Writes "insert of a query" |w| async {
        let rows = select_columns((Thing::ID + 10_000, Thing::OWNER_ID, Thing::N)).limit(2);
        w.session.execute(insert_from((Thing::ID, Thing::OWNER_ID, Thing::N), rows)).await
    };
    Writes "bulk delete" |w| w.session.execute(delete::<Thing>().filter(Thing::N.gt(7)));
    Writes "raw update" |w| w.session.execute(sql("UPDATE things SET n = 7"));
    Writes "raw update that returns rows" |w| w.session.rows(sql("UPDATE things SET n = id RETURNING n").rows::<i64>());
    Writes "transaction that writes" |w| w.session.transaction(async |session| {
        session.insert(Thing::draft().id(0).owner_id(1).n(0)).await.map(drop)
    });
    Writes "nested that writes" |w| w.session.nested(async |session| {
        session.insert(Thing::draft().id(0).owner_id(1).n(0)).await.map(drop)
    });
    Writes "transact" |w| w.engine.transact(RetryPolicy::new().attempts(2), async |session| {
        session.insert(Thing::draft().id(0).owner_id(1).n(0)).await.map(drop)
    });

    Definitions "check" |w| w.engine.check(schema![Owner, Thing]);
    Creates "create_all" |w| w.engine.create_all(schema![Owner, Thing]);
    Creates "drop_all" |w| w.engine.drop_all(schema![Owner, Thing]);

    Nothing "flush of nothing" |w| w.session.flush();
    Nothing "commit of nothing" |w| w.session.commit();
    Nothing "rollback" |w| w.session.rollback();
    Nothing "close" |w| w.session.close();
    Nothing "get of what is there" |w| w.session.get::<Thing>(1);
    Nothing "sync_sequences" |w| w.engine.sync_sequences(schema![Owner, Thing]);
    Nothing "close of the engine" |w| async { w.engine.close().await; Result::Ok(()) };
}

const TEXT: &str = "SELECT id, n FROM things ORDER BY id";

fn things() -> orm_core::Select<Thing> {
    select::<Thing>().order_by(Thing::ID)
}

/// A function of the database that the library does not know.
fn custom() -> orm_core::query::Computed<i64> {
    func::custom::<i64>("coalesce", (Thing::N, Thing::ID))
}

/// Raw SQL as an expression.
fn fragment() -> orm_core::query::Computed<i64> {
    func::fragment::<i64>("coalesce(?, ?)", (Thing::N, Thing::ID))
}

async fn read<T: Send>(mut stream: orm_core::futures::QueryStream<'_, T>) -> Result<()> {
    while stream.next_batch().await?.is_some() {}
    Ok(())
}
