//! Keys to missing rows, and to more than one row.

use orm_core::prelude::*;

use super::says;
use crate::fixtures::SideDoor;
use crate::fixtures::standard::*;

async fn dangling() -> Result<SideDoor> {
    let door = SideDoor::new(schema()).await?;
    fill(&door.engine).await?;
    door.run("INSERT INTO addresses VALUES (6, 99, 'nobody@here.com')").await;
    Ok(door)
}

#[tokio::test]
async fn a_required_key_to_a_missing_row_is_named() -> Result<()> {
    let door = dangling().await?;
    let mut session = door.engine.session();
    let parts = ["`Address.user`", "`User`", "99"];
    let loaded = session.all(select::<Address>().with(Address::USER.selectin())).await;
    says(loaded, ErrorKind::DanglingKey, &parts);
    let loaded = session.all(select::<Address>().with(Address::USER.joined())).await;
    says(loaded, ErrorKind::DanglingKey, &parts);
    let address = session.get::<Address>(6).await?.expect("the row is there");
    says(session.load(&address, Address::USER).await, ErrorKind::DanglingKey, &parts);
    let loaded = session.load_all(vec![address], Address::USER.selectin()).await;
    says(loaded, ErrorKind::DanglingKey, &parts);

    let kept = session.all(select::<Address>().with(Address::USER.joined().inner())).await?;
    assert_eq!(kept.len(), 5, "an inner join asks for it to be dropped");
    Ok(())
}

#[tokio::test]
async fn the_same_holds_below_other_relationships() -> Result<()> {
    let door = dangling().await?;
    door.run("UPDATE orders SET address_id = 6 WHERE id = 2").await;
    let mut session = door.engine.session();
    let parts = ["`Address.user`", "99"];
    let below =
        session.all(select::<Order>().with(Order::ADDRESS.selectin().with(Address::USER.joined()))).await;
    says(below, ErrorKind::DanglingKey, &parts);
    let below =
        session.all(select::<Order>().with(Order::ADDRESS.joined().with(Address::USER.selectin()))).await;
    says(below, ErrorKind::DanglingKey, &parts);
    let below =
        session.all(select::<Order>().with(Order::ADDRESS.joined().with(Address::USER.joined()))).await;
    says(below, ErrorKind::DanglingKey, &parts);
    let others =
        select::<Order>().filter(Order::ID.ne(2)).with(Order::ADDRESS.joined().with(Address::USER.joined()));
    assert_eq!(session.all(others).await?.len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_has_one_with_two_rows_is_named() -> Result<()> {
    let door = SideDoor::new(schema()).await?;
    fill(&door.engine).await?;
    door.run("INSERT INTO dingalings VALUES (3, 5, 'another')").await;
    let mut session = door.engine.session();
    let parts = ["`Address.dingaling`", "`Dingaling`"];
    let loaded = session.all(select::<Address>().with(Address::DINGALING.selectin())).await;
    says(loaded, ErrorKind::MultipleRows, &parts);
    let loaded = session.all(select::<Address>().with(Address::DINGALING.joined())).await;
    says(loaded, ErrorKind::MultipleRows, &parts);
    let address = session.get::<Address>(5).await?.expect("the row is there");
    says(session.load(&address, Address::DINGALING).await, ErrorKind::MultipleRows, &parts);
    let others = select::<Address>().filter(Address::ID.lt(5)).with(Address::DINGALING.selectin());
    assert_eq!(session.all(others).await?.len(), 4, "the others have at most one");
    Ok(())
}

#[derive(Model, Debug)]
pub struct Group {
    #[key]
    pub id: i64,
    pub slug: String,
}

#[derive(Model, Debug)]
pub struct Fan {
    #[key]
    pub id: i64,
    pub group_slug: String,
    #[belongs_to(key = "group_slug", target_key = "slug")]
    pub group: BelongsTo<Group>,
}

#[tokio::test]
async fn a_key_to_a_column_that_is_not_unique_is_named() -> Result<()> {
    let door = SideDoor::new(schema![]).await?;
    door.run(
        "CREATE TABLE \"group\" (id INTEGER PRIMARY KEY, slug TEXT);
         CREATE TABLE fan (id INTEGER PRIMARY KEY, group_slug TEXT);
         INSERT INTO \"group\" VALUES (1, 'a'), (2, 'a'), (3, 'b');
         INSERT INTO fan VALUES (1, 'a'), (2, 'b')",
    )
    .await;
    let mut session = door.engine.session();
    let loaded = session.all(select::<Fan>().with(Fan::GROUP.selectin())).await;
    says(loaded, ErrorKind::MultipleRows, &["`Fan.group`", "not unique"]);
    let loaded = session.all(select::<Fan>().with(Fan::GROUP.joined())).await;
    says(loaded, ErrorKind::MultipleRows, &["`Fan.group`", "not unique"]);
    let fan = session.one(select::<Fan>().filter(Fan::ID.eq(2)).with(Fan::GROUP.joined())).await?;
    assert_eq!(fan.get(Fan::GROUP).id, 3);
    Ok(())
}
