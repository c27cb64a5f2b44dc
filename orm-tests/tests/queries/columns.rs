//! Columns, expressions and structs.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::grammar::only;
use crate::shop::*;

#[derive(FromRow, Debug, PartialEq)]
struct Line {
    description: String,
    #[row(name = "address")]
    address_id: Option<i64>,
    long: bool,
}

on_every_backend! {
    async fn columns_are_typed(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let rows: Vec<(i64, String, Option<i64>, bool)> = session
            .rows(
                select_columns((Order::ID, Order::DESCRIPTION, Order::ADDRESS_ID, Order::ISOPEN))
                    .filter(Order::USER_ID.eq(7))
                    .order_by(Order::ID.desc())
                    .limit(2),
            )
            .await?;
        assert_eq!(rows, [(5, "order 5".into(), None, false), (3, "order 3".into(), Some(1), true)]);
        assert_eq!(
            only(&log, database.backend()).replace(" + 0", ""),
            "SELECT \"orders\".\"id\", \"orders\".\"description\", \"orders\".\"address_id\", \"orders\".\"isopen\" \
             FROM \"orders\" WHERE \"orders\".\"user_id\" = ? ORDER BY \"orders\".\"id\" DESC LIMIT ?"
        );
        let names: Vec<String> = session.rows(select_columns(User::NAME).order_by(User::NAME)).await?;
        assert_eq!(names, ["chuck", "ed", "fred", "jack"]);
        Ok(())
    }

    async fn expressions_are_computed_by_the_database(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let rows: Vec<(i64, i64, i64, String, i64, String)> = session
            .rows(
                select_columns((
                    User::ID * 2 + 1,
                    User::ID / 2,
                    User::ID % 4 - User::ID,
                    func::upper(func::concat(User::NAME, "!")),
                    func::length(User::NAME),
                    func::replace(func::substring(User::NAME, 2, 2), "c", "k"),
                ))
                .filter((User::ID * 10).lt(80)),
            )
            .await?;
        assert_eq!(rows, [(15, 3, -4, "JACK!".into(), 4, "ak".into())]);
        let rows: Vec<(String, i64, Option<i64>, String)> = session
            .rows(
                select_columns((
                    func::case::<String>().when(Order::ISOPEN.eq(true), "open").otherwise("closed"),
                    func::coalesce(Order::ADDRESS_ID, 0),
                    func::null_if(Order::USER_ID, 7),
                    func::cast::<String, _>(Order::ID),
                ))
                .filter(Order::ID.is_in([4, 5]))
                .order_by(Order::ID),
            )
            .await?;
        assert_eq!(rows, [
            ("open".into(), 4, Some(9), "4".into()),
            ("closed".into(), 0, None, "5".into()),
        ]);
        let rows: Vec<(i64, i64, i64, Option<String>)> = session
            .rows(select_columns((
                func::greatest(Address::ID, Address::USER_ID),
                func::least(Address::ID, Address::USER_ID),
                func::position(Address::EMAIL_ADDRESS, "@"),
                func::case::<String>().when(Address::ID.gt(1), "later").or_null(),
            )).filter(Address::ID.eq(1)))
            .await?;
        assert_eq!(rows, [(7, 1, 5, None)]);
        Ok(())
    }

    async fn a_struct_takes_values_by_name(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let lines: Vec<Line> = session
            .rows(
                select_columns((
                    Order::ADDRESS_ID.label("address"),
                    Order::USER_ID,
                    func::length(Order::DESCRIPTION).gt(100).label("long"),
                    Order::DESCRIPTION,
                ))
                .filter(Order::ID.ge(4))
                .order_by(Order::ID)
                .into_struct::<Line>(),
            )
            .await?;
        assert_eq!(lines, [
            Line { description: "order 4".into(), address_id: Some(4), long: false },
            Line { description: "order 5".into(), address_id: None, long: false },
        ]);
        let one = session.row(select_columns(func::count_rows()).from::<User>()).await?;
        assert_eq!(one, 4);
        assert_eq!(session.row(select_columns(func::value(3i64) + 4)).await?, 7);
        Ok(())
    }

    async fn one_row_none_or_the_first(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let by_id = |id: i64| select_columns(User::NAME).filter(User::ID.eq(id));
        assert_eq!(session.row(by_id(7)).await?, "jack");
        assert_eq!(session.row_or_none(by_id(1)).await?, None);
        assert_eq!(session.row(by_id(1)).await.unwrap_err().kind(), ErrorKind::NoRows);
        let all = || select_columns(User::NAME).order_by(User::ID);
        assert_eq!(session.row_or_none(all()).await.unwrap_err().kind(), ErrorKind::MultipleRows);
        assert_eq!(session.first_row(all()).await?, Some("jack".to_owned()));
        Ok(())
    }
}
