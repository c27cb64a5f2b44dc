//! What the derive and the types refuse, and in which words: one program for each mistake, its errors beside it.
//!
//! `TRYBUILD=overwrite cargo test -p orm-tests --test ui` writes the expected errors again.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.compile_fail("tests/ui_session/*.rs");
}
