//! Tables in Markdown on standard output.

use crate::times::{Entry, Times};
use crate::{LEVELS, Result};

/// What every contender does, in this order.
pub const WORKLOADS: [(&str, &str); 13] = [
    ("W1", "10 books an author, all of them"),
    ("W2", "authors and their books"),
    ("W3", "books and their author"),
    ("W4", "authors, their books, these books' tags"),
    ("W5", "1,000 gets by key, one after the other"),
    ("W6", "10,000 inserts in a transaction"),
    ("W7", "100 sales an author, as a stream"),
    ("W8", "2,048 gets by key, by 64 tasks on 10 connections"),
    ("W9", "10,000 rows read, edited and committed"),
    ("W10", "5,000 rows with dates, UUIDs, decimals and JSON"),
    ("W11", "64 web pages, one after the other"),
    ("W12", "64 web pages, by 64 tasks on 10 connections"),
    ("W13", "250 authors with three collections each"),
];
/// The contenders with a column, by the names they give themselves.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("orm-core", &["orm-core"]),
    ("sqlx", &["sqlx"]),
    ("Diesel", &["Diesel", "diesel-async"]),
    ("SeaORM", &["SeaORM"]),
    ("Toasty", &["Toasty"]),
    ("SQLAlchemy", &["SQLAlchemy"]),
];

/// A stream in a process that has done nothing else.
pub struct Stream {
    pub variant: String,
    pub sales: i64,
    pub milliseconds: f64,
    pub megabytes: f64,
}

/// All contenders: first the ratios of each one's fastest way, then all that was measured.
pub fn table(title: &str, times: &Times) -> Result<()> {
    println!("\n### {title}\n");
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    println!("| workload | raw driver, ms | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(names.len()));
    for (workload, description) in WORKLOADS {
        let entries = times.of(workload)?;
        let Some(first) = entries.first() else { continue };
        let raw = first.spent().median;
        let ratios = COLUMNS.map(|(_, contenders)| fastest(&entries, contenders).map(|time| time / raw));
        // sqlx maps rows and is not an ORM, so it does not count as one that is ahead.
        let orms = ratios.iter().enumerate().filter(|(at, _)| *at != 1);
        let ahead = orms.filter_map(|(_, ratio)| *ratio).fold(f64::INFINITY, f64::min);
        let cell = |ratio: Option<f64>| match ratio {
            Some(ratio) if ratio == ahead => format!("**{}**", ratio_text(ratio)),
            Some(ratio) => ratio_text(ratio),
            None => "none".to_owned(),
        };
        println!("| {workload} {description} | {raw:.2} | {} |", ratios.map(cell).join(" | "));
    }
    println!("\n| workload | contender | median ms | p10 ms | to raw | CPU ms |");
    println!("|---|---|---|---|---|---|");
    for (workload, _) in WORKLOADS {
        let entries = times.of(workload)?;
        for (at, entry) in entries.iter().enumerate() {
            let spent = entry.spent();
            println!(
                "| {} | {} | {:.2} | {:.2} | {} | {:.2} |",
                if at == 0 { workload } else { "" },
                entry.variant,
                spent.median,
                spent.p10,
                ratio_text(spent.median / entries[0].spent().median),
                spent.cpu,
            );
        }
    }
    Ok(())
}

/// Pages from a server that is farther away.
pub fn far(title: &str, times: &Times) -> Result<()> {
    println!("\n### {title}: a web page with 1 ms of round trip added\n");
    println!("| contender | ms a page | to raw |");
    println!("|---|---|---|");
    let entries = times.of(crate::FAR)?;
    for entry in &entries {
        let (own, raw) = (entry.spent().median, entries[0].spent().median);
        println!("| {} | {:.2} | {} |", entry.variant, own / contender::PAGES as f64, ratio_text(own / raw));
    }
    Ok(())
}

/// The same gets by different numbers of tasks.
pub fn tasks(title: &str, times: &Times, numbers: &[i64]) -> Result<()> {
    let head = |number: &i64| if *number == 1 { "1 task".to_owned() } else { format!("{number} tasks") };
    let heads: Vec<String> = numbers.iter().map(head).collect();
    println!("\n### {title}: 2,048 gets by key, ms\n");
    println!("| contender | {} |", heads.join(" | "));
    println!("|---|{}", "---|".repeat(heads.len()));
    let keys: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    for variant in variants(times, &keys)? {
        let cell = |key: &String| Ok(median(times, key, &variant)?.map_or_else(String::new, ms_text));
        let cells = keys.iter().map(cell).collect::<Result<Vec<_>>>()?;
        println!("| {variant} | {} |", cells.join(" | "));
    }
    Ok(())
}

/// What more rows cost at each level, and a stream's memory.
pub fn growth(title: &str, times: &Times, streams: &[Stream], sizes: &[i64]) -> Result<()> {
    let heads: Vec<String> = sizes.iter().map(|authors| format!("{authors} authors, ms")).collect();
    println!("\n### {title}: growth\n");
    println!("| levels | contender | {} | each ten times the rows |", heads.join(" | "));
    println!("|---|---|{}---|", "---|".repeat(heads.len()));
    for level in LEVELS {
        let keys: Vec<String> = sizes.iter().map(|authors| size_key(level, *authors)).collect();
        for (at, variant) in variants(times, &keys)?.iter().enumerate() {
            let found = keys.iter().map(|key| median(times, key, variant)).collect::<Result<Vec<_>>>()?;
            let found: Vec<f64> = found.into_iter().flatten().collect();
            let cells: Vec<String> = found.iter().map(|time| ms_text(*time)).collect();
            let steps: Vec<String> =
                found.windows(2).map(|pair| format!("x {:.1}", pair[1] / pair[0])).collect();
            let level = if at == 0 { &level[1..] } else { "" };
            println!("| {level} | {variant} | {} | {} |", cells.join(" | "), steps.join(", "));
        }
    }
    println!("\n| a stream of | contender | ms | most memory of the process, MB |");
    println!("|---|---|---|---|");
    for Stream { variant, sales, milliseconds, megabytes } in streams {
        println!("| {sales} rows | {variant} | {} | {megabytes:.1} |", ms_text(*milliseconds));
    }
    Ok(())
}

/// The key of a workload at one number of authors.
pub fn size_key(workload: &str, authors: i64) -> String {
    format!("{workload} of {authors}")
}

/// Every way that occurs, in the order in which they occur.
fn variants(times: &Times, keys: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for key in keys {
        for entry in times.of(key)? {
            if !all.contains(&entry.variant) {
                all.push(entry.variant.clone());
            }
        }
    }
    Ok(all)
}

fn median(times: &Times, key: &str, variant: &str) -> Result<Option<f64>> {
    Ok(times.of(key)?.iter().find(|entry| entry.variant == variant).map(|entry| entry.spent().median))
}

fn fastest(entries: &[&Entry], contenders: &[&str]) -> Option<f64> {
    let own = entries.iter().filter(|entry| contenders.contains(&entry.contender()));
    own.map(|entry| entry.spent().median).reduce(f64::min)
}

fn ratio_text(ratio: f64) -> String {
    if ratio < 9.95 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

fn ms_text(time: f64) -> String {
    if time < 99.5 { format!("{time:.2}") } else { format!("{time:.0}") }
}
