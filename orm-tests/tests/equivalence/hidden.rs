//! Rows that criteria hide, or that are marked as deleted: a session answers as if they were not there, whatever the query.

use orm_core::options::EngineBuilder;
use orm_core::prelude::*;

use super::cell::Cell;
use super::data::data;
use super::dice::Dice;
use super::member::with_model;
use super::oracle::Data;
use super::tables::*;
use super::world::marks;
use super::zoo::*;

/// The value of a number in a hidden row, which no other row has.
const NUMBER: i64 = 77;
const TEXT: &str = "hidden";
/// When the rows were deleted that are marked.
const DELETED: &str = "2020-02-29 23:59:59.5";

/// The column by which criteria hide a row of each table; they hide no shelves.
const HIDES: [Option<(&str, bool)>; PLAIN] = [
    Some(("rating", true)),
    Some(("rank", true)),
    Some(("room", true)),
    Some(("pages", true)),
    Some(("text", false)),
    None,
    Some(("position", true)),
    Some(("weight", true)),
    Some(("motto", false)),
    Some(("isbn", false)),
    Some(("year", true)),
];

/// Hides the rows in all sessions of an engine.
pub fn hide(engine: EngineBuilder) -> EngineBuilder {
    engine
        .criteria::<Author>(Author::RATING.is_null() | Author::RATING.ne(77))
        .criteria::<Country>(Country::RANK.is_null() | Country::RANK.ne(77))
        .criteria::<Book>(Book::ROOM.is_null() | Book::ROOM.ne(77))
        .criteria::<Chapter>(Chapter::PAGES.is_null() | Chapter::PAGES.ne(77))
        .criteria::<Note>(Note::TEXT.is_null() | Note::TEXT.ne(TEXT))
        .criteria::<Category>(Category::POSITION.is_null() | Category::POSITION.ne(77))
        .criteria::<Tag>(Tag::WEIGHT.ne(77))
        .criteria::<Profile>(Profile::MOTTO.is_null() | Profile::MOTTO.ne(TEXT))
        .criteria::<Loan>(Loan::ISBN.is_null() | Loan::ISBN.ne(TEXT))
        .criteria::<Seal>(Seal::YEAR.is_null() | Seal::YEAR.ne(77))
}

/// What hides rows.
#[derive(Clone, Copy)]
pub struct By {
    pub criteria: bool,
    pub marks: bool,
}

/// Hidden rows for a seed, table by table: with other keys than those that are seen, and otherwise like them.
pub fn rows(seed: u64, seen: &Data, by: By) -> Vec<Vec<Vec<Cell>>> {
    let others = data(seed ^ 0x41d_0000).tables;
    let dice = &mut Dice::new(seed ^ 0xde1e_0000);
    let mut isbns: Vec<Cell> =
        seen.tables[BOOK].iter().map(|book| book[place(BOOK, "isbn")].clone()).collect();
    let mut hidden = vec![Vec::new(); PLAIN];
    for (kind, hides) in HIDES.iter().enumerate() {
        let keeps = with_model!(kind, marks());
        let key = TABLES[kind].key;
        let is_new = |row: &&Vec<Cell>| seen.tables[kind].iter().all(|other| other[..key] != row[..key]);
        for row in others[kind].iter().filter(is_new) {
            let mut row = row.clone();
            let by_criteria = hides.filter(|_| by.criteria);
            let by_mark = keeps && by.marks;
            // By one of them, or by both.
            let (by_criteria, by_mark) = match dice.below(3) {
                0 if by_mark => (None, true),
                1 if by_criteria.is_some() => (by_criteria, false),
                _ => (by_criteria, by_mark),
            };
            if by_criteria.is_none() && !by_mark {
                continue;
            }
            if let Some((column, is_number)) = by_criteria {
                row[place(kind, column)] = if is_number { Cell::Int(NUMBER) } else { TEXT.into() };
            }
            if keeps {
                row.push(if by_mark { DELETED.into() } else { Cell::Null });
            }
            if kind == BOOK {
                let isbn = &mut row[place(BOOK, "isbn")];
                if isbns.contains(isbn) {
                    *isbn = Cell::Null;
                }
                isbns.push(isbn.clone());
            }
            hidden[kind].push(row);
        }
    }
    hidden
}
