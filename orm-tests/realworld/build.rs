//! A new migration recompiles the program, which contains them.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
