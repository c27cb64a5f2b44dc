//! Cells, keys and tables that the models exclude.

use orm_core::prelude::*;

use super::says;
use crate::fixtures::SideDoor;

#[derive(Model, Debug)]
pub struct Reading {
    #[key]
    pub id: i64,
    pub whole: i32,
    pub part: f64,
    pub small: f32,
    pub truth: bool,
    pub name: String,
    pub data: Vec<u8>,
    pub parent_id: Option<i64>,
    #[has_many(key = "parent_id", order_by = "id")]
    pub children: HasMany<Reading>,
}

/// A table that keeps whatever is stored in it, with a good row and its child.
async fn readings() -> Result<SideDoor> {
    let door = SideDoor::new(schema![]).await?;
    door.run(
        "CREATE TABLE reading (id INTEGER PRIMARY KEY, whole, part, small, truth, name, data, parent_id);
         INSERT INTO reading VALUES (1, 1, 1.5, 1.5, 1, 'good', x'00', NULL), (2, 1, 1.5, 1.5, 1, 'good', x'00', 1)",
    )
    .await;
    Ok(door)
}

const BAD: [(&str, &str, &str); 23] = [
    ("whole", "'abc'", "text"),
    ("whole", "'5'", "text"),
    ("whole", "1.5", "floating-point"),
    ("whole", "x'05'", "bytes"),
    ("whole", "2147483648", "2147483648"),
    ("whole", "-2147483649", "-2147483649"),
    ("whole", "NULL", "Option"),
    ("part", "'1.5'", "text"),
    ("part", "9007199254740993", "9007199254740993"),
    ("part", "NULL", "Option"),
    ("small", "1e39", "f32"),
    ("small", "x'00'", "bytes"),
    ("truth", "2", "2"),
    ("truth", "-1", "-1"),
    ("truth", "'true'", "text"),
    ("truth", "1.0", "floating-point"),
    ("truth", "NULL", "Option"),
    ("name", "5", "integer"),
    ("name", "x'41'", "bytes"),
    ("name", "NULL", "Option"),
    ("name", "CAST(x'ff61' AS TEXT)", "UTF-8"),
    ("data", "'text'", "text"),
    ("data", "NULL", "Option"),
];

#[tokio::test]
async fn a_cell_that_its_field_cannot_hold_is_named() -> Result<()> {
    let door = readings().await?;
    let mut session = door.engine.session();
    for (column, cell, part) in BAD {
        door.run(&format!("UPDATE reading SET {column} = {cell} WHERE id = 2")).await;
        let field = format!("`Reading.{column}`");
        let all = session.all(select::<Reading>().order_by(Reading::ID)).await;
        says(all, ErrorKind::InvalidValue, &[&field, part]);
        says(session.get::<Reading>(2).await, ErrorKind::InvalidValue, &[&field, part]);
        let good = match column {
            "name" => "'good'",
            "data" => "x'00'",
            _ => "1",
        };
        door.run(&format!("UPDATE reading SET {column} = {good} WHERE id = 2")).await;
    }
    assert_eq!(session.all(select::<Reading>()).await?.len(), 2, "the session goes on");
    Ok(())
}

#[tokio::test]
async fn a_bad_cell_of_a_relationship_is_the_targets() -> Result<()> {
    let door = readings().await?;
    door.run("UPDATE reading SET whole = 'abc' WHERE id = 2").await;
    let mut session = door.engine.session();
    let parent = || select::<Reading>().filter(Reading::ID.eq(1));
    let field = ["`Reading.whole`", "text"];
    let loaded = session.all(parent().with(Reading::CHILDREN.selectin())).await;
    says(loaded, ErrorKind::InvalidValue, &field);
    let loaded = session.all(parent().with(Reading::CHILDREN.joined())).await;
    says(loaded, ErrorKind::InvalidValue, &field);
    let parent = session.one(parent()).await?;
    says(session.load(&parent, Reading::CHILDREN).await, ErrorKind::InvalidValue, &field);
    assert_eq!(parent.children().unwrap_err().kind(), ErrorKind::NotLoaded, "half a collection is none");

    door.run("UPDATE reading SET whole = 7 WHERE id = 2").await;
    assert_eq!(session.load(&parent, Reading::CHILDREN).await?.first().map(|child| child.whole), Some(7));
    Ok(())
}

#[tokio::test]
async fn a_bad_cell_does_not_spoil_an_object_that_is_held() -> Result<()> {
    let door = readings().await?;
    let mut session = door.engine.session();
    let child = session.get::<Reading>(2).await?.expect("it is there");
    door.run("UPDATE reading SET name = 'new', whole = 'abc' WHERE id = 2").await;
    let again = session.all(select::<Reading>().populate_existing()).await;
    says(again, ErrorKind::InvalidValue, &["`Reading.whole`"]);
    assert_eq!((child.name.as_str(), child.whole), ("good", 1));
    assert!(!session.is_modified(&child));
    Ok(())
}

#[derive(Model, Debug)]
pub struct Coded {
    #[key]
    pub code: String,
    pub parent_code: Option<String>,
    #[has_many(key = "parent_code")]
    pub children: HasMany<Coded>,
}

#[tokio::test]
async fn a_row_whose_key_is_null_is_not_passed_over() -> Result<()> {
    let door = SideDoor::new(schema![]).await?;
    // SQLite allows NULL in a primary key that is not an INTEGER.
    door.run(
        "CREATE TABLE coded (code TEXT PRIMARY KEY, parent_code TEXT);
         INSERT INTO coded VALUES ('a', NULL), (NULL, 'a')",
    )
    .await;
    let mut session = door.engine.session();
    says(session.all(select::<Coded>()).await, ErrorKind::InvalidValue, &["`Coded.code`", "NULL"]);
    let query = select::<Coded>().filter(Coded::CODE.eq("a")).with(Coded::CHILDREN.selectin());
    says(session.all(query).await, ErrorKind::InvalidValue, &["`Coded.code`", "NULL"]);
    Ok(())
}

#[tokio::test]
async fn a_table_with_other_columns_than_the_model() -> Result<()> {
    let door = SideDoor::new(schema![]).await?;
    let mut session = door.engine.session();
    says(
        session.all(select::<Reading>()).await,
        ErrorKind::Database,
        &["no such table", "reading", "SELECT"],
    );
    door.run("CREATE TABLE reading (id INTEGER PRIMARY KEY)").await;
    says(session.all(select::<Reading>()).await, ErrorKind::Database, &["no such column"]);
    Ok(())
}

#[derive(Model, Debug)]
pub struct Labelled {
    #[key(auto)]
    pub id: i64,
    #[column(default)]
    pub label: String,
}

#[tokio::test]
async fn a_missing_generated_column_is_not_a_text() -> Result<()> {
    let door = SideDoor::new(schema![]).await?;
    // SQLite takes a name in quotes that it does not know for a text of that name.
    door.run("CREATE TABLE labelled (id INTEGER PRIMARY KEY)").await;
    let mut session = door.engine.session();
    let inserted = session.insert(Labelled::draft()).await.map(|row| row.label.clone());
    says(inserted, ErrorKind::Database, &["no such column", "label"]);
    session.rollback().await?;
    assert!(door.texts("SELECT id || '' FROM labelled").await.is_empty());
    Ok(())
}
