//! Singular and plural of English words, as far as tables are named with them.

/// Words with one form.
const UNCOUNTABLE: [&str; 25] = [
    "advice",
    "data",
    "deer",
    "equipment",
    "feedback",
    "fish",
    "furniture",
    "hardware",
    "help",
    "information",
    "mail",
    "media",
    "metadata",
    "money",
    "news",
    "progress",
    "research",
    "rice",
    "series",
    "sheep",
    "software",
    "species",
    "staff",
    "traffic",
    "weather",
];

/// Singular and plural that follow no rule, or one that too few words follow.
const IRREGULAR: [(&str, &str); 54] = [
    ("person", "people"),
    ("man", "men"),
    ("woman", "women"),
    ("child", "children"),
    ("foot", "feet"),
    ("tooth", "teeth"),
    ("goose", "geese"),
    ("mouse", "mice"),
    ("ox", "oxen"),
    ("analysis", "analyses"),
    ("basis", "bases"),
    ("crisis", "crises"),
    ("diagnosis", "diagnoses"),
    ("hypothesis", "hypotheses"),
    ("thesis", "theses"),
    ("criterion", "criteria"),
    ("phenomenon", "phenomena"),
    ("index", "indices"),
    ("matrix", "matrices"),
    ("vertex", "vertices"),
    ("quiz", "quizzes"),
    ("half", "halves"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("shelf", "shelves"),
    ("thief", "thieves"),
    ("wife", "wives"),
    ("wolf", "wolves"),
    ("movie", "movies"),
    ("cookie", "cookies"),
    ("tie", "ties"),
    ("pie", "pies"),
    ("calorie", "calories"),
    ("cache", "caches"),
    ("axe", "axes"),
    ("alias", "aliases"),
    ("atlas", "atlases"),
    ("canvas", "canvases"),
    ("bias", "biases"),
    ("gas", "gases"),
    ("menu", "menus"),
    ("hero", "heroes"),
    ("echo", "echoes"),
    ("potato", "potatoes"),
    ("tomato", "tomatoes"),
    ("veto", "vetoes"),
    ("use", "uses"),
    ("excuse", "excuses"),
    ("abuse", "abuses"),
    ("fuse", "fuses"),
    ("lens", "lenses"),
    ("shoe", "shoes"),
    ("toe", "toes"),
];

/// The singular of a name in snake_case, whose last word is the noun: `order_item` for `order_items`.
pub(super) fn singular(name: &str) -> String {
    on_last_word(name, singular_word)
}

/// The plural of a name in snake_case.
pub(super) fn plural(name: &str) -> String {
    on_last_word(name, plural_word)
}

fn on_last_word(name: &str, change: fn(&str) -> String) -> String {
    match name.rsplit_once('_') {
        Some((before, word)) if !word.is_empty() => format!("{before}_{}", change(word)),
        _ => change(name),
    }
}

fn singular_word(word: &str) -> String {
    if UNCOUNTABLE.contains(&word) || IRREGULAR.iter().any(|(one, _)| *one == word) {
        return word.to_owned();
    }
    if let Some((one, _)) = IRREGULAR.iter().find(|(_, many)| *many == word) {
        return (*one).to_owned();
    }
    let without = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.chars().count() > 1);
    if let Some(stem) = without("ies") {
        return format!("{stem}y");
    }
    let keeps_e = ["ouses", "auses", "euses"].iter().any(|ending| word.ends_with(ending));
    if !keeps_e && ["sses", "shes", "ches", "xes", "zzes", "uses"].iter().any(|ending| word.ends_with(ending))
    {
        return word.strip_suffix("es").unwrap_or(word).to_owned();
    }
    if ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending)) {
        return word.to_owned();
    }
    without("s").unwrap_or(word).to_owned()
}

fn plural_word(word: &str) -> String {
    if UNCOUNTABLE.contains(&word) || IRREGULAR.iter().any(|(_, many)| *many == word) {
        return word.to_owned();
    }
    if let Some((_, many)) = IRREGULAR.iter().find(|(one, _)| *one == word) {
        return (*many).to_owned();
    }
    let vowel = |char: char| "aeiou".contains(char);
    match word.strip_suffix('y') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(vowel) => return format!("{stem}ies"),
        _ => {}
    }
    match ["s", "x", "z", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) {
        true => format!("{word}es"),
        false => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{plural, singular};

    #[test]
    fn names_of_tables_have_two_forms() {
        for (one, many) in [
            ("user", "users"),
            ("order_item", "order_items"),
            ("category", "categories"),
            ("key", "keys"),
            ("address", "addresses"),
            ("status", "statuses"),
            ("box", "boxes"),
            ("batch", "batches"),
            ("house", "houses"),
            ("database", "databases"),
            ("purchase", "purchases"),
            ("size", "sizes"),
            ("person", "people"),
            ("news", "news"),
            ("analysis", "analyses"),
            ("cause", "causes"),
            ("photo", "photos"),
            ("area", "areas"),
            ("course", "courses"),
            ("movie", "movies"),
            ("bus", "buses"),
            ("warehouse", "warehouses"),
            ("archive", "archives"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many), one);
            assert_eq!(singular(one), one, "{one} is singular");
        }
    }
}
