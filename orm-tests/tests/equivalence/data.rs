//! Random rows: few enough that keys match, with everything that a schema does not forbid.

use super::cell::Cell;
use super::dice::Dice;
use super::oracle::Data;
use super::tables::*;

const AUTHORS: [i64; 8] = [1, 2, 3, 4, 5, -7, i64::MAX, 0];
const BOOKS: [u32; 8] = [1, 2, 3, 4, 5, 6, u32::MAX, 0];
const CATEGORIES: [i32; 7] = [1, 2, 3, 4, 5, 6, 7];
const COUNTRIES: [&str; 6] = ["A", "B", "C", "a", "", "É"];
const TAGS: [&str; 8] = ["a", "A", "b", "", "ä", "a'b", "red", "日本"];
const TITLES: [&str; 4] = ["zoo", "Zoo", "mare", "lullaby"];
const ISBNS: [&str; 6] = ["i1", "i2", "i3", "I1", "", "1"];
const STAMPS: [&[u8]; 5] = [&[], &[0], &[0, 255], &[1, 2, 3], b"\"'"];
const TEXTS: [&str; 4] = ["x", "y", "?", "NULL"];

/// The rows of a seed.
pub fn data(seed: u64) -> Data {
    let mut dice = Dice::new(seed);
    let dice = &mut dice;
    let countries = some(dice, &COUNTRIES);
    let authors = some(dice, &AUTHORS);
    let books = if authors.is_empty() { Vec::new() } else { some(dice, &BOOKS) };
    let categories = some(dice, &CATEGORIES);
    let tags = some(dice, &TAGS);
    let stamps = some(dice, &STAMPS);
    let shelves: Vec<(i32, bool)> = some(
        dice,
        &[
            (-1, false),
            (-1, true),
            (0, false),
            (0, true),
            (1, true),
            (2, false),
            (2, true),
            (i32::MIN, false),
        ],
    );

    let mut tables: Vec<Vec<Vec<Cell>>> = vec![Vec::new(); PLAIN];
    for code in countries {
        tables[COUNTRY].push(vec![code.into(), number(dice, -1, 2)]);
    }
    for id in &authors {
        let name = *dice.pick(&["ann", "bob", ""]);
        tables[AUTHOR].push(vec![(*id).into(), name.into(), number(dice, 0, 2), text(dice, &COUNTRIES)]);
    }
    let mut isbns = ISBNS.to_vec();
    for id in &books {
        let isbn = if isbns.is_empty() || dice.one_in(3) {
            Cell::Null
        } else {
            isbns.swap_remove(dice.below(isbns.len())).into()
        };
        let editor = if dice.one_in(4) { Cell::Null } else { (*dice.pick(&AUTHORS)).into() };
        let (room, upper) = match dice.below(4) {
            // Either may be NULL, and the shelf may be missing.
            0 | 1 => (number(dice, -1, 2), number(dice, 0, 1)),
            _ => shelves.first().map_or((Cell::Null, Cell::Null), |_| {
                let (room, upper) = *dice.pick(&shelves);
                (room.into(), upper.into())
            }),
        };
        tables[BOOK].push(vec![
            (*id).into(),
            (*dice.pick(&TITLES)).into(),
            isbn,
            (*dice.pick(&authors)).into(),
            editor,
            room,
            upper,
        ]);
    }
    for book in &books {
        for chapter in some(dice, &[1_u8, 2, 255]) {
            tables[CHAPTER].push(vec![(*book).into(), chapter.into(), number(dice, 8, 12)]);
        }
    }
    for id in some(dice, &[1_i64, 2, 3, 4, 5, 6]) {
        let book = if dice.one_in(4) { Cell::Null } else { (*dice.pick(&BOOKS)).into() };
        let chapter = if dice.one_in(4) { Cell::Null } else { (*dice.pick(&[1_u8, 2, 3, 255])).into() };
        tables[NOTE].push(vec![id.into(), book, chapter, text(dice, &TEXTS)]);
    }
    for (room, upper) in shelves {
        tables[SHELF].push(vec![room.into(), upper.into(), text(dice, &TEXTS)]);
    }
    for id in categories {
        let parent = if dice.one_in(3) { Cell::Null } else { (*dice.pick(&CATEGORIES)).into() };
        let book = if dice.one_in(3) { Cell::Null } else { (*dice.pick(&BOOKS)).into() };
        tables[CATEGORY].push(vec![id.into(), parent, number(dice, -1, 1), book]);
    }
    for name in tags {
        let category = if dice.one_in(3) { Cell::Null } else { (*dice.pick(&CATEGORIES)).into() };
        tables[TAG].push(vec![name.into(), number_not_null(dice, -1, 2), category]);
    }
    let mut owners: Vec<i64> = AUTHORS.iter().copied().filter(|id| i32::try_from(*id).is_ok()).collect();
    for id in some(dice, &[1_u16, 2, 3, 4, u16::MAX]) {
        let owner =
            if dice.one_in(4) { Cell::Null } else { owners.swap_remove(dice.below(owners.len())).into() };
        tables[PROFILE].push(vec![id.into(), owner, text(dice, &TEXTS)]);
    }
    for id in some(dice, &[1_i64, 2, 3, 4, i64::MIN]) {
        let stamp = if dice.one_in(4) { Cell::Null } else { dice.pick(&STAMPS).to_vec().into() };
        tables[LOAN].push(vec![id.into(), text(dice, &ISBNS), stamp]);
    }
    for bytes in stamps {
        tables[SEAL].push(vec![bytes.to_vec().into(), number(dice, 0, 3)]);
    }
    for rows in &mut tables {
        // The order of rows in the table means nothing.
        for at in (1..rows.len()).rev() {
            rows.swap(at, dice.below(at + 1));
        }
    }

    let mut links: Vec<Vec<Vec<Cell>>> = vec![Vec::new(); LINK_TABLES.len()];
    for _ in 0..dice.below(36) {
        links[AUTHOR_TAG].push(vec![(*dice.pick(&AUTHORS)).into(), (*dice.pick(&TAGS)).into()]);
    }
    for _ in 0..dice.below(28) {
        let room = number_not_null(dice, -1, 2);
        links[AUTHOR_SHELF].push(vec![(*dice.pick(&AUTHORS)).into(), room, number_not_null(dice, 0, 1)]);
    }
    for _ in 0..dice.below(24) {
        links[BOOK_TAG].push(vec![(*dice.pick(&BOOKS)).into(), (*dice.pick(&TAGS)).into()]);
    }
    for _ in 0..dice.below(28) {
        links[CATEGORY_LINK].push(vec![(*dice.pick(&CATEGORIES)).into(), (*dice.pick(&CATEGORIES)).into()]);
    }
    for rows in &mut links[AUTHOR_SHELF..] {
        // These have a primary key.
        rows.sort();
        rows.dedup();
    }
    for shared in [AUTHOR, BOOK, CATEGORY] {
        tables.push(tables[shared].clone());
    }
    Data { tables, links, nulls_are_high: false }
}

/// Some of the values, in any order; often none.
fn some<T: Clone>(dice: &mut Dice, of: &[T]) -> Vec<T> {
    if dice.one_in(8) {
        return Vec::new();
    }
    let mut left = of.to_vec();
    let wanted = dice.below(of.len().min(6)) + 1;
    (0..wanted).map(|_| left.swap_remove(dice.below(left.len()))).collect()
}

fn text(dice: &mut Dice, of: &[&str]) -> Cell {
    if dice.one_in(4) { Cell::Null } else { (*dice.pick(of)).into() }
}

fn number(dice: &mut Dice, from: i64, to: i64) -> Cell {
    if dice.one_in(4) { Cell::Null } else { number_not_null(dice, from, to) }
}

fn number_not_null(dice: &mut Dice, from: i64, to: i64) -> Cell {
    let span = usize::try_from(to - from + 1).expect("a small span");
    Cell::Int(from + i64::try_from(dice.below(span)).expect("a small span"))
}
