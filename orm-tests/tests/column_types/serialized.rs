//! Entities as JSON: columns, and the relationships that the type records as loaded.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};
use serde_json::{Value as Json, json};

use crate::shop::{self, Address, Item, Order, User};

fn as_json(value: &impl serde::Serialize) -> Json {
    serde_json::to_value(value).expect("it is JSON")
}

/// A column of each type, and one name of each kind.
#[derive(Model, Debug)]
#[model(table = "gauges")]
#[serde(rename_all = "camelCase")]
pub struct Gauge {
    #[key]
    pub gauge_id: i64,
    pub is_on: bool,
    pub ratio_32: f32,
    pub ratio_64: f64,
    pub largest: u32,
    #[serde(rename = "label")]
    pub long_text: Option<String>,
    pub raw_bytes: Vec<u8>,
    #[column(secret)]
    pub access_key: String,
    #[serde(skip)]
    pub internal: i64,
    #[has_many(order_by = "id")]
    pub all_readings: HasMany<Reading>,
    #[has_many(key = "gauge_gauge_id", order_by = "id")]
    #[serde(skip_serializing)]
    pub hidden: HasMany<Reading>,
}

#[derive(Model, Debug)]
#[model(table = "readings")]
pub struct Reading {
    #[key]
    pub id: i64,
    #[column(name = "gauge")]
    #[serde(rename = "of")]
    pub gauge_id: i64,
    pub gauge_gauge_id: Option<i64>,
    #[belongs_to]
    pub gauge: BelongsTo<Gauge>,
}

/// A tree, and a circle where a row says so.
#[derive(Model, Debug)]
#[model(table = "folders")]
pub struct Folder {
    #[key]
    pub id: i64,
    pub parent_id: Option<i64>,
    #[has_many(key = "parent_id", order_by = "id")]
    pub children: HasMany<Folder>,
}

/// A model that loads more than a query names.
#[derive(Model, Debug)]
#[model(table = "readings")]
pub struct Eager {
    #[key]
    pub id: i64,
    #[column(name = "gauge")]
    pub gauge_id: i64,
    #[belongs_to(lazy = "selectin")]
    pub gauge: BelongsTo<Gauge>,
}

on_every_backend! {
    async fn what_was_not_loaded_is_absent(database: TestDatabase) -> Result<()> {
        let engine = shop::shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let jack = || select::<User>().filter(User::ID.eq(7));
        let bare = session.one(jack()).await?;
        assert_eq!(as_json(&bare), json!({"id": 7, "name": "jack"}));

        let loaded = session.one(jack().with(User::ADDRESSES.selectin())).await?;
        let address = json!({"id": 1, "user_id": 7, "email_address": "jack@bean.com"});
        assert_eq!(as_json(&loaded), json!({"id": 7, "name": "jack", "addresses": [address]}));
        assert_eq!(as_json(&bare), json!({"id": 7, "name": "jack"}), "the handle's own query counts");
        assert_eq!(as_json(&loaded.dynamic()), json!({"id": 7, "name": "jack"}));

        // Loaded and empty is a list, loaded without a row is null.
        let chuck = session.one(select::<User>().filter(User::ID.eq(10)).with(User::ADDRESSES.joined())).await?;
        assert_eq!(as_json(&chuck), json!({"id": 10, "name": "chuck", "addresses": []}));
        let order = select::<Order>().filter(Order::ID.eq(5)).with(Order::ADDRESS.selectin());
        let order = session.one(order).await?;
        assert_eq!(as_json(&order)["address"], Json::Null);
        assert!(as_json(&order).get("user").is_none() && as_json(&order).get("items").is_none());
        assert_eq!(log.count(), 5, "writing them out runs nothing: {log}");
        Ok(())
    }

    async fn every_level_is_written(database: TestDatabase) -> Result<()> {
        let engine = shop::shop(&database).await?;
        let mut session = engine.session();
        let orders = Order::ITEMS.selectin().with(Item::KEYWORDS.selectin());
        let query = select::<User>()
            .filter(User::ID.eq(9))
            .with(User::ORDERS.selectin().with(orders).with(Order::ADDRESS.joined().with(Address::USER.selectin())));
        let found = as_json(&session.all(query).await?);
        assert_eq!(found[0]["orders"][1]["items"][0]["keywords"][2], json!({"id": 6, "name": "round"}));
        assert_eq!(found[0]["orders"][1]["items"][1]["keywords"], json!([]));
        assert_eq!(
            found[0]["orders"][0]["address"],
            json!({"id": 4, "user_id": 8, "email_address": "ed@lala.com", "user": {"id": 8, "name": "ed"}})
        );
        assert_eq!(found[0]["orders"][0].get("user"), None);

        // A part that a load kept is what `get` reads, and what is written.
        let first = User::ORDERS.selectin().filter(Order::ISOPEN.eq(true)).limit(1);
        let jack = session.one(select::<User>().filter(User::ID.eq(7)).with(first)).await?;
        assert_eq!(as_json(&jack)["orders"].as_array().map(Vec::len), Some(1));
        assert_eq!(as_json(&jack.get(User::ORDERS))[0]["id"], json!(3), "a collection alone too");
        Ok(())
    }

    async fn columns_are_what_their_fields_are(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Gauge, Reading]).await?;
        let mut session = engine.session();
        let gauge = Gauge::draft()
            .gauge_id(1)
            .is_on(true)
            .ratio_32(0.1_f32)
            .ratio_64(0.1)
            .largest(u32::MAX)
            .long_text(Null)
            .raw_bytes(vec![0_u8, 255])
            .access_key("hunter2")
            .internal(5);
        session.insert(gauge).await?;
        session.insert(Reading::draft().id(1).gauge_id(1)).await?;
        session.commit().await?;
        let mut session = engine.session();
        let query = select::<Gauge>().with(Gauge::ALL_READINGS.selectin()).with(Gauge::HIDDEN.selectin());
        let gauge = session.one(query).await?;
        let text = serde_json::to_string(&gauge).expect("it is JSON");
        assert_eq!(
            text,
            r#"{"gaugeId":1,"isOn":true,"ratio32":0.1,"ratio64":0.1,"largest":4294967295,"label":null,"rawBytes":[0,255],"#
                .to_owned()
                + r#""allReadings":[{"id":1,"of":1,"gauge_gauge_id":null}]}"#
        );
        session.edit(&gauge, |gauge| gauge.long_text = Some("it's \"new\"".into()))?;
        assert_eq!(as_json(&gauge)["label"], json!("it's \"new\""), "as the object is now");
        Ok(())
    }

    async fn a_default_of_the_model_is_not_written(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Gauge, Reading]).await?;
        let mut session = engine.session();
        let gauge = Gauge::draft().gauge_id(1).is_on(true).ratio_32(0.5_f32).ratio_64(0.5).largest(1_u32);
        session.insert(gauge.raw_bytes(Vec::new()).access_key("a").internal(5)).await?;
        session.insert(Reading::draft().id(1).gauge_id(1)).await?;
        session.commit().await?;
        let reading = session.one(select::<Eager>()).await?;
        assert_eq!(reading.gauge()?.gauge_id, 1, "it is loaded");
        assert_eq!(as_json(&reading), json!({"id": 1, "gauge_id": 1}), "and the type does not say so");
        let reading = session.one(select::<Eager>().with(Eager::GAUGE.selectin())).await?;
        assert_eq!(as_json(&reading)["gauge"]["gaugeId"], json!(1));
        Ok(())
    }

    async fn recursion_is_written_as_far_as_it_is_proven(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Folder]).await?;
        let mut session = engine.session();
        session.add(Folder::draft().id(1));
        session.flush().await?;
        for (id, parent) in [(2, 1), (3, 1), (4, 2)] {
            session.insert(Folder::draft().id(id).parent_id(parent)).await?;
        }
        session.commit().await?;
        let root = || select::<Folder>().filter(Folder::ID.eq(1));
        let tree = session.one(root().with(Folder::CHILDREN.selectin().recursive(..))).await?;
        let expected = json!({"id": 1, "parent_id": null, "children": [
            {"id": 2, "parent_id": 1, "children": [{"id": 4, "parent_id": 2, "children": []}]},
            {"id": 3, "parent_id": 1, "children": []},
        ]});
        assert_eq!(as_json(&tree), expected);
        let one = session.one(root().with(Folder::CHILDREN.selectin())).await?;
        let expected = json!({"id": 1, "parent_id": null, "children": [
            {"id": 2, "parent_id": 1}, {"id": 3, "parent_id": 1},
        ]});
        assert_eq!(as_json(&one), expected);

        // With a number of levels, all levels that were read, and nothing deeper.
        for levels in [0, 1, 2] {
            let mut session = engine.session();
            let selectin = as_json(&session.one(root().with(Folder::CHILDREN.selectin().recursive(levels))).await?);
            let subquery = as_json(&session.one(root().with(Folder::CHILDREN.subquery().recursive(levels))).await?);
            let joined = as_json(&session.one(root().with(Folder::CHILDREN.joined().recursive(levels))).await?);
            assert_eq!((&subquery, &joined), (&selectin, &selectin));
            let leaf = match levels {
                0 => json!({"id": 3, "parent_id": 1}),
                _ => json!({"id": 3, "parent_id": 1, "children": []}),
            };
            let inner = match levels {
                0 => json!({"id": 2, "parent_id": 1}),
                1 => json!({"id": 2, "parent_id": 1, "children": [{"id": 4, "parent_id": 2}]}),
                _ => json!({"id": 2, "parent_id": 1, "children": [{"id": 4, "parent_id": 2, "children": []}]}),
            };
            assert_eq!(selectin, json!({"id": 1, "parent_id": null, "children": [inner, leaf]}));
        }

        session.edit(&tree, |folder| folder.parent_id = Some(4))?;
        session.commit().await?;
        let mut session = engine.session();
        let circle = session.one(root().with(Folder::CHILDREN.selectin().recursive(..))).await?;
        let error = serde_json::to_string(&circle).unwrap_err();
        assert!(error.to_string().starts_with("the loaded `Folder`s form a cycle"), "{error}");
        Ok(())
    }
}
