//! Keys with a truth value in them.

use orm_core::prelude::*;

use crate::fixtures::ids;

#[derive(Model, Debug)]
pub struct Switch {
    #[key]
    pub room: i32,
    #[key]
    pub upstairs: bool,
    #[has_many(key = "room, upstairs", order_by = "id")]
    pub lamps: HasMany<Lamp>,
}

#[derive(Model, Debug)]
pub struct Lamp {
    #[key]
    pub id: i64,
    pub room: i32,
    pub upstairs: bool,
    #[belongs_to(key = "room, upstairs")]
    pub switch: BelongsTo<Switch>,
}

#[tokio::test]
async fn a_truth_value_can_be_part_of_a_key() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Switch, Lamp]).await?;
    let mut session = engine.session();
    for (id, room, upstairs) in [(1, 1, false), (2, 1, true), (3, 2, true)] {
        session.add(Switch::draft().room(room).upstairs(upstairs));
        session.add(Lamp::draft().id(id).room(room).upstairs(upstairs));
    }
    session.commit().await?;
    let mut session = engine.session();
    let switches = session
        .all(select::<Switch>().order_by((Switch::ROOM, Switch::UPSTAIRS)).with(Switch::LAMPS.selectin()))
        .await?;
    let lamps: Vec<_> = switches.iter().map(|switch| ids!(switch.get(Switch::LAMPS))).collect();
    assert_eq!(lamps, [[1], [2], [3]]);
    let lamps = engine.session().all(select::<Lamp>().with(Lamp::SWITCH.selectin())).await?;
    for lamp in &lamps {
        let switch = lamp.get(Lamp::SWITCH);
        assert_eq!((switch.room, switch.upstairs), (lamp.room, lamp.upstairs));
    }
    session.get::<Switch>((1, true)).await?.expect("it is held");
    Ok(())
}
