use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use orm_core::hooks::{Context, SessionHooks};
use orm_core::plan::{FlushPlan, FlushStep, RowChange};
use orm_core::prelude::*;

/// Values by field, by model and key.
pub type Rows = BTreeMap<(String, String), BTreeMap<&'static str, String>>;

/// The rows as an audit log knows them, by model and key, and the plans of flushes.
#[derive(Debug, Default)]
pub struct Audit {
    pub rows: Mutex<Rows>,
    planned: Mutex<Option<FlushPlan>>,
    wrong: Mutex<Option<String>>,
}

pub struct Auditor(pub Arc<Audit>);

impl Audit {
    pub fn take_wrong(&self) -> Option<String> {
        self.wrong.lock().expect("the lock is not poisoned").take()
    }

    /// A statement past the unit of work changed some columns of a model.
    pub fn forget(&self, model: &str, columns: &[&str]) {
        let mut rows = self.rows.lock().expect("the lock is not poisoned");
        for (_, row) in rows.iter_mut().filter(|((of, _), _)| of == model) {
            row.retain(|column, _| !columns.contains(column));
        }
    }

    /// A statement past the unit of work inserted a row.
    pub fn inserted(&self, model: &str, key: i64) {
        let key = format!("{:?}", [orm_core::value::Value::Int(key)]);
        self.rows.lock().expect("the lock is not poisoned").insert((model.to_owned(), key), BTreeMap::new());
    }

    fn say(&self, wrong: String) {
        self.wrong.lock().expect("the lock is not poisoned").get_or_insert(wrong);
    }
}

/// Whether a plan says all: nothing has to be looked up first.
fn is_whole(plan: &FlushPlan) -> bool {
    plan.steps().iter().all(|step| match step {
        FlushStep::Look { .. } => false,
        FlushStep::Delete { follows, .. } => follows.is_empty(),
        _ => true,
    })
}

impl SessionHooks for Auditor {
    fn before_flush(&self, session: &mut Session) -> Result<()> {
        *self.0.planned.lock().expect("the lock is not poisoned") = Some(session.flush_plan());
        Ok(())
    }

    fn after_flush(&self, executed: &FlushPlan, _context: &Context) {
        let planned = self.0.planned.lock().expect("the lock is not poisoned").take();
        if let Some(planned) =
            planned.filter(|planned| is_whole(planned) && planned.steps() != executed.steps())
        {
            self.0.say(format!("planned:\n{planned}\nexecuted:\n{executed}"));
        }
        let mut rows = self.0.rows.lock().expect("the lock is not poisoned");
        // Keys may pass from one row to another.
        let place = |model: &str, key: &[orm_core::value::Value]| (model.to_owned(), format!("{key:?}"));
        let mut written = Vec::new();
        for row in executed.rows() {
            let at = place(row.model(), row.key());
            let known = rows.remove(&at);
            if (row.change() == RowChange::Inserted) != known.is_none() {
                self.0.say(format!("{row:?} was {known:?}"));
            }
            let mut known = known.unwrap_or_default();
            for column in row.columns() {
                let old = column.old_value().map(ToString::to_string);
                // What the database gives the rows that refer to a key is not told.
                let follows = column.field() == "shop_code";
                let was = known.get(column.field());
                if !follows && was.is_some() && was != old.as_ref() {
                    self.0.say(format!("{row:?}: `{}` was {:?}", column.field(), known.get(column.field())));
                }
                match column.new_value() {
                    Some(new) => known.insert(column.field(), new.to_string()),
                    None => known.remove(column.field()),
                };
            }
            if row.change() != RowChange::Deleted {
                written.push((at, known));
            }
        }
        rows.extend(written);
    }
}
