//! Names of indexes and constraints.

use crate::sql::Dialect;

/// The most bytes of a name: PostgreSQL cuts off what is longer, and two names become one.
const LONGEST: usize = 63;

/// The name of an index or constraint: `ix_users_email`. A long one is shortened, and stays different from every other.
pub(crate) fn name(prefix: &str, table: &str, columns: &[&str]) -> String {
    let mut whole = format!("{prefix}_{table}");
    for column in columns {
        whole.push('_');
        whole.push_str(column);
    }
    if whole.len() <= LONGEST {
        return whole;
    }
    let tail = format!("_{:016x}", hash(&whole));
    let mut end = LONGEST - tail.len();
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &whole[..end])
}

/// The same names, each different from those before it and from some others: `a_b`.`c` and `a`.`b_c` would share one, and
/// an index has none that a table has.
pub(super) fn distinct(dialect: Dialect, wanted: Vec<String>, others: &[&str]) -> Vec<String> {
    let is_same = |a: &str, b: &str| a == b || dialect.is_same_name(a, b);
    let mut names: Vec<String> = Vec::with_capacity(wanted.len());
    for (at, plain) in wanted.iter().enumerate() {
        let is_taken = |name: &str, names: &[String]| {
            names.iter().any(|known| is_same(known, name)) || others.iter().any(|other| is_same(other, name))
        };
        let mut name = plain.clone();
        let mut number = 1;
        while is_taken(&name, &names) {
            number += 1;
            name = dialect.numbered(plain, number);
            // A name that a later item has naturally is left to it.
            while wanted[at + 1..].iter().any(|later| is_same(later, &name)) {
                number += 1;
                name = dialect.numbered(plain, number);
            }
        }
        names.push(name);
    }
    names
}

/// FNV-1a: the name has to be the same in every build, which the hashes of the standard library do not promise.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::{Dialect, distinct, name};

    #[test]
    fn long_names_are_cut_and_stay_different() {
        assert_eq!(name("ix", "users", &["email"]), "ix_users_email");
        let table = "é".repeat(40);
        let (a, b) = (name("ix", &table, &["a"]), name("ix", &table, &["b"]));
        assert!(a.len() <= 63 && b.len() <= 63 && a != b, "{a} {b}");
    }

    #[test]
    fn names_that_meet_are_numbered_within_what_the_database_keeps() {
        let given = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
        let names = distinct(Dialect::Postgres, given(&["ix_a", "ix_a", "ix_a_2", "ix_t"]), &["ix_t"]);
        assert_eq!(names, ["ix_a", "ix_a_3", "ix_a_2", "ix_t_2"]);
        let long = "x".repeat(63);
        let names = distinct(Dialect::Postgres, given(&[&long, &long]), &[]);
        assert!(names[1].len() == 63 && names[1].ends_with("x_2"), "{names:?}");
        assert_eq!(distinct(Dialect::Sqlite, given(&["ix_A", "ix_a"]), &[]), ["ix_A", "ix_a_2"]);
        assert_eq!(distinct(Dialect::Postgres, given(&["ix_A", "ix_a"]), &[]), ["ix_A", "ix_a"]);
    }
}
