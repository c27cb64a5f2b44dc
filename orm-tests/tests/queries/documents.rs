//! What is at a place in JSON.

use orm_core::Json;
use orm_core::prelude::*;
use orm_core::query::JsonPath;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use serde_json::{Value, json};

use crate::grammar::parsed;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Tags(Vec<String>);

#[derive(Model, Debug)]
#[model(table = "documents")]
struct Document {
    #[key]
    id: i64,
    body: Option<Value>,
    tags: Json<Tags>,
}

async fn documents(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Document]).await?;
    let bodies = [
        json!({
            "name": "o'ne \\ \"two\" é", "count": 7, "big": i64::MAX, "small": i64::MIN, "huge": u64::MAX, "ratio": 2.5,
            "whole": 2.0, "yes": true, "no": false, "null": null, "digits": "12", "list": [1, "b", [3, 4]], "empty": [],
            "deep": { "er": { "still": "here" } }, "0": "zero", "o'dd \"key\" \\ %": 1, "a.b": "dotted", "$": { "[0]": "x" },
        }),
        json!(["first", 2, { "third": 3 }]),
        json!("text"),
        Value::Null,
    ];
    let mut session = engine.session();
    for (id, body) in (1..).zip(bodies) {
        session.add(Document::draft().id(id).body(body).tags(Json(Tags(vec!["a".into(); id as usize]))));
    }
    session.add(Document::draft().id(5).tags(Json(Tags(Vec::new()))));
    session.commit().await?;
    Ok(engine)
}

fn at(key: &str) -> JsonPath {
    Document::BODY.at(key)
}

/// Lists in lists.
fn nested(levels: usize) -> Value {
    (1..levels).fold(
        json!([]),
        |inside, level| if level % 2 == 0 { json!([inside]) } else { json!({ "a": inside }) },
    )
}

on_every_backend! {
    async fn what_is_too_deep_to_be_read_is_not_written(database: TestDatabase) -> Result<()> {
        let engine = documents(&database).await?;
        let mut session = engine.session();
        for levels in [1, 30, 127] {
            session.add(Document::draft().id(100 + levels).body(nested(levels as usize)).tags(Json(Tags(Vec::new()))));
            match session.commit().await {
                // MariaDB takes about 30 levels, and MySQL 100.
                Err(error) if database.is_mysql() && levels == 127 => {
                    assert!(matches!(error.kind(), ErrorKind::CheckViolation | ErrorKind::Database), "{error}");
                    session.rollback().await?;
                    continue;
                }
                committed => committed?,
            }
            let read = session.one(select::<Document>().filter(Document::ID.eq(100 + levels)).populate_existing()).await?;
            assert_eq!(read.body, Some(nested(levels as usize)));
        }
        let log = engine.record();
        session.add(Document::draft().id(300).body(nested(128)).tags(Json(Tags(Vec::new()))));
        let error = session.flush().await.unwrap_err();
        assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidValue, 0), "{error}");
        assert!(error.to_string().contains("more than 127 deep"), "{error}");
        session.rollback().await?;
        let document = session.get::<Document>(1).await?.unwrap();
        session.edit(&document, |document| document.body = Some(nested(200)))?;
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::InvalidValue);
        session.rollback().await?;
        log.clear();
        for levels in [128, 300] {
            let bulk = update::<Document>().set(Document::BODY, Some(nested(levels))).filter(Document::ID.eq(1));
            assert_eq!(session.execute(bulk).await.unwrap_err().kind(), ErrorKind::InvalidValue);
            session.rollback().await?;
        }
        let written = session.all(select::<Document>().order_by(Document::ID).populate_existing()).await?;
        let deep = if database.is_mysql() { &[101, 130][..] } else { &[101, 130, 227] };
        assert_eq!(written.iter().map(|one| one.id).filter(|id| *id > 5).collect::<Vec<_>>(), deep);
        Ok(())
    }
    async fn only_an_array_has_elements(database: TestDatabase) -> Result<()> {
        let engine = documents(&database).await?;
        let mut session = engine.session();
        let bodies = [json!({ "sizes": 5 }), json!({ "sizes": [5] }), json!({ "sizes": { "0": 5 } }), json!(5), json!([[5], 6])];
        for (id, body) in (10..).zip(bodies) {
            session.add(Document::draft().id(id).body(body).tags(Json(Tags(Vec::new()))));
        }
        session.commit().await?;
        let mut found = async |condition: Predicate| {
            let query = select_columns(Document::ID).filter(condition).filter(Document::ID.ge(10)).order_by(Document::ID);
            session.rows(query).await
        };
        let first = || Document::BODY.at("sizes").at(0);
        assert_eq!(found(first().exists()).await?, [11]);
        assert_eq!(found(!first().exists()).await?, [10, 12, 13, 14]);
        assert_eq!(found(first().integer().eq(5)).await?, [11]);
        assert_eq!(found(first().integer().is_null()).await?, [10, 12, 13, 14]);
        assert_eq!(found(Document::BODY.at(0).exists()).await?, [14]);
        assert_eq!(found(Document::BODY.at(0).array_length().eq(1)).await?, [14]);
        assert_eq!(found(Document::BODY.at(1).integer().eq(6)).await?, [14]);
        assert_eq!(found(Document::BODY.at(0).at(0).integer().eq(5)).await?, [14]);
        assert_eq!(found(Document::BODY.at(1).at(0).exists()).await?, [0_i64; 0]);
        assert_eq!(found(Document::BODY.at(0).at(0).at(0).exists()).await?, [0_i64; 0]);
        Ok(())
    }

    async fn a_key_with_a_nul_is_found_or_refused(database: TestDatabase) -> Result<()> {
        let engine = documents(&database).await?;
        let mut session = engine.session();
        let read = |key: &'static str| select_columns(at(key).integer()).filter(Document::ID.eq(1));
        if database.is_mysql() {
            let body = json!({ "a\0b": 1, "a": 2 });
            session.execute(update::<Document>().set(Document::BODY, Some(body)).filter(Document::ID.eq(1))).await?;
            assert_eq!(session.row(read("a\0b")).await?, Some(1));
            assert_eq!(session.row(read("a\0")).await?, None);
            return Ok(());
        }
        let kind = session.row(read("a\0b")).await.unwrap_err().kind();
        assert_eq!(kind, if database.backend() == Backend::Postgres { ErrorKind::InvalidValue } else { ErrorKind::InvalidQuery });
        Ok(())
    }

    async fn keys_and_texts_are_exact(database: TestDatabase) -> Result<()> {
        let engine = documents(&database).await?;
        let mut session = engine.session();
        let body = json!({ "-1": 1, "--": 2, "a\tb": 3, "a\nb\r\u{8}\u{c}": 4, "e\u{1}f": 5, "": 6, "blank": "x ", "a-1": 7 });
        session.execute(update::<Document>().set(Document::BODY, Some(body)).filter(Document::ID.eq(1))).await?;
        let integer = |key: &str| select_columns(at(key).integer()).filter(Document::ID.eq(1));
        for (key, expected) in [("a\tb", 3), ("a\nb\r\u{8}\u{c}", 4), ("e\u{1}f", 5), ("", 6), ("a-1", 7)] {
            assert_eq!(session.row(integer(key)).await?, Some(expected), "{key:?}");
        }
        for (key, expected) in [("-1", 1), ("--", 2)] {
            match session.row(integer(key)).await {
                Err(error) if database.is_mysql() => assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}"),
                found => assert_eq!(found?, Some(expected), "{key:?}"),
            }
        }
        for (text, expected) in [("x ", 1), ("x", 0), ("X ", 0)] {
            let found = session.rows(select_columns(Document::ID).filter(at("blank").text().eq(text))).await?;
            assert_eq!(found.len(), expected, "{text:?}");
        }
        let documents = select_columns((Document::ID, func::position(func::value("ABC".to_owned()), "B"))).filter(Document::ID.eq(1));
        assert_eq!(session.row(documents).await?, (1, 2));
        let documents = select_columns((Document::ID, func::position(func::value("ABC".to_owned()), "b"))).filter(Document::ID.eq(1));
        assert_eq!(session.row(documents).await?, (1, 0));
        Ok(())
    }

    async fn values_have_their_types(database: TestDatabase) -> Result<()> {
        let engine = documents(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let mut texts = Vec::new();
        for key in ["name", "digits", "count", "yes", "null", "list", "deep", "absent"] {
            texts.push(session.row(select_columns(at(key).text()).filter(Document::ID.eq(1))).await?);
        }
        let name = Some("o'ne \\ \"two\" é".to_owned());
        assert_eq!(texts, [name, Some("12".into()), None, None, None, None, None, None]);
        let mut integers = Vec::new();
        for key in ["count", "big", "small", "huge", "ratio", "whole", "digits", "yes", "null", "absent"] {
            integers.push(session.row(select_columns(at(key).integer()).filter(Document::ID.eq(1))).await?);
        }
        assert_eq!(integers, [Some(7), Some(i64::MAX), Some(i64::MIN), None, None, None, None, None, None, None]);
        let mut floats = Vec::new();
        for key in ["ratio", "count", "whole", "digits", "yes", "null", "absent"] {
            floats.push(session.row(select_columns(at(key).float()).filter(Document::ID.eq(1))).await?);
        }
        assert_eq!(floats, [Some(2.5), Some(7.0), Some(2.0), None, None, None, None]);
        let mut booleans = Vec::new();
        for key in ["yes", "no", "count", "digits", "null", "absent"] {
            booleans.push(session.row(select_columns(at(key).boolean()).filter(Document::ID.eq(1))).await?);
        }
        assert_eq!(booleans, [Some(true), Some(false), None, None, None, None]);
        parsed(&log, database.backend());
        Ok(())
    }

    async fn paths_go_down(database: TestDatabase) -> Result<()> {
        let engine = documents(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select_columns((
            at("deep").at("er").at("still").text(),
            at("list").at(1).text(),
            at("list").at(2).at(0).integer(),
            at("list").at("1").text(),
            Document::BODY.at(0).text(),
            at("0").text(),
            at("a.b").text(),
            at("$").at("[0]").text(),
            at("o'dd \"key\" \\ %").integer(),
            at("list").at(99).value(),
        ));
        let text = |text: &str| Some(text.to_owned());
        let row = session.row(query.filter(Document::ID.eq(1))).await?;
        assert_eq!(
            row,
            (text("here"), text("b"), Some(3), None, None, text("zero"), text("dotted"), text("x"), Some(1), None),
            "{log}"
        );
        let query = select_columns((Document::BODY.at(0).text(), Document::BODY.at(2).at("third").integer(), at("0").text()));
        assert_eq!(session.row(query.filter(Document::ID.eq(2))).await?, (text("first"), Some(3), None));
        let query = select_columns((at("list").value(), at("name").value(), at("null").value(), at("absent").value()));
        let row = session.row(query.filter(Document::ID.eq(1))).await?;
        assert_eq!(row, (Some(json!([1, "b", [3, 4]])), Some(json!("o'ne \\ \"two\" é")), Some(Value::Null), None));
        parsed(&log, database.backend());
        Ok(())
    }

    async fn documents_are_conditions_groups_and_orders(database: TestDatabase) -> Result<()> {
        let engine = documents(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let mut ids = async |filter| session.rows(select_columns(Document::ID).filter(filter).order_by(Document::ID)).await;
        assert_eq!(ids(at("digits").text().eq("12")).await?, [1]);
        assert_eq!(ids(at("count").integer().gt(6) & at("yes").boolean().eq(true)).await?, [1]);
        assert_eq!(ids(at("ratio").float().lt(3)).await?, [1]);
        assert_eq!(ids(at("null").exists()).await?, [1]);
        assert_eq!(ids(!at("null").exists()).await?, [2, 3, 4, 5]);
        assert_eq!(ids(Document::BODY.at(2).exists()).await?, [2]);
        assert_eq!(ids(Document::BODY.is_null()).await?, [5]);
        assert_eq!(ids(at("name").text().contains("\"two\"")).await?, [1]);
        assert_eq!(ids(Document::TAGS.array_length().gt(2)).await?, [3, 4]);
        let lengths = select_columns((Document::BODY.array_length(), Document::TAGS.array_length(), at("list").array_length(), at("empty").array_length(), at("deep").array_length()));
        assert_eq!(session.row(lengths.filter(Document::ID.eq(1))).await?, (None, Some(1), Some(3), Some(0), None));
        let first = || Document::TAGS.at(0).text();
        let groups = select_columns((first(), func::count(Document::ID))).group_by(first()).order_by(func::count(Document::ID));
        assert_eq!(session.rows(groups).await?, [(None, 1), (Some("a".into()), 4)]);
        let distinct = select_columns(first()).distinct().order_by(first().desc().nulls_last());
        assert_eq!(session.rows(distinct).await?, [Some("a".into()), None]);
        let changed = update::<Document>().set(Document::TAGS, Json(Tags(Vec::new()))).filter(at("count").integer().eq(7));
        assert_eq!(session.execute(changed).await?, 1);
        parsed(&log, database.backend());
        session.rollback().await
    }
}
