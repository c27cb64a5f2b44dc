//! Statements past the unit of work.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

on_every_backend! {
    async fn placeholder(database: TestDatabase) -> Result<()> {
        let _ = database;
        Ok(())
    }
}
