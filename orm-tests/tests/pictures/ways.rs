//! One report, loaded three ways: statements and time as bars.

use crate::svg::{Anchor, Svg};

const WIDTH: f64 = 840.0;
const TOP: f64 = 96.0;
const ROW: f64 = 34.0;
/// Where the bars of each panel begin, and how long the longest is.
const PANELS: [(f64, &str); 2] = [(130.0, "statements"), (500.0, "time, ms")];
const LONGEST: f64 = 260.0;

/// `rows` are what the example prints: way, statements, rows, time, unit and what each statement is for.
pub fn chart(title: &str, rows: &[&str], measured: &str) -> String {
    let rows: Vec<(&str, [f64; 2])> = rows.iter().map(|row| read(row)).collect();
    let bottom = TOP + ROW * rows.len() as f64;
    let mut svg = Svg::new(WIDTH, bottom + 40.0);
    svg.text("title", 20.0, 30.0, Anchor::Start, title);
    svg.text(
        "quiet",
        20.0,
        50.0,
        Anchor::Start,
        "The same question, the same answer, read from the same tables.",
    );
    for (panel, (left, name)) in PANELS.into_iter().enumerate() {
        let most = rows.iter().map(|(_, numbers)| numbers[panel]).fold(0.0, f64::max);
        svg.text("quiet", left, TOP - 12.0, Anchor::Start, name);
        for (number, (way, numbers)) in rows.iter().enumerate() {
            let y = TOP + ROW * number as f64;
            if panel == 0 {
                svg.text("strong", 20.0, y + 17.0, Anchor::Start, way);
            }
            let class = if *way == "naive loop" { "bar" } else { "ours" };
            let width = (LONGEST * numbers[panel] / most).max(2.0);
            svg.rectangle(class, (left, y + 3.0), width, 20.0);
            svg.text("", left + width + 8.0, y + 17.5, Anchor::Start, &numbers[panel].to_string());
        }
    }
    svg.text("quiet", 20.0, bottom + 22.0, Anchor::Start, measured);
    svg.finish(title)
}

fn read(row: &str) -> (&str, [f64; 2]) {
    let (way, rest) = row.trim().split_once("  ").unwrap_or_else(|| panic!("no way in `{row}`"));
    let numbers: Vec<f64> = rest.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let [statements, _, time] = numbers[..] else { panic!("not statements, rows and time: `{row}`") };
    assert!(rest.contains(" ms "), "the time is in milliseconds: `{row}`");
    (way, [statements, time])
}
