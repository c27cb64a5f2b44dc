//! Documentation, messages, comments and names of tests are in idiomatic English: phrases that a reader has to decode are
//! refused.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What not to write, and what to write instead. A phrase is whole words, in any case.
const PHRASES: &[(&str, &str)] = &[
    ("all the same", "anyway, still"),
    ("anew", "again, re-"),
    ("are no", "are not"),
    ("are told", "receive, learn"),
    ("be it", "whether"),
    ("be they", "whether"),
    ("is no", "is not a"),
    ("is told", "receives, learns"),
    ("lets go of", "releases"),
    ("let go of", "release"),
    ("nobody", "no session, nothing, none"),
    ("none where", "`None` if"),
    ("of one's own", "your own"),
    ("somebody", "another session, concurrently"),
    ("sql of a user's", "raw SQL"),
    ("sql of one's own", "raw SQL"),
    ("that are there", "existing"),
    ("that is there", "existing, present"),
    ("were to be", "should have been"),
    ("what is there", "what exists, existing data"),
    ("whoever", "the caller, anyone who"),
];

#[test]
fn the_book_is_in_plain_english() {
    let mut found = Vec::new();
    let mut files = ["README.md", "CONTRIBUTING.md"].map(|file| Path::new(ROOT).join(file)).to_vec();
    files.extend(files_of(&Path::new(ROOT).join("docs"), "md"));
    files.extend(files_of(&Path::new(ROOT).join("orm-core/src/guide"), "md"));
    assert!(files.len() > 20, "the book has pages: {files:?}");
    for file in files {
        check(&file, &prose(&read(&file)), &mut found);
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_reference_and_messages_are_in_plain_english() {
    let mut found = Vec::new();
    let mut texts = 0;
    for folder in ["orm-core/src", "orm-derive/src"] {
        for file in files_of(&Path::new(ROOT).join(folder), "rs") {
            let tokens: TokenStream = read(&file).parse().unwrap_or_else(|error| panic!("{file:?}: {error}"));
            for text in texts_of(tokens) {
                texts += 1;
                check(&file, &prose(&text), &mut found);
            }
        }
    }
    assert!(texts > 5_000, "documentation and messages are read: {texts}");
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn comments_are_in_plain_english() {
    let mut found = Vec::new();
    let mut comments = 0;
    for file in sources() {
        for text in comments_of(&read(&file)) {
            comments += 1;
            check(&file, &prose(&text), &mut found);
        }
    }
    assert!(comments > 5_000, "comments are read: {comments}");
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn names_of_tests_are_in_plain_english() {
    let mut found = Vec::new();
    let mut names = 0;
    for file in sources().iter().filter(|file| !file.ends_with("plain_english.rs")) {
        for name in read(file).split(" fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next()) {
            names += 1;
            check(file, &name.replace('_', " "), &mut found);
        }
    }
    assert!(names > 1_000, "names are read: {names}");
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn phrases_are_found_as_whole_words_across_lines() {
    let found = |text: &str| {
        let mut found = Vec::new();
        check(Path::new("page.md"), &prose(text), &mut found);
        found.len()
    };
    assert_eq!(found("Rows that are\nthere are read Anew."), 2);
    assert_eq!(found("the manewest; that are therefore; `anew`"), 0);
    assert_eq!(found("```\nanew\n```\n"), 0);
    assert_eq!(found("There is no row, and it is no longer a key; what is no key is not one."), 1);
    let code = "/// Rows that are\n/// there.\nfn f() { panic!(\"somebody \\\n else\") }";
    let texts = texts_of(code.parse().expect("it is Rust"));
    assert_eq!(texts.iter().map(|text| found(text)).collect::<Vec<_>>(), [1, 1]);
    let comments = comments_of("/// One that\n/// is there.\nfn f() {} // let\n// go of\n");
    assert_eq!(comments.iter().map(|text| found(text)).collect::<Vec<_>>(), [1, 0]);
    let comments = comments_of("fn f() {\n    // Rows that are\n    // there.\n    //\n    // Anew.\n}");
    assert_eq!(comments.iter().map(|text| found(text)).collect::<Vec<_>>(), [2]);
}

fn check(file: &Path, text: &str, found: &mut Vec<String>) {
    let mut words = format!(" {} ", words(text).collect::<Vec<_>>().join(" "));
    for usual in ["there is no", "there are no", "is no longer", "are no longer", "is no more", "are no more"]
    {
        words = words.replace(&format!(" {usual} "), &format!(" {} ", usual.replace(' ', "-")));
    }
    for (phrase, instead) in PHRASES {
        for (at, _) in words.match_indices(&format!(" {phrase} ")) {
            let start = words[..at].char_indices().rev().nth(40).map_or(0, |(start, _)| start);
            let near = words[start..].chars().take(100).collect::<String>();
            let name = file.strip_prefix(ROOT).unwrap_or(file).display();
            found.push(format!("{name}: \"{phrase}\", better \"{instead}\": ..{near}.."));
        }
    }
}

/// The words in lower case, without punctuation around them; the end of a sentence separates phrases.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(|word| {
        let end = if word.ends_with(['.', ';', ':', ',', ')']) { word.len() - 1 } else { word.len() };
        word[..end].trim_start_matches('(').to_lowercase()
    })
}

/// The text without code.
fn prose(text: &str) -> String {
    let mut code = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept.split('`').step_by(2).collect::<Vec<_>>().join("`code`")
}

/// The comments of a file that begin a line, with the lines of one as one text.
fn comments_of(code: &str) -> Vec<String> {
    let mut comments = Vec::new();
    let mut open = String::new();
    for line in code.lines().chain([""]) {
        match line.trim_start().strip_prefix("//") {
            Some(text) => {
                open.push_str(text.trim_start_matches(['/', '!']));
                open.push('\n');
            }
            None if open.is_empty() => {}
            None => comments.push(std::mem::take(&mut open)),
        }
    }
    comments
}

/// The string literals of a file, with the lines of a documentation comment as one text.
fn texts_of(tokens: TokenStream) -> Vec<String> {
    let mut texts = Vec::new();
    collect(tokens, &mut texts, &mut String::new());
    texts
}

fn collect(tokens: TokenStream, texts: &mut Vec<String>, docs: &mut String) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((line, next)) = doc_line(&tokens[at..]) {
            docs.push_str(&line);
            docs.push('\n');
            at += next;
            continue;
        }
        if !docs.is_empty() {
            texts.push(std::mem::take(docs));
        }
        match &tokens[at] {
            TokenTree::Group(group) => {
                collect(group.stream(), texts, &mut String::new());
            }
            TokenTree::Literal(literal) => texts.extend(text_of(&literal.to_string())),
            _ => {}
        }
        at += 1;
    }
    if !docs.is_empty() {
        texts.push(std::mem::take(docs));
    }
}

/// The text of a `///` or `//!` comment at the start of the tokens, which are `#[doc = ".."]`, and how many tokens it has.
fn doc_line(tokens: &[TokenTree]) -> Option<(String, usize)> {
    let [TokenTree::Punct(hash), rest @ ..] = tokens else { return None };
    let (inner, rest) = match rest {
        [TokenTree::Punct(bang), rest @ ..] if bang.as_char() == '!' => (1, rest),
        rest => (0, rest),
    };
    let [TokenTree::Group(group), ..] = rest else { return None };
    let attribute: Vec<TokenTree> = group.stream().into_iter().collect();
    let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(text)] = attribute.as_slice() else {
        return None;
    };
    let is_doc = hash.as_char() == '#' && name == "doc";
    is_doc.then(|| text_of(&text.to_string()).map(|text| (text, 2 + inner)))?
}

/// What a string literal holds; nothing for another literal.
fn text_of(literal: &str) -> Option<String> {
    let text = literal.trim_start_matches(['r', '#']).strip_prefix('"')?;
    let text = text.trim_end_matches('#').strip_suffix('"')?;
    Some(text.replace("\\n", " ").replace("\\\n", " ").replace("\\\"", "\""))
}

/// All Rust files of the library and its tests.
fn sources() -> Vec<PathBuf> {
    let folders = ["orm-core/src", "orm-derive/src", "orm-tests"].map(|folder| Path::new(ROOT).join(folder));
    folders.iter().flat_map(|folder| files_of(folder, "rs")).collect()
}

/// The files of a folder with an extension, except what cargo built.
fn files_of(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            files.extend(files_of(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"))
}
