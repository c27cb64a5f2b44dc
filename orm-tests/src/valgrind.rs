use std::process::Command;

use crate::programs::{find, install};

/// How many instructions this test program executes when it runs a single test, with an environment variable set. The
/// number does not depend on other load of the machine. Valgrind counts them; it is installed if that needs no password.
///
/// # Errors
/// valgrind is missing, or the test fails in it; the text tells which.
pub fn instructions(test: &str, variable: (&str, &str)) -> Result<u64, String> {
    let valgrind = find("valgrind", &[])
        .or_else(|| install("valgrind").then(|| find("valgrind", &[])).flatten())
        .ok_or("no `valgrind` was found; install it (Debian: apt-get install valgrind)")?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let ran = Command::new(valgrind)
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(program)
        .args(["--exact", test, "--test-threads=1"])
        .env(variable.0, variable.1)
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let collected =
        said.lines().find_map(|line| line.split_once("I   refs: ")?.1.trim().replace(',', "").parse().ok());
    match collected {
        Some(collected) if ran.status.success() => Ok(collected),
        _ => Err(format!("`{test}` failed in valgrind: {said}\n{}", String::from_utf8_lossy(&ran.stdout))),
    }
}
