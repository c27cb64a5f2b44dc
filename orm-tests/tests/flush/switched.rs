//! A row that becomes that of a draft, and what refers to it by other columns than its key, or is found below it.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "sw_codes")]
struct Code {
    #[key]
    id: i64,
    #[column(unique, length = 20)]
    code: String,
    #[has_many(key = "code", target_key = "code", order_by = "id")]
    uses: HasMany<Use>,
}

#[derive(Model, Debug)]
#[model(table = "sw_uses")]
struct Use {
    #[key]
    id: i64,
    #[column(length = 20)]
    code: Option<String>,
    #[belongs_to(key = "code", target_key = "code", inverse = "uses")]
    of: BelongsTo<Option<Code>>,
}

#[derive(Model, Debug)]
#[model(table = "sw_shelves")]
struct Shelf {
    #[key]
    id: i64,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    boxes: HasMany<Case>,
}

#[derive(Model, Debug)]
#[model(table = "sw_boxes")]
struct Case {
    #[key]
    id: i64,
    shelf_id: i64,
    #[has_many(key = "box_id", order_by = "id", cascade = "all", passive_deletes)]
    things: HasMany<Thing>,
}

#[derive(Model, Debug)]
#[model(table = "sw_things")]
struct Thing {
    #[key]
    id: i64,
    box_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "sw_orders")]
struct Order {
    #[key]
    id: i64,
    note: Option<String>,
    #[has_many(order_by = "line", cascade = "all, delete-orphan")]
    lines: HasMany<Line>,
}

#[derive(Model, Debug)]
#[model(table = "sw_lines")]
struct Line {
    #[key]
    order_id: i64,
    #[key]
    line: i64,
    text: Option<String>,
    #[belongs_to]
    order: BelongsTo<Order>,
}

on_every_backend! {
    async fn links_to_a_row_that_becomes_another_take_its_new_values(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Code, Use]).await?;
        let mut session = engine.session();
        session.add(Code::draft().id(1).code("a"));
        session.add(Use::draft().id(1));
        session.commit().await?;
        let old = session.one(select::<Code>()).await?;
        let held = session.one(select::<Use>()).await?;
        session.delete(&old)?;
        let new = session.add(Code::draft().id(1).code("b").uses([Use::draft().id(2)]));
        session.add(Use::draft().id(3).of(&new));
        session.assign(&held, Use::OF, &new)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(
            shape(&log),
            ["SELECT sw_uses", "UPDATE sw_codes", "UPDATE sw_uses", "INSERT sw_uses"],
            "the new code is written before what refers to it: {log}"
        );
        let rows = engine.session().all(select::<Use>().order_by(Use::ID)).await?;
        assert_eq!(rows.iter().map(|row| row.code.as_deref()).collect::<Vec<_>>(), [Some("b"); 3]);
        assert_eq!(held.code.as_deref(), Some("b"));
        assert_eq!(new.entity()?.code, "b");
        Ok(())
    }

    async fn rows_below_one_that_becomes_another_go_with_it(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Shelf, Case, Thing]).await?;
        let mut session = engine.session();
        session.add(Shelf::draft().id(1));
        session.add(Case::draft().id(1).shelf_id(1));
        session.add(Thing::draft().id(1).box_id(1));
        session.commit().await?;
        let shelf = session.one(select::<Shelf>()).await?;
        // The box is deleted with its shelf, and a new one has its key.
        session.delete(&shelf)?;
        session.add(Shelf::draft().id(2));
        session.add(Case::draft().id(1).shelf_id(2));
        session.commit().await?;
        let mut session = engine.session();
        let boxes = session.all(select::<Case>()).await?;
        assert_eq!(boxes.iter().map(|row| (row.id, row.shelf_id)).collect::<Vec<_>>(), [(1, 2)]);
        assert_eq!(session.count(select::<Thing>()).await?, 0, "the old box's things are not the new one's");
        Ok(())
    }

    async fn keys_from_a_parent_that_becomes_another_are_seen(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Order, Line]).await?;
        let mut session = engine.session();
        session.add(Order::draft().id(1).lines([1, 2].map(|line| Line::draft().line(line).text("old".to_owned()))));
        session.commit().await?;
        let order = session.one(select::<Order>()).await?;
        session.delete(&order)?;
        let note = Order::draft().id(1).note("new".to_owned());
        let new = session.add(note.lines([Line::draft().line(1), Line::draft().line(3)]));
        session.commit().await?;
        let rows = engine.session().all(select::<Line>().order_by(Line::LINE)).await?;
        let rows: Vec<_> = rows.iter().map(|row| (row.order_id, row.line, row.text.clone())).collect();
        assert_eq!(rows, [(1, 1, None), (1, 3, None)]);
        let order = new.entity()?;
        assert_eq!(order.lines()?.iter().map(|line| line.line).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(engine.session().one(select::<Order>()).await?.note.as_deref(), Some("new"));
        Ok(())
    }

    async fn children_of_a_deleted_row_are_found_by_the_key_that_it_has(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Code, Use]).await?;
        let mut session = engine.session();
        session.add(Code::draft().id(1).code("a").uses([Use::draft().id(1)]));
        session.commit().await?;
        let mut session = engine.session();
        let code = session.one(select::<Code>()).await?;
        session.edit(&code, |code| code.code = "b".to_owned())?;
        session.delete(&code)?;
        session.commit().await?;
        assert_eq!(code.code, "b", "what was edited is still shown");
        let mut session = engine.session();
        assert_eq!(session.one(select::<Use>()).await?.code, None, "the child has lost its key");
        assert_eq!(session.count(select::<Code>()).await?, 0);
        Ok(())
    }
}
