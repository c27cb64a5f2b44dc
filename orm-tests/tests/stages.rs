//! The library is a row of stages, and each one knows only itself and those before it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../orm-core/src");
const DERIVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../orm-derive/src");
const ARCHITECTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/architecture.md");

#[test]
fn imports_go_one_way() {
    let stages = stages(&read(&Path::new(SOURCE).join("lib.rs")));
    assert!(stages.len() > 5, "lib.rs lists the stages: {stages:?}");
    assert!(!stages.is_sorted(), "rustfmt sorts `mod` lines that touch: keep an empty line between stages");
    let mut files = 0;
    let mut violations = Vec::new();
    for stage in &stages {
        for (file, depth) in files_of(stage) {
            files += 1;
            let tokens: TokenStream = read(&file).parse().unwrap_or_else(|error| panic!("{file:?}: {error}"));
            let wrong = violations_in(&stages, stage, depth, tokens);
            let name = file.strip_prefix(SOURCE).unwrap_or(&file).display();
            violations.extend(wrong.into_iter().map(|violation| format!("{name}:{violation}")));
        }
    }
    assert!(files > stages.len(), "the stages have files");
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

/// Stages that write SQL for a database, run it there, or read its catalogue.
const KNOW_DATABASES: [&str; 4] = ["sql", "driver", "ddl", "migrate"];

#[test]
fn other_stages_ask_what_a_database_can_do_and_never_which_one_it_is() {
    let stages = stages(&read(&Path::new(SOURCE).join("lib.rs")));
    let mut asks = Vec::new();
    for stage in stages.iter().filter(|stage| !KNOW_DATABASES.contains(&stage.as_str())) {
        for (file, _) in files_of(stage) {
            let name = file.strip_prefix(SOURCE).unwrap_or(&file).display();
            let lines =
                named_dialects(read(&file).parse().unwrap_or_else(|error| panic!("{file:?}: {error}")));
            asks.extend(lines.into_iter().map(|line| format!("{name}:{line}")));
        }
    }
    let nothing: [String; 0] = [];
    assert_eq!(asks, nothing, "add an ability to `sql/capabilities.rs`");
    let named = "fn f(d: Dialect) -> bool { let s = Dialect::SHOWN;\n g!(d == Dialect::Postgres) }";
    assert_eq!(named_dialects(named.parse().expect("it is Rust")), [2]);
}

/// The lines that name one of the dialects.
fn named_dialects(tokens: TokenStream) -> Vec<usize> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, names: &[&str]| matches!(tokens.get(at), Some(TokenTree::Ident(name)) if names.iter().any(|known| name == known));
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => lines.extend(named_dialects(group.stream())),
            TokenTree::Ident(name)
                if is(at, &["Dialect"]) && is(at + 3, &["Sqlite", "Postgres", "Mysql"]) =>
            {
                lines.push(line(name.span()));
            }
            _ => {}
        }
    }
    lines
}

#[test]
fn every_file_belongs_to_a_stage() {
    let stages = stages(&read(&Path::new(SOURCE).join("lib.rs")));
    for entry in fs::read_dir(SOURCE).expect("the library's source is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(matches!(&*name, "lib" | "guide") || stages.contains(&name), "lib.rs does not list `{name}`");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let files: Vec<_> =
        [SOURCE, DERIVE].iter().flat_map(|source| files_below(Path::new(source), 0)).collect();
    assert!(files.len() > 200, "both crates have files: {}", files.len());
    let is_silent = |file: &PathBuf| {
        !["//! ", "#![doc = include_str!("].iter().any(|start| read(file).starts_with(start))
    };
    let silent = files.into_iter().map(|(file, _)| file).filter(is_silent);
    let silent: Vec<PathBuf> = silent.collect();
    assert!(silent.is_empty(), "these do not begin with a line of documentation: {silent:#?}");
}

#[test]
fn the_code_map_lists_the_stages_in_reading_order() {
    let stages = stages(&read(&Path::new(SOURCE).join("lib.rs")));
    let text = read(Path::new(ARCHITECTURE));
    let heading = |line: &str| Some(line.strip_prefix("### `")?.strip_suffix('`')?.to_owned());
    let described: Vec<String> = text.lines().filter_map(heading).collect();
    assert_eq!(described, stages);
}

#[test]
fn the_check_sees_what_it_should() {
    let stages: Vec<String> = ["value", "query", "session"].map(String::from).into();
    let found = |depth, code: &str| -> Vec<String> {
        let tokens = code.parse().expect("it is Rust");
        violations_in(&stages, "query", depth, tokens).iter().map(ToString::to_string).collect()
    };
    let none: [&str; 0] = [];
    let allowed = "
        //! Called by crate::session.
        /// See [`crate::session::Session`].
        use crate::value::Value; use crate::query::{Select, select};
        use crate::{value::Key, query};
        use super::Select;
        pub(crate) fn f() -> crate::value::Value { \"crate::session\"; $crate::Session }
        mod tests { use super::*; use super::super::Select; }
    ";
    assert_eq!(found(2, allowed), none);

    let later = "1: `query` comes before `session` and uses it";
    assert_eq!(found(2, "use crate::session::Session;"), [later]);
    assert_eq!(found(2, "use crate::{value::{Key, Value}, session::Session};"), [later]);
    assert_eq!(found(2, "fn f() { g!(|s: &crate::session::Session| s) }"), [later]);
    assert_eq!(found(2, "use super::super::session;"), [later]);
    assert_eq!(found(2, "mod tests { use super::super::super::session; }"), [later]);
    assert_eq!(found(1, "use super::session;"), [later]);
    assert_eq!(
        found(2, "\nuse crate::Session;"),
        ["2: `Session` is reached through the root; name its stage"]
    );
}

/// The modules of lib.rs, in order.
fn stages(lib: &str) -> Vec<String> {
    let name = |line: &str| {
        Some(line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    // The book is documentation and has no code.
    lib.lines().filter_map(name).filter(|name| name != "guide").collect()
}

/// The files of a stage, each with the number of modules it is deep.
fn files_of(stage: &str) -> Vec<(PathBuf, usize)> {
    let root = Path::new(SOURCE);
    let single = root.join(stage).with_extension("rs");
    let mut files: Vec<(PathBuf, usize)> = Vec::new();
    if single.is_file() {
        files.push((single, 1));
    }
    files.extend(files_below(&root.join(stage), 1));
    assert!(!files.is_empty(), "`{stage}` has files");
    files.sort();
    files
}

/// The Rust files in a folder and below it, each with the number of modules it is deep.
fn files_below(folder: &Path, depth: usize) -> Vec<(PathBuf, usize)> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), depth)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let own = usize::from(path.file_stem().is_some_and(|name| name != "mod"));
                files.push((path, depth + own));
            }
        }
    }
    files
}

/// A use of a stage by an earlier one.
struct Violation {
    line: usize,
    text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.text)
    }
}

fn violations_in(stages: &[String], stage: &str, depth: usize, tokens: TokenStream) -> Vec<Violation> {
    let mut roots = Vec::new();
    collect(tokens, depth, &mut roots);
    let rank = |name: &str| stages.iter().position(|stage| stage == name);
    let violation = |root: Ident| {
        let name = root.to_string();
        let text = match rank(&name) {
            None => format!("`{name}` is reached through the root; name its stage"),
            Some(used) if Some(used) > rank(stage) => format!("`{stage}` comes before `{name}` and uses it"),
            Some(_) => return None,
        };
        Some(Violation { line: line(root.span()), text })
    };
    roots.into_iter().filter_map(violation).collect()
}

fn line(span: Span) -> usize {
    span.start().line
}

/// Collects every name that is reached from the root of the crate, by `crate::` or by `super::` often enough. Comments
/// are not tokens; arguments of macros are.
fn collect(tokens: TokenStream, depth: usize, roots: &mut Vec<Ident>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let after = path_to_root(&tokens[at..], depth);
        // `$crate` is the root of a macro's own crate, where users stand.
        let of_macro = at > 0 && is_punct(&tokens[at - 1], '$');
        match (after, token) {
            (Some(length), _) if !of_macro => {
                match tokens.get(at + length) {
                    Some(TokenTree::Ident(name)) => roots.push(name.clone()),
                    Some(TokenTree::Group(names)) => heads(names.stream(), roots),
                    _ => {}
                }
                at += length;
            }
            (_, TokenTree::Group(group)) => {
                let module = group.delimiter() == Delimiter::Brace
                    && at > 1
                    && matches!(&tokens[at - 2], TokenTree::Ident(keyword) if keyword == "mod");
                collect(group.stream(), depth + usize::from(module), roots);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// How many tokens a path takes to come to the root, the `::` behind it included.
fn path_to_root(tokens: &[TokenTree], depth: usize) -> Option<usize> {
    let step = |at: usize, word: &str| {
        let names = matches!(tokens.get(at), Some(TokenTree::Ident(name)) if name == word);
        let colons = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, ':'));
        names && colons(at + 1) && colons(at + 2)
    };
    if step(0, "crate") {
        return Some(3);
    }
    (0..depth).all(|level| step(3 * level, "super")).then_some(3 * depth)
}

/// The first name of every path in `{a::b, c}`.
fn heads(group: TokenStream, roots: &mut Vec<Ident>) {
    let mut first = true;
    for token in group {
        if let (true, TokenTree::Ident(name)) = (first, &token) {
            roots.push(name.clone());
        }
        first = is_punct(&token, ',');
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
