//! Children by a key that is a value: until the flush they belong to the object that they were given to, whatever values
//! the objects were given since.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "fo_shops")]
struct Shop {
    #[key]
    id: i64,
    #[column(unique, length = 20)]
    code: String,
    #[has_many(key = "shop_code", target_key = "code", order_by = "id")]
    items: HasMany<Item>,
}

#[derive(Model, Debug)]
#[model(table = "fo_items")]
struct Item {
    #[key]
    id: i64,
    #[column(length = 20)]
    shop_code: Option<String>,
    price: i64,
    #[belongs_to(key = "shop_code", target_key = "code", on_update = "cascade")]
    shop: BelongsTo<Option<Shop>>,
    #[many_to_many(through = "fo_item_tags", key = "item_id", target_key = "tag_id", order_by = "id")]
    tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "fo_tags")]
struct Tag {
    #[key]
    id: i64,
}

/// The shops `a` and `b` with the items 1 and 2, and the item 3 without a shop, which has the tag 1.
async fn filled(database: &TestDatabase) -> Result<(Engine, Session)> {
    let engine = database.engine().await?;
    engine.create_all(schema![Shop, Item, Tag]).await?;
    let mut session = engine.session();
    let item = |id: i64| Item::draft().id(id).price(id * 10);
    session.add(Shop::draft().id(1).code("a").items([item(1)]));
    session.add(Shop::draft().id(2).code("b").items([item(2)]));
    session.add(item(3).tags([Tag::draft().id(1)]));
    session.add(Tag::draft().id(2));
    session.commit().await?;
    let session = engine.session_with(SessionOptions::new().autoflush(false));
    Ok((engine, session))
}

/// The items and the codes of their shops, as the rows have them.
async fn rows(session: &mut Session) -> Result<Vec<(i64, Option<String>)>> {
    session.rows(select_columns((Item::ID, Item::SHOP_CODE)).order_by(Item::ID)).await
}

async fn links(session: &mut Session) -> Result<Vec<(i64, i64)>> {
    session.rows(sql("SELECT item_id, tag_id FROM fo_item_tags ORDER BY 1, 2").rows::<(i64, i64)>()).await
}

fn code(of: i64, code: &str) -> (i64, Option<String>) {
    (of, Some(code.to_owned()))
}

on_every_backend! {
    async fn a_child_follows_the_object_that_it_was_given_to(database: TestDatabase) -> Result<()> {
        let (_, mut session) = filled(&database).await?;
        let shop = session.one(select::<Shop>().filter(Shop::ID.eq(1)).with(Shop::ITEMS.selectin())).await?;
        let items = session.all(select::<Item>().order_by(Item::ID)).await?;
        session.append(&shop, Shop::ITEMS, &items[2])?;
        session.edit(&shop, |shop| shop.code = "c".to_owned())?;
        session.add(Shop::draft().id(3).code("a"));
        session.flush().await?;
        assert_eq!(rows(&mut session).await?, [code(1, "c"), code(2, "b"), code(3, "c")]);
        assert_eq!(shop.items()?.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 3]);
        session.rollback().await?;
        assert_eq!(shop.items()?.iter().map(|item| item.id).collect::<Vec<_>>(), [1]);
        Ok(())
    }

    async fn a_child_leaves_an_object_whose_key_was_edited(database: TestDatabase) -> Result<()> {
        let (_, mut session) = filled(&database).await?;
        let shop = session.one(select::<Shop>().filter(Shop::ID.eq(1)).with(Shop::ITEMS.selectin())).await?;
        let items = session.all(select::<Item>().order_by(Item::ID)).await?;
        session.edit(&shop, |shop| shop.code = "c".to_owned())?;
        session.remove(&shop, Shop::ITEMS, &items[0])?;
        session.append(&shop, Shop::ITEMS, &items[2])?;
        session.edit(&shop, |shop| shop.code = "d".to_owned())?;
        session.remove(&shop, Shop::ITEMS, &items[2])?;
        let refused = session.remove(&shop, Shop::ITEMS, &items[1]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState);
        assert_eq!(shop.items()?.len(), 0);
        session.flush().await?;
        assert_eq!(rows(&mut session).await?, [(1, None), code(2, "b"), (3, None)]);
        assert_eq!(shop.items()?.len(), 0);
        Ok(())
    }

    async fn a_discarded_edit_returns_a_child_to_the_object_of_its_row(database: TestDatabase) -> Result<()> {
        let (_, mut session) = filled(&database).await?;
        let shops = session.all(select::<Shop>().order_by(Shop::ID).with(Shop::ITEMS.selectin())).await?;
        let item = shops[0].items()?.first().expect("an item");
        let held = |shop: usize| Ok::<_, Error>(shops[shop].items()?.iter().map(|item| item.id).collect::<Vec<i64>>());
        session.edit(&shops[0], |shop| shop.code = "c".to_owned())?;
        session.assign(&item, Item::SHOP, &shops[1])?;
        session.edit(&shops[1], |shop| shop.code = "d".to_owned())?;
        assert_eq!((held(0)?, held(1)?), (vec![], vec![2, 1]));
        session.expire(&item)?;
        assert_eq!((held(0)?, held(1)?), (vec![1], vec![2]));
        session.flush().await?;
        assert_eq!(rows(&mut session).await?, [code(1, "c"), code(2, "d"), (3, None)]);
        Ok(())
    }

    async fn a_query_that_overwrites_a_child_ends_its_unsaved_link(database: TestDatabase) -> Result<()> {
        let (engine, mut session) = filled(&database).await?;
        let shop = session.one(select::<Shop>().filter(Shop::ID.eq(2)).with(Shop::ITEMS.selectin())).await?;
        let item = session.one(select::<Item>().filter(Item::ID.eq(1))).await?;
        session.assign(&item, Item::SHOP, &shop)?;
        session.one(select::<Item>().filter(Item::ID.eq(1)).populate_existing()).await?;
        assert_eq!(item.shop_code.as_deref(), Some("a"));
        assert_eq!(shop.items()?.iter().map(|item| item.id).collect::<Vec<_>>(), [2]);
        let log = engine.record();
        session.flush().await?;
        assert_eq!(log.count(), 0, "{log}");
        assert_eq!(rows(&mut session).await?, [code(1, "a"), code(2, "b"), (3, None)]);
        Ok(())
    }

    async fn a_deleted_parent_takes_back_the_keys_that_it_gave(database: TestDatabase) -> Result<()> {
        let (_, mut session) = filled(&database).await?;
        let shop = session.one(select::<Shop>().filter(Shop::ID.eq(1))).await?;
        let item = session.one(select::<Item>().filter(Item::ID.eq(3))).await?;
        session.assign(&item, Item::SHOP, &shop)?;
        let new = session.add(Item::draft().id(4).price(1).shop_code("b"));
        session.append(&shop, Shop::ITEMS, &new)?;
        session.edit(&shop, |shop| shop.code = "c".to_owned())?;
        session.edit(&shop, |shop| shop.code = "d".to_owned())?;
        session.delete(&shop)?;
        session.flush().await?;
        assert_eq!(rows(&mut session).await?, [(1, None), code(2, "b"), (3, None), (4, None)]);
        Ok(())
    }

    async fn a_row_that_becomes_another_refers_to_the_object_that_it_was_given(database: TestDatabase) -> Result<()> {
        let (_, mut session) = filled(&database).await?;
        let shops = session.all(select::<Shop>().order_by(Shop::ID).with(Shop::ITEMS.selectin())).await?;
        let item = shops[0].items()?.first().expect("an item");
        // The new item keeps the value `a`, which is another shop's after the flush.
        session.delete(&item)?;
        let new = session.add(Item::draft().id(1).price(5).shop(&shops[1]));
        session.edit(&shops[0], |shop| shop.code = "c".to_owned())?;
        session.edit(&shops[1], |shop| shop.code = "a".to_owned())?;
        session.flush().await?;
        assert_eq!(new.entity()?.price, 5);
        assert_eq!(rows(&mut session).await?, [code(1, "a"), code(2, "a"), (3, None)]);
        assert_eq!(shops[0].items()?.len(), 0);
        let mut members: Vec<i64> = shops[1].items()?.iter().map(|item| item.id).collect();
        members.sort_unstable();
        assert_eq!(members, [1, 2]);
        Ok(())
    }

    async fn a_link_that_may_exist_is_deleted_once_it_ends(database: TestDatabase) -> Result<()> {
        let (engine, mut session) = filled(&database).await?;
        let item = session.one(select::<Item>().filter(Item::ID.eq(3))).await?;
        let tags = session.all(select::<Tag>().order_by(Tag::ID)).await?;
        // The first link exists, and the second does not: no collection shows it.
        for tag in &tags {
            session.append(&item, Item::TAGS, tag)?;
            session.remove(&item, Item::TAGS, tag)?;
        }
        let log = engine.record();
        session.flush().await?;
        assert_eq!(shape(&log), ["DELETE fo_item_tags"], "{log}");
        assert_eq!(links(&mut session).await?, []);
        session.rollback().await?;
        for tag in &tags {
            session.remove(&item, Item::TAGS, tag)?;
            session.append(&item, Item::TAGS, tag)?;
        }
        session.flush().await?;
        assert_eq!(links(&mut session).await?, [(3, 1), (3, 2)]);
        Ok(())
    }

    async fn a_rollback_takes_back_what_was_read_in_the_transaction(database: TestDatabase) -> Result<()> {
        let (engine, mut session) = filled(&database).await?;
        let item = session.one(select::<Item>().filter(Item::ID.eq(1))).await?;
        session.execute(sql("UPDATE fo_items SET price = price + 1")).await?;
        session.refresh(&item).await?;
        assert_eq!(item.price, 11);
        session
            .nested(async |session: &mut Session| {
                session.execute(sql("UPDATE fo_items SET price = price + 1")).await?;
                session.refresh(&item).await?;
                assert_eq!(item.price, 12);
                Err::<(), Error>(Error::other("taken back"))
            })
            .await
            .unwrap_err();
        assert_eq!(item.price, 11);
        session.rollback().await?;
        assert_eq!(item.price, 10);
        // Another session may have changed the row since: the next query reads it again.
        engine.session().transaction(async |other| other.execute(sql("UPDATE fo_items SET price = 7")).await).await?;
        session.one(select::<Item>().filter(Item::ID.eq(1))).await?;
        assert_eq!(item.price, 7);
        Ok(())
    }
}
