//! What `Engine::check` says of tables that another version of the models made.

use orm_core::prelude::*;
use orm_core::schema::{SchemaFindingKind as Kind, SchemaReport};
use orm_tests::{TestDatabase, on_every_backend};

use crate::versions::{one, three, two};

/// The columns of the findings of one kind.
fn columns(report: &SchemaReport, is_it: impl Fn(&Kind) -> bool) -> Vec<String> {
    let found = report.findings().iter().filter(|finding| is_it(&finding.kind));
    found.map(|finding| format!("{}.{}", finding.table, finding.columns.join("+"))).collect()
}

on_every_backend! {
    async fn indexes_actions_and_conditions_are_compared(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(one::schema()).await?;
        let report = engine.check(two::schema()).await?;
        assert_eq!(columns(&report, |kind| *kind == Kind::MissingUnique), ["pets.person_id+name"], "{report}");
        let acts = |kind: &Kind| matches!(kind, Kind::KeyAction { expected, .. } if expected == "ON UPDATE CASCADE");
        assert_eq!(columns(&report, acts), ["pets.person_id"], "{report}");
        assert!(report.to_string().contains("is ON UPDATE "), "{report}");
        // Its columns are missing, which is said.
        assert_eq!(columns(&report, |kind| *kind == Kind::MissingColumn), ["people.age"], "{report}");

        let report = engine.check(three::schema()).await?;
        let condition = |kind: &Kind| matches!(kind, Kind::MissingCheck { check } if check == "points >= 0");
        assert_eq!(columns(&report, condition), ["people."], "{report}");
        engine.drop_all(one::schema()).await?;

        for schema in [two::schema, three::schema] {
            engine.create_all(schema()).await?;
            engine.check(schema()).await?.into_result()?;
            engine.drop_all(schema()).await?;
        }
        Ok(())
    }
}
