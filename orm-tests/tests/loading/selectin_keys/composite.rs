//! Keys of several columns, with NULL in part of them.

use orm_core::prelude::*;

use crate::fixtures::composite::{Guest, Member, Pair, Room, composite};
use crate::fixtures::standard::User;
use crate::fixtures::{ids, record};

#[tokio::test]
async fn composite_keys_are_asked_for_as_rows() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1).with(Pair::MEMBERS.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains(r#"("members"."pair_id1", "members"."pair_id2") IN ("#), "{log}");
    assert!(!log.sql(1).contains(r#""pairs""#), "{log}");
    assert_eq!(pairs.len(), 19);
    for (pair, first) in pairs.iter().zip((1..).step_by(6)) {
        let members: Vec<i64> = (first..first + 6).collect();
        assert_eq!(ids!(pair.get(Pair::MEMBERS)), members);
    }
    Ok(())
}

#[tokio::test]
async fn a_composite_to_one_asks_for_each_pair_once() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let members = session.all(select::<Member>().order_by(Member::ID).with(Member::PAIR.selectin())).await?;
    assert_eq!((members.len(), log.count()), (114, 2), "{log}");
    assert!(log.sql(1).contains(r#"("pairs"."id1", "pairs"."id2") IN ("#), "{log}");
    assert_eq!(log.statements()[1].rows, 19, "{log}");
    for member in &members {
        let pair = member.get(Member::PAIR);
        assert_eq!((pair.id1, pair.id2), (member.pair_id1, member.pair_id2));
    }
    Ok(())
}

#[tokio::test]
async fn a_composite_key_with_a_null_is_none_without_a_statement() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let guests = session.all(select::<Guest>().order_by(Guest::ID).with(Guest::PAIR.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.statements()[1].params[..4], ["1", "3", "2", "4"], "{log}");
    let pairs: Vec<_> = guests.iter().map(|g| g.get(Guest::PAIR).map(|pair| (pair.id1, pair.id2))).collect();
    assert_eq!(pairs, [Some((1, 3)), Some((1, 3)), Some((2, 4)), None, None, None]);
    assert!(guests[3].pair()?.is_none(), "loaded, and nobody");

    log.restart();
    let mut session = engine.session();
    let query = select::<Guest>().filter(Guest::ID.gt(3)).with(Guest::PAIR.selectin());
    assert_eq!(session.all(query).await?.len(), 3);
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_composite_key_in_another_order_finds_the_same_rows() -> Result<()> {
    let engine = composite().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let query = select::<Guest>().order_by(Guest::ID);
        let guests = match joined {
            false => session.all(query.with(Guest::TURNED.selectin())).await?,
            true => session.all(query.with(Guest::TURNED.joined())).await?,
        };
        let pairs: Vec<_> =
            guests.iter().map(|g| g.get(Guest::TURNED).map(|pair| (pair.id1, pair.id2))).collect();
        assert_eq!(pairs, [Some((1, 3)), Some((1, 3)), Some((2, 4)), None, None, None], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn children_with_a_null_in_their_key_have_no_parent() -> Result<()> {
    let engine = composite().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let query = select::<Pair>().filter(Pair::ID1.le(3)).order_by(Pair::ID1);
        let pairs = match joined {
            false => session.all(query.with(Pair::GUESTS.selectin())).await?,
            true => session.all(query.with(Pair::GUESTS.joined())).await?,
        };
        let guests: Vec<_> = pairs.iter().map(|pair| ids!(pair.get(Pair::GUESTS))).collect();
        assert_eq!(guests, [vec![1, 2], vec![3], vec![]], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn a_link_table_of_composite_keys() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1).with(Pair::ROOMS.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    let rooms: Vec<_> = pairs[..3].iter().map(|pair| ids!(pair.get(Pair::ROOMS))).collect();
    assert_eq!(rooms, [vec![1, 2], vec![2], vec![]]);

    for joined in [false, true] {
        let query = select::<Room>().order_by(Room::ID);
        let rooms = match joined {
            false => session.all(query.with(Room::PAIRS.selectin())).await?,
            true => session.all(query.with(Room::PAIRS.joined())).await?,
        };
        let pairs: Vec<Vec<(i64, i64)>> = rooms
            .iter()
            .map(|room| room.get(Room::PAIRS).iter().map(|pair| (pair.id1, pair.id2)).collect())
            .collect();
        assert_eq!(pairs, [vec![(1, 3)], vec![(1, 3), (2, 4)], vec![]], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn keys_of_one_and_of_two_columns_live_in_one_session() -> Result<()> {
    let engine = composite().await?;
    engine.create_all(crate::fixtures::standard::schema()).await?;
    crate::fixtures::standard::fill(&engine).await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID).with(User::ADDRESSES.selectin())).await?;
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1).with(Pair::MEMBERS.selectin())).await?;
    assert_eq!(ids!(users[1].get(User::ADDRESSES)), [2, 3, 4]);
    assert_eq!(ids!(pairs[1].get(Pair::MEMBERS)), [7, 8, 9, 10, 11, 12]);
    let log = record(&engine);
    assert!(Entity::same(&pairs[1], &session.get::<Pair>((2, 4)).await?.expect("the pair is held")));
    assert!(Entity::same(&users[1], &session.get::<User>(8).await?.expect("ed is held")));
    assert_eq!(log.count(), 0, "{log}");
    assert!(session.get::<Pair>((4, 2)).await?.is_none(), "the order of the values counts");
    Ok(())
}
