//! Rows that an engine prints.

use std::fmt::{self, Write};

use crate::error::Result;
use crate::sql::Shown;
use crate::value::{Cells, RowSink, ValueError};

/// The first rows of a statement as [`Echo::Rows`](super::Echo::Rows) prints them.
#[derive(Debug, Default)]
pub(crate) struct EchoedRows {
    lines: Vec<String>,
    /// How many rows came after them.
    more: u64,
}

/// Rows of one statement that are printed.
const ROWS: usize = 20;

/// Characters of one value that are printed.
const CHARACTERS: usize = 60;

impl EchoedRows {
    /// A sink that takes each row before another one does.
    pub(crate) fn beside<'s>(
        &'s mut self,
        shown: &'s Shown,
        sink: &'s mut dyn RowSink,
    ) -> impl FnMut(&dyn Cells) -> Result<()> + Send + 's {
        |cells: &dyn Cells| {
            self.take(shown, cells);
            sink.row(cells)
        }
    }

    /// Takes a row while it is there.
    fn take(&mut self, shown: &Shown, cells: &dyn Cells) {
        if self.lines.len() == ROWS {
            self.more += 1;
            return;
        }
        let cell = |at: usize| match (cells.cell(at), shown.shows(at)) {
            (Err(ValueError::MissingCell { .. }), _) => None,
            (_, false) => Some("***".to_owned()),
            (Ok(value), true) => Some(shortened(&value)),
            (Err(error), true) => Some(format!("({error})")),
        };
        let cells: Vec<String> = (0..).map_while(cell).collect();
        self.lines.push(cells.join(", "));
    }
}

/// A line for each row.
impl fmt::Display for EchoedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            write!(f, "\n    {line}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n    .. and {more} more"),
        }
    }
}

/// The beginning of a value; what is not printed of a long one is not made into text either.
fn shortened(value: &impl fmt::Display) -> String {
    let mut beginning = Beginning { text: String::new(), left: CHARACTERS };
    if write!(beginning, "{value}").is_err() {
        beginning.text.push_str("..");
    }
    beginning.text
}

/// Takes this many characters, and refuses the next one.
struct Beginning {
    text: String,
    left: usize,
}

impl Write for Beginning {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for char in more.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(char);
        }
        Ok(())
    }
}
