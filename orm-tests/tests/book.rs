//! The book is readable in the repository and on docs.rs: each page is in both, and each link leads somewhere in both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
const MODULES: &str = include_str!("../../orm-core/src/guide/mod.rs");
const KINDS: &str = include_str!("../../orm-core/src/error.rs");
const LINKS: &str = include_str!("../../orm-core/src/guide/links.md");
const PICTURES: &str = include_str!("../../orm-core/src/guide/pictures.md");

#[test]
fn each_page_is_a_module() {
    for page in pages() {
        let file = page.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(MODULES.contains(&format!("{file}\"")), "guide/mod.rs does not include `{file}`");
    }
}

#[test]
fn each_link_between_pages_leads_somewhere() {
    let modules: BTreeMap<&str, &str> = definitions(LINKS).chain(definitions(PICTURES)).collect();
    let mut wrong = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page is readable");
        let folder = page.parent().unwrap_or(Path::new(DOCS));
        if let Some(inline) = prose(&text).find(|line| line.contains("](") && line.contains(".md)")) {
            wrong.push(format!("{page:?}: write `[text][page]` instead of an inline link: {inline}"));
        }
        let mut own: BTreeMap<&str, &str> = BTreeMap::new();
        for (label, target) in definitions(&text) {
            if own.insert(label, target).is_some() {
                wrong.push(format!("{page:?}: `[{label}]` is defined twice"));
            }
        }
        for label in used(&text) {
            if !own.contains_key(&*label) {
                wrong.push(format!("{page:?}: `[{label}]` has no definition at the end of the page"));
            }
        }
        for (label, target) in own {
            if !modules.contains_key(label) {
                wrong.push(format!("{page:?}: guide/links.md does not define `[{label}]`"));
            }
            let (file, heading) =
                target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
            let Ok(there) = fs::read_to_string(folder.join(file)) else {
                wrong.push(format!("{page:?}: `{target}` does not exist"));
                continue;
            };
            if heading.is_some_and(|heading| !headings(&there).any(|name| name == heading)) {
                wrong.push(format!("{page:?}: `{file}` has no heading `{}`", heading.unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn each_kind_of_error_has_a_section() {
    let kinds = KINDS.split_once("pub enum ErrorKind {").and_then(|(_, rest)| rest.split_once("\n}"));
    let names = kinds.map_or("", |(kinds, _)| kinds).lines().map(str::trim);
    let names: Vec<&str> =
        names.filter_map(|line| line.strip_suffix(',')).filter(|name| !name.contains('/')).collect();
    assert!(names.len() > 25 && names.contains(&"NotLoaded"), "{names:?}");
    let page = fs::read_to_string(Path::new(DOCS).join("errors.md")).expect("the page is readable");
    for name in names {
        assert!(page.contains(&format!("\n### {name}\n")), "errors.md has no section `{name}`");
    }
}

/// A section shows the message that the compiler prints today, but for the names in it.
#[test]
fn messages_of_the_page_are_those_of_the_compiler() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folders =
        ["ui", "ui_session"].map(|folder| fs::read_dir(tests.join(folder)).expect("a folder of tests"));
    let files = folders.into_iter().flatten().map(|entry| entry.expect("a file").path());
    let outputs = files.filter(|path| path.extension().is_some_and(|extension| extension == "stderr"));
    let printed: BTreeSet<String> = outputs
        .flat_map(|path| {
            messages(&fs::read_to_string(path).expect("an output is readable")).collect::<Vec<_>>()
        })
        .collect();
    let page =
        fs::read_to_string(Path::new(DOCS).join("compiler_messages.md")).expect("the page is readable");
    let shown: Vec<String> = messages(&page).collect();
    assert!(shown.len() > 15, "{shown:?}");
    for message in shown {
        assert!(
            printed.contains(&message),
            "docs/compiler_messages.md shows a message that no test of the compiler has: {message}"
        );
    }
}

/// The errors of an output, with `_` in place of each name.
fn messages(output: &str) -> impl Iterator<Item = String> {
    output.lines().filter(|line| line.starts_with("error")).map(|line| {
        line.split('`').enumerate().map(|(place, part)| if place % 2 == 0 { part } else { "`_`" }).collect()
    })
}

/// The pages of the book.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in [DOCS.into(), Path::new(DOCS).join("coming_from")] {
        for entry in fs::read_dir(folder).expect("the book has folders") {
            let path = entry.expect("the folder can be listed").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    assert!(pages.len() > 20, "{pages:?}");
    pages
}

/// The lines outside of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// `[label]: target` at the end of a page.
fn definitions(text: &str) -> impl Iterator<Item = (&str, &str)> {
    prose(text).filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
}

/// The labels of `[text][label]`.
fn used(text: &str) -> Vec<String> {
    let text = prose(text).collect::<Vec<_>>().join("\n");
    let labels = text.split("][").skip(1);
    labels.filter_map(|rest| Some(rest.split_once(']')?.0.to_owned())).collect()
}

/// The anchors of a page's headings, as both GitHub and rustdoc make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        title
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    })
}
