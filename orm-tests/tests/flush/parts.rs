//! Rows in circles, whose keys have columns that can be NULL and columns that cannot.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "part_teams")]
struct Team {
    #[key]
    org: i64,
    #[key]
    id: i64,
    lead_id: Option<i64>,
    #[belongs_to(key = "org, lead_id")]
    lead: BelongsTo<Option<Person>>,
}

#[derive(Model, Debug)]
#[model(table = "part_people")]
struct Person {
    #[key]
    org: i64,
    #[key]
    id: i64,
    team_id: i64,
    #[belongs_to(key = "org, team_id")]
    team: BelongsTo<Team>,
}

/// A branch knows its region and its parent by keys that share a column outside its own key.
#[derive(Model, Debug)]
#[model(table = "part_branches")]
struct Branch {
    #[key(auto)]
    id: i64,
    region: i64,
    main_id: Option<i64>,
    #[belongs_to(key = "region, main_id")]
    main: BelongsTo<Option<Office>>,
}

#[derive(Model, Debug)]
#[model(table = "part_offices")]
struct Office {
    #[key]
    region: i64,
    #[key]
    id: i64,
    branch_id: Option<i64>,
    #[belongs_to]
    branch: BelongsTo<Option<Branch>>,
}

on_every_backend! {
    async fn key_columns_that_cannot_be_null_are_written_at_once(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Team, Person]).await?;
        let mut session = engine.session();
        let person = session.add(Person::draft().org(7).id(2).team_id(1));
        let team = session.add(Team::draft().id(1).lead(&person));
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["INSERT part_teams", "INSERT part_people", "UPDATE part_teams"], "{log}");
        let team = team.entity()?;
        assert_eq!((team.org, team.lead_id), (7, Some(2)), "the organisation comes from the lead");
        assert!(!session.is_modified(&team));
        let row = engine.session().one(select::<Team>().with(Team::LEAD.selectin())).await?;
        assert_eq!((row.org, row.id, row.get(Team::LEAD).map(|lead| lead.id)), (7, 1, Some(2)));
        Ok(())
    }

    async fn a_draft_with_another_part_of_the_key_is_refused(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Team, Person]).await?;
        let mut session = engine.session();
        let person = session.add(Person::draft().org(7).id(2).team_id(1));
        session.add(Team::draft().org(8).id(1).lead(&person));
        let error = session.commit().await.expect_err("a team of one organisation has a lead of another");
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
        assert!(error.to_string().contains("Team"), "{error}");
        session.rollback().await?;
        assert_eq!(session.count(select::<Team>()).await?, 0);
        Ok(())
    }

    async fn a_key_brings_its_other_columns_along(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Branch, Office]).await?;
        let mut session = engine.session();
        let branch = session.insert(Branch::draft().region(1)).await?;
        session.commit().await?;

        // An existing row gets the key of a new one that needs it.
        let office = session.add(Office::draft().region(2).id(5).branch(&branch));
        session.assign(&branch, Branch::MAIN, &office)?;
        session.commit().await?;
        assert_eq!((branch.region, branch.main_id, session.is_modified(&branch)), (2, Some(5), false));

        // Two new rows that need each other.
        let office = session.add(Office::draft().region(3).id(6));
        let second = session.add(Branch::draft().main(&office));
        session.flush().await?;
        session.assign(&office.entity()?, Office::BRANCH, &second.entity()?)?;
        session.commit().await?;
        let rows = engine.session().all(select::<Branch>().order_by(Branch::ID)).await?;
        let rows: Vec<_> = rows.iter().map(|row| (row.region, row.main_id)).collect();
        assert_eq!(rows, [(2, Some(5)), (3, Some(6))]);
        Ok(())
    }

    async fn a_late_update_that_hits_nothing_is_stale(database: TestDatabase) -> Result<()> {
        // A trigger that removes a row again, on databases where one statement can create it.
        let engine = database.engine().await?;
        engine.create_all(schema![Team, Person]).await?;
        if database.backend() != orm_tests::Backend::Sqlite {
            return Ok(());
        }
        let mut session = engine.session();
        session
            .execute(sql("CREATE TRIGGER away AFTER INSERT ON part_people BEGIN UPDATE part_teams SET id = 100; END"))
            .await?;
        session.execute(sql("PRAGMA defer_foreign_keys = ON")).await?;
        let person = session.add(Person::draft().org(7).id(2).team_id(1));
        session.add(Team::draft().id(1).lead(&person));
        let error = session.flush().await.expect_err("the team has another key by then");
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        session.rollback().await?;
        Ok(())
    }
}
