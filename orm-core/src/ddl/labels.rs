//! Reads the labels of an enum type of MySQL.

/// The labels of a MySQL type, `enum('a','b')`; `None` if it is another type.
pub(crate) fn enum_labels(type_name: &str) -> Option<Vec<String>> {
    let start = type_name.get(..5).filter(|start| start.eq_ignore_ascii_case("enum("))?;
    let mut rest = type_name[start.len()..].strip_suffix(')')?;
    let mut labels = Vec::new();
    while let Some(inside) = rest.trim_start().strip_prefix('\'') {
        let mut label = String::new();
        let mut chars = inside.char_indices().peekable();
        let end = loop {
            match chars.next()? {
                (_, '\'') if chars.next_if(|(_, char)| *char == '\'').is_some() => label.push('\''),
                (at, '\'') => break at + 1,
                (_, char) => label.push(char),
            }
        };
        labels.push(label);
        rest = inside[end..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::enum_labels;

    #[test]
    fn labels_are_read_out_of_the_type() {
        let labels = |type_name| enum_labels(type_name).map(|labels| labels.join("|"));
        assert_eq!(labels("enum('G','PG-13','it''s','a,b')"), Some("G|PG-13|it's|a,b".to_owned()));
        assert_eq!(labels("ENUM('a', 'b')"), Some("a|b".to_owned()));
        assert_eq!(labels("varchar(5)"), None);
    }
}
