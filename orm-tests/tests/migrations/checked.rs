//! What `Engine::check` reports about tables that another version of the models made.

use orm_core::prelude::*;
use orm_core::schema::{SchemaFinding, SchemaFindingKind, SchemaReport};
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::blueprint::{Blueprint, Column, Key, Kind};
use crate::dice::Dice;
use crate::mutation;
use crate::versions::{one, three, two};

/// The columns of the findings of one kind.
fn columns(report: &SchemaReport, is_it: impl Fn(&SchemaFindingKind) -> bool) -> Vec<String> {
    let found = report.findings().iter().filter(|finding| is_it(&finding.kind));
    found.map(|finding| format!("{}.{}", finding.table, finding.columns.join("+"))).collect()
}

on_every_backend! {
    async fn indexes_actions_and_conditions_are_compared(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(one::schema()).await?;
        let report = engine.check(two::schema()).await?;
        assert_eq!(columns(&report, |kind| *kind == SchemaFindingKind::MissingUnique), ["pets.person_id+name"], "{report}");
        let acts = |kind: &SchemaFindingKind| matches!(kind, SchemaFindingKind::KeyAction { expected, .. } if expected == "ON UPDATE CASCADE");
        assert_eq!(columns(&report, acts), ["pets.person_id"], "{report}");
        assert!(report.to_string().contains("is ON UPDATE "), "{report}");
        // Its columns are missing, which is reported.
        assert_eq!(columns(&report, |kind| *kind == SchemaFindingKind::MissingColumn), ["people.age"], "{report}");

        let report = engine.check(three::schema()).await?;
        let condition = |kind: &SchemaFindingKind| matches!(kind, SchemaFindingKind::MissingCheck { check } if check == "points >= 0");
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

/// What a query would notice of the tables of one version where the models are another's: places that a report must name.
fn noticed(backend: Backend, tables: &Blueprint, models: &Blueprint) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for model in &models.tables {
        let mut place = |column: &str| places.push((model.name.clone(), column.to_owned()));
        let Some(table) = tables.table(&model.name) else {
            place("");
            continue;
        };
        if (table.key == Key::Composite) != (model.key == Key::Composite) {
            place("id");
        }
        for column in &model.columns {
            let Some(live) = table.column(&column.name) else {
                place(&column.name);
                continue;
            };
            let (kind, other) = (models.kind(column), tables.kind(live));
            let has_other_labels = kind == Kind::Enum
                && other == Kind::Enum
                && tables.labels != models.labels
                && backend != Backend::Sqlite;
            let differs = column.computed.is_some() != live.computed.is_some()
                || column.nullable != live.nullable
                || (backend == Backend::Postgres && kind != other)
                || has_other_labels
                || (column.unique && !table.is_unique(&column.name))
                || (column.checked && !live.checked && table.check.is_none())
                || (column.refers_to.is_some() && live.refers_to.is_none());
            if differs {
                place(&column.name);
            }
        }
        for index in model.partial.iter().filter(|index| index.unique && !models.without_partial) {
            let is_there = index.columns.iter().all(|name| table.column(name).is_some());
            if is_there && !table.partial.contains(index) {
                place(&index.columns[0]);
            }
        }
        // No row can be inserted without them.
        let is_needed = |column: &&Column| !column.nullable && column.default.is_none();
        for column in table.columns.iter().filter(is_needed) {
            if model.column(&column.name).is_none() {
                place(&column.name);
            }
        }
    }
    for link in models.links.iter().filter(|link| tables.links.iter().all(|other| other.name != link.name)) {
        places.push((link.name.clone(), String::new()));
    }
    places
}

async fn compare(backend: Backend, seeds: std::ops::Range<u64>) {
    orm_tests::run(backend, move |database: TestDatabase| async move {
        let (url, server) = (database.url().to_owned(), database.engine().await?);
        // The slots of the models belong to a thread.
        let done = tokio::task::spawn_blocking(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                for seed in seeds {
                    let mut dice = Dice::new(seed);
                    let mut tables = mutation::blueprint(&mut dice);
                    tables.without_partial =
                        matches!(backend, Backend::Mysql | Backend::MysqlWithoutReturning);
                    let mut models = mutation::mutated(&tables, &mut dice);
                    for _ in 0..3 {
                        models = mutation::mutated(&models, &mut dice);
                    }
                    let engine = match backend {
                        Backend::Sqlite => Engine::connect(&url).await?,
                        _ => server.clone(),
                    };
                    engine.create_all(tables.schema(0)).await?;
                    let report = engine.check(tables.schema(0)).await?;
                    assert!(report.findings().iter().all(SchemaFinding::is_advice), "seed {seed}: {report}");
                    let report = engine.check(models.schema(12)).await?;
                    for (table, column) in noticed(backend, &tables, &models) {
                        let names = |finding: &SchemaFinding| {
                            let is_about = column.is_empty() || finding.columns.contains(&column);
                            let is_check = finding.columns.iter().all(String::is_empty)
                                && finding.to_string().contains(&column);
                            finding.table == table && (is_about || is_check)
                        };
                        let found = report.findings().iter().any(names);
                        assert!(found, "seed {seed}: `{table}.{column}` differs, and is not in: {report}");
                    }
                    if backend != Backend::Sqlite {
                        engine.drop_all(tables.schema(0)).await?;
                    }
                }
                Ok::<(), Error>(())
            })
        });
        done.await.expect("no difference is missed")
    })
    .await;
}

#[tokio::test]
async fn every_difference_that_matters_is_reported_sqlite() {
    compare(Backend::Sqlite, 0..200).await;
}

#[tokio::test]
async fn every_difference_that_matters_is_reported_postgres() {
    compare(Backend::Postgres, 0..60).await;
}

#[tokio::test]
async fn every_difference_that_matters_is_reported_mysql() {
    compare(Backend::Mysql, 0..40).await;
}
