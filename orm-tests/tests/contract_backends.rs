//! The contract programs on every backend: what `build.rs` makes of them, with a shop in the backend's database.

use orm_tests::TestDatabase;

#[path = "shop/mod.rs"]
mod models;

mod shop {
    //! The shop of the test that runs.

    use std::future::Future;

    use orm_core::prelude::*;
    use orm_tests::{Backend, TestDatabase};

    pub use crate::models::*;

    tokio::task_local! {
        static DATABASE: TestDatabase;
    }

    /// Runs a program in a database.
    pub async fn with(database: TestDatabase, program: impl Future<Output = Result<()>>) -> Result<()> {
        DATABASE.scope(database, program).await
    }

    /// An engine on the test's database, which holds the shop.
    pub async fn shop() -> Result<Engine> {
        let engine = DATABASE.with(TestDatabase::builder).connect().await?;
        engine.create_all(schema![User, Address, Order, Item, Keyword]).await?;
        fill(&engine).await?;
        // The fill gives every order its number.
        engine.sync_sequences(schema![Order]).await?;
        Ok(engine)
    }

    /// How the database is given a list of keys.
    pub fn keys() -> &'static str {
        match DATABASE.with(TestDatabase::backend) {
            Backend::Postgres => " = ANY(",
            _ => " IN (",
        }
    }

    /// The statements of a stream of two batches with one relationship: MySQL reads entities in pages.
    pub fn stream_of_two() -> usize {
        if DATABASE.with(TestDatabase::is_mysql) { 2 + 2 } else { 1 + 2 }
    }
}

mod loading {
    include!(concat!(env!("OUT_DIR"), "/contract_loading.rs"));
}

mod querying {
    include!(concat!(env!("OUT_DIR"), "/contract_querying.rs"));
}

mod writing {
    include!(concat!(env!("OUT_DIR"), "/contract_writing.rs"));
}
