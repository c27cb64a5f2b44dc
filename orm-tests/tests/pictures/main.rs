//! The pictures of the book are made of the figures that its pages record, and of a plan as the library prints it.
//!
//! `PICTURES=overwrite cargo test -p orm-tests --test pictures` writes them again. Each is a file for the repository, and a
//! link for docs.rs, which shows no files: `orm-core/src/guide/pictures.md`.
#![allow(missing_docs)]

mod plan;
mod ratios;
mod svg;
mod tables;
mod ways;

use std::fmt::Write;
use std::fs;

/// The models of the book.
mod library {
    include!("../../../docs/guide/library.rs");

    pub async fn plan() -> Result<(&'static str, String)> {
        let engine = library().await?;
        let query = select::<Author>()
            .with(Author::BOOKS.selectin().with(Book::TAGS.joined()))
            .order_by(Author::NAME)
            .limit(20);
        let text = "select::<Author>()\n    .with(Author::BOOKS.selectin().with(Book::TAGS.joined()))\n    \
                    .order_by(Author::NAME)\n    .limit(20)";
        Ok((text, engine.plan(&query)?.to_string()))
    }
}

#[tokio::test]
async fn pictures_show_what_is_recorded() {
    let performance = tables::page("docs/performance.md");
    let loading = tables::page("docs/loading.md");
    let measured = measured(tables::line(&performance, "20"));
    let ratios = |database: &str| {
        let heading = performance.lines().find(|line| line.starts_with(&format!("### {database} ")))?;
        let title = heading.trim_start_matches('#').trim();
        Some(ratios::chart(&tables::table(&performance, heading), title, &measured))
    };
    let required = |database: &str| ratios(database).unwrap_or_else(|| panic!("no table of {database}"));
    const WAYS: &str = "Who asks for each version, loaded three ways";
    let rows = tables::block(&loading, WAYS);
    let recorded = tables::line(&loading, "Recorded on ");
    let (query, plan) = library::plan().await.expect("the query can be planned");
    let mut pictures = vec![
        ("plan", plan::picture(query, &plan)),
        ("postgresql", required("PostgreSQL")),
        ("sqlite", required("SQLite")),
        ("ways", ways::chart(WAYS, &rows[1..], recorded)),
    ];
    // A machine without MariaDB records no table of it.
    pictures.extend(ratios("MariaDB").map(|chart| ("mariadb", chart)));

    let mut links = String::new();
    for (name, picture) in &pictures {
        writeln!(links, "[{name}-picture]: {}", in_link(picture)).expect("a String takes everything");
        compare(&format!("docs/images/{name}.svg"), picture);
    }
    compare("orm-core/src/guide/pictures.md", &links);
}

fn compare(file: &str, made: &str) {
    let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("PICTURES").is_ok_and(|what| what == "overwrite") {
        fs::write(&path, made).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(made.lines()).find(|(there, made)| there != made);
    assert!(
        there == made,
        "{file} is older than its figures: `PICTURES=overwrite cargo test -p orm-tests --test pictures` writes it again; \
         {differs:?}"
    );
}

/// When and where, of the line that also lists all versions.
fn measured(line: &str) -> String {
    let (machine, rest) = line.split_once("; ").unwrap_or((line, ""));
    let rust = rest.split([',', ';']).next().unwrap_or_default();
    let rounds = rest.rsplit("; ").next().unwrap_or_default().trim_end_matches('.');
    format!("{machine}, {rust}, {rounds}")
}

/// A picture as the target of a link. What a URL or Markdown would read as its own is encoded.
fn in_link(picture: &str) -> String {
    let mut link = String::from("data:image/svg+xml,");
    for byte in picture.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => link.push(byte.into()),
            b'-' | b'.' | b'_' | b'=' | b':' | b'/' | b',' | b';' => link.push(byte.into()),
            _ => write!(link, "%{byte:02X}").expect("a String takes everything"),
        }
    }
    link
}
