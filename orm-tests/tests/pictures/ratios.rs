//! Times of all contenders as ratios to the raw driver: a row for each workload, on a logarithmic axis.

use crate::svg::{Anchor, Svg};
use crate::tables::Table;

const WIDTH: f64 = 840.0;
const LEFT: f64 = 366.0;
const RIGHT: f64 = WIDTH - 30.0;
const TOP: f64 = 112.0;
const ROW: f64 = 30.0;
const TICKS: [f64; 9] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 300.0];

pub fn chart(table: &Table, database: &str, measured: &str) -> String {
    // The workload and the raw driver's time come first.
    let contenders = &table.head[2..];
    let bottom = TOP + ROW * table.rows.len() as f64;
    let mut svg = Svg::new(WIDTH, bottom + 62.0);
    svg.text("title", 20.0, 30.0, Anchor::Start, &format!("{database}: time compared with the raw driver"));
    svg.text(
        "quiet",
        20.0,
        50.0,
        Anchor::Start,
        "The raw driver is 1. Farther left is faster; the axis is logarithmic.",
    );
    legend(&mut svg, contenders);

    for tick in TICKS {
        let class = if tick == 1.0 { "axis" } else { "rule" };
        svg.line(class, (x(tick), TOP - 8.0), (x(tick), bottom));
        svg.text("quiet", x(tick), bottom + 18.0, Anchor::Middle, &format!("{tick} ×"));
    }
    for (number, row) in table.rows.iter().enumerate() {
        let y = TOP + ROW * (number as f64 + 0.5);
        svg.text("", LEFT - 16.0, y + 4.5, Anchor::End, described(&row[0]));
        // The library's mark is drawn last, above those at the same place.
        for (at, cell) in row[2..].iter().enumerate().rev() {
            // A contender without the workload has a word instead of a number.
            if let Ok(ratio) = cell.parse() {
                mark(&mut svg, at, (x(ratio), y));
            }
        }
    }
    svg.text("quiet", 20.0, bottom + 46.0, Anchor::Start, measured);
    svg.finish(&format!("{database}: times of {} as ratios to the raw driver's", contenders.join(", ")))
}

fn legend(svg: &mut Svg, contenders: &[String]) {
    let mut at = 28.0;
    for (number, name) in contenders.iter().enumerate() {
        let class = if number == 0 { "strong" } else { "" };
        mark(svg, number, (at, 74.0));
        svg.text(class, at + 12.0, 78.5, Anchor::Start, name);
        at += 44.0 + 7.5 * name.len() as f64;
    }
}

/// Contenders differ in shape, so the picture does not depend on colours. The first one is the library.
fn mark(svg: &mut Svg, contender: usize, at: (f64, f64)) {
    match contender {
        0 => svg.circle("ours", at, 7.0),
        1 => svg.circle("theirs", at, 5.0),
        2 => svg.polygon("theirs", at, &[(0.0, -6.5), (6.0, 4.5), (-6.0, 4.5)]),
        3 => svg.polygon("theirs", at, &[(-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0)]),
        4 => svg.polygon("theirs", at, &[(0.0, -7.0), (6.0, 0.0), (0.0, 7.0), (-6.0, 0.0)]),
        _ => svg.polygon("theirs", at, &[(-6.0, -4.5), (6.0, -4.5), (0.0, 6.5)]),
    }
}

fn x(ratio: f64) -> f64 {
    let (least, most) = (0.15_f64.ln(), 600.0_f64.ln());
    assert!((0.15..600.0).contains(&ratio), "the axis has no place for {ratio}");
    LEFT + (RIGHT - LEFT) * (ratio.ln() - least) / (most - least)
}

/// The workload without its number: `W2 authors and their books`.
fn described(workload: &str) -> &str {
    workload.split_once(' ').map_or(workload, |(_, description)| description)
}
