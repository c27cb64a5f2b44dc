//! Rows of which none can be written first.

use super::flush::Flush;
use super::row_plan::RowPlan;
use super::schedule::{Circle, Step};
use super::work::Rows;
use crate::error::{Error, ErrorKind};

/// Rows that are in each other's way.
impl Flush<'_> {
    /// Names the rows that conflict with each other after the database refused one of them.
    pub(super) fn in_each_others_way(&self, error: Error, plan: &RowPlan, step: &Step) -> Error {
        if !matches!(error.kind(), ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation) {
            return error;
        }
        let is_here = |(one, other): &&(usize, usize)| {
            step.operations.iter().any(|operation| operation == one || operation == other)
        };
        let Some((one, other)) = plan.conflicts.iter().find(is_here) else { return error };
        error.suffixed(&format!(
            "\n({} and {} each have to be written before the other, because one takes a value or key that the other has \
             until then; give one of them another value, call `session.flush().await`, and set the final value after that)",
            self.shown(&plan.rows, *one),
            self.shown(&plan.rows, *other)
        ))
    }

    fn shown(&self, rows: &Rows, operation: usize) -> String {
        let def = rows.model(operation).def();
        match self.node_of(rows.rows[operation]) {
            Some(node) => {
                let key = self.saved_values(node, def.key);
                format!("the `{}` with the key {}", def.name, def.shown(def.key, &key))
            }
            None => format!("a new `{}`", def.name),
        }
    }
}

/// New rows that need each other's generated keys.
pub(super) fn needs_itself(rows: &Rows, circle: &Circle) -> Error {
    let mut names: Vec<&'static str> =
        circle.operations.iter().map(|operation| rows.model(*operation).def().name).collect();
    names.sort_unstable();
    names.dedup();
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "new objects of {} refer to each other in a cycle, so none of them can be inserted first; add one of \
             them without its link, flush, and link it then",
            names.join(", ")
        ),
    )
}
