//! Some columns of a model as a separate struct.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shop::*;

#[derive(FromRow, Debug, PartialEq)]
#[row(model = Order)]
struct Brief {
    #[row(name = "user_id")]
    buyer: i64,
    id: i64,
}

on_every_backend! {
    async fn only_the_columns_of_the_struct(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let whole: Vec<(i64, i64)> =
            session.all(select::<Order>().order_by(Order::ID.desc())).await?.iter().map(|o| (o.id, o.user_id)).collect();
        let mut session = engine.session();
        let log = engine.record();
        let query = select::<Order>().filter(Order::ID.gt(1)).order_by(Order::ID.desc()).limit(3);
        let found = session.rows(query.load_only::<Brief>()).await?;
        let expected: Vec<Brief> = whole.iter().take(3).map(|(id, buyer)| Brief { buyer: *buyer, id: *id }).collect();
        assert_eq!(found, expected);
        let text = log.statements()[0].sql.replace(['"', '`'], "");
        assert!(text.starts_with("SELECT orders.user_id, orders.id FROM orders WHERE"), "{text}");
        assert_eq!(log.count(), 1, "{log}");
        assert!(session.stats().objects.iter().all(|(_, held)| *held == 0), "the session holds nothing of them");

        let joined = select::<Order>().join(Order::USER).filter(User::NAME.eq("jack")).order_by(Order::ID);
        let of_jack = session.rows(joined.load_only::<Brief>()).await?;
        assert_eq!(of_jack.len(), whole.iter().filter(|(_, user)| *user == 7).count());
        Ok(())
    }

    async fn what_is_for_entities_is_refused(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let loads = select::<Order>().with(Order::ITEMS.selectin()).load_only::<Brief>();
        let error = session.rows(loads).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains("`load_only::<Brief>()`") && error.to_string().contains(".with(..)"), "{error}");
        let unique = select::<Order>().unique().load_only::<Brief>();
        assert_eq!(session.rows(unique).await.unwrap_err().kind(), ErrorKind::InvalidQuery);
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }
}
