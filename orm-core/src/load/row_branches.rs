use super::levels::Levels;
use super::loader::{Wanted, wanted};
use super::rows::Rows;
use super::tree::Branch;
use crate::entity::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef, Selected};
use crate::query::{RowView, places};
use crate::sql::Shown;
use crate::value::{Cells, ValueError};

/// Takes each row while it is there.
pub(crate) type RowSink<'s> = dyn FnMut(&RowView<'_>) -> Result<()> + Send + 's;

/// The entities in the rows of a query for values and entities.
pub(super) struct RowBranches {
    branches: Vec<Branch>,
    /// Of SQL of a user's, the model whose columns are found by their names.
    named: Option<NamedColumns>,
    /// How many columns a row has to have, until the first one has shown it.
    width: Option<usize>,
    /// Where the entities of the last row are among those of their levels.
    places: Vec<Option<Place>>,
    /// Which of the values of a row may be shown.
    shown: Shown,
}

/// The columns of a model in rows whose columns have an order of their own.
struct NamedColumns {
    def: &'static ModelDef,
    /// Where they are, once a row has said it; a deferred one may be left out.
    found: Option<Vec<Option<usize>>>,
}

impl RowBranches {
    /// The entities of a query that the library writes, which knows where their columns are.
    pub(super) fn listed(branches: Vec<Branch>, shown: Shown) -> RowBranches {
        RowBranches { branches, named: None, width: None, places: Vec::new(), shown }
    }

    /// The entity of SQL of a user's, whose columns are found by their names.
    pub(super) fn named(branch: Branch, def: &'static ModelDef) -> RowBranches {
        let named = Some(NamedColumns { def, found: None });
        RowBranches { named, ..RowBranches::listed(vec![branch], Shown::Nothing) }
    }

    /// No entity, and rows with so many columns.
    pub(super) fn of_width(width: Option<usize>) -> RowBranches {
        RowBranches { width, ..RowBranches::listed(Vec::new(), Shown::Nothing) }
    }

    /// Takes one row: first its entities, then what the sink reads of it.
    ///
    /// # Errors
    /// `InvalidQuery`: a column is not there. A cell does not fit. Those of the sink.
    pub(super) fn take(
        &mut self,
        rows: &mut Rows<'_>,
        cells: &dyn Cells,
        sink: &mut RowSink<'_>,
    ) -> Result<()> {
        if let Some(width) = self.width.take() {
            check_width(cells, width)?;
        }
        self.places.clear();
        for branch in &mut self.branches {
            let found = match &mut self.named {
                None => rows.take(branch, cells),
                Some(named) => rows.own(branch, &Selected::at(cells, named.places(cells)?)).map(Some),
            };
            let found = found.map_err(|error| hidden(error, branch, &self.shown))?;
            self.places.push(found.map(|position| rows.place(branch, position)));
        }
        sink(&RowView { cells, entities: &self.places, shown: &self.shown })
    }

    /// All rows were taken; returns what their entities still wait for.
    pub(super) fn finish(self, levels: &mut Levels) -> Result<Vec<Wanted>> {
        let mut waiting = Vec::new();
        for mut branch in self.branches {
            waiting.extend(wanted(&mut branch));
            branch.finish(levels)?;
        }
        Ok(waiting)
    }
}

/// The error of a row of which an entity is read, without the value that it quotes where a query made a column of
/// something secret. What is secret by the entity's own model is hidden already.
#[cold]
fn hidden(error: Error, branch: &Branch, shown: &Shown) -> Error {
    let shows = |(place, column): (usize, &ColumnDef)| column.secret || shown.shows(place);
    match (branch.offset..).zip(branch.selection.columns()).all(shows) {
        true => error,
        false => error.resourced(ValueError::without_value),
    }
}

impl NamedColumns {
    fn places(&mut self, cells: &dyn Cells) -> Result<&[Option<usize>]> {
        Ok(match &mut self.found {
            Some(found) => found,
            none => none.insert(columns_of(cells, self.def)?),
        })
    }
}

/// What was not asked for would be lost in silence.
fn check_width(cells: &dyn Cells, width: usize) -> Result<()> {
    let names: Vec<&str> = (0..).map_while(|at| cells.name(at)).collect();
    if names.len() <= width {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "the SQL gives {} columns, `{}`, and {width} of them are read; select those alone, or read all of them: \
             `.rows::<(..)>()` by their places, `.structs::<..>()` by their names",
            names.len(),
            names.join("`, `")
        ),
    ))
}

/// Where the columns of a model are. A deferred one may be left out.
fn columns_of(cells: &dyn Cells, def: &'static ModelDef) -> Result<Vec<Option<usize>>> {
    let given = |name: &str| (0..).map_while(|at| cells.name(at)).any(|given| given == name);
    let wanted = |column: &&ColumnDef| !column.deferred || given(column.name);
    let names: Vec<&str> = def.columns.iter().filter(wanted).map(|column| column.name).collect();
    let mut found = places(cells, &names, def.name)?.into_iter();
    let place = |column| if wanted(&column) { found.next() } else { None };
    Ok(def.columns.iter().map(place).collect())
}

impl Rows<'_> {
    fn place(&self, branch: &Branch, position: u32) -> Place {
        let level = &self.levels.levels[branch.level];
        let node = level.nodes.get(position as usize).copied().unwrap_or_default();
        let number = u32::try_from(branch.level).unwrap_or(u32::MAX);
        Place { arena: branch.arena, node, answer: Some((number, position)) }
    }
}
