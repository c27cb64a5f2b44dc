//! Text in columns.

use crate::cost::Cost;

const WIDTH: usize = 88;

/// Everything that the program prints, written at once when it is complete.
#[derive(Default)]
pub struct Page {
    text: String,
}

/// A line of a table: a cell for each column, and a list that takes the rest of the line.
pub struct Row {
    pub cells: Vec<String>,
    pub list: Vec<String>,
}

/// The side of its column that a cell stands on.
#[derive(Clone, Copy)]
pub enum Align {
    Left,
    Right,
}

impl Page {
    pub fn into_text(self) -> String {
        self.text
    }

    pub fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A title after an empty line.
    pub fn title(&mut self, title: &str) {
        self.line("");
        self.line(title);
    }

    /// A title, and at the end of the line what the answer below it took.
    pub fn heading(&mut self, title: &str, cost: &Cost) {
        let cost = cost.to_string();
        let room = WIDTH.saturating_sub(width(title)).max(width(&cost) + 2);
        self.title(&format!("{title}{cost:>room$}"));
    }

    /// Rows in columns. A list is cut to the line, or continues below itself if it is `full`.
    pub fn table(&mut self, columns: &[Align], rows: &[Row], full: bool) {
        let cells = |at: usize| rows.iter().filter_map(move |row| row.cells.get(at));
        let widths: Vec<usize> =
            (0..columns.len()).map(|at| cells(at).map(|cell| width(cell)).max().unwrap_or(0)).collect();
        for row in rows {
            let mut line = String::new();
            for ((cell, align), width) in row.cells.iter().zip(columns).zip(&widths) {
                let cell = match align {
                    Align::Left => format!("  {cell:<width$}"),
                    Align::Right => format!("  {cell:>width$}"),
                };
                line.push_str(&cell);
            }
            let indent = width(&line) + 2;
            let room = WIDTH.saturating_sub(indent);
            let lines = if full { wrap(&row.list, room) } else { vec![cut(&row.list, room)] };
            let mut lines = lines.into_iter();
            self.line(&format!("{line}  {}", lines.next().unwrap_or_default()));
            lines.for_each(|next| self.line(&format!("{:indent$}{next}", "")));
        }
    }
}

impl Row {
    pub fn new<const N: usize>(cells: [impl Into<String>; N]) -> Row {
        Row { cells: cells.map(Into::into).into(), list: Vec::new() }
    }

    pub fn with(self, item: &str) -> Row {
        Row { list: vec![item.to_owned()], ..self }
    }
}

/// As many items as fit, at least one, and the number of the others.
fn cut(items: &[String], room: usize) -> String {
    let mut line = String::new();
    for (at, item) in items.iter().enumerate() {
        let left = items.len() - at - 1;
        let more = if left == 0 { String::new() } else { format!(" and {left} more") };
        let comma = if at == 0 { "" } else { ", " };
        if at > 0 && width(&line) + comma.len() + width(item) + more.len() > room {
            return format!("{line} and {} more", left + 1);
        }
        line.push_str(comma);
        line.push_str(item);
    }
    line
}

/// All items, on as many lines as they need.
fn wrap(items: &[String], room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (at, item) in items.iter().enumerate() {
        let item = if at + 1 == items.len() { item.clone() } else { format!("{item},") };
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&item),
            Some(line) if width(line) + 1 + width(&item) <= room => *line = format!("{line} {item}"),
            _ => lines.push(item),
        }
    }
    lines
}

fn width(text: &str) -> usize {
    text.chars().count()
}
