//! The rows of a plan's first statement.

use super::levels::Levels;
use super::rows::{BranchRows, Rows};
use super::wanted::{Wanted, wanted};
use crate::entity::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::load::plan::{self, Branch, List, LoadPlan};
use crate::model::{ColumnDef, ModelDef, Selected};
use crate::query::{RowView, places};
use crate::sql::Shown;
use crate::value::{Cells, Value, ValueError};

/// Takes each row while it is there.
pub(crate) type RowSink<'s> = dyn FnMut(&RowView<'_>) -> Result<()> + Send + 's;

/// The rows of a plan's first statement, while they come.
pub(super) struct FirstRows {
    branches: Vec<BranchRows>,
    /// Where the columns of a model are in rows of raw SQL, once a row has shown it; a deferred one may be left out.
    found: Option<Vec<Option<usize>>>,
    /// How many columns a row has to have, until the first one has shown it.
    width: Option<usize>,
    /// Where the entities of the last row are among those of their levels.
    places: Vec<Option<Place>>,
    /// The number of the query's own row that the last row was of.
    last: Option<i64>,
}

impl FirstRows {
    /// # Errors
    /// `InvalidModel`.
    pub(super) fn begin(plan: &LoadPlan, rows: &mut Rows<'_>) -> Result<FirstRows> {
        let mut branches = Vec::with_capacity(plan.branches.len());
        for branch in plan.branches.iter() {
            let mut into = BranchRows::new(branch, rows.store, rows.levels)?;
            rows.begin(branch, &mut into);
            branches.push(into);
        }
        let width = match plan.rows {
            plan::FirstRows::Raw { width } => width,
            _ => None,
        };
        if let plan::FirstRows::Entities { list: List::Rows | List::Runs, .. } = plan.rows {
            rows.levels.rows = Some(Vec::new());
        }
        Ok(FirstRows { branches, found: None, width, places: Vec::new(), last: None })
    }

    /// Takes one row: first its entities, then what the sink reads of it.
    ///
    /// # Errors
    /// `InvalidQuery`: a column is missing. A cell does not fit. Those of the sink.
    pub(super) fn take(
        &mut self,
        plan: &LoadPlan,
        rows: &mut Rows<'_>,
        cells: &dyn Cells,
        sink: &mut RowSink<'_>,
    ) -> Result<()> {
        match plan.rows {
            plan::FirstRows::Entities { number, .. } => match (&*plan.branches, &mut *self.branches) {
                ([branch], [into]) => entity(branch, into, &mut self.last, number, rows, cells),
                _ => Ok(()),
            },
            plan::FirstRows::Listed { only } => {
                self.row(plan, rows, cells, sink).map_err(|error| match only {
                    Some(name) if error.kind() == ErrorKind::InvalidValue => {
                        error.prefixed(&format!("`{name}`: "))
                    }
                    _ => error,
                })
            }
            plan::FirstRows::Named(_) | plan::FirstRows::Raw { .. } => self.row(plan, rows, cells, sink),
        }
    }

    fn row(
        &mut self,
        plan: &LoadPlan,
        rows: &mut Rows<'_>,
        cells: &dyn Cells,
        sink: &mut RowSink<'_>,
    ) -> Result<()> {
        if let Some(width) = self.width.take() {
            check_width(cells, width)?;
        }
        self.places.clear();
        let shown = plan.shown();
        for (branch, into) in plan.branches.iter().zip(&mut self.branches) {
            let found = match plan.rows {
                plan::FirstRows::Named(def) => {
                    let found = match &mut self.found {
                        Some(found) => found,
                        none => none.insert(columns_of(cells, def)?),
                    };
                    rows.own(branch, into, &Selected::at(cells, found)).map(Some)
                }
                _ => rows.take(branch, into, cells),
            };
            let found = found.map_err(|error| hidden(error, branch, shown))?;
            self.places.push(found.map(|position| rows.place(into, position)));
        }
        sink(&RowView { cells, entities: &self.places, shown })
    }

    /// What takes the rows of a query for entities, without asking of each what it is.
    pub(super) fn entities<'t>(
        &'t mut self,
        plan: &'t LoadPlan,
    ) -> Option<impl FnMut(&mut Rows<'_>, &dyn Cells) -> Result<()> + 't> {
        let plan::FirstRows::Entities { number, .. } = plan.rows else { return None };
        let ([branch], [into]) = (&*plan.branches, &mut *self.branches) else { return None };
        let last = &mut self.last;
        Some(move |rows: &mut Rows<'_>, cells: &dyn Cells| entity(branch, into, last, number, rows, cells))
    }

    /// All rows were taken; returns what their entities still wait for.
    ///
    /// # Errors
    /// `MultipleRows`: a to-one found several.
    pub(super) fn finish(self, plan: &LoadPlan, levels: &mut Levels) -> Result<Vec<Wanted>> {
        let mut waiting = Vec::new();
        for (branch, rows) in plan.branches.iter().zip(self.branches) {
            waiting.extend(wanted(branch, &rows, branch.selection.def().name));
            rows.finish(branch, levels)?;
        }
        Ok(waiting)
    }
}

/// Takes a row of a query for entities.
fn entity(
    branch: &Branch,
    into: &mut BranchRows,
    last: &mut Option<i64>,
    number: Option<usize>,
    rows: &mut Rows<'_>,
    cells: &dyn Cells,
) -> Result<()> {
    let position = rows.own(branch, into, cells)?;
    if let Some(list) = &mut rows.levels.rows {
        let run = number.map(|place| number_of(cells, place)).transpose()?;
        if run.is_none() || run != *last {
            list.push(position);
        }
        *last = run;
    }
    Ok(())
}

/// The number of the query's own row that a row of the statement is of.
fn number_of(cells: &dyn Cells, place: usize) -> Result<i64> {
    if let Some(number) = cells.integer(place) {
        return Ok(number);
    }
    match cells.cell(place).map(|cell| cell.to_value()) {
        Ok(Value::Int(number)) => Ok(number),
        _ => Err(Error::new(ErrorKind::Database, "row_number() gave no number")),
    }
}

/// The error of a row from which an entity is read, without the value that it quotes if the query computed a column
/// from something secret. What is secret by the entity's own model is already hidden.
#[cold]
fn hidden(error: Error, branch: &Branch, shown: &Shown) -> Error {
    let shows = |(place, column): (usize, &ColumnDef)| column.secret || shown.shows(place);
    match (branch.offset..).zip(branch.selection.columns()).all(shows) {
        true => error,
        false => error.resourced(ValueError::without_value),
    }
}

/// What was not asked for would be lost in silence.
fn check_width(cells: &dyn Cells, width: usize) -> Result<()> {
    let names: Vec<&str> = (0..).map_while(|at| cells.column_name(at)).collect();
    if names.len() <= width {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "the SQL returns {} columns, `{}`, but only {width} of them are read; select only those, or read all \
             of them: `.rows::<(..)>()` by their places, `.structs::<..>()` by their names",
            names.len(),
            names.join("`, `")
        ),
    ))
}

/// Where the columns of a model are. A deferred one may be left out.
fn columns_of(cells: &dyn Cells, def: &'static ModelDef) -> Result<Vec<Option<usize>>> {
    let given = |name: &str| (0..).map_while(|at| cells.column_name(at)).any(|given| given == name);
    let wanted = |column: &&ColumnDef| !column.deferred || given(column.name);
    let names: Vec<&str> = def.columns.iter().filter(wanted).map(|column| column.name).collect();
    let mut found = places(cells, &names, def.name)?.into_iter();
    let place = |column| if wanted(&column) { found.next() } else { None };
    Ok(def.columns.iter().map(place).collect())
}

impl Rows<'_> {
    fn place(&self, into: &BranchRows, position: u32) -> Place {
        let level = &self.levels.levels[into.level];
        let node = level.nodes.get(position as usize).copied().unwrap_or_default();
        let number = u32::try_from(into.level).unwrap_or(u32::MAX);
        Place { arena: into.arena, node, answer: Some((number, position)) }
    }
}
