//! Generated keys follow the order of adding.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "or_guests")]
struct Guest {
    #[key(auto)]
    id: i64,
    name: String,
    #[column(default = "'guest'", length = 20)]
    role: String,
}

on_every_backend! {
    async fn keys_follow_the_order_of_adding_where_some_leave_a_default_out(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Guest]).await?;
        let mut session = engine.session();
        session.add(Guest::draft().name("a"));
        session.add(Guest::draft().name("b"));
        session.add(Guest::draft().name("c").role("host"));
        session.add(Guest::draft().name("d"));
        let log = engine.record();
        session.commit().await?;
        let inserts = shape(&log).into_iter().filter(|one| one == "INSERT or_guests").count();
        assert_eq!(inserts, 3, "rows that follow each other and give the same columns are one statement: {log}");
        let rows = engine.session().all(select::<Guest>().order_by(Guest::ID)).await?;
        let rows: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.role.as_str())).collect();
        assert_eq!(rows, [("a", "guest"), ("b", "guest"), ("c", "host"), ("d", "guest")]);
        Ok(())
    }
}
