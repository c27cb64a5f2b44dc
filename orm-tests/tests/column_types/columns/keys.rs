//! UUIDs, dates and decimals as keys: in the identity map, in relationships, in composite keys and link tables.

use chrono::{DateTime, NaiveDate, Utc};
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};
use rust_decimal::Decimal;
use uuid::Uuid;

#[derive(Model, Debug)]
#[model(table = "accounts")]
pub struct Account {
    #[key]
    pub id: Uuid,
    #[column(unique)]
    pub opened: DateTime<Utc>,
    #[has_many(order_by = "day", cascade = "all")]
    pub bookings: HasMany<Booking>,
    #[many_to_many(through = "account_rates", key = "account", target_key = "rate", order_by = "rate")]
    pub rates: HasMany<Rate>,
}

#[derive(Model, Debug)]
#[model(table = "bookings")]
pub struct Booking {
    #[key]
    pub account_id: Uuid,
    #[key]
    pub day: NaiveDate,
    pub amount: Decimal,
    #[column(version)]
    pub version: i64,
    #[belongs_to]
    pub account: BelongsTo<Account>,
    #[has_many(key = "account_id, day", target_key = "account_id, day", order_by = "id")]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "booking_notes")]
pub struct Note {
    #[key(auto)]
    pub id: i64,
    pub account_id: Option<Uuid>,
    pub day: Option<NaiveDate>,
    #[column(index)]
    pub written: Option<DateTime<Utc>>,
    #[belongs_to(key = "account_id, day")]
    pub booking: BelongsTo<Option<Booking>>,
}

#[derive(Model, Debug)]
#[model(table = "rates")]
pub struct Rate {
    #[key]
    pub rate: Decimal,
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, day).expect("it is a day")
}

fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("it is an instant")
}

async fn write(session: &mut Session) -> Result<()> {
    for number in [1, u128::MAX, 1 << 80] {
        let bookings = [29, 1].map(|of| {
            let notes = [Note::draft().written(instant(1_700_000_000_123_456)), Note::draft()];
            Booking::draft().day(day(of)).amount(Decimal::new(i64::from(of) * 10, 1)).notes(notes)
        });
        let opened = instant(i64::try_from(number >> 75).expect("it is small"));
        session.add(Account::draft().id(uuid(number)).opened(opened).bookings(bookings));
    }
    session.commit().await
}

on_every_backend! {
    async fn relationships_follow_them(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Account, Booking, Note, Rate]).await?;
        write(&mut engine.session()).await?;
        let deep = || Account::BOOKINGS.selectin().with(Booking::NOTES.selectin());
        let mut session = engine.session();
        let log = engine.record();
        let accounts = session.all(select::<Account>().with(deep()).order_by(Account::ID)).await?;
        assert_eq!(log.count(), 3, "{log}");
        let ids: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
        assert_eq!(ids, [1, 1 << 80, u128::MAX].map(uuid), "they sort by their bytes");
        for account in &accounts {
            let bookings = account.get(Account::BOOKINGS);
            let days: Vec<_> = bookings.iter().map(|booking| (booking.day, booking.get(Booking::NOTES).len())).collect();
            assert_eq!(days, [(day(1), 2), (day(29), 2)]);
        }

        // The same objects by key and by the other strategies, and no statement for what the session holds.
        let log = engine.record();
        let same = session.get::<Booking>((uuid(1), day(29))).await?.expect("it is there");
        assert!(Entity::same(&same, &accounts[0].get(Account::BOOKINGS).to_vec()[1]));
        assert_eq!((log.count(), same.amount), (0, Decimal::new(29, 0)));
        let joined = Account::BOOKINGS.joined().with(Booking::NOTES.joined());
        let subquery = Account::BOOKINGS.subquery().with(Booking::NOTES.subquery());
        for query in [
            engine.session().all(select::<Account>().with(joined).order_by(Account::ID)).await?.len(),
            engine.session().all(select::<Account>().with(subquery).order_by(Account::ID)).await?.len(),
        ] {
            assert_eq!(query, 3);
        }
        let notes = select::<Note>().with(Note::BOOKING.selectin().with(Booking::ACCOUNT.selectin()));
        let notes = engine.session().all(notes).await?;
        assert!(notes.iter().all(|note| {
            let booking = note.get(Note::BOOKING).expect("each has one");
            Some(booking.account_id) == note.account_id && booking.get(Booking::ACCOUNT).id == booking.account_id
        }));
        Ok(())
    }

    async fn they_are_written_by_their_keys(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Account, Booking, Note, Rate]).await?;
        write(&mut engine.session()).await?;
        let mut session = engine.session();
        let bookings = session.all(select::<Booking>().order_by((Booking::ACCOUNT_ID, Booking::DAY))).await?;
        for (place, booking) in (0_i64..).zip(&bookings) {
            session.edit(booking, |booking| booking.amount = Decimal::new(place, 28))?;
        }
        session.commit().await?;
        let read = engine.session().all(select::<Booking>().order_by((Booking::ACCOUNT_ID, Booking::DAY))).await?;
        let amounts: Vec<Decimal> = read.iter().map(|booking| booking.amount).collect();
        assert_eq!(amounts, (0..6).map(|place| Decimal::new(place, 28)).collect::<Vec<_>>());
        assert!(read.iter().all(|booking| booking.version == 2));

        // Another session was faster.
        let mut other = engine.session();
        let fast = other.get::<Booking>((uuid(1), day(1))).await?.expect("it is there");
        other.edit(&fast, |booking| booking.amount = Decimal::ONE)?;
        other.commit().await?;
        session.edit(&bookings[0], |booking| booking.amount = Decimal::TWO)?;
        session.edit(&bookings[1], |booking| booking.amount = Decimal::TEN)?;
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale);
        assert!(error.to_string().contains("2024-02-01") && error.to_string().contains("the row has version 3"), "{error}");
        session.rollback().await?;

        // A key changes, rows go by their keys.
        let mut session = engine.session();
        let note = session.insert(Note::draft().account_id(uuid(1)).day(day(1))).await?;
        session.edit(&note, |note| note.day = Some(day(29)))?;
        session.flush().await?;
        let account = session.get::<Account>(uuid(1)).await?.expect("it is there");
        let notes = session.execute(delete::<Note>().filter(Note::ACCOUNT_ID.eq(uuid(1))).returning()).await?;
        assert_eq!(notes.len(), 5);
        session.delete(&account)?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Booking>()).await?, 4);
        Ok(())
    }

    async fn link_tables_have_their_types(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Account, Booking, Note, Rate]).await?;
        let mut session = engine.session();
        let rates: Vec<_> = [-15, 5, 120]
            .map(|rate| Rate::draft().rate(Decimal::new(rate, 1)))
            .map(|rate| session.add(rate))
            .into();
        for (number, of) in [(1, &rates[..]), (2, &rates[1..2])] {
            let opened = instant(i64::try_from(number).expect("it is small"));
            session.add(Account::draft().id(uuid(number)).opened(opened).rates(of.to_vec()));
        }
        session.commit().await?;
        let mut session = engine.session();
        let accounts = session.all(select::<Account>().with(Account::RATES.selectin()).order_by(Account::ID)).await?;
        let found: Vec<Vec<Decimal>> =
            accounts.iter().map(|account| account.get(Account::RATES).iter().map(|rate| rate.rate).collect()).collect();
        assert_eq!(found, [vec![Decimal::new(-15, 1), Decimal::new(5, 1), Decimal::new(12, 0)], vec![Decimal::new(5, 1)]]);
        // 12.0 and 12 are one number, so one key.
        assert!(session.get::<Rate>(Decimal::new(12, 0)).await?.is_some());
        assert!(engine.session().get::<Rate>(Decimal::new(1200, 2)).await?.is_some());
        let rate = session.get::<Rate>(Decimal::new(5, 1)).await?.expect("it is there");
        session.remove(&accounts[0], Account::RATES, &rate)?;
        session.commit().await?;
        let account = engine.session().all(select::<Account>().with(Account::RATES.joined()).order_by(Account::ID)).await?;
        assert_eq!(account[0].get(Account::RATES).len(), 2);
        // Unique: one of two equal instants is refused.
        let mut session = engine.session();
        session.add(Account::draft().id(uuid(9)).opened(instant(1)));
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
        Ok(())
    }
}
