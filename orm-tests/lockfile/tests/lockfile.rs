//! The lockfile example as its users run it: answers, statement counts, databases that are kept, and bad input.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const CIRCLES: &str = "orm-tests/lockfile/inputs/circles.lock";

/// The example's binary.
const BINARY: &str = env!("CARGO_BIN_EXE_lockfile");

fn lockfile(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(WORKSPACE).args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    lockfile(arguments).output().expect("the example runs")
}

/// What it prints, without the times, and with single spaces where these moved the columns.
fn answers(arguments: &[&str]) -> String {
    let output = run(arguments);
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {errors}");
    assert_eq!(errors, "", "{arguments:?}");
    let lines: Vec<String> = out.lines().map(without_time).collect();
    lines.join("\n")
}

fn without_time(line: &str) -> String {
    if !line.contains(" ms") && !line.contains(" time ") {
        return line.to_owned();
    }
    let mut words: Vec<&str> = line.split_whitespace().collect();
    for at in 1..words.len() {
        if words[at].starts_with("ms") {
            words[at - 1] = "_";
        }
    }
    words.join(" ")
}

/// The one line on standard error of a run that must fail.
fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    let errors = text(&output.stderr);
    assert_eq!(errors.matches('\n').count(), 1, "{errors}");
    let line = errors.trim_end().strip_prefix("error: ").unwrap_or_else(|| panic!("{errors}"));
    line.to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is text")
}

fn path(directory: &TempDir, name: &str) -> String {
    directory.path().join(name).to_str().expect("the path is text").to_owned()
}

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).expect("the directory is there");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("it can be listed").file_name();
    let mut names: Vec<String> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_lock_file_with_circles() {
    assert_eq!(
        answers(&[CIRCLES]),
        "\
orm-tests/lockfile/inputs/circles.lock: 5 packages, 7 versions, 10 dependencies
Stored in memory (5 statements, _ ms)

Packages in several versions, and who asks for each 3 statements, _ ms
  util  1.0.0   app
        2.0.0   app, util 1.0.0
        10.0.0  app, right

Most depended-on packages 3 statements, _ ms
  3  util
  2  left
  2  selfish
  1  right

Who asks for each version, loaded three ways
way statements rows time a statement for
naive loop 13 22 _ ms the packages, each package, each version
selectin 3 22 _ ms the packages, the versions, the askers
joined 1 11 _ ms everything"
    );
}

#[test]
fn a_tree_ends_where_it_begins_again() {
    assert_eq!(
        answers(&[CIRCLES, "--tree", "app"]),
        "\
orm-tests/lockfile/inputs/circles.lock: 5 packages, 7 versions, 10 dependencies
Stored in memory (5 statements, _ ms)

What app depends on 7 statements, _ ms
app 0.1.0
├── left 1.0.0
│   └── right 1.0.0
│       ├── left 1.0.0 (*)
│       └── util 10.0.0
├── selfish 0.3.0 (git+https://example.com/selfish?branch=main#0123456789abcdef0123456789abcdef01234567)
│   └── selfish 0.3.0 (git+https://example.com/selfish?branch=main#0123456789abcdef0123456789abcdef01234567) (*)
├── util 1.0.0
│   └── util 2.0.0
├── util 2.0.0
└── util 10.0.0"
    );
}

#[test]
fn a_package_in_several_versions_has_a_tree_for_each() {
    let answers = answers(&[CIRCLES, "--tree", "util"]);
    let tree = "\
What util depends on 4 statements, _ ms
util 1.0.0
└── util 2.0.0
util 2.0.0
util 10.0.0";
    assert!(answers.ends_with(tree), "{answers}");
}

#[test]
fn the_oldest_format_is_read() {
    let answers = answers(&["orm-tests/lockfile/inputs/oldest.lock", "--tree", "app"]);
    assert_eq!(
        answers,
        "\
orm-tests/lockfile/inputs/oldest.lock: 2 packages, 2 versions, 1 dependency
Stored in memory (5 statements, _ ms)

What app depends on 6 statements, _ ms
app 0.1.0
└── libc 0.2.1"
    );
}

#[test]
fn a_tree_may_be_deep() {
    const DEPTH: usize = 1_000;
    let directory = orm_tests::directory();
    let lock = path(&directory, "Cargo.lock");
    let package = |at: usize| {
        let below =
            if at + 1 < DEPTH { format!("dependencies = [\"p{}\"]\n", at + 1) } else { String::new() };
        format!("[[package]]\nname = \"p{at}\"\nversion = \"1.0.0\"\n{below}\n")
    };
    let packages: String = (0..DEPTH).map(package).collect();
    fs::write(&lock, format!("version = 4\n\n{packages}")).expect("it can be written");
    let answers = answers(&[&lock, "--tree", "p0"]);
    let last = answers.lines().last().unwrap_or_default();
    assert!(last.ends_with("└── p999 1.0.0"), "{last}");
    assert_eq!(last.chars().count(), 4 * (DEPTH - 1) + "p999 1.0.0".len());
}

#[test]
fn the_workspace_shows_n_plus_one_and_how_it_goes_away() {
    let answers = answers(&[]);
    let mut lines = answers.lines();
    let counts: Vec<u64> = lines
        .next()
        .and_then(|line| line.strip_prefix("Cargo.lock: "))
        .into_iter()
        .flat_map(|line| line.split_whitespace().filter_map(|word| word.parse().ok()))
        .collect();
    let [packages, versions, dependencies] = counts[..] else { panic!("{answers}") };
    assert!(packages > 50 && versions >= packages && dependencies > versions, "{answers}");

    let way = |name: &str| {
        let line =
            answers.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{answers}"));
        let mut numbers = line.split_whitespace().map_while(|word| word.parse::<u64>().ok());
        (numbers.next().expect("statements"), numbers.next().expect("rows"))
    };
    let loaded = packages + versions + dependencies;
    assert_eq!(way("naive loop"), (1 + packages + versions, loaded), "{answers}");
    assert_eq!(way("selectin"), (3, loaded), "{answers}");
    let (statements, rows) = way("joined");
    assert_eq!(statements, 1, "{answers}");
    assert!(rows >= dependencies, "a row for every dependency at least: {answers}");
    assert!(answers.contains("and who asks for each 3 statements"), "{answers}");
    assert!(answers.contains("Most depended-on packages 3 statements"), "{answers}");
}

#[test]
fn full_lists_hold_what_short_ones_count() {
    let (short, full) = (answers(&[]), answers(&["--full"]));
    assert!(short.lines().count() < full.lines().count());
    assert!(!full.contains(" more\n"), "{full}");
    assert!(full.lines().all(|line| line.chars().count() <= 88), "{full}");
}

#[test]
fn a_database_is_kept_and_filled_once() {
    let directory = orm_tests::directory();
    let (lock, db) = (path(&directory, "Cargo.lock"), path(&directory, "what? 100%.db"));
    fs::copy(Path::new(WORKSPACE).join(CIRCLES), &lock).expect("it can be copied");

    let first = answers(&[&lock, "--db", &db]);
    assert!(first.contains(&format!("\nStored in {db} (5 statements, _ ms)\n")), "{first}");
    let written = fs::read(&db).expect("the database is there");

    let second = answers(&[&lock, "--db", &db]);
    assert!(second.contains(&format!("\nFound unchanged in {db} (1 statement, _ ms)\n")), "{second}");
    assert_eq!(fs::read(&db).expect("the database is there"), written);
    assert_eq!(first.lines().skip(2).collect::<Vec<_>>(), second.lines().skip(2).collect::<Vec<_>>());

    let changed = fs::read_to_string(&lock).expect("it can be read").replace("selfish", "modest");
    fs::write(&lock, changed).expect("it can be written");
    let third = answers(&[&lock, "--db", &db]);
    assert!(third.contains(&format!("\nReplaced in {db} (5 statements, _ ms)\n")), "{third}");
    assert!(third.contains("  2  modest\n") && !third.contains("selfish"), "{third}");
    assert_eq!(names(&directory), ["Cargo.lock", "what? 100%.db"]);
}

#[test]
fn an_empty_file_becomes_a_database() {
    let directory = orm_tests::directory();
    let db = path(&directory, "lock.db");
    fs::write(&db, "").expect("it can be written");
    let answers = answers(&[CIRCLES, "--db", &db]);
    assert!(answers.contains("\nStored in "), "{answers}");
}

#[test]
fn a_file_that_is_something_else_stays_as_it_is() {
    let directory = orm_tests::directory();
    let db = path(&directory, "letter.txt");
    fs::write(&db, "Dear reader,\n").expect("it can be written");
    let line = refusal(&[CIRCLES, "--db", &db]);
    assert!(
        line.starts_with(&format!("`{db}` was not made by this program, so it stays as it is: ")),
        "{line}"
    );
    assert_eq!(fs::read_to_string(&db).expect("it can be read"), "Dear reader,\n");
    assert_eq!(names(&directory), ["letter.txt"]);

    let line = refusal(&[CIRCLES, "--db", &path(&directory, "")]);
    assert!(line.ends_with("was not made by this program, so it stays as it is: it is no file"), "{line}");
}

#[test]
fn a_database_without_a_place_is_refused() {
    let directory = orm_tests::directory();
    let db = path(&directory, "nowhere/lock.db");
    let line = refusal(&[CIRCLES, "--db", &db]);
    assert!(line.starts_with(&format!("cannot keep a database at `{db}`: ")), "{line}");
    assert!(names(&directory).is_empty());
}

#[test]
fn bad_input_is_one_line_and_leaves_nothing_behind() {
    let directory = orm_tests::directory();
    let db = path(&directory, "lock.db");
    let missing = path(&directory, "Cargo.lock");
    let line = refusal(&[&missing, "--db", &db]);
    assert!(line.starts_with(&format!("cannot read `{missing}`: ")), "{line}");
    let line = refusal(&["orm-tests", "--db", &db]);
    assert!(line.starts_with("cannot read `orm-tests`: "), "{line}");

    let line = refusal(&["orm-tests/lockfile/tests/lockfile.rs", "--db", &db]);
    let start =
        "`orm-tests/lockfile/tests/lockfile.rs` is not a lock file: TOML parse error at line 1, column ";
    assert!(line.starts_with(start), "{line}");
    let line = refusal(&["Cargo.toml", "--db", &db]);
    assert_eq!(line, "`Cargo.toml` is not a lock file: it lists no packages");

    let line = refusal(&[CIRCLES, "--tree", "utli", "--db", &db]);
    assert_eq!(line, format!("no package `utli` in `{CIRCLES}`; did you mean `util`?"));
    let line = refusal(&[CIRCLES, "--tree", "nothing-like-it", "--db", &db]);
    assert_eq!(line, format!("no package `nothing-like-it` in `{CIRCLES}`"));
    assert!(names(&directory).is_empty());
}

#[test]
fn lock_files_that_contradict_themselves_are_refused() {
    let directory = orm_tests::directory();
    let lock = path(&directory, "Cargo.lock");
    let package = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
    let needs = |what: &str| format!("version = 4\n{package}dependencies = [\"{what}\"]\n");
    for (contents, reason) in [
        (String::new(), "it lists no packages"),
        (format!("version = 4\n{package}{package}"), "it lists `a 1.0.0` twice"),
        (needs("b"), "couldn't resolve dependency: b"),
        (needs("b 2.0.0"), "it does not list `b 2.0.0`, which others need"),
        (format!("version = 99\n{package}"), "invalid Cargo.lock format version: `99`"),
    ] {
        fs::write(&lock, contents).expect("it can be written");
        assert_eq!(refusal(&[&lock]), format!("`{lock}` is not a lock file: {reason}"));
    }
}

#[test]
fn a_reader_may_leave_early() {
    let mut child = lockfile(&["--full"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
}
