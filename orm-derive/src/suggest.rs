//! "Did you mean": the nearest of the known names.

use std::fmt::Display;

/// The name that was probably meant, of those that exist.
pub fn nearest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let plain = plain(written);
    known
        .into_iter()
        .map(|name| (distance(&plain, &self::plain(name)), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(plain.len()).max(3) / 3)
        .min_by_key(|(distance, name)| (*distance, usize::MAX - shared_start(&plain, &self::plain(name))))
        .map(|(_, name)| name)
}

/// `` `a`, `b` and `c` ``; the quotes are the caller's.
pub fn list(names: impl IntoIterator<Item = impl Display>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    match names.pop() {
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
        None => String::new(),
    }
}

/// How a name is compared: case, `_` and `-` are what people get wrong without meaning another name.
fn plain(name: &str) -> Vec<char> {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

fn shared_start(a: &[char], b: &[char]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The least number of characters to insert, delete, replace or swap with their neighbour that turns one into the
/// other.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    let mut last = None;
    for (row, a) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        let mut left = row + 1;
        let mut previous = None;
        for (column, b) in to.iter().enumerate() {
            let cell = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (cell(&above, column) + usize::from(a != b)).min(cell(&above, column + 1) + 1).min(left + 1);
            if last == Some(b) && previous == Some(a) {
                best = best.min(cell(&before, column.saturating_sub(1)) + 1);
            }
            line.push(best);
            left = best;
            previous = Some(b);
        }
        before = std::mem::replace(&mut above, line);
        last = Some(a);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAZY: [&str; 6] = ["select", "raise", "raise_on_sql", "selectin", "joined", "subquery"];

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(nearest("select_in", LAZY), Some("selectin"));
        assert_eq!(nearest("Joined", LAZY), Some("joined"));
        assert_eq!(nearest("join", LAZY), Some("joined"));
        assert_eq!(nearest("raise-on-sql", LAZY), Some("raise_on_sql"));
        assert_eq!(nearest("uniqe", ["name", "unique", "index"]), Some("unique"));
        assert_eq!(nearest("dsc", ["asc", "desc"]), Some("desc"));
        assert_eq!(nearest("uniuqe", ["name", "unique", "index"]), Some("unique"));
    }

    #[test]
    fn does_not_guess_wildly() {
        assert_eq!(nearest("dynamic", LAZY), None);
        assert_eq!(nearest("", LAZY), None);
        assert_eq!(nearest("name", []), None);
    }

    #[test]
    fn measures_edits() {
        let distance = |a: &str, b: &str| super::distance(&plain(a), &plain(b));
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("abc", "acb"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("user_id", "userId"), 0);
    }

    #[test]
    fn lists_names() {
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
        assert_eq!(list(Vec::<String>::new()), "");
    }
}
