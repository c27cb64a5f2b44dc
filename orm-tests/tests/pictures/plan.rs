//! A query, and below it the plan that `engine.plan` prints.

use crate::svg::{Anchor, Svg};

const WIDTH: f64 = 840.0;
const LINE: f64 = 18.0;
/// Above each heading.
const GAP: f64 = 8.0;
/// How wide a letter of code is.
const LETTER: f64 = 7.2;
/// How many characters of code a line takes.
const LETTERS: usize = 108;

pub fn picture(query: &str, plan: &str) -> String {
    let lines: Vec<Line> = plan.lines().flat_map(wrapped).collect();
    let headings = lines.iter().filter(|line| line.class == "strong").count();
    let height = 122.0 + LINE * (query.lines().count() + lines.len()) as f64 + GAP * headings as f64;
    let mut svg = Svg::new(WIDTH, height);
    svg.text("title", 20.0, 30.0, Anchor::Start, "What a query will run, before it runs");
    let mut y = 58.0;
    for line in query.lines() {
        let text = line.trim_start();
        svg.text("code", 20.0 + LETTER * (line.len() - text.len()) as f64, y, Anchor::Start, text);
        y += LINE;
    }
    svg.line("rule", (20.0, y - 4.0), (WIDTH - 20.0, y - 4.0));
    y += 10.0;
    for Line { class, indent, text } in lines {
        y += if class == "strong" { GAP } else { 0.0 };
        svg.text(class, 20.0 + LETTER * indent as f64, y, Anchor::Start, &text);
        y += LINE;
    }
    svg.text("quiet", 20.0, y + 16.0, Anchor::Start, "engine.plan(&query) on SQLite; no statement was run.");
    svg.finish("The query, and its plan with one statement for each level")
}

struct Line {
    class: &'static str,
    /// How many letters are left free before it.
    indent: usize,
    text: String,
}

/// A heading as it is, and a statement in lines that begin with its clauses.
fn wrapped(line: &str) -> Vec<Line> {
    if !line.starts_with(' ') {
        return vec![Line { class: "strong", indent: 0, text: line.to_owned() }];
    }
    let mut lines: Vec<Line> = Vec::new();
    for word in line.split_whitespace() {
        let begins = ["SELECT", "FROM", "LEFT", "WHERE", "ORDER"].contains(&word);
        match lines.last_mut() {
            Some(last) if !begins && last.text.len() + word.len() < LETTERS => {
                last.text.push(' ');
                last.text.push_str(word);
            }
            _ => {
                lines.push(Line { class: "code", indent: if begins { 3 } else { 5 }, text: word.to_owned() })
            }
        }
    }
    lines
}
