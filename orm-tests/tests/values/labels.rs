//! Labels of enums that mean something elsewhere are labels here.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
#[db_enum(native = "odd_label")]
enum Odd {
    #[db_enum(rename = "Null")]
    Null,
    #[db_enum(rename = "null")]
    Small,
    #[db_enum(rename = "{}")]
    Braces,
    #[db_enum(rename = "a, \"b\" \\ 'c'")]
    Quoted,
    #[db_enum(rename = "t")]
    True,
    #[db_enum(rename = "42")]
    Number,
}

const ALL: [Odd; 6] = [Odd::Null, Odd::Small, Odd::Braces, Odd::Quoted, Odd::True, Odd::Number];

#[derive(Model, Debug)]
#[model(table = "odd_rows")]
struct Row {
    #[key]
    id: i64,
    label: Odd,
    other: Option<Odd>,
}

/// `NULL` cannot be a label of a native enum, which a program that does not compile shows; a plain enum can have it.
#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
enum Plain {
    #[db_enum(rename = "NULL")]
    Null,
    Other,
}

#[derive(Model, Debug)]
#[model(table = "plain_rows")]
struct PlainRow {
    #[key]
    id: i64,
    label: Option<Plain>,
}

on_every_backend! {
    async fn a_plain_label_may_be_null(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![PlainRow]).await?;
        let mut session = engine.session();
        for (id, label) in [(1, Some(Plain::Null)), (2, Some(Plain::Other)), (3, None)] {
            session.add(PlainRow::draft().id(id).label(label));
        }
        session.commit().await?;
        let labels = select_columns(PlainRow::LABEL).order_by(PlainRow::ID);
        assert_eq!(engine.session().rows(labels).await?, [Some(Plain::Null), Some(Plain::Other), None]);
        assert_eq!(session.count(select::<PlainRow>().filter(PlainRow::LABEL.eq(Plain::Null))).await?, 1);
        session.close().await
    }

    async fn labels_may_be_odd(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Row]).await?;
        let mut session = engine.session();
        for (id, label) in (0..).zip(ALL) {
            session.add(Row::draft().id(id).label(label).other((id % 2 == 0).then_some(label)));
        }
        session.commit().await?;
        let mut session = engine.session();
        let rows = session.all(select::<Row>().order_by(Row::ID)).await?;
        assert_eq!(rows.iter().map(|row| row.label).collect::<Vec<_>>(), ALL);
        for label in ALL {
            let found = session.one(select::<Row>().filter(Row::LABEL.eq(label))).await?;
            assert_eq!(found.label, label);
            assert_eq!(session.count(select::<Row>().filter(Row::LABEL.is_in([label]))).await?, 1);
        }
        assert_eq!(session.count(select::<Row>().filter(Row::OTHER.eq(None))).await?, 3);
        assert_eq!(session.count(select::<Row>().filter(Row::OTHER.is_in([Some(Odd::Null), None]))).await?, 4);
        assert_eq!(session.count(select::<Row>().filter(Row::LABEL.is_in(ALL))).await?, 6);
        let selected: Vec<Option<Odd>> = session.rows(select_columns(Row::OTHER).order_by(Row::ID)).await?;
        assert_eq!(selected[..3], [Some(Odd::Null), None, Some(Odd::Braces)]);
        session.close().await
    }
}
