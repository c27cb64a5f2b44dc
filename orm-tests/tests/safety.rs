//! `unsafe` is in one file, and a comment on each use explains why it is sound.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn unsafe_is_in_one_file_and_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut files = Vec::new();
    for folder in ["orm-core/src", "orm-derive/src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 50, "the sources were not found");
    let mut uses = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("a source");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if !code.contains("unsafe {") && !code.contains("unsafe fn") && !code.contains("unsafe impl") {
                continue;
            }
            assert!(file.ends_with("driver/sqlite/prepared.rs"), "{}:{}: {line}", file.display(), at + 1);
            let comment = lines[..at].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
            let says_why = |line: &&str| line.contains("SAFETY:") || line.contains("# Safety");
            let explained = comment.into_iter().any(says_why);
            assert!(explained, "{}:{}: no SAFETY comment above", file.display(), at + 1);
            uses += 1;
        }
    }
    assert_eq!(uses, 19);
}
