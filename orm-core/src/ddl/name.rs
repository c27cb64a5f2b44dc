/// The most bytes of a name: PostgreSQL cuts off what is longer, and two names become one.
const LONGEST: usize = 63;

/// The name of an index or constraint: `ix_users_email`. A long one is shortened, and stays different from every other.
pub(super) fn name(prefix: &str, table: &str, columns: &[&str]) -> String {
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

/// FNV-1a: the name has to be the same in every build, which the hashes of the standard library do not promise.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn long_names_are_cut_and_stay_different() {
        assert_eq!(name("ix", "users", &["email"]), "ix_users_email");
        let table = "é".repeat(40);
        let (a, b) = (name("ix", &table, &["a"]), name("ix", &table, &["b"]));
        assert!(a.len() <= 63 && b.len() <= 63 && a != b, "{a} {b}");
    }
}
