//! The recorded figures, read from the pages that show them.

use std::fs;

/// A table of Markdown: its head, and its rows of as many cells.
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

pub fn page(name: &str) -> String {
    let file = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The first table after a heading, without the marks of bold text.
pub fn table(page: &str, heading: &str) -> Table {
    let (_, rest) =
        page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading `{heading}`"));
    let lines =
        rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let mut rows = lines.map(|line| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace("**", "")).collect::<Vec<_>>()
    });
    let head = rows.next().unwrap_or_else(|| panic!("no table after `{heading}`"));
    let rows: Vec<Vec<String>> = rows.skip(1).collect();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row.len() == head.len()),
        "the table after `{heading}`"
    );
    Table { head, rows }
}

/// The block of plain text that begins with a line, as lines.
pub fn block<'p>(page: &'p str, first: &str) -> Vec<&'p str> {
    let (_, rest) =
        page.split_once(&format!("```text\n{first}\n")).unwrap_or_else(|| panic!("no block `{first}`"));
    rest.lines().take_while(|line| *line != "```").collect()
}

/// The line of a page that begins with a text.
pub fn line<'p>(page: &'p str, start: &str) -> &'p str {
    page.lines()
        .find(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("no line begins with `{start}`"))
}
