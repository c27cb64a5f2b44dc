//! A cursor of PostgreSQL.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Either, Executor, PgConnection};

use super::cell::Reader;
use super::read_ahead::ReadAhead;
use super::row::RowCells;
use super::types::{are_known, readers_of};
use crate::driver::RowSink;
use crate::error::{Error, Result};

/// A cursor that is open.
#[derive(Debug)]
pub(in crate::driver) struct PostgresCursor {
    /// It ends its name.
    pub(in crate::driver) number: u64,
    /// The most rows of a part.
    pub(in crate::driver) part: usize,
    /// Whether nothing else is asked before it is closed.
    pub(in crate::driver) alone: bool,
    /// How its cells are read, once a row was seen.
    pub(in crate::driver) readers: Option<Vec<Reader>>,
    /// Reads the parts after those that were read here.
    pub(in crate::driver) ahead: Option<ReadAhead>,
}

impl PostgresCursor {
    /// The statement that reads a part.
    pub(in crate::driver) fn fetch(&self) -> String {
        format!("FETCH FORWARD {} FROM orm_stream_{}", self.part, self.number)
    }

    /// Reads a part, and with the first one how the cells of all of them are read; returns whether it was the last one.
    ///
    /// # Errors
    /// The database refuses the statement, or the sink a row.
    pub(in crate::driver) async fn read(
        &mut self,
        connection: &mut PgConnection,
        prepares: bool,
        sink: &mut dyn RowSink,
        count: &mut u64,
        refused: impl Fn(sqlx::Error) -> Error,
    ) -> Result<bool> {
        let mut found = connection.fetch_many(AssertSqlSafe(self.fetch()));
        let (mut early, mut taken) = (Vec::new(), 0);
        while let Some(one) = found.try_next().await.map_err(&refused)? {
            let Either::Right(row) = one else { continue };
            taken += 1;
            if self.readers.is_none() && are_known(&row) {
                self.readers = Some(RowCells::readers(&row));
            }
            let Some(readers) = &self.readers else {
                // Nothing else can be asked before the part has ended.
                early.push(row);
                continue;
            };
            *count += 1;
            sink.row(&RowCells::new(&row, readers))?;
        }
        drop(found);
        if let Some(first) = early.first() {
            let readers = readers_of(connection, first, prepares).await.map_err(&refused)?;
            let readers = self.readers.insert(readers);
            for row in &early {
                *count += 1;
                sink.row(&RowCells::new(row, readers))?;
            }
        }
        Ok(taken < self.part)
    }
}
