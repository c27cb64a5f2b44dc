//! Strategies differ in their statements and in nothing else: every mix of them gives one graph.

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

type OfItem = (i64, Vec<i64>);
type OfOrder = (i64, Option<(i64, i64)>, Vec<OfItem>);
type OfUser = (i64, Vec<i64>, Vec<OfOrder>);

fn graph() -> Vec<OfUser> {
    let item = |id: i64| -> OfItem {
        let keywords = match id {
            1 => vec![2, 4, 6],
            2 => vec![2, 5, 7],
            3 => vec![3, 4, 6],
            _ => vec![],
        };
        (id, keywords)
    };
    let order = |id: i64| -> OfOrder {
        let (address, items) = match id {
            1 => (Some((1, 7)), vec![1, 2, 3]),
            2 => (Some((4, 8)), vec![1, 2, 3]),
            3 => (Some((1, 7)), vec![3, 4, 5]),
            4 => (Some((4, 8)), vec![1, 5]),
            _ => (None, vec![5]),
        };
        (id, address, items.into_iter().map(item).collect())
    };
    [(7, vec![1], vec![1, 3, 5]), (8, vec![2, 3, 4], vec![]), (9, vec![5], vec![2, 4]), (10, vec![], vec![])]
        .into_iter()
        .map(|(id, addresses, orders)| (id, addresses, orders.into_iter().map(order).collect()))
        .collect()
}

/// Reads the graph through what is proven.
fn read<L, A, O, I, K, D, U>(users: &[Entity<User, L>]) -> Vec<OfUser>
where
    user::Addresses: LoadedIn<L, Nested = A>,
    user::Orders: LoadedIn<L, Nested = O>,
    order::Items: LoadedIn<O, Nested = I>,
    item::Keywords: LoadedIn<I, Nested = K>,
    order::Address: LoadedIn<O, Nested = D>,
    address::User: LoadedIn<D, Nested = U>,
{
    let of_item = |item: Entity<Item, I>| (item.id, ids!(item.get(Item::KEYWORDS)));
    let of_order = |order: Entity<Order, O>| {
        let address = order.get(Order::ADDRESS).map(|address| (address.id, address.get(Address::USER).id));
        (order.id, address, order.get(Order::ITEMS).into_iter().map(of_item).collect())
    };
    let of_user = |user: &Entity<User, L>| {
        let orders = user.get(User::ORDERS).into_iter().map(of_order).collect();
        (user.id, ids!(user.get(User::ADDRESSES)), orders)
    };
    users.iter().map(of_user).collect()
}

/// Runs the whole query with the strategies given for addresses, orders, items, keywords and the orders' addresses with
/// their users; all of it, page by page, and onto existing objects.
macro_rules! mix {
    ($addresses:ident $orders:ident $items:ident $keywords:ident $address:ident $user:ident, $statements:expr) => {{
        let engine = standard().await?;
        let orders = || {
            User::ORDERS
                .$orders()
                .with(Order::ITEMS.$items().with(Item::KEYWORDS.$keywords()))
                .with(Order::ADDRESS.$address().with(Address::USER.$user()))
        };
        let query = || {
            select::<User>().order_by(User::ID).with(User::ADDRESSES.$addresses()).with(orders())
        };
        let name = stringify!($addresses $orders $items $keywords $address $user);

        let log = record(&engine);
        let users = engine.session().all(query()).await?;
        assert_eq!(read(&users), graph(), "{name}: {log}");
        assert_eq!(log.count(), $statements, "{name}: {log}");

        for limit in 1..=4 {
            for offset in 0..4 {
                let page = engine.session().all(query().limit(limit as u64).offset(offset as u64)).await?;
                let expected: Vec<_> = graph().into_iter().skip(offset).take(limit).collect();
                assert_eq!(read(&page), expected, "{name}, limit {limit}, offset {offset}");
            }
        }

        let mut session = engine.session();
        let users = session.all(select::<User>().order_by(User::ID)).await?;
        let users = session.load_all(users, User::ADDRESSES.$addresses()).await?;
        let users = session.load_all(users, orders()).await?;
        assert_eq!(read(&users), graph(), "{name}, later");
        let again = session.all(query()).await?;
        assert_eq!(read(&again), graph(), "{name}, again");
        let again = session.all(query().populate_existing()).await?;
        assert_eq!(read(&again), graph(), "{name}, anew");
        drop(session);
        assert_eq!(read(&users), graph(), "{name}, after the session");
    }};
}

#[tokio::test]
async fn all_by_further_statements() -> Result<()> {
    // The users of the addresses are held, so nothing asks for them.
    mix!(selectin selectin selectin selectin selectin selectin, 5);
    Ok(())
}

#[tokio::test]
async fn all_by_joins() -> Result<()> {
    mix!(joined joined joined joined joined joined, 1);
    Ok(())
}

#[tokio::test]
async fn joins_above_further_statements() -> Result<()> {
    mix!(joined joined selectin selectin selectin selectin, 3);
    mix!(joined joined joined selectin joined selectin, 2);
    mix!(selectin joined joined selectin joined joined, 3);
    Ok(())
}

#[tokio::test]
async fn joins_below_further_statements() -> Result<()> {
    mix!(selectin selectin joined joined joined joined, 3);
    mix!(joined selectin selectin joined selectin joined, 4);
    mix!(joined selectin joined selectin joined joined, 3);
    Ok(())
}

#[tokio::test]
async fn further_statements_between_joins() -> Result<()> {
    mix!(joined joined selectin joined selectin joined, 3);
    mix!(joined joined selectin joined joined joined, 2);
    Ok(())
}
