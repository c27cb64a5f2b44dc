//! Makes a library of each contract program: the same functions, which `tests/contract_backends.rs` runs on every
//! backend, each in a separate database. The programs themselves use SQLite.

use std::path::Path;
use std::{env, fs, io};

/// What a program contains for SQLite that another database writes differently, and the replacement for all of them.
const DIFFERS: [(&str, &str, &str); 2] = [
    ("loading", r#"sql.contains(" IN (")"#, "sql.contains(shop::keys())"),
    ("querying", r#"assert_eq!(log.count(), 1 + 2, "#, "assert_eq!(log.count(), shop::stream_of_two(), "),
];

fn main() -> io::Result<()> {
    let target = env::var("OUT_DIR").map_err(io::Error::other)?;
    for program in ["loading", "querying", "writing"] {
        let source = format!("tests/contract_{program}.rs");
        println!("cargo::rerun-if-changed={source}");
        let mut text = fs::read_to_string(&source)?;
        for (_, said, instead) in DIFFERS.iter().filter(|(of, ..)| *of == program) {
            if text.matches(said).count() != 1 {
                return Err(io::Error::other(format!("{source} does not say `{said}` once any more")));
            }
            text = text.replace(said, instead);
        }
        fs::write(Path::new(&target).join(format!("contract_{program}.rs")), library(&text))?;
    }
    Ok(())
}

/// A program whose tests are plain functions, and one that runs each of them on every backend.
fn library(program: &str) -> String {
    let mut library = String::from("use super::*;\n");
    let mut tests = Vec::new();
    let mut is_test = false;
    for line in program.lines() {
        if line.starts_with("//!") || line == "mod shop;" {
            continue;
        }
        if line == "#[tokio::test]" {
            is_test = true;
            continue;
        }
        if is_test
            && let Some((name, _)) = line.strip_prefix("async fn ").and_then(|rest| rest.split_once('('))
        {
            tests.push(name);
            is_test = false;
        }
        library.push_str(line);
        library.push('\n');
    }
    for name in tests {
        library.push_str(&format!(
            "orm_tests::on_every_backend! {{\n    async fn {name}(database: TestDatabase) -> Result<()> {{\n        \
             shop::with(database, super::{name}()).await\n    }}\n}}\n"
        ));
    }
    library
}
